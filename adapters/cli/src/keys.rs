//! Key files: how keys are kept, read and changed.
//!
//! A key file is text. Empty lines and lines that begin with `#` mean nothing; each other line is one key, as an identifier from 1
//! to 255 and 64 hexadecimal digits. There are one or two: the first is the one to send with, both are accepted.
//!
//! Two make it possible to change keys while the group runs: add the new one below the old one on every member
//! (`--add`), then swap them on every member (`--swap`), then take the old one away (`--retire`), and restart each member after each step.

use crate::failure::{Failure, Outcome};
use core::fmt;
use quorate_wire::{Key, Keyring};
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::Path;

/// One line of a key file.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// What frames call it.
    pub(crate) id: u8,
    digits: String,
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Entry {{ id: {}, digits: secret }}", self.id)
    }
}

impl Entry {
    /// A new key from the operating system's generator.
    pub(crate) fn random(id: u8) -> Outcome<Self> {
        let mut bytes = [0; Key::LENGTH];
        getrandom::fill(&mut bytes)
            .map_err(|error| Failure::new(format_args!("the operating system gave no random bytes ({error})")))?;
        Ok(Self { id, digits: bytes.iter().map(|byte| format!("{byte:02x}")).collect() })
    }
}

/// What a key file holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KeyFile {
    /// The key to send with.
    pub(crate) sends: Entry,
    /// Another one that is accepted.
    pub(crate) accepts: Option<Entry>,
}

impl KeyFile {
    /// The keys that `text` lists; errors name the line and never repeat what stands in it.
    pub(crate) fn parse(text: &str) -> Outcome<Self> {
        let mut entries = Vec::new();
        for (number, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let entry = entry(line).map_err(|failure| failure.of(format_args!("line {}", number + 1)))?;
            entries.push(entry);
        }
        let mut entries = entries.into_iter();
        let (sends, accepts) = (entries.next(), entries.next());
        let Some(sends) = sends else {
            return Err(Failure::new("there is no key in it").advise("Make a key file with `quorate key FILE`."));
        };
        if entries.next().is_some() {
            return Err(Failure::new("there are more than two keys in it")
                .advise("Keep the one to send with as the first, and at most one other that is accepted."));
        }
        let file = Self { sends, accepts };
        file.keyring()?;
        Ok(file)
    }

    /// The keys in `path`, and a sentence to show if others than its owner may read them.
    pub(crate) fn read(path: &Path) -> Outcome<(Self, Option<String>)> {
        let name = path.display();
        let text = std::fs::read_to_string(path).map_err(|error| {
            let failure = Failure::new(format_args!("the key file {name} cannot be read ({error})"));
            match error.kind() {
                ErrorKind::NotFound => {
                    failure.advise(format_args!("Make one with `quorate key {name}` and give every member the same."))
                }
                ErrorKind::PermissionDenied => failure.advise("Run as the user that owns it."),
                _ => failure,
            }
        })?;
        let file = Self::parse(&text).map_err(|failure| failure.of(format_args!("the key file {name}")))?;
        Ok((file, too_open(path)))
    }

    /// The keys as a member takes them.
    pub(crate) fn keyring(&self) -> Outcome<Keyring> {
        let ring = |entry: &Entry| Key::from_hex(&entry.digits).map(|key| (entry.id, key));
        let keys = || {
            let (id, key) = ring(&self.sends)?;
            let keyring = Keyring::new(id, key)?;
            match &self.accepts {
                None => Ok(keyring),
                Some(entry) => {
                    let (id, key) = ring(entry)?;
                    keyring.accept(id, key)
                }
            }
        };
        keys().map_err(|error: quorate_wire::KeyError| Failure::new(error))
    }

    /// Writes a file that did not exist, for its owner alone, durably.
    pub(crate) fn create(&self, path: &Path) -> Outcome {
        let name = path.display();
        let mut file = private(OpenOptions::new().write(true).create_new(true)).open(path).map_err(|error| {
            let failure = Failure::new(format_args!("the key file {name} cannot be made ({error})"));
            match error.kind() {
                ErrorKind::AlreadyExists => Failure::new(format_args!("{name} exists, and a key is never overwritten"))
                    .advise("Choose another name, or change its keys with `--add`, `--swap` and `--retire`."),
                ErrorKind::NotFound => failure.advise("Make its folder first."),
                _ => failure,
            }
        })?;
        self.write(&mut file).map_err(|error| {
            let _ = std::fs::remove_file(path);
            Failure::new(format_args!("the key file {name} cannot be written ({error})"))
        })
    }

    /// Replaces a file by another in one step, so that it is never half written.
    pub(crate) fn replace(&self, path: &Path) -> Outcome {
        let name = path.display();
        let failure = |error| Failure::new(format_args!("the key file {name} cannot be changed ({error})"));
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        // Temporary files are their owner's alone from the start.
        let mut file = tempfile::Builder::new().prefix(".quorate-key").tempfile_in(folder).map_err(failure)?;
        self.write(file.as_file_mut()).map_err(failure)?;
        file.persist(path).map_err(|error| failure(error.error))?;
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(failure)
    }

    fn write(&self, file: &mut File) -> std::io::Result<()> {
        file.write_all(self.to_string().as_bytes())?;
        file.sync_all()
    }
}

impl fmt::Display for KeyFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "# A key of quorate. Whoever has it can join the group and read what its members say: keep it secret."
        )?;
        writeln!(f, "# A line is an identifier and a key. The first is sent with; a second one is accepted too.")?;
        [Some(&self.sends), self.accepts.as_ref()]
            .into_iter()
            .flatten()
            .try_for_each(|Entry { id, digits }| writeln!(f, "{id} {digits}"))
    }
}

fn entry(line: &str) -> Outcome<Entry> {
    let form = || {
        Failure::new("this is not a key")
            .advise("A key is written as an identifier from 1 to 255, a space and 64 hexadecimal digits.")
    };
    let (id, digits) = line.split_once(char::is_whitespace).ok_or_else(form)?;
    let id = id.parse().map_err(|_| form())?;
    let digits = digits.trim().to_ascii_lowercase();
    Key::from_hex(&digits).map_err(Failure::new)?;
    Ok(Entry { id, digits })
}

#[cfg(unix)]
fn private(options: &mut OpenOptions) -> &OpenOptions {
    use std::os::unix::fs::OpenOptionsExt;
    options.mode(0o600)
}

#[cfg(not(unix))]
fn private(options: &mut OpenOptions) -> &OpenOptions {
    options
}

#[cfg(unix)]
fn too_open(path: &Path) -> Option<String> {
    use std::os::unix::fs::PermissionsExt;
    let mode = std::fs::metadata(path).ok()?.permissions().mode() & 0o777;
    let name = path.display();
    (mode & 0o007 != 0).then(|| {
        format!("every user of this machine may read the key file {name} (mode {mode:04o}); `chmod 600 {name}` keeps it secret")
    })
}

#[cfg(not(unix))]
fn too_open(_: &Path) -> Option<String> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
    const B: &str = "ff0102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F";

    #[test]
    fn one_key_or_two_are_read_and_written() {
        let file = KeyFile::parse(&format!("# comment\n\n  7 {A}  \n9\t{B}\n")).unwrap();
        assert_eq!((file.sends.id, file.accepts.as_ref().map(|entry| entry.id)), (7, Some(9)));
        let keyring = file.keyring().unwrap();
        assert!(keyring.seals_with() == 7 && keyring.opens(9) && !keyring.opens(8));
        assert_eq!(KeyFile::parse(&file.to_string()).unwrap(), file);
        assert!(!format!("{file:?}").contains(A));
    }

    #[test]
    fn mistakes_are_named_without_the_key() {
        for (text, says) in [
            (String::new(), "there is no key in it"),
            (format!("1 {A}\n2 {A}\n3 {A}"), "more than two keys"),
            (format!("1 {A}\n1 {B}"), "identifier 1"),
            (format!("0 {A}"), "identifier 0"),
            (format!("\n256 {A}"), "line 2: this is not a key"),
            (A.to_owned(), "line 1: this is not a key"),
            (format!("1 {}", &A[1..]), "line 1: a key is written with 64 hexadecimal digits, and there are 63"),
            (format!("1 x{}", &A[1..]), "position 0"),
        ] {
            let failure = KeyFile::parse(&text).unwrap_err().to_string();
            assert!(failure.contains(says), "{failure}");
            assert!(!failure.contains(&A[8..]), "{failure}");
        }
    }

    #[test]
    fn a_file_is_made_for_its_owner_and_never_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        let file = KeyFile { sends: Entry::random(1).unwrap(), accepts: None };
        file.create(&path).unwrap();
        assert!(file.create(&path).unwrap_err().to_string().contains("never overwritten"));
        assert_eq!(KeyFile::read(&path).unwrap(), (file.clone(), None));

        let next = KeyFile { accepts: Some(Entry::random(2).unwrap()), ..file };
        next.replace(&path).unwrap();
        assert_eq!(KeyFile::read(&path).unwrap(), (next, None));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);

        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = |mode| std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
            mode(0o644);
            assert!(KeyFile::read(&path).unwrap().1.unwrap().contains("mode 0644"));
        }
    }

    #[test]
    fn a_missing_file_says_how_to_make_one() {
        let failure = KeyFile::read(Path::new("/nowhere/key")).unwrap_err().to_string();
        assert!(failure.contains("`quorate key /nowhere/key`"), "{failure}");
    }
}
