//! Plays the authority, by running scripts.

use crate::connection::{Connection, News};
use crate::keys::{self, Keys};
use crate::script::numbers;
use crate::turns::Turns;
use crate::{Error, Options};
use core::time::Duration;
use quorate::lease::{ClaimId, Mode, Refusal};
use quorate::{FencingToken, Name};
use quorate_tokio::engine::barrier::Registrar;
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
    /// The same as a number.
    pub(crate) number: u64,
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
        let number = getrandom::u64().map_err(Error::Random)?;
        let instance = format!("{number:016x}");
        let wake = keys::wake(&options.prefix);
        let (news_sender, mut news) = mpsc::unbounded_channel();
        let channel = [wake.as_str(), &instance].concat();
        let connection = Connection::open(url, channel, options.answer_within, news_sender).await?;
        let turns = Arc::new(Turns::default());
        let redis = Arc::new(Self { connection, options, instance, number, wake, turns: Arc::clone(&turns) });
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

    /// The engine behind barriers: to be given to `Barriers`. A client of which nothing was heard for so long has left, for the others.
    #[must_use]
    pub fn registrar(self: &Arc<Self>, lapse: Duration) -> Registrar<Self> {
        Registrar::new(Arc::clone(self), lapse)
    }

    /// Who holds this lock: what it is called, and its token. `None` if nobody holds it alone.
    ///
    /// # Errors
    ///
    /// If the server does not answer, or refuses.
    pub async fn holder(&self, resource: &Name) -> Result<Option<(String, FencingToken)>, Error> {
        let keys = Keys::new(&self.options.prefix, resource).of(["lock", "token", "held", "modes"]);
        let answer = self.connection.run(&self.connection.scripts.holder, &keys, &[]).await?;
        let values = match &answer {
            Value::Nil => return Ok(None),
            Value::Array(values) => values.as_slice(),
            _ => &[],
        };
        let text = |value: &Value| match value {
            Value::BulkString(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
            _ => None,
        };
        let [token, label] = values else { return Err(unexpected(&answer)) };
        let token = text(token).and_then(|token| token.parse().ok()).map(FencingToken::from_number);
        match (text(label), token) {
            (Some(label), Some(token)) => Ok(Some((label, token))),
            _ => Err(unexpected(&answer)),
        }
    }

    /// What a claim is called on the server.
    fn owner(&self, claim: ClaimId) -> String {
        format!("{}:{claim}", self.instance)
    }

    /// What stands in the key of a lock that this claim holds alone, with nobody waiting.
    fn holds_alone(&self, claim: ClaimId) -> String {
        format!("{}:{claim} {}", self.instance, self.options.label)
    }

    /// For how long the server keeps what it grants, in milliseconds: not a moment less than the holder counts on.
    fn server_lease(&self, lease: Duration) -> String {
        milliseconds(lease + self.options.lock_delay).to_string()
    }
}

/// What is kept for a claim.
#[derive(Debug, Default)]
pub struct Kept {
    /// Somebody was in its way, so that it is known, or was, where all who hold and who wait are.
    disputed: bool,
}

impl Redis {
    /// Acquires what nobody has anything to do with, in as few steps of the server as can be. `None` if that is not so.
    async fn acquire_free(&self, wish: &Wish) -> Result<Option<FencingToken>, Error> {
        let keys = Keys::new(&self.options.prefix, &wish.resource).of(["lock", "token"]);
        let arguments = [self.holds_alone(wish.claim), self.server_lease(wish.lease)];
        let script = &self.connection.scripts.acquire_free;
        let answer = self.connection.run(script, &keys, &arguments.each_ref().map(String::as_bytes)).await?;
        match numbers(&answer) {
            Some([0, ..]) => Ok(None),
            Some([token, ..]) => Ok(Some(FencingToken::from_number(token.unsigned_abs()))),
            None => Err(unexpected(&answer)),
        }
    }

    /// Acquires what somebody else holds or waits for, or stands in line for it, or finds out that neither can be.
    async fn acquire_disputed(&self, wish: &Wish) -> Result<Answer, Error> {
        let Wish { claim, resource, mode, wait, lease, .. } = *wish;
        let keys = Keys::new(&self.options.prefix, &resource).of(["lock", "token", "line", "alive", "held", "modes"]);
        let (owner, server_lease, mode) = (self.owner(claim), self.server_lease(lease), mode_word(mode));
        let wait = if wait { "1" } else { "0" };
        let arguments = [&owner, &server_lease, &mode, wait, &self.options.label, &self.wake];
        // Whoever is woken while the answer is under way must not miss it.
        let woken = self.turns.of(claim.get());
        let script = &self.connection.scripts.acquire;
        let answer = self.connection.run(script, &keys, &arguments.map(str::as_bytes)).await?;
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

    /// Ends a claim that nobody waits for, in as few steps of the server as can be; `false` if it is not such a claim.
    async fn release_alone(&self, claim: ClaimId, resource: &Name) -> Result<bool, Error> {
        let keys = Keys::new(&self.options.prefix, resource).of(["lock"]);
        let script = &self.connection.scripts.release_alone;
        let answer = self.connection.run(script, &keys, &[self.holds_alone(claim).as_bytes()]).await?;
        Ok(matches!(numbers(&answer), Some([1, ..])))
    }
}

impl Engine for Redis {
    type Kept = Kept;
    type Error = Error;

    async fn acquire(&self, kept: &mut Kept, wish: Wish) -> Result<Answer, Error> {
        if wish.mode == Mode::Exclusive
            && !kept.disputed
            && let Some(token) = self.acquire_free(&wish).await?
        {
            return Ok(Answer::Granted { token, lease: wish.lease });
        }
        kept.disputed = true;
        // In a place of its own: the common case should not be moved around with room for this one.
        Box::pin(self.acquire_disputed(&wish)).await
    }

    async fn renew(&self, _: &mut Kept, wish: Wish, token: FencingToken) -> Result<Option<Duration>, Error> {
        let Wish { claim, resource, mode, lease, .. } = wish;
        let keys = Keys::new(&self.options.prefix, &resource).of(["lock", "token", "held", "modes"]);
        let (owner, token) = (self.owner(claim), token.to_string());
        let arguments = [&owner, &token, &self.server_lease(lease), &mode_word(mode), &self.options.label];
        let script = &self.connection.scripts.renew;
        let answer = self.connection.run(script, &keys, &arguments.map(String::as_bytes)).await?;
        match numbers(&answer) {
            Some([held, ..]) => Ok((held == 1).then_some(lease)),
            None => Err(unexpected(&answer)),
        }
    }

    async fn release(
        &self,
        kept: &mut Kept,
        claim: ClaimId,
        resource: Name,
        mode: Mode,
        token: Option<FencingToken>,
    ) -> Result<(), Error> {
        if mode == Mode::Exclusive && !kept.disputed && self.release_alone(claim, &resource).await? {
            return Ok(());
        }
        let keys = Keys::new(&self.options.prefix, &resource).of(["lock", "line", "alive", "held", "modes"]);
        let token = token.map(|token| token.to_string()).unwrap_or_default();
        let arguments = [&self.owner(claim), &token, &self.wake];
        let script = &self.connection.scripts.release;
        Box::pin(self.connection.run(script, &keys, &arguments.map(String::as_bytes))).await.map(drop)
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
