//! One connection, and another one when it breaks.
//!
//! All commands of an engine share a connection, on which also the notifications come (RESP3). A connection that has not answered
//! for [`Options::answer_within`](crate::Options::answer_within) is as good as broken: behind a cut cable nothing else would say so
//! for minutes. Nothing is retried here but the loading of a script, since holders repeat what is not answered.

use crate::Error;
use crate::script::{Scripts, Source};
use core::time::Duration;
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, Cmd, ErrorKind, IntoConnectionInfo, ProtocolVersion, PushInfo, PushKind};
use redis::{ServerErrorKind, Value};
use std::sync::{Mutex, PoisonError};
use tokio::sync::mpsc;

/// What comes without being asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum News {
    /// A claim may be worth asking for again.
    Wake(u64),
    /// The connection broke. What was published meanwhile is lost.
    Broken,
}

#[derive(Debug)]
pub(crate) struct Connection {
    client: Client,
    pub(crate) scripts: Scripts,
    channel: String,
    answer_within: Duration,
    news: mpsc::UnboundedSender<News>,
    current: Mutex<Current>,
    /// Held by whoever connects, so that the others wait for it instead of connecting too.
    connecting: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Current {
    connection: Option<MultiplexedConnection>,
    /// How many connections there have been.
    number: u64,
}

impl core::fmt::Debug for Current {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Current").field("open", &self.connection.is_some()).field("number", &self.number).finish()
    }
}

impl Connection {
    /// Connects, and listens on this channel.
    pub(crate) async fn open(
        url: &str,
        channel: String,
        answer_within: Duration,
        news: mpsc::UnboundedSender<News>,
    ) -> Result<Self, Error> {
        let address = |source| Error::Address { url: without_password(url), source };
        let info = url.into_connection_info().map_err(address)?;
        let settings = info.redis_settings().clone().set_protocol(ProtocolVersion::RESP3);
        let client = Client::open(info.set_redis_settings(settings)).map_err(address)?;
        let opened = Self {
            client,
            scripts: Scripts::new(),
            channel,
            answer_within,
            news,
            current: Mutex::default(),
            connecting: tokio::sync::Mutex::default(),
        };
        opened.get().await?;
        Ok(opened)
    }

    fn current(&self) -> std::sync::MutexGuard<'_, Current> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The connection that there is, and which one it is.
    fn present(&self) -> Option<(MultiplexedConnection, u64)> {
        let current = self.current();
        current.connection.clone().map(|connection| (connection, current.number))
    }

    /// The connection that there is, or a new one.
    async fn get(&self) -> Result<(MultiplexedConnection, u64), Error> {
        match self.present() {
            Some(present) => Ok(present),
            // In a place of its own: what it takes to connect is large, and would be moved around with each command.
            None => Box::pin(self.get_new()).await,
        }
    }

    async fn get_new(&self) -> Result<(MultiplexedConnection, u64), Error> {
        let _connecting = self.connecting.lock().await;
        if let Some(present) = self.present() {
            return Ok(present);
        }
        let number = self.current().number + 1;
        let connection = self.connect().await.map_err(|source| Error::Connect {
            address: self.client.get_connection_info().addr().to_string(),
            source,
        })?;
        *self.current() = Current { connection: Some(connection.clone()), number };
        if number > 1 {
            tracing::info!(channel = %self.channel, "connected to Redis again");
        }
        Ok((connection, number))
    }

    async fn connect(&self) -> Result<MultiplexedConnection, redis::RedisError> {
        let news = self.news.clone();
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(self.answer_within))
            .set_response_timeout(Some(self.answer_within))
            .set_push_sender(move |push: PushInfo| match heard(&push) {
                Some(heard) => news.send(heard),
                None => Ok(()),
            });
        let mut connection = self.client.get_multiplexed_async_connection_with_config(&config).await?;
        connection.subscribe(&self.channel).await?;
        for load in self.scripts.load() {
            connection.send_packed_command(&load).await?.extract_error()?;
        }
        Ok(connection)
    }

    /// Forgets this connection, unless there is a newer one.
    fn give_up(&self, number: u64) {
        let mut current = self.current();
        if current.number == number && current.connection.take().is_some() {
            drop(current);
            let _ = self.news.send(News::Broken);
        }
    }

    /// Has the server do this.
    pub(crate) async fn query(&self, command: &Cmd) -> Result<Value, Error> {
        let (mut connection, number) = self.get().await?;
        self.judge(number, connection.send_packed_command(command).await)
    }

    /// Has the server run a script, and teaches it the script if it does not know it.
    pub(crate) async fn run(&self, script: &Source, keys: &[String], arguments: &[&[u8]]) -> Result<Value, Error> {
        let command = script.call(keys, arguments);
        let (mut connection, number) = self.get().await?;
        let mut answer = connection.send_packed_command(&command).await.and_then(Value::extract_error);
        if answer.as_ref().is_err_and(|error| error.kind() == ErrorKind::Server(ServerErrorKind::NoScript)) {
            let loaded = Box::pin(connection.send_packed_command(&script.load())).await;
            self.judge(number, loaded)?;
            answer = Box::pin(connection.send_packed_command(&command)).await;
        }
        self.judge(number, answer)
    }

    /// Gives a connection up whose answers do not come, or that leads to a server which has become a replica.
    fn judge(&self, number: u64, answer: Result<Value, redis::RedisError>) -> Result<Value, Error> {
        let error = match answer.and_then(Value::extract_error) {
            Ok(value) => return Ok(value),
            Err(error) => error,
        };
        let replica = error.kind() == ErrorKind::Server(ServerErrorKind::ReadOnly);
        if error.is_io_error() || error.is_unrecoverable_error() || replica {
            tracing::warn!(%error, "the connection to Redis is given up");
            self.give_up(number);
        }
        Err(if error.is_timeout() {
            Error::Silent { waited: self.answer_within }
        } else {
            Error::Command { source: error }
        })
    }
}

fn heard(push: &PushInfo) -> Option<News> {
    match (&push.kind, push.data.as_slice()) {
        (PushKind::Disconnection, _) => Some(News::Broken),
        (PushKind::Message, [_, Value::BulkString(number)]) => {
            core::str::from_utf8(number).ok()?.parse().ok().map(News::Wake)
        }
        _ => None,
    }
}

/// An address that can be shown.
fn without_password(url: &str) -> String {
    match url.split_once("://").and_then(|(scheme, rest)| Some((scheme, rest.rsplit_once('@')?))) {
        Some((scheme, (_, host))) => format!("{scheme}://…@{host}"),
        None => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_not_shown() {
        assert_eq!(without_password("redis://me:secret@host:1/0"), "redis://…@host:1/0");
        assert_eq!(without_password("redis://host"), "redis://host");
        assert_eq!(without_password("nonsense"), "nonsense");
    }

    #[test]
    fn a_wake_up_names_a_claim() {
        let message = |payload: &str| PushInfo {
            kind: PushKind::Message,
            data: vec![Value::BulkString(b"quorate:wake:1".to_vec()), Value::BulkString(payload.into())],
        };
        assert_eq!(heard(&message("17")), Some(News::Wake(17)));
        assert_eq!(heard(&message("nonsense")), None);
        assert_eq!(heard(&PushInfo { kind: PushKind::Disconnection, data: vec![] }), Some(News::Broken));
    }
}
