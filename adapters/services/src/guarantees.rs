//! What an engine guarantees, as values to ask for and as traits to require.

use crate::Service;
use core::fmt;
use core::time::Duration;

/// What an engine guarantees. Every program can ask; one that stands on a guarantee can [require](Guarantees::require) it of whatever
/// engine its user chose, or write it into a type: see [`Linearizable`] and [`ExactFencing`].
///
/// ```
/// use quorate_services::{Fencing, Guarantees, Requirement};
/// assert_eq!(Guarantees::REDIS.fencing, Fencing::BestEffort);
/// let unmet = Guarantees::REDIS.require(&[Requirement::LostLeaseNotice, Requirement::ExactFencing]).unwrap_err();
/// assert_eq!(unmet.to_string(), "the engine does not guarantee exact fencing: its tokens grow by best effort only");
/// Guarantees::ETCD.require(&[Requirement::Linearizable, Requirement::ExactFencing])?;
/// # Ok::<(), quorate_services::Unmet>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Guarantees {
    /// Whether there is never more than one holder, whatever single machine fails (as far as clocks go at the rates that were
    /// assumed).
    pub linearizable: bool,
    /// Whether who holds, and who waits, is still known after all machines of the engine have been off at once.
    pub durable: bool,
    /// How far tokens can be relied upon to grow.
    pub fencing: Fencing,
    /// Whether a holder knows that its lease is lost before anybody else can have it.
    pub lost_lease_notice: bool,
    /// Who of those that wait is next.
    pub fairness: Fairness,
    /// How far it can be relied upon that all parties of a barrier are told the same.
    pub outcome: Outcome,
    /// How long after a lease has run out nobody else is granted what was not released, as it is set.
    pub lock_delay: Duration,
    /// In what steps leases are counted; they are rounded up where they are kept, and never where they are held. Zero if to the
    /// millisecond or finer.
    pub lease_step: Duration,
    /// The shortest time for which the engine keeps a lease. Zero if there is none.
    pub shortest_lease: Duration,
}

/// How far tokens can be relied upon to grow with each grant of a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Fencing {
    /// Unless a server fails in a way that makes it forget.
    BestEffort,
    /// Always.
    Exact,
}

/// Who of those that wait is next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Fairness {
    /// Who comes first is served first, as long as the engine remembers the line: after a failover it can forget it, and those that
    /// wait come anew.
    WhileRemembered,
    /// Who comes first is served first.
    FirstComeFirstServed,
}

/// How far it can be relied upon that all parties of a barrier are told the same of a generation: that all were released, or that
/// it broke (B4). That nobody is released before all have arrived (B1) goes as far.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Outcome {
    /// As long as the engine goes back to nothing that it knew before. A replica that takes over and is behind does, by what was not
    /// replicated yet; a server that has lost everything does not, for it is known to be new.
    WhileRemembered,
    /// Always one. Who was about to be told when a leader failed may be told that it cannot be learnt any more.
    OneOrUnknown,
    /// Always one, and it is always learnt.
    One,
}

impl Guarantees {
    /// Of quorate's own cluster. It keeps its promises by the leases of its leaders, and nothing on a disk but who led.
    pub const CLUSTER: Self = Self {
        linearizable: true,
        durable: false,
        fencing: Fencing::Exact,
        lost_lease_notice: true,
        fairness: Fairness::WhileRemembered,
        outcome: Outcome::OneOrUnknown,
        lock_delay: Duration::ZERO,
        lease_step: Duration::ZERO,
        shortest_lease: Duration::ZERO,
    };

    /// Of a Redis server. It replicates after it has answered, and can be configured to keep more or less of its data: so what it
    /// guarantees is what it guarantees in any case.
    pub const REDIS: Self = Self {
        linearizable: false,
        durable: false,
        fencing: Fencing::BestEffort,
        lost_lease_notice: true,
        fairness: Fairness::WhileRemembered,
        outcome: Outcome::WhileRemembered,
        lock_delay: Duration::ZERO,
        lease_step: Duration::ZERO,
        shortest_lease: Duration::ZERO,
    };

    /// Of an etcd cluster.
    pub const ETCD: Self = Self {
        linearizable: true,
        durable: true,
        fencing: Fencing::Exact,
        lost_lease_notice: true,
        fairness: Fairness::FirstComeFirstServed,
        outcome: Outcome::One,
        lock_delay: Duration::ZERO,
        lease_step: Duration::from_secs(1),
        shortest_lease: Duration::from_secs(2),
    };

    /// Whether all of this is guaranteed.
    ///
    /// # Errors
    ///
    /// The first that is not.
    pub fn require(&self, requirements: &[Requirement]) -> Result<(), Unmet> {
        let met = |requirement: &Requirement| match *requirement {
            Requirement::Linearizable => self.linearizable,
            Requirement::Durable => self.durable,
            Requirement::ExactFencing => self.fencing == Fencing::Exact,
            Requirement::LostLeaseNotice => self.lost_lease_notice,
            Requirement::Fairness(fairness) => self.fairness >= fairness,
            Requirement::Outcome(outcome) => self.outcome >= outcome,
            Requirement::LockDelay(delay) => self.lock_delay >= delay,
        };
        match requirements.iter().find(|requirement| !met(requirement)) {
            Some(requirement) => Err(Unmet { requirement: *requirement, guarantees: *self }),
            None => Ok(()),
        }
    }
}

/// What a program cannot do without.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Requirement {
    /// [`Guarantees::linearizable`].
    Linearizable,
    /// [`Guarantees::durable`].
    Durable,
    /// [`Fencing::Exact`].
    ExactFencing,
    /// [`Guarantees::lost_lease_notice`].
    LostLeaseNotice,
    /// At least so fair.
    Fairness(Fairness),
    /// Barriers whose parties are told the same, as far as this at least.
    Outcome(Outcome),
    /// A lock-delay of at least so long.
    LockDelay(Duration),
}

/// An engine does not guarantee what is required.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unmet {
    /// What is required.
    pub requirement: Requirement,
    /// What the engine guarantees.
    pub guarantees: Guarantees,
}

impl fmt::Display for Unmet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the engine does not guarantee ")?;
        match self.requirement {
            Requirement::Linearizable => {
                write!(f, "one holder at a time whichever machine fails: it is not linearizable")
            }
            Requirement::Durable => write!(f, "to know who holds after all of it has been off"),
            Requirement::ExactFencing => write!(f, "exact fencing: its tokens grow by best effort only"),
            Requirement::LostLeaseNotice => write!(f, "that a holder knows in time that its lease is lost"),
            Requirement::Fairness(_) => write!(f, "that who comes first is served first, a failover included"),
            Requirement::Outcome(Outcome::One) => {
                write!(f, "that all parties of a barrier learn the same, whatever fails")
            }
            Requirement::Outcome(_) => write!(f, "that no two parties of a barrier are told otherwise, whatever fails"),
            Requirement::LockDelay(delay) => {
                write!(f, "a lock-delay of {delay:?}: it is {:?} as it is set", self.guarantees.lock_delay)
            }
        }
    }
}

impl core::error::Error for Unmet {}

/// A service whose locks never have two holders, whatever single machine of it fails; for functions that must not be given another.
///
/// ```
/// use quorate_services::{ExactFencing, Linearizable, LockService};
/// /// Cannot be called with locks on a Redis server: the compiler says so.
/// async fn pay_out(locks: &(impl LockService + Linearizable + ExactFencing)) -> Result<(), Box<dyn std::error::Error>> {
///     let guard = locks.acquire("payments").await?;
///     // …
///     guard.release().await?;
///     Ok(())
/// }
/// ```
pub trait Linearizable: Service {}

/// A service whose tokens grow with each grant of a resource, always.
pub trait ExactFencing: Service {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_guaranteed_is_told_with_what_is() {
        let delayed = Guarantees { lock_delay: Duration::from_secs(1), ..Guarantees::CLUSTER };
        assert_eq!(
            delayed.require(&[Requirement::LockDelay(Duration::from_secs(1)), Requirement::Linearizable]),
            Ok(())
        );
        let unmet = delayed.require(&[Requirement::LockDelay(Duration::from_secs(2))]).unwrap_err();
        assert_eq!(unmet.to_string(), "the engine does not guarantee a lock-delay of 2s: it is 1s as it is set");
        assert!(Guarantees::CLUSTER.require(&[Requirement::Durable]).is_err());
        assert!(Guarantees::REDIS.require(&[Requirement::Linearizable]).is_err());
        let fair = [Requirement::Fairness(Fairness::FirstComeFirstServed)];
        assert!(Guarantees::REDIS.require(&fair).is_err());
        assert_eq!(Guarantees::ETCD.require(&fair), Ok(()));
        assert!(Guarantees::REDIS.require(&[Requirement::Outcome(Outcome::OneOrUnknown)]).is_err());
        assert!(Guarantees::CLUSTER.require(&[Requirement::Outcome(Outcome::One)]).is_err());
        assert_eq!(Guarantees::ETCD.require(&[Requirement::Outcome(Outcome::One)]), Ok(()));
    }
}
