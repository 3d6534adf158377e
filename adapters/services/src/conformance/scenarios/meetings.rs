//! Barriers: nobody goes on before all have come.

use super::soon;
use crate::BarrierService;
use crate::conformance::{Client, Engine};
use core::sync::atomic::{AtomicU32, Ordering};
use core::time::Duration;
use quorate::barrier::{Cause, Refusal};
use quorate_tokio::barriers::BarrierError;
use std::sync::Arc;
use tokio::task::JoinSet;

const BARRIER: &str = "steps/7 100%";
/// How long what is said takes to arrive, with much to spare.
const ARRIVED: Duration = Duration::from_millis(500);

/// The same parties meet again and again, and then begin and end together.
///
/// # Panics
///
/// If somebody is released before all have come (B1), or is not released (B2), or an arrival counts twice (B3).
pub async fn barrier_passed_together<E: Engine>(engine: &mut E) {
    const PARTIES: u16 = 3;
    const ROUNDS: u32 = 8;
    let arrived = Arc::new(AtomicU32::new(0));
    let mut tasks = JoinSet::new();
    for number in 0..PARTIES {
        let Client { services, link } = engine.client(&format!("party {number}")).await;
        let arrived = Arc::clone(&arrived);
        tasks.spawn(async move {
            let _link = link;
            let mut steps = services.cyclic(BARRIER, PARTIES);
            let mut last = None;
            for round in 1..=ROUNDS {
                arrived.fetch_add(1, Ordering::SeqCst);
                let generation = steps.wait().await.expect("B2: all have come");
                let come = arrived.load(Ordering::SeqCst);
                assert!(come >= round * u32::from(PARTIES), "B1: released from round {round} when {come} had come");
                assert!(Some(generation) > last, "B3: generation {generation} came after {last:?}");
                last = Some(generation);
            }
            drop(steps);
            let entered = services.double("batch", PARTIES).enter().await.expect("B2: all have come");
            let generation = entered.generation();
            assert!(entered.leave().await.expect("B2: all have finished") > generation);
        });
    }
    while let Some(done) = soon("everybody", tasks.join_next()).await {
        done.expect("a party that does not panic");
    }
}

/// Somebody does not want to wait any longer, and then somebody is not there any more.
///
/// # Panics
///
/// If not all who wait are told that the generation broke, and why (B4).
pub async fn barrier_broken_for_all<E: Engine>(engine: &mut E) {
    let (one, two) = (engine.client("one").await, engine.client("two").await);
    // A coordinator that has just begun places nobody before those have come back who may have been with the one before.
    let (first, second) = (one.services.barrier("begun", 2).wait(), two.services.barrier("begun", 2).wait());
    let (first, second) = soon("both", async { tokio::join!(first, second) }).await;
    assert_eq!(first.expect("B2"), second.expect("B2"));
    let patience = Duration::from_secs(5); // by then both are counted, on a busy machine too
    let waits = one.services.barrier(BARRIER, 3).wait();
    let gives_up = two.services.barrier(BARRIER, 3).within(patience).wait();
    let (waits, gives_up) = soon("the end of the wait", async { tokio::join!(waits, gives_up) }).await;
    for outcome in [waits, gives_up] {
        assert!(
            matches!(outcome, Err(BarrierError::Broken { cause: Cause::TimedOut(_), .. })),
            "B4: {outcome:?} is not what the others were told"
        );
    }

    let vanishes = two.services.clone();
    let vanishes = tokio::spawn(async move { vanishes.barrier(BARRIER, 3).wait().await });
    let services = one.services.clone();
    let waits = tokio::spawn(async move { services.barrier(BARRIER, 3).wait().await });
    tokio::time::sleep(ARRIVED).await;
    two.link.cut();
    let outcome = soon("word that somebody is gone", waits).await.expect("no panic");
    assert!(matches!(outcome, Err(BarrierError::Broken { cause: Cause::Lapsed(_), .. })), "B4: {outcome:?}");
    assert!(!vanishes.is_finished(), "it cannot know that");
    two.link.heal();
    let outcome = soon("word that it broke", vanishes).await.expect("no panic");
    assert!(matches!(outcome, Err(BarrierError::Broken { .. })), "B4: {outcome:?} is not what the others were told");
}

/// What a party says is done, and it does not hear of it.
///
/// # Panics
///
/// If its arrival does not count, or counts twice (B2, B3).
pub async fn barrier_reply_lost_but_applied<E: Engine>(engine: &mut E) {
    let (one, two) = (engine.client("one").await, engine.client("two").await);
    let (mut unheard, mut other) = (one.services.cyclic(BARRIER, 2), two.services.cyclic(BARRIER, 2));
    let (first, same) = soon("the first round", async { tokio::join!(unheard.wait(), other.wait()) }).await;
    assert_eq!(first, same);
    one.link.lose_replies();
    let unheard = tokio::spawn(async move { (unheard.wait().await, unheard) });
    let other = tokio::spawn(async move { (other.wait().await, other) });
    tokio::time::sleep(ARRIVED).await;
    assert!(!unheard.is_finished() && !other.is_finished(), "B4: it was not asked yet whether it is ready");
    one.link.heal();
    let (one, two) = soon("the second round", async { tokio::join!(unheard, other) }).await;
    let ((one, _), (two, _)) = (one.expect("no panic"), two.expect("no panic"));
    let second = one.expect("B2");
    assert_eq!(two, Ok(second), "B3: one arrival, one generation");
    assert!(Ok(second) > first.map_err(drop));
}

/// More come than there are parties, or others than were thought.
///
/// # Panics
///
/// If they are not told (B5).
pub async fn barrier_party_too_many<E: Engine>(engine: &mut E) {
    let (one, two, three) = (engine.client("one").await, engine.client("two").await, engine.client("three").await);
    let (mut first, mut second) = (one.services.cyclic(BARRIER, 2), two.services.cyclic(BARRIER, 2));
    let (first_round, second_round) = soon("both", async { tokio::join!(first.wait(), second.wait()) }).await;
    assert_eq!(first_round.expect("B2"), second_round.expect("B2"));
    let told = soon("a refusal", three.services.barrier(BARRIER, 2).wait()).await;
    assert_eq!(told, Err(BarrierError::Refused(Refusal::Full(2))), "B5");
    let told = soon("a refusal", three.services.barrier(BARRIER, 5).wait()).await;
    assert_eq!(told, Err(BarrierError::Refused(Refusal::OtherParties(2))), "B5");
}

/// All servers are killed and started again while somebody waits.
///
/// # Panics
///
/// If those who wait are not released when the last one comes (B2): as long as somebody is missing nothing is in doubt.
pub async fn barrier_server_restarted<E: Engine>(engine: &mut E) {
    let (one, two) = (engine.client("one").await, engine.client("two").await);
    let services = one.services.clone();
    let waits = tokio::spawn(async move { services.barrier(BARRIER, 2).wait().await });
    tokio::time::sleep(ARRIVED).await;
    engine.restart().await;
    let last = soon("the release", two.services.barrier(BARRIER, 2).wait()).await;
    let first = soon("the release", waits).await.expect("no panic");
    assert_eq!(first.expect("B2: all have come"), last.expect("B2: all have come"));
}
