//! A bounded queue between threads.

use super::{Bug, Condvar, Mutex, MutexGuard, lock, planted, wait};
use core::fmt;
use core::time::Duration;
use std::collections::VecDeque;
use std::time::Instant;

/// A bounded queue that threads put mail into and take it from, in order; whoever takes may wait for it.
///
/// ```
/// use quorate_std::{Mailbox, Taken, Undelivered};
/// use std::time::Duration;
///
/// let mailbox = Mailbox::new(2);
/// std::thread::scope(|scope| {
///     scope.spawn(|| mailbox.put("hello"));
///     assert_eq!(mailbox.take(None), Taken::Mail("hello"));
/// });
/// assert_eq!(mailbox.take(Some(Duration::from_millis(1))), Taken::Elapsed);
///
/// mailbox.try_put("one")?;
/// mailbox.try_put("two")?;
/// assert_eq!(mailbox.try_put("three"), Err(Undelivered::Full("three")));
/// mailbox.close();
/// assert_eq!(mailbox.take(None), Taken::Mail("one"), "what was there can be taken yet");
/// # Ok::<(), Undelivered<&str>>(())
/// ```
#[derive(Debug)]
pub struct Mailbox<T> {
    inside: Mutex<Inside<T>>,
    /// There is mail, or something else that a taker wants to know.
    mail: Condvar,
    /// There is room, or there never will be.
    room: Condvar,
}

#[derive(Debug)]
struct Inside<T> {
    mail: VecDeque<T>,
    capacity: usize,
    /// How many wait for mail, and how many for room. To notify nobody costs a call to the system, too.
    takers: u32,
    putters: u32,
    woken: bool,
    closed: bool,
}

/// What [`Mailbox::take`] returned with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken<T> {
    /// The oldest mail.
    Mail(T),
    /// Somebody [woke](Mailbox::wake) it.
    Woken,
    /// The time to wait is over.
    Elapsed,
    /// Nothing more will ever come.
    Closed,
}

/// Mail that was not put, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Undelivered<T> {
    /// There is no room now.
    Full(T),
    /// The mailbox is closed.
    Closed(T),
}

impl<T> Mailbox<T> {
    /// An empty one with room for so much mail; at least for one.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        let capacity = capacity.max(1);
        let inside = Inside { mail: VecDeque::new(), capacity, takers: 0, putters: 0, woken: false, closed: false };
        Self { inside: Mutex::new(inside), mail: Condvar::new(), room: Condvar::new() }
    }

    /// Puts mail, at once or not at all.
    ///
    /// # Errors
    ///
    /// If there is no room, or the mailbox is closed; the mail comes back.
    pub fn try_put(&self, mail: T) -> Result<(), Undelivered<T>> {
        if planted(Bug::LostWakeup) {
            self.mail.notify_one();
        }
        let mut inside = lock(&self.inside);
        if inside.closed {
            return Err(Undelivered::Closed(mail));
        }
        if inside.mail.len() >= inside.capacity {
            return Err(Undelivered::Full(mail));
        }
        if !planted(Bug::LostWakeup) {
            self.push(inside, mail);
        } else {
            inside.mail.push_back(mail);
        }
        Ok(())
    }

    /// Puts mail, and waits for room as long as it takes.
    ///
    /// # Errors
    ///
    /// If the mailbox is closed, by then; the mail comes back.
    pub fn put(&self, mail: T) -> Result<(), T> {
        let mut inside = lock(&self.inside);
        while !inside.closed && inside.mail.len() >= inside.capacity {
            inside.putters += 1;
            inside = wait(&self.room, inside, None);
            inside.putters -= 1;
        }
        if inside.closed {
            return Err(mail);
        }
        self.push(inside, mail);
        Ok(())
    }

    fn push(&self, mut inside: MutexGuard<'_, Inside<T>>, mail: T) {
        inside.mail.push_back(mail);
        let is_waited_for = inside.takers > 0;
        drop(inside);
        if is_waited_for {
            self.mail.notify_one();
        }
    }

    fn pop(&self, mut inside: MutexGuard<'_, Inside<T>>) -> Option<T> {
        let mail = inside.mail.pop_front();
        let is_waited_for = inside.putters > 0;
        drop(inside);
        if mail.is_some() && is_waited_for {
            self.room.notify_one();
        }
        mail
    }

    /// The oldest mail, if there is any now.
    pub fn try_take(&self) -> Option<T> {
        self.pop(lock(&self.inside))
    }

    /// Waits for mail, for so long at most; `None` is for as long as it takes. Mail goes before everything else that there is
    /// to return with.
    pub fn take(&self, longest: Option<Duration>) -> Taken<T> {
        let end = longest.and_then(|longest| Instant::now().checked_add(longest));
        let mut inside = lock(&self.inside);
        loop {
            if !inside.mail.is_empty() {
                return self.pop(inside).map_or(Taken::Woken, Taken::Mail); // There is some.
            }
            if core::mem::take(&mut inside.woken) {
                return Taken::Woken;
            }
            if inside.closed {
                return Taken::Closed;
            }
            let left = end.map(|end| end.saturating_duration_since(Instant::now()));
            if left == Some(Duration::ZERO) {
                return Taken::Elapsed;
            }
            inside.takers += 1;
            inside = wait(&self.mail, inside, left);
            inside.takers -= 1;
        }
    }

    /// Has whoever waits for mail return without any; if nobody does now, the next one who would have waited.
    pub fn wake(&self) {
        lock(&self.inside).woken = true;
        self.mail.notify_all();
    }

    /// Takes no more mail. What is there can be taken yet.
    pub fn close(&self) {
        lock(&self.inside).closed = true;
        self.mail.notify_all();
        self.room.notify_all();
    }

    /// How much mail there is.
    #[must_use]
    pub fn len(&self) -> usize {
        lock(&self.inside).mail.len()
    }

    /// Whether there is no mail.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl<T> Undelivered<T> {
    /// The mail.
    pub fn into_mail(self) -> T {
        match self {
            Self::Full(mail) | Self::Closed(mail) => mail,
        }
    }
}

impl<T> fmt::Display for Undelivered<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Full(_) => "the mailbox is full",
            Self::Closed(_) => "the mailbox is closed",
        })
    }
}

impl<T: fmt::Debug> core::error::Error for Undelivered<T> {}
