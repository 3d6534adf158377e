//! `quorate run`: becomes a command, having seen to it that the command does not outlive the process that started it.

use crate::args::RunArgs;
use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};

/// The exit code for a command that is there and cannot be run, as shells have it.
const CANNOT_RUN: u8 = 126;
/// The exit code for a command that is not there, as shells have it.
const NOT_FOUND: u8 = 127;

/// Becomes the command. Returns only if that is not possible.
pub(crate) fn run(args: &RunArgs) -> ExitCode {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL)) {
        eprintln!("quorate: the command cannot be bound to the process that guards it ({error}).");
        return ExitCode::from(CANNOT_RUN);
    }
    // The parent may have died before that took effect.
    if std::os::unix::process::parent_id() != args.parent {
        return ExitCode::from(CANNOT_RUN);
    }
    exec(&args.command, &[])
}

/// Becomes the command, with this in its environment. Returns only if that is not possible.
pub(crate) fn exec(command: &[OsString], environment: &[(&str, String)]) -> ExitCode {
    let Some((program, arguments)) = command.split_first() else {
        return ExitCode::from(NOT_FOUND);
    };
    let error =
        Command::new(program).args(arguments).envs(environment.iter().map(|(name, value)| (name, value))).exec();
    let name = program.to_string_lossy();
    if error.kind() == std::io::ErrorKind::NotFound {
        eprintln!("quorate: there is no command `{name}`. Check its name and PATH.");
        ExitCode::from(NOT_FOUND)
    } else {
        eprintln!(
            "quorate: the command `{name}` cannot be run ({error}). Check that it is a program and may be executed."
        );
        ExitCode::from(CANNOT_RUN)
    }
}
