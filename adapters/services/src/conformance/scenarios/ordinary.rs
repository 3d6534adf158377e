//! Nothing fails, and all want the same.

use super::{LOCK, Resource, acquired, soon};
use crate::conformance::{Client, Engine};
use crate::{ElectionService, Leader, LockService};
use core::sync::atomic::{AtomicU32, Ordering};
use core::time::Duration;
use quorate_tokio::locks::AcquireError;
use std::sync::Arc;
use std::time::Instant;
use tokio::task::JoinSet;

const CLIENTS: usize = 4;
const ROUNDS: u32 = 15;

/// Several clients, each again and again.
///
/// # Panics
///
/// If two hold the lock at once (L1), a token is not higher than all before it (L2), or somebody is not served in turn (L5).
pub async fn contention<E: Engine>(engine: &mut E) {
    let resource = Arc::new(Resource::default());
    let inside = Arc::new(AtomicU32::new(0));
    let grants = Arc::new(AtomicU32::new(0));
    let mut tasks = JoinSet::new();
    for number in 0..CLIENTS {
        let Client { services, link } = engine.client(&format!("client {number}")).await;
        let (resource, inside, grants) = (Arc::clone(&resource), Arc::clone(&inside), Arc::clone(&grants));
        tasks.spawn(async move {
            let (mut longest, _link) = (0, link);
            for _ in 0..ROUNDS {
                let before = grants.load(Ordering::SeqCst);
                let guard = acquired(&services).await;
                longest = longest.max(grants.fetch_add(1, Ordering::SeqCst) - before);
                assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0, "L1: somebody else holds it");
                assert!(guard.is_valid(), "L1: it is valid when it is handed over");
                resource.entered_by(&guard);
                tokio::time::sleep(Duration::from_millis(1)).await;
                assert_eq!(inside.fetch_sub(1, Ordering::SeqCst), 1, "L1: somebody else holds it");
                guard.release().await.expect("it was held all the time");
            }
            longest
        });
    }
    while let Some(longest) = soon("everybody's turn", tasks.join_next()).await {
        let longest = longest.expect("a client that does not panic");
        // While one waits in line, each of the others is served once; another time for who was before it on the way to the line.
        assert!(longest <= 2 * CLIENTS as u32, "L5: {longest} were served while one waited");
    }
}

/// Waits that end when the lease of a crashed holder does: shortly before, and shortly after.
///
/// # Panics
///
/// If a wait lasts longer than it may, or what is granted at its end is worth nothing (L5).
pub async fn wait_ending_exactly_at_expiry<E: Engine>(engine: &mut E) {
    let (holder, waiter) = (engine.client("holder").await, engine.client("waiter").await);
    let tick = Duration::from_millis(100);
    for wait in [engine.lease() - tick, engine.lease(), engine.lease() + tick, engine.lease() + engine.promptness()] {
        let guard = acquired(&holder.services).await;
        holder.link.cut();
        let began = Instant::now();
        let outcome = soon("the end of the wait", waiter.services.acquire(LOCK).within(wait)).await;
        let took = began.elapsed();
        match outcome {
            Ok(next) => {
                assert!(
                    next.is_valid() && next.time_left() > tick,
                    "L5: worth {:?} when it was granted",
                    next.time_left()
                );
                assert!(
                    !guard.is_valid(),
                    "L1: the former holder thinks that it holds it for another {:?}",
                    guard.time_left()
                );
                assert!(next.token() > guard.token(), "L2");
                next.release().await.expect("it was held");
            }
            Err(AcquireError::TimedOut) => {
                assert!(took >= wait, "it gave up after {took:?}, before {wait:?} were over")
            }
            Err(error) => panic!("after a wait of {wait:?}: {error}"),
        }
        assert!(took < wait + tick * 10, "L5: it waited for {took:?} instead of {wait:?}");
        holder.link.heal();
        drop(guard);
    }
    // Whoever gave up has left the line, and what the holder had is free at last.
    soon("the lock", waiter.services.acquire(LOCK)).await.expect("the lock");
}

/// Two campaign, one leads, everybody knows it; it resigns, and the other one leads.
///
/// # Panics
///
/// If there are two leaders, or somebody thinks that another one leads.
pub async fn leader_elected_and_replaced<E: Engine>(engine: &mut E) {
    let (one, two) = (engine.client("one").await, engine.client("two").await);
    assert_eq!(one.services.leader("billing").await.expect("an answer"), None, "nobody leads yet");
    let leadership = soon("a leader", one.services.campaign("billing")).await.expect("leadership");
    let rival = two.services.clone();
    let campaign = tokio::spawn(async move { rival.campaign("billing").await });
    let lock = soon("a lock of the same name", two.services.acquire("billing")).await.expect("it is something else");
    let known: Vec<Option<Leader>> = vec![
        one.services.leader("billing").await.expect("an answer"),
        two.services.leader("billing").await.expect("an answer"),
    ];
    assert_eq!(known[0], known[1], "both know the same leader");
    assert_eq!(known[0].as_ref().map(|leader| leader.token), Some(leadership.token()));
    assert!(!campaign.is_finished(), "L1: there is one leader already");
    leadership.release().await.expect("it led");
    let next = soon("the next leader", campaign).await.expect("no panic").expect("leadership");
    let leader = one.services.leader("billing").await.expect("an answer").expect("a leader");
    assert_eq!(leader.token, next.token());
    assert_ne!(Some(&leader), known[0].as_ref());
    lock.release().await.expect("it was held");
}
