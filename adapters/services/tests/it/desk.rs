//! Engines in the authority's place: what holders say, and what comes back, one message at a time.

use core::time::Duration;
use quorate::lease::{ClaimId, Message, Mode, Refusal};
use quorate::{FencingToken, Instant, Name};
use quorate_services::conformance::servers::{Kind, NoServer, Server};
use quorate_tokio::{clock, engine};
use std::sync::LazyLock;
use std::time::Instant as Real;
use tokio::sync::mpsc::UnboundedReceiver;

/// How long a test waits for what has to come.
const PATIENCE: Duration = Duration::from_secs(20);
const LEASE: Duration = Duration::from_secs(2);

/// An engine's authority, and where it answers.
struct Desk {
    authority: Box<dyn Fn(Message<Name>)>,
    answers: UnboundedReceiver<Message<Name>>,
}

#[derive(Clone, Copy, Debug)]
enum Engine {
    Redis,
    #[cfg(feature = "etcd")]
    Etcd,
}

impl Engine {
    fn server(self) -> Result<Server, NoServer> {
        Server::start(match self {
            Self::Redis => Kind::Redis,
            #[cfg(feature = "etcd")]
            Self::Etcd => Kind::Etcd,
        })
    }

    async fn desk(self, server: &Server) -> Desk {
        let address = server.address().to_string();
        match self {
            Self::Redis => {
                let url = format!("redis://{address}");
                Desk::at(quorate_redis::Redis::connect(&url, Default::default()).await.unwrap().desk())
            }
            #[cfg(feature = "etcd")]
            Self::Etcd => {
                Desk::at(quorate_etcd::Etcd::connect(&[address], None, Default::default()).await.unwrap().desk())
            }
        }
    }
}

impl Desk {
    fn at<E: engine::Engine>(desk: engine::Desk<E>) -> Self {
        let answers = desk.listen().unwrap();
        Self { authority: Box::new(move |message| desk.take(message)), answers }
    }

    fn send(&self, message: Message<Name>) {
        (self.authority)(message);
    }

    async fn hears(&mut self) -> Message<Name> {
        tokio::time::timeout(PATIENCE, self.answers.recv()).await.expect("an answer").unwrap()
    }

    async fn asks(&mut self, message: Message<Name>) -> Message<Name> {
        self.send(message);
        self.hears().await
    }

    /// Nothing but that who waits still waits.
    async fn hears_of_no_change(&mut self, within: Duration) {
        while let Ok(message) = tokio::time::timeout(within, self.answers.recv()).await {
            assert!(matches!(message, Some(Message::Waiting { .. })), "{message:?} came");
        }
    }

    /// What these claims are granted with, whatever else is said meanwhile.
    async fn hears_grants<const N: usize>(&mut self, claims: [u64; N]) -> [FencingToken; N] {
        let mut tokens = [None; N];
        while tokens.contains(&None) {
            let Message::Granted { claim, token, .. } = self.hears().await else { continue };
            let at = claims.iter().position(|expected| *expected == claim.get());
            tokens[at.unwrap_or_else(|| panic!("{claim} is granted before its turn"))] = Some(token);
        }
        tokens.map(Option::unwrap)
    }

    /// Acquires what is free.
    async fn acquires(&mut self, message: Message<Name>) -> FencingToken {
        match self.asks(message).await {
            Message::Granted { token, .. } => token,
            other => panic!("{other:?} came"),
        }
    }
}

/// When what is said about a claim was sent: in order, and a little before the test began.
fn sent(claim: u64) -> Instant {
    static BEGAN: LazyLock<Instant> = LazyLock::new(clock::now);
    *BEGAN - Duration::from_millis(100) + Duration::from_millis(claim)
}

fn acquire(claim: u64, mode: Mode, wait: bool) -> Message<Name> {
    let claim = ClaimId::new(claim);
    Message::Acquire { claim, resource: name(), mode, wait, lease: LEASE, sent: sent(claim.get()) }
}

fn lock(claim: u64) -> Message<Name> {
    acquire(claim, Mode::Exclusive, true)
}

fn renew(claim: u64, token: FencingToken) -> Message<Name> {
    let claim = ClaimId::new(claim);
    Message::Renew { claim, resource: name(), mode: Mode::Exclusive, token, lease: LEASE, sent: sent(claim.get()) }
}

fn release(claim: u64, token: FencingToken) -> Message<Name> {
    Message::Release { claim: ClaimId::new(claim), token: Some(token) }
}

fn cancel(claim: u64) -> Message<Name> {
    Message::Release { claim: ClaimId::new(claim), token: None }
}

fn refused(claim: u64, refusal: Refusal) -> Message<Name> {
    Message::Refused { claim: ClaimId::new(claim), refusal, sent: sent(claim) }
}

fn waiting(claim: u64, ahead: u32) -> Message<Name> {
    Message::Waiting { claim: ClaimId::new(claim), ahead, sent: sent(claim) }
}

fn released(claim: u64) -> Message<Name> {
    Message::Released { claim: ClaimId::new(claim) }
}

/// With a slash, as names of things in things have.
fn name() -> Name {
    Name::new("orders/42").unwrap()
}

/// A dialogue for each engine, on a server of its own; skipped by name where there is none.
macro_rules! dialogues {
    ($($dialogue:ident),* $(,)?) => {
        #[cfg(feature = "etcd")]
        mod etcd { $(#[tokio::test] async fn $dialogue() { super::tell(super::Engine::Etcd, stringify!($dialogue), async |engine, server| super::$dialogue(engine, server).await).await; })* }
        mod redis { $(#[tokio::test] async fn $dialogue() { super::tell(super::Engine::Redis, stringify!($dialogue), async |engine, server| super::$dialogue(engine, server).await).await; })* }
    };
}

async fn tell(engine: Engine, name: &str, dialogue: impl AsyncFnOnce(Engine, &mut Server)) {
    match engine.server() {
        Ok(mut server) => dialogue(engine, &mut server).await,
        Err(missing @ NoServer::NotInstalled { .. }) => eprintln!("skipped: {engine:?}, {name}: {missing}"),
        Err(error) => panic!("{error}"),
    }
}

dialogues! {
    a_claim_is_granted_once_however_often_it_asks,
    a_release_ends_the_claim_that_it_names_and_no_other,
    who_waits_is_served_in_order,
    who_cannot_wait_is_told_at_once,
    a_crashed_holders_lease_ends_and_wakes_who_waits,
    a_crashed_waiter_is_passed_over,
    a_waiter_can_leave_the_line,
    readers_hold_it_side_by_side_and_a_writer_alone,
    permits_are_counted,
    tokens_grow_over_everything,
}

async fn a_claim_is_granted_once_however_often_it_asks(engine: Engine, server: &mut Server) {
    let mut desk = engine.desk(server).await;
    let token = desk.acquires(lock(1)).await;
    assert_eq!(desk.acquires(lock(1)).await, token, "L4: asked again, granted the same");
    assert!(
        matches!(desk.asks(renew(1, token)).await, Message::Granted { token: renewed, sent: at, .. } if renewed == token && at == sent(1))
    );
    assert_eq!(desk.asks(release(1, token)).await, released(1));
    assert_eq!(desk.asks(release(1, token)).await, released(1), "L4: released again");
    assert!(desk.acquires(lock(2)).await > token, "L2");
}

async fn a_release_ends_the_claim_that_it_names_and_no_other(engine: Engine, server: &mut Server) {
    let (mut desk, mut other) = (engine.desk(server).await, engine.desk(server).await);
    let token = desk.acquires(lock(1)).await;
    desk.asks(release(1, token)).await;
    let successor = other.acquires(lock(1)).await; // the same number, of another instance
    for stale in [release(1, token), cancel(1), release(1, successor)] {
        assert_eq!(desk.asks(stale).await, released(1));
    }
    assert_eq!(desk.asks(renew(1, token)).await, refused(1, Refusal::NotHeld));
    assert_eq!(desk.asks(release(1, successor)).await, released(1));
    assert_eq!(desk.asks(acquire(2, Mode::Exclusive, false)).await, refused(2, Refusal::Busy), "L4");
    assert_eq!(other.acquires(lock(1)).await, successor);
}

async fn who_waits_is_served_in_order(engine: Engine, server: &mut Server) {
    let mut desks = [engine.desk(server).await, engine.desk(server).await, engine.desk(server).await];
    let mut token = desks[0].acquires(lock(1)).await;
    for ahead in 0..2 {
        let claim = u64::from(ahead) + 2;
        assert_eq!(desks[claim as usize - 1].asks(lock(claim)).await, waiting(claim, ahead));
    }
    for claim in 1..3 {
        let began = Real::now();
        desks[claim - 1].asks(release(claim as u64, token)).await;
        let Message::Granted { token: next, .. } = desks[claim].hears().await else { panic!("not granted") };
        assert!(next > token, "L2");
        assert!(began.elapsed() < LEASE / 2, "L5: it was told, and did not find out by itself");
        token = next;
    }
}

async fn who_cannot_wait_is_told_at_once(engine: Engine, server: &mut Server) {
    let mut desk = engine.desk(server).await;
    let token = desk.acquires(acquire(1, Mode::Exclusive, false)).await;
    assert_eq!(desk.asks(acquire(2, Mode::Exclusive, false)).await, refused(2, Refusal::Busy));
    desk.asks(release(1, token)).await;
    assert!(desk.acquires(acquire(3, Mode::Exclusive, false)).await > token, "who was refused left nothing behind");
}

async fn a_crashed_holders_lease_ends_and_wakes_who_waits(engine: Engine, server: &mut Server) {
    let (mut holder, mut waiter) = (engine.desk(server).await, engine.desk(server).await);
    let began = Real::now();
    let token = holder.acquires(lock(1)).await;
    drop(holder);
    waiter.asks(lock(2)).await;
    let Message::Granted { token: next, .. } = keep_waiting(&mut waiter, lock(2)).await else { panic!("not granted") };
    assert!(began.elapsed() >= LEASE, "L1: not before the lease is over, but after {:?}", began.elapsed());
    assert!(next > token, "L2");
}

/// Repeats a request as holders do, until the answer is another one than to wait.
async fn keep_waiting(desk: &mut Desk, message: Message<Name>) -> Message<Name> {
    loop {
        match tokio::time::timeout(LEASE / 4, desk.answers.recv()).await {
            Ok(Some(Message::Waiting { .. })) => {}
            Ok(answer) => return answer.unwrap(),
            Err(_) => desk.send(message),
        }
    }
}

async fn a_crashed_waiter_is_passed_over(engine: Engine, server: &mut Server) {
    let (mut holder, mut crashed, mut waiter) =
        (engine.desk(server).await, engine.desk(server).await, engine.desk(server).await);
    let token = holder.acquires(lock(1)).await;
    crashed.asks(lock(2)).await;
    assert_eq!(waiter.asks(lock(3)).await, waiting(3, 1));
    drop(crashed);
    holder.asks(release(1, token)).await;
    let Message::Granted { token: next, .. } = keep_waiting(&mut waiter, lock(3)).await else { panic!("not granted") };
    assert!(next > token, "L2");
}

async fn a_waiter_can_leave_the_line(engine: Engine, server: &mut Server) {
    let mut desk = engine.desk(server).await;
    let token = desk.acquires(lock(1)).await;
    assert_eq!(desk.asks(lock(2)).await, waiting(2, 0));
    assert_eq!(desk.asks(lock(3)).await, waiting(3, 1));
    assert_eq!(desk.asks(cancel(2)).await, released(2));
    while let Ok(Some(message)) = tokio::time::timeout(LEASE / 8, desk.answers.recv()).await {
        assert_eq!(message, waiting(3, 0), "told that its place has changed, and nothing else");
    }
    desk.send(release(1, token));
    desk.hears_grants([3]).await;
}

async fn readers_hold_it_side_by_side_and_a_writer_alone(engine: Engine, server: &mut Server) {
    let mut desk = engine.desk(server).await;
    let shared = |claim| acquire(claim, Mode::Shared, true);
    let first = desk.acquires(shared(1)).await;
    let second = desk.acquires(shared(2)).await;
    assert!(second > first, "L2");
    assert_eq!(desk.asks(lock(3)).await, waiting(3, 0));
    assert_eq!(
        desk.asks(acquire(4, Mode::Shared, false)).await,
        refused(4, Refusal::Busy),
        "L5: the writer came before"
    );
    assert_eq!(desk.asks(shared(5)).await, waiting(5, 1));
    assert_eq!(desk.asks(shared(6)).await, waiting(6, 2));
    assert_eq!(desk.asks(release(1, first)).await, released(1));
    desk.hears_of_no_change(LEASE / 8).await;
    desk.send(release(2, second));
    let [writer] = desk.hears_grants([3]).await;
    desk.send(release(3, writer));
    let readers = desk.hears_grants([5, 6]).await;
    assert!(readers.iter().all(|token| writer < *token), "L2");
}

async fn permits_are_counted(engine: Engine, server: &mut Server) {
    let mut desk = engine.desk(server).await;
    let some = |claim, take, of| acquire(claim, Mode::permits(take, of).unwrap(), true);
    let first = desk.acquires(some(1, 2, 3)).await;
    let second = desk.acquires(some(2, 1, 3)).await;
    assert_eq!(desk.asks(some(3, 2, 4)).await, refused(3, Refusal::OtherPermits(3)));
    assert_eq!(desk.asks(some(4, 2, 3)).await, waiting(4, 0));
    assert_eq!(desk.asks(some(5, 1, 3)).await, waiting(5, 1));
    assert_eq!(desk.asks(release(2, second)).await, released(2));
    desk.hears_of_no_change(LEASE / 8).await; // one is free, and the first in line needs two
    desk.send(release(1, first));
    desk.hears_grants([4, 5]).await; // there is room for both
}

async fn tokens_grow_over_everything(engine: Engine, server: &mut Server) {
    let mut last = FencingToken::ZERO;
    for claim in 1..4 {
        let mut desk = engine.desk(server).await;
        let token = desk.acquires(lock(claim)).await;
        assert!(token > last, "L2: {token} after {last}");
        desk.asks(release(claim, token)).await;
        last = token;
        server.run().expect("it starts again");
    }
}
