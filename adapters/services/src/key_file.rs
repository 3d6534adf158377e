//! The keys of a group, as the program keeps them.

use crate::ConnectError;
use quorate_wire::{Key, Keyring};
use std::path::Path;

/// The keys in this file: a line each, of a number and 64 hexadecimal digits. The first is sent with, a second one is accepted too.
pub(crate) fn read(path: &Path) -> Result<Keyring, ConnectError> {
    let wrong = |why: String| ConnectError::KeyFile { path: path.to_owned(), why };
    let text = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
    keyring(&text).map_err(wrong)
}

/// Errors never repeat what stands in the file.
fn keyring(text: &str) -> Result<Keyring, String> {
    let mut keyring: Option<Keyring> = None;
    for (number, line) in (1..).zip(text.lines().map(str::trim)) {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let in_line = |why: &dyn core::fmt::Display| format!("line {number}: {why}");
        let (id, digits) =
            line.split_once(char::is_whitespace).ok_or_else(|| in_line(&"a number and a key are expected"))?;
        let id = id.parse().map_err(|_| in_line(&"the number of a key is one from 1 to 255"))?;
        let key = Key::from_hex(digits.trim()).map_err(|error| in_line(&error))?;
        keyring = Some(
            match keyring {
                None => Keyring::new(id, key),
                Some(keyring) => keyring.accept(id, key),
            }
            .map_err(|error| in_line(&error))?,
        );
    }
    keyring.ok_or_else(|| "there is no key in it".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_key_is_sent_with_and_errors_name_the_line() {
        let key = "11".repeat(32);
        assert!(keyring(&format!("# keys\n\n1 {key}\n2 {key}\n")).is_ok());
        assert_eq!(keyring("# nothing").unwrap_err(), "there is no key in it");
        assert!(keyring(&format!("1 {key}\nx {key}")).unwrap_err().starts_with("line 2: "));
        let short = keyring("1 secret").unwrap_err();
        assert!(short.starts_with("line 1: ") && !short.contains("secret"), "{short}");
    }
}
