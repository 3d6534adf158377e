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
    pub(crate) fn call(&self, keys: &[String], arguments: &[&[u8]]) -> Cmd {
        let size = |parts: usize, part: &[u8]| parts + part.len();
        let bytes = keys.iter().map(String::as_bytes).fold(0, size) + arguments.iter().copied().fold(0, size);
        let mut command = Cmd::with_capacity(keys.len() + arguments.len() + 3, bytes + 64);
        command.arg("EVALSHA").arg(&self.digest).arg(keys.len());
        for key in keys {
            command.arg(key.as_bytes());
        }
        for argument in arguments {
            command.arg(*argument);
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
    pub(crate) acquire_free: Source,
    pub(crate) acquire: Source,
    pub(crate) renew: Source,
    pub(crate) release_alone: Source,
    pub(crate) release: Source,
    pub(crate) holder: Source,
    pub(crate) replace: Source,
    pub(crate) present: Source,
}

impl Scripts {
    pub(crate) fn new() -> Self {
        Self {
            acquire_free: Source::new(include_str!("scripts/acquire_free.lua")),
            acquire: Source::new(include_str!("scripts/acquire.lua")),
            renew: Source::new(include_str!("scripts/renew.lua")),
            release_alone: Source::new(include_str!("scripts/release_alone.lua")),
            release: Source::new(include_str!("scripts/release.lua")),
            holder: Source::new(include_str!("scripts/holder.lua")),
            replace: Source::new(include_str!("scripts/replace.lua")),
            present: Source::new(include_str!("scripts/present.lua")),
        }
    }
}

impl Scripts {
    /// What makes all of them known, so that the first use of one is not another round trip.
    pub(crate) fn load(&self) -> [Cmd; 8] {
        let Self { acquire_free, acquire, renew, release_alone, release, holder, replace, present } = self;
        [acquire_free, acquire, renew, release_alone, release, holder, replace, present].map(Source::load)
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
