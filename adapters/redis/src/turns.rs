//! Who is told that it may be its turn.

use core::time::Duration;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// Who listens for wake-ups, by the number that is published.
#[derive(Debug, Default)]
pub(crate) struct Turns {
    listeners: Mutex<HashMap<u64, Listener>>,
}

#[derive(Debug, Default)]
struct Listener {
    notify: Arc<Notify>,
    /// How many [`Woken`] there are of it.
    uses: usize,
}

impl Turns {
    fn listeners(&self) -> MutexGuard<'_, HashMap<u64, Listener>> {
        self.listeners.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Listens from now on for wake-ups of this number, until it is dropped.
    pub(crate) fn of(self: &Arc<Self>, number: u64) -> Woken {
        let mut listeners = self.listeners();
        let listener = listeners.entry(number).or_default();
        listener.uses += 1;
        Woken { number, notify: Arc::clone(&listener.notify), turns: Arc::clone(self) }
    }

    pub(crate) fn wake(&self, number: u64) {
        if let Some(listener) = self.listeners().get(&number) {
            listener.notify.notify_one();
        }
    }

    pub(crate) fn wake_all(&self) {
        self.listeners().values().for_each(|listener| listener.notify.notify_one());
    }
}

/// Listens for wake-ups of a number.
#[derive(Debug)]
pub(crate) struct Woken {
    number: u64,
    notify: Arc<Notify>,
    turns: Arc<Turns>,
}

impl Woken {
    /// Ends when there is a wake-up, or after this time if one is given.
    pub(crate) async fn or_after(self, time: Option<Duration>) {
        match time {
            Some(time) => drop(tokio::time::timeout(time, self.notify.notified()).await),
            None => self.notify.notified().await,
        }
    }
}

impl Drop for Woken {
    fn drop(&mut self) {
        let mut listeners = self.turns.listeners();
        if let Some(listener) = listeners.get_mut(&self.number) {
            listener.uses -= 1;
            if listener.uses == 0 {
                listeners.remove(&self.number);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_wake_up_between_listening_and_waiting_is_not_missed() {
        let turns = Arc::new(Turns::default());
        let woken = turns.of(1);
        turns.wake(2);
        turns.wake(1);
        woken.or_after(None).await;
        let (one, two) = (turns.of(1), turns.of(2));
        turns.wake_all();
        one.or_after(None).await;
        two.or_after(None).await;
        assert!(turns.listeners().is_empty(), "nobody listens any more");
    }

    #[tokio::test(start_paused = true)]
    async fn without_a_wake_up_it_ends_by_itself() {
        let turns = Arc::new(Turns::default());
        let began = tokio::time::Instant::now();
        turns.of(1).or_after(Some(Duration::from_secs(3))).await;
        assert_eq!(began.elapsed(), Duration::from_secs(3));
    }
}
