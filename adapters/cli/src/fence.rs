//! `quorate fence`: the resource's side of a lock, for shell scripts.

use crate::args::FenceArgs;
use crate::elect::exec;
use crate::failure::{Failure, Outcome};
use crate::paint::print;
use core::fmt;
use quorate::FencingToken;
use quorate::lease::Fence;
use rustix::io::FdFlags;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// The exit code when a later token has been seen: permission denied, as in `sysexits.h`.
const STALE: u8 = 77;

/// Shows the token at the fence, and becomes the command.
pub(crate) fn run(args: &FenceArgs) -> Outcome<ExitCode> {
    let (file, mut fence) = open(&args.file)?;
    if args.show {
        return print(&fence.mark().to_string()).map(|()| ExitCode::SUCCESS);
    }
    let token = token(args)?;
    let raised = fence.admit(token).map_err(|stale| {
        Failure::new(format_args!("{stale}, so the command is not run")).of(args.file.display()).with_code(STALE)
    })?;
    let file = if raised { store(&args.file, fence.mark())? } else { file };
    // The command keeps the file locked, with all that it starts, until the last of them has ended.
    rustix::io::fcntl_setfd(&file, FdFlags::empty())
        .map_err(|error| cannot(&args.file, "handed to the command", error))?;
    Ok(exec(&args.command, &[("QUORATE_TOKEN", token.to_string())]))
}

fn token(args: &FenceArgs) -> Outcome<FencingToken> {
    let missing = || {
        Failure::usage("there is no token to show")
            .advise("Say it with `--token TOKEN`, or run this under `quorate lock`, which sets QUORATE_TOKEN.")
    };
    let number = match args.token {
        Some(number) => number,
        None => {
            let text = std::env::var("QUORATE_TOKEN").map_err(|_| missing())?;
            text.parse().map_err(|_| Failure::usage(format_args!("QUORATE_TOKEN is `{text}`, which is no token")))?
        }
    };
    let token = FencingToken::from_number(number);
    if token == FencingToken::ZERO || token > FencingToken::MAX {
        return Err(Failure::usage(format_args!("nobody grants the token {token}")));
    }
    Ok(token)
}

/// Locks the file, and reads the mark in it. The file that is locked is the one that has the name.
fn open(path: &Path) -> Outcome<(File, Fence)> {
    loop {
        let mut options = OpenOptions::new();
        let file = options.read(true).write(true).create(true).truncate(false).open(path);
        let mut file = file.map_err(|error| cannot(path, "opened", error))?;
        file.lock().map_err(|error| cannot(path, "locked", error))?;
        let ours = file.metadata().map_err(|error| cannot(path, "read", error))?;
        match std::fs::metadata(path) {
            Ok(present) if (present.dev(), present.ino()) == (ours.dev(), ours.ino()) => {}
            // Who had it locked has raised the mark, in a new file.
            Ok(_) => continue,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(cannot(path, "read", error)),
        }
        let mut text = String::new();
        file.read_to_string(&mut text).map_err(|error| cannot(path, "read", error))?;
        return Ok((file, read(path, &text)?));
    }
}

fn read(path: &Path, text: &str) -> Outcome<Fence> {
    let mark = match text.trim() {
        "" => return Ok(Fence::new()),
        text => text.parse().ok(),
    };
    let mark = mark.map(FencingToken::from_number).filter(|mark| *mark <= FencingToken::MAX);
    let mark = mark.ok_or_else(|| {
        Failure::new("it holds no token, and was left as it is").of(path.display()).advise(
            "Name the file that fences this resource; if it is damaged, put the highest token that the resource has seen into it.",
        )
    })?;
    Ok(Fence::restored(mark))
}

/// Replaces the file with one that has this mark, locked as well, and returns it. Either the old one or the new one is there,
/// whatever happens meanwhile, and the new one is on the disk when this returns.
fn store(path: &Path, mark: FencingToken) -> Outcome<File> {
    let failed = |error| cannot(path, "written", error);
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder.to_owned(),
        _ => PathBuf::from("."),
    };
    let mut new = tempfile::NamedTempFile::new_in(&folder).map_err(failed)?;
    new.as_file().lock().map_err(failed)?;
    let permissions = std::fs::metadata(path).map_err(failed)?.permissions();
    new.as_file().set_permissions(permissions).map_err(failed)?;
    writeln!(new, "{mark}").map_err(failed)?;
    new.as_file().sync_all().map_err(failed)?;
    let file = new.persist(path).map_err(|error| failed(error.error))?;
    File::open(&folder).and_then(|folder| folder.sync_all()).map_err(failed)?;
    Ok(file)
}

fn cannot(path: &Path, what: &str, error: impl fmt::Display) -> Failure {
    Failure::new(format_args!("{} cannot be {what} ({error})", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mark_outlives_the_fence_and_a_file_that_is_none_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("fence");
        let (file, mut fence) = open(&path).unwrap();
        assert_eq!(fence.mark(), FencingToken::ZERO);
        assert!(fence.admit(FencingToken::from_number(7)).unwrap());
        let new = store(&path, fence.mark()).unwrap();
        drop(file);
        assert!(File::open(&path).unwrap().try_lock().is_err(), "locked by the one that raised the mark");
        drop(new);
        let (_file, mut fence) = open(&path).unwrap();
        assert_eq!(fence.mark().get(), 7);
        assert!(fence.admit(FencingToken::from_number(6)).is_err());

        let other = folder.path().join("notes.txt");
        std::fs::write(&other, "call Anna").unwrap();
        let failure = open(&other).unwrap_err().to_string();
        assert!(failure.contains("holds no token"), "{failure}");
        assert_eq!(std::fs::read_to_string(&other).unwrap(), "call Anna");
    }
}
