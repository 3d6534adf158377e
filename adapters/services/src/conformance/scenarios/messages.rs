//! Messages are lost, and come twice.

use super::{LOCK, Resource, acquired, soon};
use crate::LockService;
use crate::conformance::Engine;
use core::time::Duration;
use quorate_tokio::locks::AcquireError;

/// How long what is said takes to arrive, with much to spare.
const ARRIVED: Duration = Duration::from_millis(300);

/// What a client asks for is done, and it does not hear of it.
///
/// # Panics
///
/// If it is granted twice, or what was given up is held on (L4).
pub async fn reply_lost_but_applied<E: Engine>(engine: &mut E) {
    let (client, other) = (engine.client("client").await, engine.client("other").await);
    let resource = Resource::default();
    // Both have been heard of, and know whom to ask.
    acquired(&other.services).await.release().await.expect("it was held");
    acquired(&client.services).await.release().await.expect("it was held");

    client.link.lose_replies();
    let services = client.services.clone();
    let asked = tokio::spawn(async move { acquired(&services).await });
    tokio::time::sleep(ARRIVED).await;
    let refused = soon("a refusal", other.services.acquire(LOCK).at_once()).await;
    assert_eq!(refused.map(drop), Err(AcquireError::Busy), "it was granted, though nobody heard of it");
    client.link.heal();
    let guard = soon("the grant", asked).await.expect("no panic");
    resource.entered_by(&guard);
    assert!(guard.is_valid());

    client.link.lose_replies();
    let released = tokio::spawn(guard.release());
    let successor = acquired(&other.services).await;
    resource.entered_by(&successor);
    client.link.heal();
    soon("word of the release", released)
        .await
        .expect("no panic")
        .expect("L4: it was released, and hears of it at last");
    assert!(successor.is_valid());
    successor.release().await.expect("it was held");
}

/// A release is repeated, since it was not answered, when somebody else holds the lock.
///
/// # Panics
///
/// If it ends what somebody else holds (L4).
pub async fn release_retried_after_somebody_else_acquired<E: Engine>(engine: &mut E) {
    let (client, other) = (engine.client("client").await, engine.client("other").await);
    let third = engine.client("third").await;
    let resource = Resource::default();
    let guard = acquired(&client.services).await;
    resource.entered_by(&guard);
    client.link.lose_replies();
    let released = tokio::spawn(guard.release());
    let successor = acquired(&other.services).await; // the first release has arrived
    resource.entered_by(&successor);
    tokio::time::sleep(ARRIVED).await;
    client.link.heal(); // and the next one, again and again
    soon("word of the release", released).await.expect("no panic").expect("L4: it was released");
    tokio::time::sleep(engine.lease()).await;
    assert!(successor.is_valid(), "L4: a release that came late ended what somebody else held");
    let refused = soon("a refusal", third.services.acquire(LOCK).at_once()).await;
    assert_eq!(refused.map(drop), Err(AcquireError::Busy), "L1: somebody holds it");
    successor.release().await.expect("L4: it was held all the time");
    resource.entered_by(&acquired(&third.services).await);
}
