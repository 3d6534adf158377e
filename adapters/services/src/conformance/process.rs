//! A holder in a process of its own, which can be killed and stopped as holders are.
//!
//! The process is the test's own program, told to run another one of its tests: the one that [`conformance!`](macro@crate::conformance)
//! makes for it. It is told by its environment what to hold, and by lines what to do.

use super::Engine;
use crate::LockService;
use core::cell::Cell;
use core::time::Duration;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};

thread_local! {
    static HOLDER: Cell<Option<&'static str>> = const { Cell::new(None) };
}

const URL: &str = "QUORATE_CONFORMANCE_URL";
const LEASE_MS: &str = "QUORATE_CONFORMANCE_LEASE_MS";
const LOCK: &str = "QUORATE_CONFORMANCE_LOCK";
/// What stands before a line of the holder's, since the program that runs tests writes lines as well.
const MARK: &str = "the holder says: ";
/// How long a process may take to start and to answer.
const PATIENCE: Duration = Duration::from_secs(60);

/// Says which test of this program is the holder, for scenarios on this thread.
pub(super) fn is_the_test(path: &'static str) {
    HOLDER.set(Some(path));
}

/// A process that holds a lock. It is killed when this is dropped.
#[derive(Debug)]
pub(super) struct Holder {
    process: Child,
    commands: Option<ChildStdin>,
    lines: Receiver<String>,
    /// The token that it was granted.
    pub(super) token: u64,
}

impl Holder {
    /// Starts it, and waits until it holds the lock.
    pub(super) fn start<E: Engine>(engine: &E, lock: &str) -> Self {
        let path = HOLDER.get().expect("a test that is the holder: see `conformance::run`");
        let (_, path) = path.split_once("::").expect("the name of this program before that of the test");
        let mut process = Command::new(std::env::current_exe().expect("the path of this program"))
            .args(["--exact", path, "--ignored", "--nocapture"])
            .env(URL, engine.url())
            .env(LEASE_MS, engine.lease().as_millis().to_string())
            .env(LOCK, lock)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("this program, once more");
        let (sender, lines) = channel();
        let (stdout, commands) = (process.stdout.take().expect("it is piped"), process.stdin.take());
        std::thread::spawn(move || {
            let said = BufReader::new(stdout).lines().map_while(Result::ok);
            // The program that runs tests may have written the beginning of the line.
            said.filter_map(|line| line.split_once(MARK).map(|(_, said)| said.to_owned()))
                .try_for_each(|said| sender.send(said))
        });
        let mut holder = Self { process, commands, lines, token: 0 };
        let held = holder.hears(PATIENCE).expect("it acquires the lock");
        holder.token = held.strip_prefix("holds ").and_then(|token| token.parse().ok()).expect("a token");
        holder
    }

    fn hears(&self, within: Duration) -> Result<String, RecvTimeoutError> {
        self.lines.recv_timeout(within)
    }

    /// Asks something, and takes the answer.
    pub(super) fn asks(&mut self, question: &str) -> String {
        let commands = self.commands.as_mut().expect("it is piped");
        writeln!(commands, "{question}").expect("it still runs");
        self.hears(PATIENCE).expect("an answer")
    }

    /// Ends it at once, as by SIGKILL.
    pub(super) fn kill(&mut self) {
        self.process.kill().expect("a process that runs");
        self.process.wait().expect("a process that has ended");
    }

    /// Stops all of it, until it is told to go on.
    #[cfg(unix)]
    pub(super) fn pause(&self) {
        rustix::process::kill_process(rustix::process::Pid::from_child(&self.process), rustix::process::Signal::STOP)
            .expect("a process that runs");
    }

    /// Has it go on.
    #[cfg(unix)]
    pub(super) fn resume(&self) {
        rustix::process::kill_process(rustix::process::Pid::from_child(&self.process), rustix::process::Signal::CONT)
            .expect("a process that is stopped");
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        let _ = self.process.kill(); // fails only if it has ended already
        let _ = self.process.wait();
    }
}

/// Is the holder, if it was started as one: acquires the lock, and answers to `valid` and `lost`, line by line, until its input ends.
///
/// # Panics
///
/// If the lock cannot be had.
pub fn hold<E: Engine>() {
    let variable = |name| std::env::var(name).ok();
    let (Some(url), Some(lease), Some(lock)) = (variable(URL), variable(LEASE_MS), variable(LOCK)) else {
        return println!("this runs as a process of its own, started by other tests");
    };
    let say = |what: &dyn core::fmt::Display| {
        println!("{MARK}{what}");
        std::io::stdout().flush().expect("somebody who listens");
    };
    let lease = Duration::from_millis(lease.parse().expect("a lease"));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    let runtime = runtime.expect("a runtime");
    let services = runtime.block_on(E::connect(&url, lease));
    let guard = runtime.block_on(services.acquire(&lock).into_future()).expect("the lock");
    say(&format_args!("holds {}", guard.token()));
    for line in std::io::stdin().lines().map_while(Result::ok) {
        match line.as_str() {
            "valid" => say(&guard.is_valid()),
            "lost" => say(&runtime.block_on(guard.lost())),
            other => panic!("nobody can answer to `{other}`"),
        }
    }
}
