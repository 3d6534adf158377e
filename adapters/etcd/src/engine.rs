//! Plays the authority, by leases and transactions.

use crate::line::{self, Claim, Place};
use crate::session::Session;
use crate::watch::Watch;
use crate::{Error, Options, keys};
use core::time::Duration;
use etcd_client::{
    Client, Compare, CompareOp, ConnectOptions, GetOptions, GetResponse, PutOptions, SortOrder, SortTarget, Txn, TxnOp,
    TxnOpResponse,
};
use quorate::lease::{ClaimId, Mode, Refusal};
use quorate::{FencingToken, Name};
use quorate_tokio::clock;
use quorate_tokio::engine::barrier::Registrar;
use quorate_tokio::engine::{Answer, Desk, Engine, Wish};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// An etcd cluster in the place of an authority.
#[derive(Debug)]
pub struct Etcd {
    pub(crate) client: ClientHandle,
    pub(crate) options: Options,
    /// No other client has or had it, and it is a part of every key of a claim.
    pub(crate) instance: String,
    /// The same as a number.
    pub(crate) number: u64,
    /// On what it hangs that this client is there for its barriers.
    pub(crate) presence: tokio::sync::Mutex<Option<Session>>,
    /// Sessions without keys, for the claims to come.
    idle: Mutex<Vec<Session>>,
}

/// A client, which does not print itself.
#[derive(Clone)]
pub(crate) struct ClientHandle(pub(crate) Client);

impl core::fmt::Debug for ClientHandle {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Client")
    }
}

/// How many sessions are kept for claims to come. Those that are not needed soon run out by themselves.
const MOST_IDLE: usize = 16;

/// What is kept for a claim.
#[derive(Debug, Default)]
pub struct Kept {
    session: Option<Session>,
    /// The revision in which the claim's key was created: the token. `None` as long as that is not known.
    revision: Option<i64>,
    watch: Option<(Watch, u32)>,
}

impl Etcd {
    /// Connects to the cluster that has these members, `host:port` or `http://host:port` each.
    ///
    /// # Errors
    ///
    /// If none of them can be reached, or they do not let this client in.
    pub async fn connect(
        endpoints: &[String],
        user: Option<(String, String)>,
        options: Options,
    ) -> Result<Arc<Self>, Error> {
        // A cluster that has fallen silent behind a cut cable is noticed by this at the latest; servers take more pings for an attack.
        const PING_EVERY: Duration = Duration::from_secs(5);
        let mut connect = ConnectOptions::new()
            .with_connect_timeout(options.answer_within)
            .with_keep_alive(PING_EVERY, options.answer_within)
            .with_require_leader(true);
        if let Some((name, password)) = user {
            connect = connect.with_user(name, password);
        }
        let failed = |source| Error::Connect { endpoints: endpoints.to_vec(), source };
        let client = Client::connect(endpoints, Some(connect)).await.map_err(failed)?;
        let number = getrandom::u64().map_err(Error::Random)?;
        let etcd = Self {
            client: ClientHandle(client),
            options,
            instance: format!("{number:016x}"),
            number,
            presence: tokio::sync::Mutex::default(),
            idle: Mutex::default(),
        };
        // Channels connect only when they are used: whether there is somebody is asked here.
        let mut client = etcd.client.0.kv_client();
        match etcd.in_time(async { Ok(client.get(etcd.options.prefix.as_str(), None).await?) }).await {
            Ok(_) => Ok(Arc::new(etcd)),
            Err(Error::Command { source }) => Err(failed(source)),
            Err(error) => Err(error),
        }
    }

    /// The engine behind locks: to be given to `Locks`.
    #[must_use]
    pub fn desk(self: &Arc<Self>) -> Desk<Self> {
        Desk::new(Arc::clone(self))
    }

    /// The engine behind barriers: to be given to `Barriers`. A client of which nothing was heard for so long has left, for the others;
    /// it is rounded up as leases are.
    #[must_use]
    pub fn registrar(self: &Arc<Self>, lapse: Duration) -> Registrar<Self> {
        Registrar::new(Arc::clone(self), lapse)
    }

    /// Who holds this lock: what it is called, and its token. `None` if nobody does.
    ///
    /// # Errors
    ///
    /// If the cluster does not answer, or refuses.
    pub async fn holder(&self, resource: &Name) -> Result<Option<(String, FencingToken)>, Error> {
        let line = keys::line(&self.options.prefix, resource);
        let first = GetOptions::new().with_prefix().with_sort(SortTarget::Create, SortOrder::Ascend).with_limit(1);
        let mut client = self.client.0.kv_client();
        let found = self.in_time(async { Ok(client.get(line, Some(first)).await?) }).await?;
        Ok(found.kvs().first().map(|holder| {
            let token = FencingToken::from_number(holder.create_revision().unsigned_abs());
            (keys::label(holder.value()), token)
        }))
    }

    /// The answer to a command, if it comes in time.
    pub(crate) async fn in_time<T>(&self, command: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        let waited = self.options.answer_within;
        tokio::time::timeout(waited, command).await.unwrap_or(Err(Error::Silent { waited }))
    }

    pub(crate) async fn transact(&self, transaction: Txn) -> Result<Outcome, Error> {
        let mut client = self.client.0.kv_client();
        let answer = self.in_time(async { Ok(client.txn(transaction).await?) }).await?;
        let revision = answer.header().map(etcd_client::ResponseHeader::revision);
        let gets = answer.op_responses().into_iter().filter_map(|answer| match answer {
            TxnOpResponse::Get(get) => Some(get),
            _ => None,
        });
        Ok(Outcome {
            succeeded: answer.succeeded(),
            revision: revision.ok_or(Error::Unexpected { asked: "in which revision" })?,
            gets: gets.collect(),
        })
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Session>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// For how many seconds the cluster has to keep what it grants: not less than the holder counts on, and the lock-delay.
    fn seconds(&self, lease: Duration) -> i64 {
        let nanos = (lease + self.options.lock_delay).as_nanos();
        i64::try_from(nanos.div_ceil(1_000_000_000)).unwrap_or(i64::MAX)
    }

    /// A session for a claim: one that is there and young enough, or a new one.
    async fn session(&self, lease: Duration) -> Result<Session, Error> {
        let seconds = self.seconds(lease);
        // What is seldom done has a place of its own, so that the common case is not moved around with room for it.
        while let Some(mut session) = self.take_idle(seconds) {
            if session.until().since(clock::now()) >= self.wanted(lease)
                || Box::pin(self.renew_session(&mut session)).await.is_ok()
            {
                return Ok(session);
            }
        }
        Box::pin(self.in_time(Session::open(self.client.0.lease_client(), seconds))).await
    }

    /// How long a session lasts that is good enough for a new claim. It is renewed soon anyway, as any lease that is held.
    fn wanted(&self, lease: Duration) -> Duration {
        lease - lease / 8 + self.options.lock_delay
    }

    fn take_idle(&self, seconds: i64) -> Option<Session> {
        let mut idle = self.idle();
        let now = clock::now();
        idle.retain(|session| now < session.until());
        let at = idle.iter().rposition(|session| session.asked == seconds)?;
        Some(idle.swap_remove(at))
    }

    pub(crate) async fn renew_session(&self, session: &mut Session) -> Result<(), Error> {
        let mut client = self.client.0.lease_client();
        self.in_time(session.renew(&mut client)).await
    }

    /// The session has no keys any more.
    fn give_back(&self, session: Session) {
        let mut idle = self.idle();
        if idle.len() < MOST_IDLE {
            idle.push(session);
        }
    }

    /// Ends a session, and with it whatever keys it has.
    async fn end(&self, session: &Session) -> Result<(), Error> {
        let mut client = self.client.0.lease_client();
        match self.in_time(async { Ok(client.revoke(session.id).await?) }).await {
            Err(Error::Command { source: etcd_client::Error::GRpcStatus(status) }) if is_not_found(&status) => Ok(()),
            ended => ended.map(drop),
        }
    }

    /// For how long after it was asked for a claim on this session may be relied on.
    fn granted(&self, session: &Session, wish: &Wish) -> Duration {
        session.until().since(wish.sent).saturating_sub(self.options.lock_delay).min(wish.lease)
    }

    /// Puts a claim in line, if it is not there, and looks at the line.
    async fn stand_in_line(
        &self,
        session: &Session,
        key: &str,
        line: &str,
        wish: &Wish,
    ) -> Result<(Vec<Claim>, i64), Error> {
        let order = GetOptions::new().with_prefix().with_sort(SortTarget::Create, SortOrder::Ascend);
        let look = TxnOp::get(line, Some(order));
        let value = keys::value(wish.mode, &self.options.label);
        let put = TxnOp::put(key, value, Some(PutOptions::new().with_lease(session.id)));
        // Who does not wait comes only if nobody else is there; who bears others beside it finds out when it is there.
        let alone = !wish.wait && wish.mode == Mode::Exclusive;
        let new = if alone {
            Compare::create_revision(line, CompareOp::Equal, 0).with_prefix()
        } else {
            Compare::create_revision(key, CompareOp::Equal, 0)
        };
        let transaction = Txn::new().when([new]).and_then([put, look.clone()]).or_else([look]);
        let outcome = self.transact(transaction).await?;
        let there = outcome.gets.first().map(claims).unwrap_or_default();
        Ok((there, outcome.revision))
    }

    /// Deletes the claim's key, if it is the one that was created in this revision.
    async fn delete(&self, key: &str, revision: i64) -> Result<bool, Error> {
        let same = Compare::create_revision(key, CompareOp::Equal, revision);
        let outcome = self.transact(Txn::new().when([same]).and_then([TxnOp::delete(key, None)])).await?;
        Ok(outcome.succeeded)
    }

    /// Takes a claim out of the line. A session whose keys are certainly gone can serve another claim.
    async fn leave(&self, kept: &mut Kept, key: &str) -> Result<(), Error> {
        kept.watch = None;
        let Some(session) = &kept.session else { return Ok(()) };
        match kept.revision {
            Some(revision) => {
                if self.delete(key, revision).await?
                    && let Some(session) = kept.session.take()
                {
                    self.give_back(session);
                }
            }
            // Whether it was put is not known, as the answer was lost; with its session it is gone in any case.
            None => Box::pin(self.end(session)).await?,
        }
        *kept = Kept::default();
        Ok(())
    }
}

impl Engine for Etcd {
    type Kept = Kept;
    type Error = Error;

    async fn acquire(&self, kept: &mut Kept, wish: Wish) -> Result<Answer, Error> {
        let line = keys::line(&self.options.prefix, &wish.resource);
        let key = keys::claim(&line, &self.instance, wish.claim);
        match &mut kept.session {
            // It is in line already, or does not know it: the cluster learns that it is still there.
            Some(session) => {
                if let Err(error) = Box::pin(self.renew_session(session)).await {
                    if matches!(error, Error::LeaseGone { .. }) {
                        *kept = Kept::default();
                    }
                    return Err(error);
                }
            }
            None => kept.session = Some(self.session(wish.lease).await?),
        }
        let Some(session) = &kept.session else { return Err(Error::Unexpected { asked: "for a session" }) };
        if let Some((watch, ahead)) = &kept.watch
            && !watch.has_ended()
        {
            return Ok(Answer::Waiting { ahead: *ahead, turn: Box::pin(watch.end()) });
        }
        let (there, revision) = match self.stand_in_line(session, &key, &line, &wish).await {
            Err(Error::Command { source: etcd_client::Error::GRpcStatus(status) }) if is_not_found(&status) => {
                let lease = session.id;
                *kept = Kept::default(); // a session from the idle ones that had ended
                return Err(Error::LeaseGone { lease });
            }
            looked => looked?,
        };
        kept.revision = there.iter().find(|claim| claim.key == key.as_bytes()).map(|claim| claim.revision);
        match line::place(&there, key.as_bytes()) {
            Place::Holds => {
                kept.watch = None;
                let token = FencingToken::from_number(kept.revision.unwrap_or_default().unsigned_abs());
                Ok(Answer::Granted { token, lease: self.granted(session, &wish) })
            }
            Place::Waits { ahead, until_gone } if wish.wait => {
                let watch = Watch::from(self.client.0.watch_client(), &line, until_gone, revision + 1);
                let turn = Box::pin(watch.end());
                kept.watch = Some((watch, ahead));
                Ok(Answer::Waiting { ahead, turn })
            }
            place => {
                if kept.revision.is_some() {
                    Box::pin(self.leave(kept, &key)).await?;
                } else if let Some(session) = kept.session.take() {
                    self.give_back(session);
                }
                Ok(Answer::Refused(match place {
                    Place::OtherPermits(of) => Refusal::OtherPermits(of),
                    _ => Refusal::Busy,
                }))
            }
        }
    }

    async fn renew(&self, kept: &mut Kept, wish: Wish, token: FencingToken) -> Result<Option<Duration>, Error> {
        let Some(session) = &mut kept.session else { return Ok(None) };
        if kept.revision.map(i64::unsigned_abs) != Some(token.get()) {
            return Ok(None);
        }
        match self.renew_session(session).await {
            Err(Error::LeaseGone { .. }) => {
                *kept = Kept::default();
                return Ok(None);
            }
            renewed => renewed?,
        }
        // The key can be gone and the session not: an administrator who deletes it breaks the lease.
        let line = keys::line(&self.options.prefix, &wish.resource);
        let key = keys::claim(&line, &self.instance, wish.claim);
        let mut client = self.client.0.kv_client();
        let found =
            self.in_time(async { Ok(client.get(key, Some(GetOptions::new().with_keys_only())).await?) }).await?;
        if found.kvs().first().is_some_and(|found| Some(found.create_revision()) == kept.revision) {
            return Ok(kept.session.as_ref().map(|session| self.granted(session, &wish)));
        }
        *kept = Kept::default();
        Ok(None)
    }

    async fn release(
        &self,
        kept: &mut Kept,
        claim: ClaimId,
        resource: Name,
        _: Mode,
        token: Option<FencingToken>,
    ) -> Result<(), Error> {
        if token.is_some_and(|token| kept.revision.map(i64::unsigned_abs) != Some(token.get())) {
            return Ok(()); // it ended before, and what this claim has now is something else
        }
        let line = keys::line(&self.options.prefix, &resource);
        self.leave(kept, &keys::claim(&line, &self.instance, claim)).await
    }
}

/// What came of a transaction.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) succeeded: bool,
    pub(crate) revision: i64,
    pub(crate) gets: Vec<GetResponse>,
}

fn claims(found: &GetResponse) -> Vec<Claim> {
    let claim = |found: &etcd_client::KeyValue| Claim {
        key: found.key().to_vec(),
        revision: found.create_revision(),
        mode: keys::mode(found.value()),
    };
    found.kvs().iter().map(claim).collect()
}

/// `tonic`'s code for it, which the client does not hand on.
fn is_not_found(status: &tonic::Status) -> bool {
    status.code() == tonic::Code::NotFound
}
