//! E1 and E1p: one leader an epoch.

use super::{Violation, Who};
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::vec::Vec;
use quorate::{Epoch, Instant, NodeId};

/// Checks **E1**, at most one leader an epoch, ever; or **E1p**, at most one an epoch and partition.
///
/// Memory: the last 1,024 epochs that were claimed, or as many as [`with_memory`](Leaders::with_memory) says. What is forgotten
/// cannot hide a second leader: a claim to an epoch at or below the highest forgotten one is reported, since nobody can tell it
/// from one. (Under E1 no protocol that E6 holds for makes such a claim: a majority has voted in a thousand later epochs by then.)
///
/// ```
/// use quorate::{Epoch, Instant, NodeId};
/// use quorate_sim::check::{Leaders, Who};
///
/// let mut leaders = Leaders::new();
/// let [ann, bob] = [0, 1].map(|place| Who::new(place, NodeId::new(place as u32 + 1)));
/// leaders.leads(Instant::from_secs(1), ann, Epoch::new(1))?;
/// leaders.leads(Instant::from_secs(9), bob, Epoch::new(2))?;
/// let violation = leaders.leads(Instant::from_secs(12), ann, Epoch::new(2)).unwrap_err();
/// assert_eq!(violation.to_string(), "E1 is broken at 12.000s, by nodes 2 and 1: node 1 leads epoch 2, which node 2 led from 9.000s on");
/// # Ok::<(), quorate_sim::check::Violation>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Leaders {
    /// Who led in which epoch: one, unless partitions are allowed for.
    claims: BTreeMap<Epoch, Vec<Claim>>,
    /// The highest epoch that was forgotten.
    forgotten: Option<Epoch>,
    memory: usize,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Claim {
    who: Who,
    since: Instant,
    /// The voters that it trusted, itself among them, sorted; unused for E1.
    trusted: Vec<NodeId>,
}

impl Default for Leaders {
    fn default() -> Self {
        Self::new()
    }
}

impl Leaders {
    /// A checker that has seen nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self { claims: BTreeMap::new(), forgotten: None, memory: 1_024 }
    }

    /// The same, which remembers so many epochs, one at least.
    #[must_use]
    pub fn with_memory(self, epochs: usize) -> Self {
        Self { memory: if epochs == 0 { 1 } else { epochs }, ..self }
    }

    /// The node has become leader of an epoch: to be told once a leadership.
    ///
    /// # Errors
    ///
    /// E1, if another node was.
    pub fn leads(&mut self, at: Instant, who: Who, epoch: Epoch) -> Result<(), Violation> {
        self.recall("E1", at, who, epoch)?;
        let claims = self.claims.entry(epoch).or_default();
        match claims.iter().find(|claim| claim.who.place != who.place) {
            Some(other) => Err(second("E1", at, who, epoch, other, "")),
            None => {
                claims.push(Claim { who, since: at, trusted: Vec::new() });
                claims.truncate(1);
                self.forget_oldest();
                Ok(())
            }
        }
    }

    /// The node has become leader of an epoch in its own partition: that of the voters which it trusts (does not suspect) at this
    /// time. It counts itself among them, whether or not they are named with it.
    ///
    /// # Errors
    ///
    /// E1p, if another node has led the epoch and there is a voter that both trusted when they won. That includes the two
    /// themselves, for a winner has voted for itself.
    pub fn leads_among(&mut self, at: Instant, who: Who, epoch: Epoch, trusted: &[NodeId]) -> Result<(), Violation> {
        self.recall("E1p", at, who, epoch)?;
        let mut trusted = trusted.to_vec();
        trusted.push(who.node);
        trusted.sort_unstable();
        trusted.dedup();
        let claims = self.claims.entry(epoch).or_default();
        for other in claims.iter().filter(|claim| claim.who.place != who.place) {
            if let Some(both) = other.trusted.iter().find(|voter| trusted.binary_search(voter).is_ok()) {
                return Err(second("E1p", at, who, epoch, other, &format!(", and both trusted node {both} then")));
            }
        }
        match claims.iter_mut().find(|claim| claim.who.place == who.place) {
            Some(before) => {
                before.trusted.extend(trusted);
                before.trusted.sort_unstable();
                before.trusted.dedup();
            }
            None => claims.push(Claim { who, since: at, trusted }),
        }
        self.forget_oldest();
        Ok(())
    }

    /// More members have lost their memory than the protocol bears, so history starts anew.
    pub fn clear(&mut self) {
        self.claims.clear();
        self.forgotten = None;
    }

    fn recall(&self, promise: &'static str, at: Instant, who: Who, epoch: Epoch) -> Result<(), Violation> {
        match self.forgotten {
            Some(forgotten) if epoch <= forgotten => {
                let what = format!(
                    "it leads epoch {epoch} after {} later epochs have had their leaders, so late that who led it is forgotten",
                    self.memory
                );
                Err(Violation::new(promise, what, at).with_nodes([who.node]))
            }
            _ => Ok(()),
        }
    }

    fn forget_oldest(&mut self) {
        while self.claims.len() > self.memory {
            if let Some((epoch, _)) = self.claims.pop_first() {
                self.forgotten = self.forgotten.max(Some(epoch));
            }
        }
    }
}

#[cold]
fn second(promise: &'static str, at: Instant, who: Who, epoch: Epoch, other: &Claim, how: &str) -> Violation {
    let (was, since) = (other.who, other.since);
    let what = format!("node {who} leads epoch {epoch}, which node {was} led from {since} on{how}");
    Violation::new(promise, what, at).with_nodes([was.node, who.node])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn who(place: usize) -> Who {
        Who::new(place, NodeId::new(place as u32 + 1))
    }

    fn nodes<const N: usize>(ids: [u32; N]) -> [NodeId; N] {
        ids.map(NodeId::new)
    }

    const AT: Instant = Instant::from_secs(1);

    #[test]
    fn e1_two_nodes_with_one_id_are_two() {
        let mut leaders = Leaders::new();
        let twin = Who::new(1, NodeId::new(1));
        assert_eq!(leaders.leads(AT, who(0), Epoch::new(3)), Ok(()));
        assert_eq!(leaders.leads(AT, who(0), Epoch::new(3)), Ok(()), "the same one again is no second");
        assert!(leaders.leads(AT, twin, Epoch::new(3)).is_err());
    }

    #[test]
    fn e1_an_older_epoch_counts_as_long_as_it_is_remembered_and_is_reported_afterwards() {
        let mut leaders = Leaders::new().with_memory(10);
        for epoch in 0..1_000 {
            assert_eq!(leaders.leads(AT, who(epoch as usize % 3), Epoch::new(2 * epoch)), Ok(()));
            assert!(leaders.claims.len() <= 10);
        }
        // A late claim to an epoch that nobody else claimed is none of E1's business.
        assert_eq!(leaders.leads(AT, who(4), Epoch::new(1_997)), Ok(()));
        assert!(leaders.leads(AT, who(4), Epoch::new(1_998)).is_err());
        assert!(leaders.leads(AT, who(4), Epoch::new(7)).expect_err("forgotten").because.contains("forgotten"));
        leaders.clear();
        assert_eq!(leaders.leads(AT, who(4), Epoch::new(7)), Ok(()));
    }

    #[test]
    fn e1p_partitions_that_share_no_voter_may_have_a_leader_each() {
        let mut leaders = Leaders::new();
        let epoch = Epoch::new(1);
        assert_eq!(leaders.leads_among(AT, who(0), epoch, &nodes([1, 2])), Ok(()));
        assert_eq!(leaders.leads_among(AT, who(3), epoch, &nodes([3, 5])), Ok(()));
        let violation = leaders.leads_among(AT, who(5), epoch, &nodes([6, 2])).expect_err("voter 2 is in both");
        assert_eq!((violation.promise, &violation.nodes[..]), ("E1p", &nodes([1, 6])[..]));
        assert!(violation.because.ends_with("both trusted node 2 then"));
        // The candidates themselves are voters.
        assert!(leaders.leads_among(AT, who(5), epoch, &nodes([4])).is_err());
        assert!(leaders.leads_among(AT, who(4), epoch, &[]).is_err(), "the second leader trusted this one");
        assert_eq!(leaders.leads_among(AT, who(5), epoch, &[]), Ok(()));
    }
}
