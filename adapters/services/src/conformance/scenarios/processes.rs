//! The holder is a process, and has happen to it what happens to processes.

use super::{LOCK, Resource, acquired};
use crate::conformance::Engine;
use crate::conformance::process::Holder;
use quorate::FencingToken;
use std::time::Instant;

/// The process that holds the lock is killed.
///
/// # Panics
///
/// If what it held is free before its lease is over (L1), or is not free soon after (L6).
pub async fn holder_process_killed<E: Engine>(engine: &mut E) {
    let next = engine.client("next").await;
    let resource = Resource::default();
    let mut holder = tokio::task::block_in_place(|| Holder::start(engine, LOCK));
    resource.raised_to(FencingToken::from_number(holder.token));
    assert_eq!(holder.asks("valid"), "true");
    holder.kill();
    let began = Instant::now();
    let successor = acquired(&next.services).await;
    let took = began.elapsed();
    resource.entered_by(&successor);
    // It may have renewed its lease a moment before it was killed, or a third of the lease before.
    assert!(took >= engine.lease() / 3, "L1: the lock was free after {took:?}, and its holder could have come back");
    assert!(took <= engine.lease() + engine.promptness(), "L6: it was free after {took:?} only");
    successor.release().await.expect("it was held");
}

/// The process that holds the lock is stopped until its lease is over, and goes on.
///
/// # Panics
///
/// If it does not know at its first question that it has lost (L1), or a fence admits it (L3).
#[cfg(unix)]
pub async fn holder_process_paused_past_its_lease<E: Engine>(engine: &mut E) {
    let next = engine.client("next").await;
    let resource = Resource::default();
    let mut holder = tokio::task::block_in_place(|| Holder::start(engine, LOCK));
    let token = FencingToken::from_number(holder.token);
    resource.raised_to(token);
    holder.pause();
    let successor = acquired(&next.services).await;
    resource.entered_by(&successor);
    holder.resume();
    let (valid, lost) = tokio::task::block_in_place(|| (holder.asks("valid"), holder.asks("lost")));
    assert_eq!(valid, "false", "L1: it woke up, and thought that it held the lock");
    assert!(!lost.is_empty(), "it says why");
    assert!(!resource.admits_token(token), "L3: the fence admits the former holder");
    tokio::time::sleep(engine.lease() / 2).await;
    assert!(successor.is_valid(), "L4: the former holder did nothing to its successor");
    successor.release().await.expect("it was held");
}

/// Processes cannot be stopped here.
#[cfg(not(unix))]
pub async fn holder_process_paused_past_its_lease<E: Engine>(_: &mut E) {
    eprintln!("skipped: holder_process_paused_past_its_lease: processes cannot be stopped on this system");
}
