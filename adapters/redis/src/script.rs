//! The scripts that run inside the server.

use redis::{Cmd, Script, Value};

/// A script, which the server knows by the digest of its text.
#[derive(Debug)]
pub(crate) struct Source {
    text: &'static str,
    digest: String,
}

impl Source {
    fn new(text: &'static str) -> Self {
        Self { text, digest: Script::new(text).get_hash().to_owned() }
    }

    /// What runs it: one command, and one round trip.
    pub(crate) fn call(&self, keys: &[&[u8]], arguments: &[&[u8]]) -> Cmd {
        let mut command = Cmd::new();
        command.arg("EVALSHA").arg(&self.digest).arg(keys.len());
        for part in keys.iter().chain(arguments) {
            command.arg(*part);
        }
        command
    }

    /// What makes it known to a server that does not know it: one that has just started, or was told to forget.
    pub(crate) fn load(&self) -> Cmd {
        let mut command = Cmd::new();
        command.arg("SCRIPT").arg("LOAD").arg(self.text);
        command
    }
}

/// All of them.
#[derive(Debug)]
pub(crate) struct Scripts {
    pub(crate) acquire: Source,
    pub(crate) renew: Source,
    pub(crate) release: Source,
}

impl Scripts {
    pub(crate) fn new() -> Self {
        Self {
            acquire: Source::new(include_str!("scripts/acquire.lua")),
            renew: Source::new(include_str!("scripts/renew.lua")),
            release: Source::new(include_str!("scripts/release.lua")),
        }
    }
}

impl Scripts {
    /// What makes all of them known, so that the first use of one is not another round trip.
    pub(crate) fn load(&self) -> [Cmd; 3] {
        [&self.acquire, &self.renew, &self.release].map(Source::load)
    }
}

/// The numbers that a script answers with.
pub(crate) fn numbers(value: &Value) -> Option<[i64; 3]> {
    let mut numbers = [0; 3];
    match value {
        Value::Int(number) => numbers[0] = *number,
        Value::Array(values) => {
            for (slot, value) in numbers.iter_mut().zip(values) {
                let Value::Int(number) = value else { return None };
                *slot = *number;
            }
        }
        _ => return None,
    }
    Some(numbers)
}
