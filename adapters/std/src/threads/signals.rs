//! What tells threads to look again.

use super::{check, others, thread};
use crate::signal::{Bell, Signal};
use crate::tenure::{Hold, Phase, Tenure, Why};
use core::sync::atomic::{AtomicUsize, Ordering};
use quorate::{Epoch, Instant};
use std::sync::Arc;

/// Waits until a bell has been rung so often.
fn wait_for(bell: &Bell, rung: &AtomicUsize, often: usize) {
    loop {
        let heard = bell.listen();
        if rung.load(Ordering::Acquire) == often {
            return;
        }
        bell.wait(heard, None);
    }
}

fn ring(ringing: usize, waiting: usize, preemptions: Option<usize>) {
    check("a bell", preemptions, move || {
        let (bell, rung) = (Arc::new(Bell::default()), Arc::new(AtomicUsize::new(0)));
        let threads: Vec<_> = (0..ringing + waiting - 1)
            .map(|number| {
                let (bell, rung) = (bell.clone(), rung.clone());
                thread::spawn(move || {
                    if number >= ringing {
                        return wait_for(&bell, &rung, ringing);
                    }
                    rung.fetch_add(1, Ordering::Release);
                    bell.notify();
                })
            })
            .collect();
        wait_for(&bell, &rung, ringing);
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    });
}

#[test]
fn who_listened_before_it_looked_misses_no_ring() {
    ring(1, 1, None);
}

#[test]
fn everybody_hears_a_bell() {
    ring(others(2) / 2, others(2) / 2 + 1, Some(3));
}

#[test]
fn who_holds_a_leadership_learns_its_end_and_only_one_holds_it() {
    check("a leadership that ends", None, || {
        let tenure = Arc::new(Tenure::<Bell>::new(Epoch::new(1), Instant::FAR_FUTURE));
        let driver = tenure.clone();
        let thread = thread::spawn(move || {
            let claimed = driver.pass(Hold::Free, Hold::Held);
            driver.enter(Phase::Doubtful);
            driver.enter(Phase::Lost(Why::Stopped));
            claimed
        });
        let claimed = tenure.pass(Hold::Free, Hold::Held);
        let why = loop {
            let heard = tenure.changed().listen();
            if let Some(why) = tenure.end(Instant::ORIGIN) {
                break why;
            }
            tenure.changed().wait(heard, None);
        };
        assert_eq!((why, tenure.until()), (Why::Stopped, Instant::ORIGIN));
        assert!(thread.join().unwrap() != claimed, "one of the two has the guard");
    });
}
