//! How leases are configured, and what users are like.

use core::time::Duration;
use quorate::lease::{authority, holder};
use quorate::{DriftBound, Random, Seed};

/// What the users of clients are like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Habits {
    /// How long they hold what they have, at most.
    pub work: Duration,
    /// How long they think between one thing and the next, at most.
    pub think: Duration,
    /// Whether they lose patience.
    pub fickle: bool,
}

/// The rules of leases that a group of nodes runs under.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// The longest lease.
    pub lease: Duration,
    /// What clients ask for, one in three of them half of that.
    pub asked: Duration,
    /// How long what ran out is kept back.
    pub lock_delay: Duration,
    /// For how long claims can be renewed.
    pub cap: Option<Duration>,
    /// How far off clock rates are.
    pub drift: DriftBound,
    /// By how much holders cut their leases short.
    pub margin: Duration,
    /// What users are like.
    pub habits: Habits,
    /// Whether clocks are set, or pauses come between a look at the lease and the deed: then L1 can fail, and nothing else.
    pub is_fair: bool,
    /// Bit `i` is set if the client at place `i` crashes for good when the faults stop.
    pub mortal: u64,
}

impl Terms {
    /// Draws terms with leases of about this length.
    pub(super) fn draw(lease: Duration, drift: DriftBound, random: &mut Random) -> Self {
        let mut pick = |of: [Duration; 4]| of[random.below(4) as usize % 4];
        let zero = Duration::ZERO;
        let asked = pick([lease, lease, lease * 2, lease * 3 / 4]);
        let lock_delay = pick([zero, zero, lease / 4, lease]);
        let cap = pick([zero, zero, zero, lease * 4]);
        let margin = pick([zero, lease / 50, lease / 50, lease / 10]);
        let work = pick([lease / 8, lease, lease, lease * 8]);
        let think = pick([lease / 16, lease / 2, lease / 2, lease * 4]);
        Self {
            lease,
            asked,
            lock_delay,
            cap: (cap > zero).then_some(cap),
            drift,
            margin,
            habits: Habits { work, think, fickle: random.below(2) == 0 },
            is_fair: random.below(3) > 0,
            mortal: if random.below(2) == 0 { random.number() } else { 0 },
        }
    }

    /// The rules of who grants.
    #[must_use]
    pub fn granting(&self) -> authority::Config {
        let made = authority::Config::new(self.lease, self.drift).and_then(|config| {
            let config = config.with_lock_delay(self.lock_delay)?;
            self.cap.map_or(Ok(config), |cap| config.with_cap(cap))
        });
        #[allow(clippy::expect_used)]
        made.expect("terms that were drawn are valid")
    }

    /// The rules of a client's holder.
    #[must_use]
    pub fn holding(&self, place: usize, seed: Seed) -> holder::Config {
        let lease = if place.is_multiple_of(3) { self.asked / 2 } else { self.asked };
        let timing =
            holder::Timing { lease, renew: lease / 5, retry: lease / 20, margin: self.margin / 2, drift: self.drift };
        let made = holder::Config::new(timing, seed);
        #[allow(clippy::expect_used)]
        made.expect("terms that were drawn are valid")
    }

    /// So long after a crash is what the crashed client held free again: L6.
    #[must_use]
    pub fn frees_within(&self) -> Duration {
        let own = self.lease.saturating_add(self.lock_delay);
        self.drift.outwait(own).saturating_add(Duration::from_secs(1))
    }

    /// So long does a client wait at most where nothing goes wrong, with so many others before it, each of which works and then
    /// leaves, or has crashed.
    #[must_use]
    pub fn served_within(&self, others: usize) -> Duration {
        let each = self.drift.outwait(self.habits.work.saturating_mul(3)).saturating_add(self.frees_within());
        // To find the authority, be sent on, and be heard.
        let found = self.asked.saturating_mul(2).saturating_add(self.granting().grace());
        // Whoever came into the line before the faults stopped is served, and so is whoever it let pass by giving up.
        each.saturating_mul(others as u32 * 2 + 1).saturating_add(found)
    }
}
