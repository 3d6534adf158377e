//! What people write: settings, scenarios, names, keys.

#[cfg(feature = "program")]
use quorate::Name;
#[cfg(feature = "program")]
use quorate_cli::readings;
#[cfg(feature = "program")]
use quorate_wire::{Key, KeyError};

#[cfg(feature = "program")]
/// A file of settings for the program: it is taken, or the error names the file and is a sentence at least.
pub fn settings(data: &[u8]) {
    let Ok(text) = core::str::from_utf8(data) else { return };
    if let Some(error) = readings::settings(text) {
        assert!(error.starts_with("settings.toml") && error.ends_with(['.', '?']), "{error:?}");
    }
}

/// A scenario: it is taken, or the error names the file.
pub fn scenario(data: &[u8]) {
    let Ok(text) = core::str::from_utf8(data) else { return };
    if let Err(error) = quorate_sim::scenario::parse("a.toml", text) {
        assert!(error.to_string().contains("a.toml"), "{error}");
    }
}

#[cfg(feature = "program")]
/// Names of resources, keys in digits, files of keys, and what may stand on a command line.
pub fn names(data: &[u8]) {
    let Ok(text) = core::str::from_utf8(data) else { return };
    match Name::new(text) {
        Ok(name) => assert_eq!((name.as_str(), text.parse()), (text, Ok(name))),
        Err(error) => {
            let is_control = |byte: u8| byte.is_ascii_control();
            assert!(text.is_empty() || text.len() > Name::LONGEST || text.bytes().any(is_control), "{error}: {text:?}");
        }
    }
    let is_key = text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    match Key::from_hex(text) {
        Ok(_) => assert!(is_key, "{text:?}"),
        Err(KeyError::Length { found }) => assert!(found == text.len() && found != 64),
        Err(_) => assert!(!is_key, "{text:?}"),
    }
    if let Some(error) = readings::keys(text) {
        // Nothing of a key is ever in an error.
        let secret = text.split_whitespace().find(|word| word.len() >= 32 && error.contains(word));
        assert_eq!(secret, None, "{error}");
    }
    for error in readings::arguments(text).into_iter().flatten() {
        assert!(!error.is_empty());
    }
}
