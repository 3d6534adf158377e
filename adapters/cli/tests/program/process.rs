//! Processes of the program under test. Each is waited for a bounded time, and killed when its handle is dropped.

use core::time::Duration;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::net::UdpSocket;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Instant;

/// How long anything may take on a machine that is busy.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// The program, with these arguments.
pub(crate) fn quorate(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_quorate"));
    command.args(arguments).env_remove("NO_COLOR").env_remove("STATE_DIRECTORY");
    command
}

/// Runs the program to its end. Its code, what it printed, and its errors.
pub(crate) fn run(arguments: &[&str]) -> (i32, String, String) {
    let Output { status, stdout, stderr } = quorate(arguments).stdin(Stdio::null()).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code().unwrap_or(-1), text(stdout), text(stderr))
}

/// A running process, and the lines that it prints to one of its outputs.
pub(crate) struct Process {
    child: Child,
    lines: Receiver<String>,
    /// What has been read so far.
    pub(crate) seen: Vec<String>,
}

impl Process {
    /// Starts it, and reads its standard output.
    pub(crate) fn start(command: &mut Command) -> Self {
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let stdout = child.stdout.take().unwrap();
        Self::reading(child, stdout)
    }

    /// Starts it, and reads its standard error.
    pub(crate) fn start_reading_errors(command: &mut Command) -> Self {
        let mut child = command.stdin(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let stderr = child.stderr.take().unwrap();
        Self::reading(child, stderr)
    }

    fn reading(child: Child, stream: impl std::io::Read + Send + 'static) -> Self {
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            let lines = std::io::BufRead::lines(std::io::BufReader::new(stream));
            lines.map_while(Result::ok).try_for_each(|line| sender.send(line))
        });
        Self { child, lines, seen: Vec::new() }
    }

    /// Its number.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends it a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// The next line that `wanted` says yes to.
    pub(crate) fn line(&mut self, what: &str, wanted: impl Fn(&str) -> bool) -> String {
        let end = Instant::now() + PATIENCE;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            let Ok(line) = self.lines.recv_timeout(left) else {
                panic!("nothing came that is {what}; so far:\n{}", self.seen.join("\n"));
            };
            self.seen.push(line.clone());
            if wanted(&line) {
                return line;
            }
        }
    }

    /// The next event of this name, of a process that prints JSON.
    pub(crate) fn event(&mut self, name: &str) -> Value {
        let event = |line: &str| serde_json::from_str(line).ok().filter(|event: &Value| event["event"] == name);
        event(&self.line(&format!("an event `{name}`"), |line| event(line).is_some())).unwrap()
    }

    /// Waits for its end: its code, or 128 and the signal that ended it.
    pub(crate) fn end(&mut self) -> i32 {
        let end = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                while let Ok(line) = self.lines.recv_timeout(Duration::from_secs(1)) {
                    self.seen.push(line);
                }
                return status.code().or(status.signal().map(|signal| 128 + signal)).unwrap();
            }
            assert!(Instant::now() < end, "it does not end; so far:\n{}", self.seen.join("\n"));
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The next line that `wanted` says yes to, of any of these processes: which one it was, and what it said.
pub(crate) fn any_line(processes: &mut [Process], what: &str, wanted: impl Fn(&str) -> bool) -> (usize, String) {
    let end = Instant::now() + PATIENCE;
    loop {
        for (index, process) in processes.iter_mut().enumerate() {
            while let Ok(line) = process.lines.try_recv() {
                process.seen.push(line.clone());
                if wanted(&line) {
                    return (index, line);
                }
            }
        }
        assert!(Instant::now() < end, "nothing came that is {what}");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// UDP addresses on this machine that nobody listens at.
pub(crate) fn addresses<const N: usize>() -> [String; N] {
    let sockets = [(); N].map(|()| UdpSocket::bind("127.0.0.1:0").unwrap());
    sockets.each_ref().map(|socket| socket.local_addr().unwrap().to_string())
}

/// The options of member `id` of a group that listens at `addresses`, the first member at the first.
pub(crate) fn member(id: usize, addresses: &[String], folder: &Path) -> Vec<String> {
    let mut options = vec!["--id".to_owned(), id.to_string()];
    for (other, address) in (1..).zip(addresses) {
        match other == id {
            true => options.extend(["--listen".to_owned(), address.clone()]),
            false => options.extend(["--peer".to_owned(), format!("{other}={address}")]),
        }
    }
    options.extend(["--state-dir".to_owned(), folder.join(id.to_string()).display().to_string()]);
    options
}

/// Whether a process is there and has not ended.
pub(crate) fn is_running(pid: u32) -> bool {
    std::fs::read_to_string(format!("/proc/{pid}/stat"))
        .is_ok_and(|stat| !stat.rsplit(") ").next().unwrap_or("Z").starts_with(['Z', 'X']))
}

/// Waits until something is so.
pub(crate) fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < end, "not in time: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// The processes that a process has started.
pub(crate) fn children(pid: u32) -> Vec<u32> {
    let tasks = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    tasks.split_whitespace().map(|pid| pid.parse().unwrap()).collect()
}
