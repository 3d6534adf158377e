//! Plays the authority, by running scripts.

use crate::connection::{Connection, News};
use crate::keys::{self, Keys};
use crate::script::numbers;
use crate::turns::Turns;
use crate::{Error, Options};
use core::time::Duration;
use quorate::lease::{ClaimId, Mode, Refusal};
use quorate::{FencingToken, Name};
use quorate_tokio::engine::{Answer, Desk, Engine, Wish};
use redis::Value;
use std::sync::Arc;
use tokio::sync::mpsc;

/// A Redis server in the place of an authority.
#[derive(Debug)]
pub struct Redis {
    pub(crate) connection: Connection,
    pub(crate) options: Options,
    /// No other client has or had it, and it is a part of every owner's name: what the server knows about claims of an earlier
    /// life of this process, or of another process, is never taken for ours.
    pub(crate) instance: String,
    /// The start of the names of the channels on which instances are woken.
    pub(crate) wake: String,
    pub(crate) turns: Arc<Turns>,
}

impl Redis {
    /// Connects to the server at this address, `redis://[user:password@]host[:port][/database]`.
    ///
    /// # Errors
    ///
    /// If the address is none, the server cannot be reached or does not let this client in, or speaks no RESP3 (Redis before 6).
    pub async fn connect(url: &str, options: Options) -> Result<Arc<Self>, Error> {
        let instance = format!("{:016x}", getrandom::u64().map_err(Error::Random)?);
        let wake = keys::wake(&options.prefix);
        let (news_sender, mut news) = mpsc::unbounded_channel();
        let channel = [wake.as_str(), &instance].concat();
        let connection = Connection::open(url, channel, options.answer_within, news_sender).await?;
        let turns = Arc::new(Turns::default());
        let redis = Arc::new(Self { connection, options, instance, wake, turns: Arc::clone(&turns) });
        // It ends when the connection and what it tells go, with the engine.
        tokio::spawn(async move {
            while let Some(heard) = news.recv().await {
                match heard {
                    News::Wake(number) => turns.wake(number),
                    // What is published until there is another connection is lost, so all ask again. The first of them connects.
                    News::Broken => turns.wake_all(),
                }
            }
        });
        Ok(redis)
    }

    /// The engine behind locks: to be given to `Locks`.
    #[must_use]
    pub fn desk(self: &Arc<Self>) -> Desk<Self> {
        Desk::new(Arc::clone(self))
    }

    /// Who holds this lock: what it is called, and its token. `None` if nobody holds it alone.
    ///
    /// # Errors
    ///
    /// If the server does not answer, or refuses.
    pub async fn holder(&self, resource: &Name) -> Result<Option<(String, FencingToken)>, Error> {
        let mut command = redis::cmd("GET");
        command.arg(Keys::new(&self.options.prefix, resource).lock);
        match self.connection.query(&command).await? {
            Value::Nil => Ok(None),
            Value::BulkString(held) => {
                let held = String::from_utf8_lossy(&held);
                let mut parts = held.splitn(3, ' ');
                let holder = (parts.nth(1), parts.next());
                let (Some(token), Some(label)) = holder else { return Err(unexpected(&Value::Nil)) };
                let token = token.parse().map_err(|_| unexpected(&Value::Nil))?;
                Ok(Some((label.to_owned(), FencingToken::from_number(token))))
            }
            other => Err(unexpected(&other)),
        }
    }

    /// What a claim is called on the server.
    fn owner(&self, claim: ClaimId) -> String {
        format!("{}:{claim}", self.instance)
    }

    /// For how long the server keeps what it grants, in milliseconds: not a moment less than the holder counts on.
    fn server_lease(&self, lease: Duration) -> String {
        milliseconds(lease + self.options.lock_delay).to_string()
    }
}

impl Engine for Redis {
    type Kept = ();
    type Error = Error;

    async fn acquire(&self, (): &mut (), wish: Wish) -> Result<Answer, Error> {
        let Wish { claim, resource, mode, wait, lease, .. } = wish;
        let keys = Keys::new(&self.options.prefix, &resource);
        let keys = [&keys.lock, &keys.counter, &keys.line, &keys.alive, &keys.held, &keys.modes];
        let (owner, server_lease, mode) = (self.owner(claim), self.server_lease(lease), mode_word(mode));
        let wait = if wait { "1" } else { "0" };
        let arguments = [&owner, &server_lease, &mode, wait, &self.options.label, &self.wake];
        // Whoever is woken while the answer is under way must not miss it.
        let woken = self.turns.of(claim.get());
        let answer = self
            .connection
            .run(&self.connection.scripts.acquire, &keys.map(String::as_bytes), &arguments.map(str::as_bytes))
            .await?;
        match numbers(&answer) {
            Some([1, token, _]) => {
                Ok(Answer::Granted { token: FencingToken::from_number(token.unsigned_abs()), lease })
            }
            Some([2, ahead, again]) => {
                let until_expiry = (again > 0).then(|| Duration::from_millis(again.unsigned_abs()));
                let ahead = u32::try_from(ahead).unwrap_or(u32::MAX);
                Ok(Answer::Waiting { ahead, turn: Box::pin(woken.or_after(until_expiry)) })
            }
            Some([3, ..]) => Ok(Answer::Refused(Refusal::Busy)),
            Some([4, of, _]) => Ok(Answer::Refused(Refusal::OtherPermits(u16::try_from(of).unwrap_or(u16::MAX)))),
            _ => Err(unexpected(&answer)),
        }
    }

    async fn renew(&self, (): &mut (), wish: Wish, token: FencingToken) -> Result<Option<Duration>, Error> {
        let Wish { claim, resource, mode, lease, .. } = wish;
        let keys = Keys::new(&self.options.prefix, &resource);
        let keys = [&keys.lock, &keys.counter, &keys.held, &keys.modes];
        let (owner, token) = (self.owner(claim), token.to_string());
        let arguments = [&owner, &token, &self.server_lease(lease), &mode_word(mode), &self.options.label];
        let answer = self
            .connection
            .run(&self.connection.scripts.renew, &keys.map(String::as_bytes), &arguments.map(String::as_bytes))
            .await?;
        match numbers(&answer) {
            Some([held, ..]) => Ok((held == 1).then_some(lease)),
            None => Err(unexpected(&answer)),
        }
    }

    async fn release(
        &self,
        (): &mut (),
        claim: ClaimId,
        resource: Name,
        mode: Mode,
        token: Option<FencingToken>,
    ) -> Result<(), Error> {
        let keys = Keys::new(&self.options.prefix, &resource);
        let keys = [&keys.lock, &keys.line, &keys.alive, &keys.held, &keys.modes];
        let token = token.map(|token| token.to_string()).unwrap_or_default();
        let arguments = [&self.owner(claim), &token, &mode_word(mode), &self.wake];
        let (keys, arguments) = (keys.map(String::as_bytes), arguments.map(String::as_bytes));
        self.connection.run(&self.connection.scripts.release, &keys, &arguments).await.map(drop)
    }
}

/// Rounded up.
pub(crate) fn milliseconds(time: Duration) -> u128 {
    time.as_nanos().div_ceil(1_000_000)
}

fn mode_word(mode: Mode) -> String {
    match mode {
        Mode::Exclusive => "x".into(),
        Mode::Shared => "s".into(),
        Mode::Permits { take, of } => format!("{take}/{of}"),
    }
}

pub(crate) fn unexpected(answer: &Value) -> Error {
    let source = (redis::ErrorKind::UnexpectedReturnType, "a script answered otherwise", format!("{answer:?}")).into();
    Error::Command { source }
}
