//! Mail between threads.

use super::{check, others, thread};
use crate::sync::{Mailbox, Taken};
use std::sync::Arc;

fn mailbox(producers: usize, preemptions: Option<usize>) {
    check("a mailbox with room for one", preemptions, move || {
        let mailbox = Arc::new(Mailbox::new(1));
        let putting = |from| {
            let mailbox = mailbox.clone();
            thread::spawn(move || {
                mailbox.put(from).unwrap();
            })
        };
        let threads: Vec<_> = (0..producers).map(putting).collect();
        let mut taken: Vec<usize> = (0..producers)
            .map(|_| match mailbox.take(None) {
                Taken::Mail(mail) => mail,
                other => panic!("{other:?} instead of mail"),
            })
            .collect();
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        taken.sort_unstable();
        assert!(taken.into_iter().eq(0..producers), "each exactly once");
        assert!(mailbox.is_empty());
    });
}

#[test]
fn a_mailbox_loses_and_repeats_nothing_between_two_threads() {
    mailbox(1, None);
}

#[test]
fn a_mailbox_loses_and_repeats_nothing_between_more() {
    mailbox(others(2), Some(3));
}

#[test]
fn whoever_takes_is_woken_by_mail_or_by_name_or_by_the_end() {
    check("mail, then a wake-up, then the end", None, || {
        let mailbox = Arc::new(Mailbox::new(1));
        let other = mailbox.clone();
        let thread = thread::spawn(move || {
            other.try_put(7).unwrap();
            other.wake();
            other.close();
        });
        let (mut mail, mut woken) = (0, 0);
        loop {
            match mailbox.take(None) {
                Taken::Mail(7) => mail += 1,
                Taken::Woken => woken += 1,
                Taken::Closed => break,
                other => panic!("{other:?}"),
            }
        }
        thread.join().unwrap();
        assert_eq!((mail, woken), (1, 1));
    });
}

#[test]
fn a_mailbox_that_is_put_into_at_once_wakes_who_takes() {
    check("a mailbox with room", None, || {
        let mailbox = Arc::new(Mailbox::new(2));
        let other = mailbox.clone();
        let thread = thread::spawn(move || other.try_put(7).unwrap());
        assert_eq!(mailbox.take(None), Taken::Mail(7));
        thread.join().unwrap();
    });
}
