//! Keeps what is known of barriers.

use crate::Error;
use crate::engine::{Redis, milliseconds, unexpected};
use crate::keys::Keys;
use core::time::Duration;
use quorate::Name;
use quorate_tokio::engine::Turn;
use quorate_tokio::engine::barrier::{Attendee, Reading, Registers, Replaced};
use redis::Value;

impl Redis {
    fn keys<'a>(&'a self, name: &'a Name) -> Keys<'a> {
        Keys::new(&self.options.prefix, name)
    }

    /// Ends when this party is woken. To be made before the question whose answer may be another one by then.
    fn woken(&self, reader: Attendee) -> Turn {
        Box::pin(self.turns.of(reader.party.get()).or_after(None))
    }
}

impl Registers for Redis {
    type Error = Error;

    fn client(&self) -> u64 {
        self.number
    }

    async fn read(&self, name: &Name, reader: Attendee) -> Result<Reading, Error> {
        let changed = self.woken(reader);
        let [register] = self.keys(name).of(["barrier"]);
        let mut command = redis::cmd("GET");
        command.arg(register);
        let value = match self.connection.query(&command).await? {
            Value::Nil => None,
            value => Some(text(value)?),
        };
        Ok(Reading { value, revision: 0, changed })
    }

    async fn replace(
        &self,
        name: &Name,
        replacer: Attendee,
        seen: Reading,
        value: String,
        wake: &[Attendee],
    ) -> Result<Replaced, Error> {
        let changed = self.woken(replacer);
        let wake: Vec<String> = wake.iter().map(Attendee::to_string).collect();
        let seen = seen.value.unwrap_or_default();
        let mut arguments = vec![seen.as_bytes(), value.as_bytes(), self.wake.as_bytes()];
        arguments.extend(wake.iter().map(String::as_bytes));
        let keys = self.keys(name).of(["barrier"]);
        match self.connection.run(&self.connection.scripts.replace, &keys, &arguments).await? {
            Value::Int(1) => Ok(Replaced::Done(changed)),
            there => {
                let value = Some(text(there)?).filter(|there| !there.is_empty());
                Ok(Replaced::Outrun(Reading { value, revision: 0, changed }))
            }
        }
    }

    async fn present(&self, name: &Name, lasts: Duration, others: &[u64]) -> Result<Vec<bool>, Error> {
        let clients = core::iter::once(&self.number).chain(others);
        let key = |client: &u64| self.keys(name).of([&format!("present:{client:016x}")]);
        let keys: Vec<String> = clients.flat_map(key).collect();
        let lasts = milliseconds(lasts).to_string();
        let answer = self.connection.run(&self.connection.scripts.present, &keys, &[lasts.as_bytes()]).await?;
        match &answer {
            Value::Array(there) if there.len() == others.len() => {
                Ok(there.iter().map(|there| *there == Value::Int(1)).collect())
            }
            _ => Err(unexpected(&answer)),
        }
    }
}

fn text(value: Value) -> Result<String, Error> {
    match value {
        Value::BulkString(bytes) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
        other => Err(unexpected(&other)),
    }
}
