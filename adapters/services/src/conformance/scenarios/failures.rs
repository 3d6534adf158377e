//! Holders, servers and the ways between them fail.

use super::{LOCK, Resource, acquired, soon};
use crate::LockService;
use crate::conformance::{Client, Engine};
use core::time::Duration;
use quorate::lease::holder::Loss;
use std::sync::mpsc;
use std::time::Instant;

/// A holder that is killed, as far as anybody can tell: nothing is heard of it any more.
///
/// # Panics
///
/// If what it held is free before its lease is over (L1), or is not free soon after (L6).
pub async fn holder_killed<E: Engine>(engine: &mut E) {
    let (holder, next) = (engine.client("holder").await, engine.client("next").await);
    let resource = Resource::default();
    let guard = acquired(&holder.services).await;
    resource.entered_by(&guard);
    let began = Instant::now();
    holder.link.cut();
    let successor = acquired(&next.services).await;
    let took = began.elapsed();
    assert!(!guard.is_valid(), "L1: the former holder thinks that it holds it for another {:?}", guard.time_left());
    resource.entered_by(&successor);
    assert!(!resource.admits(&guard), "L3: the fence admits the former holder");
    assert!(took <= engine.lease() + engine.promptness(), "L6: it was free after {took:?} only");
    successor.release().await.expect("it was held");
}

/// A holder whose process is stopped until its lease is over. It runs on a thread of its own, which sleeps.
///
/// # Panics
///
/// If it does not know at its first question that it has lost (L1), or a fence admits it (L3).
pub async fn holder_paused_past_its_lease<E: Engine>(engine: &mut E) {
    let next = engine.client("next").await;
    let resource = Resource::default();
    let pause = engine.lease() + engine.promptness();
    let (holds, held) = mpsc::channel();
    let (go_on, woken) = mpsc::channel();
    // What drives it is connected there, and stops with it.
    std::thread::scope(|threads| {
        let engine = &*engine;
        let paused = threads.spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async {
                let Client { services, link } = engine.client("holder").await;
                let guard = acquired(&services).await;
                holds.send(guard.token()).expect("the scenario goes on");
                std::thread::sleep(pause); // nothing of it runs
                let valid_after = guard.is_valid();
                woken.recv().expect("the scenario goes on"); // still nothing
                let valid_later = guard.is_valid();
                let lost = soon("word of the loss", guard.lost()).await;
                drop(link);
                (valid_after || valid_later, lost)
            })
        });
        let token = held.recv().expect("a holder");
        let successor = tokio::task::block_in_place(|| {
            tokio::runtime::Handle::current().block_on(async { acquired(&next.services).await })
        });
        resource.entered_by(&successor);
        assert!(successor.token() > token, "L2");
        go_on.send(()).expect("the holder goes on");
        let (thinks_so, lost) = paused.join().expect("a holder that does not panic");
        assert!(!thinks_so, "L1: it woke up, and thought that it held the lock");
        assert!(matches!(lost, Loss::Expired | Loss::Ended(_)), "{lost}");
        assert!(successor.is_valid(), "L4: the former holder did nothing to its successor");
    });
}

/// All servers are killed and started again, with somebody holding a lock and somebody waiting for it.
///
/// # Panics
///
/// If an engine that keeps locks has lost one, or a token is not higher than all before it (L2).
pub async fn server_restarted<E: Engine>(engine: &mut E) {
    let (holder, next) = (engine.client("holder").await, engine.client("next").await);
    let resource = Resource::default();
    let guard = acquired(&holder.services).await;
    resource.entered_by(&guard);
    let services = next.services.clone();
    let waiting = tokio::spawn(async move { acquired(&services).await });
    tokio::time::sleep(Duration::from_millis(200)).await;
    let before = Instant::now();
    engine.restart().await;
    let away = before.elapsed();
    if engine.keeps_locks() && away < engine.lease() / 2 {
        tokio::time::sleep(engine.lease()).await;
        assert!(guard.is_valid(), "the lock was lost, though the servers were away for {away:?} only");
        assert!(!waiting.is_finished(), "L1: somebody else holds it");
    }
    let _ = guard.release().await; // perhaps it was lost, which it knows
    let successor = soon("the lock", waiting).await.expect("no panic");
    resource.entered_by(&successor);
    successor.release().await.expect("it was held");
    resource.entered_by(&acquired(&holder.services).await);
}

/// A cable that is pulled and plugged in again: for a short time, and for longer than the lease.
///
/// # Panics
///
/// If a short cut costs the lock, or after a long one somebody else has it before the holder knows that it is lost (L1).
pub async fn connection_cut_and_healed<E: Engine>(engine: &mut E) {
    let (holder, next) = (engine.client("holder").await, engine.client("next").await);
    let resource = Resource::default();
    let guard = acquired(&holder.services).await;
    resource.entered_by(&guard);
    holder.link.cut();
    tokio::time::sleep(engine.lease() / 3).await;
    holder.link.heal();
    tokio::time::sleep(engine.lease()).await;
    assert!(guard.is_valid(), "a cut of a third of the lease cost the lock");
    assert!(resource.admits(&guard));

    let services = next.services.clone();
    let rival = tokio::spawn(async move { (services.acquire(LOCK).await.expect("the lock"), Instant::now()) });
    tokio::time::sleep(Duration::from_millis(100)).await;
    holder.link.cut();
    let lost = async { (guard.lost().await, Instant::now()) };
    let ((why, lost), rival) = soon("the end of the lease", async { tokio::join!(lost, rival) }).await;
    let (successor, granted) = rival.expect("no panic");
    assert_eq!(why, Loss::Expired);
    assert!(lost < granted, "L1: somebody else had it {:?} before its holder knew that it was lost", lost - granted);
    resource.entered_by(&successor);
    holder.link.heal();
    tokio::time::sleep(engine.lease() / 2).await;
    assert!(successor.is_valid(), "L4: the former holder did nothing to its successor when it came back");
    assert!(!resource.admits(&guard), "L3: the fence admits the former holder");
    drop(guard);
    successor.release().await.expect("it was held");
    resource.entered_by(&acquired(&holder.services).await); // who was cut off is as good as anybody
}
