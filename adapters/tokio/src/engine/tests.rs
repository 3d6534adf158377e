//! A desk before an engine that is a few lines: what it runs, in which order, and what it forgets.

use super::*;
use std::collections::VecDeque;
use tokio::sync::Semaphore;

const LEASE: Duration = Duration::from_secs(3);

/// An engine that does what it is told to answer, when it is allowed to.
#[derive(Debug)]
struct Scripted {
    ran: Mutex<Vec<String>>,
    answers: Mutex<VecDeque<Result<Answer, fmt::Error>>>,
    allowed: Semaphore,
}

impl Scripted {
    async fn run(&self, command: String) {
        self.allowed.acquire().await.unwrap().forget();
        self.ran.lock().unwrap().push(command);
    }
}

impl Engine for Scripted {
    type Kept = u32;
    type Error = fmt::Error;

    async fn acquire(&self, kept: &mut u32, wish: Wish) -> Result<Answer, fmt::Error> {
        self.run(format!("acquire {} ({kept})", wish.claim)).await;
        *kept += 1;
        self.answers.lock().unwrap().pop_front().unwrap()
    }

    async fn renew(&self, kept: &mut u32, wish: Wish, _: FencingToken) -> Result<Option<Duration>, fmt::Error> {
        self.run(format!("renew {} ({kept})", wish.claim)).await;
        Ok((*kept > 0).then_some(wish.lease))
    }

    async fn release(
        &self,
        kept: &mut u32,
        claim: ClaimId,
        _: Name,
        _: Mode,
        _: Option<FencingToken>,
    ) -> Result<(), fmt::Error> {
        self.run(format!("release {claim} ({kept})")).await;
        Ok(())
    }
}

struct Scene {
    desk: Desk<Scripted>,
    heard: mpsc::UnboundedReceiver<Message<Name>>,
}

impl Scene {
    fn new(answers: impl IntoIterator<Item = Result<Answer, fmt::Error>>, allowed: usize) -> Self {
        let answers = Mutex::new(answers.into_iter().collect());
        let engine = Scripted { ran: Mutex::default(), answers, allowed: Semaphore::new(allowed) };
        let desk = Desk::new(Arc::new(engine));
        let heard = desk.listen().unwrap();
        Self { desk, heard }
    }

    async fn hears(&mut self) -> Message<Name> {
        self.heard.recv().await.unwrap()
    }

    fn ran(&self) -> Vec<String> {
        self.desk.engine().ran.lock().unwrap().clone()
    }
}

fn wants(claim: u64) -> Message<Name> {
    let (claim, resource) = (ClaimId::new(claim), Name::new("a").unwrap());
    Message::Acquire { claim, resource, mode: Mode::Exclusive, wait: true, lease: LEASE, sent: Instant::ORIGIN }
}

fn gives_up(claim: u64) -> Message<Name> {
    Message::Release { claim: ClaimId::new(claim), token: None }
}

fn granted() -> Answer {
    Answer::Granted { token: FencingToken::from_number(7), lease: LEASE }
}

#[tokio::test(start_paused = true)]
async fn a_repeated_request_never_overtakes_the_release_that_follows_it() {
    let mut scene = Scene::new([Ok(granted())], 0);
    scene.desk.take(wants(1));
    tokio::task::yield_now().await; // it is under way
    scene.desk.take(wants(1));
    scene.desk.take(gives_up(1)); // whoever says so wants nothing else any more
    scene.desk.engine().allowed.add_permits(9);
    assert!(matches!(scene.hears().await, Message::Granted { .. }));
    assert_eq!(scene.hears().await, Message::Released { claim: ClaimId::new(1) });
    assert_eq!(scene.ran(), ["acquire 1 (0)", "release 1 (1)"]);
    tokio::task::yield_now().await;
    assert_eq!(scene.desk.shared.claims().len(), 0, "it is forgotten");
    scene.desk.take(gives_up(1));
    assert_eq!(scene.hears().await, Message::Released { claim: ClaimId::new(1) }, "and there is nothing to release");
    assert_eq!(scene.ran().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn who_waits_is_asked_for_again_when_it_may_be_its_turn() {
    let turn = Box::pin(tokio::time::sleep(Duration::from_secs(2)));
    let mut scene = Scene::new([Ok(Answer::Waiting { ahead: 3, turn }), Ok(granted())], 9);
    let began = tokio::time::Instant::now();
    scene.desk.take(wants(1));
    assert!(matches!(scene.hears().await, Message::Waiting { ahead: 3, .. }));
    assert!(
        matches!(scene.hears().await, Message::Granted { sent: Instant::ORIGIN, .. }),
        "counted from when it was asked"
    );
    assert_eq!(began.elapsed(), Duration::from_secs(2));
}

#[tokio::test(start_paused = true)]
async fn a_command_that_fails_is_not_answered_and_who_waits_goes_on_waiting() {
    let turn = || Box::pin(tokio::time::sleep(Duration::from_secs(2)));
    let answers = [Err(fmt::Error), Ok(Answer::Waiting { ahead: 0, turn: turn() }), Err(fmt::Error), Ok(granted())];
    let mut scene = Scene::new(answers, 9);
    scene.desk.take(wants(1));
    assert!(tokio::time::timeout(LEASE, scene.heard.recv()).await.is_err());
    scene.desk.take(wants(1));
    assert!(matches!(scene.hears().await, Message::Waiting { .. }));
    assert!(tokio::time::timeout(LEASE, scene.heard.recv()).await.is_err(), "its turn came, and the engine failed");
    scene.desk.take(wants(1)); // its holder asks again
    assert!(matches!(scene.hears().await, Message::Granted { .. }));
    assert_eq!(scene.ran().last().unwrap(), "acquire 1 (3)", "and what was kept for it is still there");
}

#[test]
fn claims_that_nobody_has_spoken_of_for_two_leases_are_forgotten() {
    let mut claims = Claims::<()>::default();
    for claim in 0..64 {
        assert!(matches!(claims.take(wants(claim), Instant::ORIGIN), Taken::Start(..)));
        claims.next(ClaimId::new(claim));
        if claim > 0 {
            assert!(claims.next_or_keep(ClaimId::new(claim), ()).is_none());
        }
    }
    claims.take(wants(64), Instant::ORIGIN + 3 * LEASE);
    assert_eq!(claims.len(), 2, "the new one, and the one that somebody is at work for");
}
