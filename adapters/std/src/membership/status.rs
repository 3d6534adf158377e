//! What a member sees, for itself and for whoever asks.

use super::{Machine, Shared, Tallied, directory, wire};
use crate::driver::{Counters, Survey};
use crate::question::asked;
use core::net::SocketAddr;
use core::time::Duration;
use quorate::election::{Guarantee, Standing};
use quorate::{Epoch, Incarnation, Instant, NodeId};
use quorate_wire::Writer;
use serde::{Deserialize, Serialize};

/// What a member sees at one moment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Status {
    /// The member.
    pub id: NodeId,
    /// In which life it is.
    pub incarnation: Incarnation,
    /// Its group's name.
    pub group: String,
    /// What the election promises.
    pub guarantee: Guarantee,
    /// What the member is doing.
    pub standing: Standing,
    /// Who leads, as far as it knows.
    pub leader: Option<NodeId>,
    /// The epoch of that leader; without one, the last epoch that the member took part in.
    pub epoch: Epoch,
    /// How long it leads yet if nothing renews its lease, in milliseconds; `None` if it does not lead, or needs no lease.
    pub time_left_ms: Option<u64>,
    /// How long it has been running, in milliseconds.
    pub uptime_ms: u64,
    /// Its peers, by id.
    pub peers: Vec<PeerHealth>,
    /// How many more peers there are that did not fit into the answer.
    pub omitted: u16,
    /// What its election and its detectors have counted.
    pub tallies: Tallied,
    /// What its driver has counted.
    pub counters: Counters,
}

/// How a peer is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PeerHealth {
    /// The peer.
    pub id: NodeId,
    /// Where it is thought to be; `None` if its name has not been found yet.
    pub address: Option<SocketAddr>,
    /// Whether it votes.
    pub votes: bool,
    /// Whether it is suspected to have failed.
    pub suspected: bool,
    /// How strongly, on the scale of the detector that the member uses.
    pub level: f64,
    /// How long ago it was heard from; `None` if never.
    pub last_heard: Option<Duration>,
    /// In which life it is; `None` if it was never heard from.
    pub incarnation: Option<Incarnation>,
}

/// The health of every peer of `machine`.
#[must_use]
pub fn peers(shared: &Shared, machine: &Machine, now: Instant) -> Vec<PeerHealth> {
    let (monitor, election) = (machine.member().monitor(), machine.member().election());
    let health = |health: quorate::detector::Health| PeerHealth {
        id: health.peer,
        address: shared.address(health.peer),
        votes: election.voters().any(|voter| voter == health.peer),
        suspected: health.suspected,
        level: monitor.level(health.peer, now).unwrap_or(0.0),
        last_heard: health.heard.map(|heard| now.since(heard)),
        incarnation: health.incarnation,
    };
    monitor.healths().map(health).collect()
}

/// What a member sees whose machine this is, and whose driver has counted so much.
#[must_use]
pub fn status(shared: &Shared, machine: &Machine, counters: Counters, now: Instant) -> Status {
    let election = machine.member().election();
    let leases = election.config().guarantee() == Guarantee::Majority;
    let left = election.valid_until().filter(|_| leases).map(|_| election.time_left(now));
    let millis = |duration: Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    Status {
        id: shared.id,
        incarnation: machine.member().monitor().incarnation(),
        group: shared.group.clone(),
        guarantee: election.config().guarantee(),
        standing: election.standing(),
        leader: election.leader().map(|leader| leader.id),
        epoch: election.leader().map_or(election.record().epoch, |leader| leader.epoch),
        time_left_ms: left.map(millis),
        uptime_ms: millis(now.since(shared.started)),
        peers: peers(shared, machine, now),
        omitted: 0,
        tallies: shared.tallies.tallied(),
        counters,
    }
}

/// Answers a question that came over the network, if it is one that this knows.
pub(super) fn answer(
    shared: &Shared,
    protocol: u8,
    question: &[u8],
    survey: Survey<'_, Machine>,
    answer: &mut Writer<'_>,
) -> bool {
    let Some((nonce, _)) = asked((wire::PROTOCOL, wire::VERSION), protocol, question) else {
        return directory::answer(shared, protocol, question, survey, answer);
    };
    answer.u8(wire::VERSION);
    answer.u64(nonce);
    wire::write(&status(shared, survey.machine, survey.counters, survey.now), answer);
    true
}
