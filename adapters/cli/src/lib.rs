//! The `quorate` program: a demonstration that checks itself, members for real use, a leader or a lock around a command, barriers, fences, status, a simulated world
//! and keys.
//!
//! It is a library only so that what it reads can be tried from outside, by fuzzers; nothing of it is for use elsewhere.
#![forbid(unsafe_code)]

#[cfg(not(unix))]
compile_error!("this program needs signals and process groups; on other systems use the library `quorate-tokio`");

mod administer;
mod args;
mod barrier;
mod config;
mod contend;
mod demo;
mod elect;
mod engine;
mod failure;
mod fence;
mod gateway;
mod key;
mod keys;
mod line;
mod lock;
mod locks;
mod member;
mod node;
mod paint;
mod printer;
mod sim;
mod status;
mod units;
mod view;

use args::{Cli, Command};
use clap::{CommandFactory, Parser};
use failure::{Failure, Outcome};
use paint::Paint;
use std::process::ExitCode;

/// The program.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    run(cli).unwrap_or_else(|failure| {
        eprintln!("{} {failure}", Paint::for_stream(&std::io::stderr()).bad("quorate:"));
        failure.exit_code()
    })
}

/// What the program says to a text of settings, of keys or of an argument that it is given; nothing, if it takes it. For fuzzers.
pub mod readings {
    use crate::config::{Layer, Peer, Preempt};
    use crate::keys::KeyFile;
    use crate::units;
    use std::path::Path;

    /// A file of settings.
    #[must_use]
    pub fn settings(text: &str) -> Option<String> {
        Layer::parse(text, "settings.toml", Path::new("")).err().map(|failure| failure.to_string())
    }

    /// A file of keys. Whether what is taken is written again as it was understood is looked at, too.
    #[must_use]
    pub fn keys(text: &str) -> Option<String> {
        match KeyFile::parse(text) {
            Ok(file) => {
                let again = KeyFile::parse(&file.to_string());
                assert!(again.is_ok_and(|again| again == file), "a file of keys is read otherwise when written again");
                None
            }
            Err(failure) => Some(failure.to_string()),
        }
    }

    /// What may stand on the command line: a peer, when to take over, a duration.
    #[must_use]
    pub fn arguments(text: &str) -> [Option<String>; 3] {
        [Peer::parse(text).err(), text.parse::<Preempt>().err(), units::duration(text).err()]
    }
}

fn run(cli: Cli) -> Outcome<ExitCode> {
    match cli.command.unwrap_or(Command::Demo(cli.demo)) {
        Command::Demo(args) => wait_for(demo::run(&args)),
        Command::Node(args) => wait_for(node::run(args)),
        Command::Elect(args) => wait_for(elect::run(args)),
        Command::Lock(args) => wait_for(lock::run(args)),
        Command::Locks(args) => wait_for(locks::run(&args)).map(|()| ExitCode::SUCCESS),
        Command::Barrier(args) => wait_for(barrier::run(&args)),
        Command::Fence(args) => fence::run(&args),
        Command::Gateway(args) => wait_for(gateway::run(args)),
        Command::Status(args) => wait_for(status::run(&args)).map(|()| ExitCode::SUCCESS),
        Command::Guard(args) => wait_for(elect::guard(&args)),
        Command::Run(args) => Ok(elect::become_command(&args)),
        Command::Sim(args) => sim::run(&args),
        Command::Key(args) => key::run(&args).map(|()| ExitCode::SUCCESS),
        Command::Completions(args) => {
            clap_complete::generate(args.shell, &mut Cli::command(), "quorate", &mut std::io::stdout());
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// Runs what waits for many things, all on this thread: children are bound to the thread that starts them.
fn wait_for<T>(task: impl Future<Output = Outcome<T>>) -> Outcome<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::new(format_args!("the program cannot start ({error})")))?;
    let ended = runtime.block_on(task);
    // A thread that waits for input does not keep the program.
    runtime.shutdown_background();
    ended
}
