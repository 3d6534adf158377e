//! Takes what members answer.

use super::link::{Incoming, Link};
use core::time::Duration;
use quorate_std::client::Intake;
use std::sync::Arc;
use tokio::time::{Instant, MissedTickBehavior, interval};

/// How long nobody may answer before names are looked up again.
const SILENCE: Duration = Duration::from_secs(3);

/// Takes what comes, until nothing can be received any more.
pub(super) async fn receive(mut intake: Intake, link: Arc<Link>, mut incoming: Incoming) {
    let mut buffer = vec![0; intake.limit().saturating_add(1)];
    let (mut heard, mut silence) = (Instant::now(), interval(SILENCE));
    silence.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let received = tokio::select! {
            biased;
            received = incoming.receive(&mut buffer) => received,
            _ = silence.tick() => {
                if heard.elapsed() >= SILENCE {
                    link.look_up().await;
                }
                continue;
            }
        };
        match received {
            Ok((length, from)) => {
                heard = Instant::now();
                intake.take(&mut buffer[..length], from);
            }
            Err(error) => {
                tracing::error!(%error, "nothing can be received any more: what is held will be lost");
                return;
            }
        }
    }
}
