//! Every machine by itself, under inputs that nothing restrains: the laws.

use core::time::Duration;
use quorate::barrier::PartyId;
use quorate::barrier::coordinator::{self, Coordinator};
use quorate::barrier::party::{self, Party};
use quorate::clock::{self, Clock, HybridClock, LamportClock, Physical, Process, VectorClock, VersionClock, WallTime};
use quorate::detector::{AnyDetector, Monitor, MonitorConfig, Timeout, TimeoutConfig};
use quorate::election::{self, Election, Guarantee, Preempt, Record, Role, Start};
use quorate::host::{self, Host};
use quorate::lease::ClaimId;
use quorate::lease::authority::{self, Authority, Fixed};
use quorate::lease::holder::{self, Holder};
use quorate::member::{self, DetectorKind, Member, Profile};
use quorate::{DriftBound, Group, Incarnation, Instant, NodeId, Seed};
use quorate_sim::fuzz::{laws, laws_with_restarts};

const ME: NodeId = NodeId::new(3);
const LEASE: Duration = Duration::from_secs(2);
const NOW: Instant = Instant::ORIGIN;

/// The first byte says which machine, the second how it is configured.
pub fn machines(data: &[u8]) {
    let Some((&[kind, how], rest)) = data.split_first_chunk::<2>() else { return };
    match kind % 15 {
        0 => laws_with_restarts(process(LamportClock::new(ME), (), how), rest),
        1 => laws_with_restarts(process(VectorClock::<6>::of(&group()).expect("a place"), (), how), rest),
        2 => laws_with_restarts(process(VersionClock::<6>::new(ME), (), how), rest),
        3 => laws_with_restarts(process(HybridClock::new(LEASE), wall(), how), rest),
        4 => laws(monitor(how), rest),
        5 => laws_with_restarts(election(how, Start::First), rest),
        6 if how & 8 == 8 => laws(election(how, Start::Recovered(Record::default())), rest),
        6 => laws(election(how, Start::Forgetful), rest),
        7 => laws_with_restarts(member(how), rest),
        8 => laws(Authority::<u8, 6>::new(grants(how), NOW), rest),
        9 => laws_with_restarts(fixed(how), rest),
        10 => laws(holder(how), rest),
        11 => laws_with_restarts(hosted(how), rest),
        12 => laws(Coordinator::<u8, 2, 3>::new(meets(how), NOW), rest),
        13 => laws_with_restarts(coordinator::Fixed::<u8, 2, 3>::new(meets(how), None, NOW), rest),
        _ => laws(party(how), rest),
    }
}

fn group() -> Group<6> {
    Group::new(ME, &[1, 2, 4, 5].map(NodeId::new)).expect("five nodes")
}

fn wall() -> WallTime {
    WallTime::new(1_000_000_000 << 16).expect("2001")
}

fn process<C: Clock>(clock: C, physical: C::Physical, how: u8) -> Process<C, u8, 6>
where
    C::Physical: Physical,
{
    let config = clock::Config::new(group(), clock, u32::from(how)).expect("a good reserve");
    Process::new(config, None, physical, NOW)
}

fn detector(how: u8) -> DetectorKind {
    use DetectorKind::{Bertier, Chen, PhiExponential, PhiNormal, Timeout};
    [Timeout, PhiNormal, PhiExponential, Chen, Bertier][usize::from(how) % 5]
}

fn monitor(how: u8) -> Monitor<AnyDetector<4>, 6> {
    let config = profile(how).config::<4>(detector(how), Guarantee::Majority, Seed::new(7)).expect("a good profile");
    Monitor::new(config.monitor, config.detector, group(), Incarnation::new(1), NOW)
}

fn profile(how: u8) -> Profile {
    let mut profile = [Profile::LAN, Profile::BUS, Profile::WAN][usize::from(how >> 4) % 3];
    profile.timing.drift = DriftBound::QUARTZ;
    profile
}

pub(crate) fn rules(how: u8, guarantee: Guarantee) -> election::Config {
    let timing = profile(how).timing;
    let preempt = if how & 1 == 1 { Preempt::Never } else { Preempt::After(timing.lease) };
    let role = if how & 14 == 14 { Role::Voter } else { Role::Candidate };
    let config = election::Config::new(guarantee, timing, Seed::new(7)).expect("a good profile");
    config.with_preempt(preempt).with_role(role).with_priority(u16::from(how >> 7))
}

fn guarantee(how: u8) -> Guarantee {
    if how & 6 == 6 { Guarantee::PerPartition } else { Guarantee::Majority }
}

fn election(how: u8, start: Start) -> Election<6> {
    Election::new(rules(how, guarantee(how)), group(), &[NodeId::new(5)], start, NOW).expect("a good group")
}

fn configured(how: u8, guarantee: Guarantee) -> member::Config<Timeout> {
    member::Config {
        monitor: MonitorConfig::new(profile(how).interval).expect("a good profile"),
        detector: TimeoutConfig::new(profile(how).detection).expect("a good profile"),
        election: rules(how, guarantee),
    }
}

fn member(how: u8) -> Member<Timeout, 6> {
    let config = configured(how, guarantee(how));
    Member::new(config, group(), &[], Incarnation::new(1), Start::First, NOW).expect("a good group")
}

fn hosted(how: u8) -> Host<Timeout, u8, 6, 6, 2, 3> {
    let member = configured(how, Guarantee::Majority);
    let config = host::Config::new(member, profile(how).leases(), meets(how)).expect("a majority");
    // Alone it leads by and by, so that its services open.
    let group = if how & 2 == 2 { group() } else { Group::alone(ME) };
    Host::new(config, group, &[], Incarnation::new(1), Start::First, NOW).expect("a good group")
}

pub(crate) fn grants(how: u8) -> authority::Config {
    let config = authority::Config::new(LEASE, DriftBound::QUARTZ).expect("a good lease");
    let delay = if how & 1 == 1 { Duration::from_millis(300) } else { Duration::ZERO };
    let config = config.with_lock_delay(delay).expect("a good delay");
    if how & 2 == 2 { config.with_cap(LEASE * 3).expect("a good cap") } else { config }
}

fn fixed(how: u8) -> Fixed<u8, 6> {
    let record = (how & 4 == 4).then(authority::Record::default);
    Fixed::new(grants(how), record, NOW)
}

fn holder(how: u8) -> Holder<u8, 6> {
    let timing = holder::Timing {
        lease: LEASE,
        renew: Duration::from_millis(500),
        retry: Duration::from_millis(50),
        margin: Duration::from_millis(if how & 1 == 1 { 50 } else { 0 }),
        drift: DriftBound::QUARTZ,
    };
    let config = holder::Config::new(timing, Seed::new(how.into())).expect("good timings");
    let hint = (how & 2 == 2).then(|| NodeId::new(1));
    Holder::new(config, group(), ClaimId::new(1), hint, NOW)
}

fn meets(how: u8) -> coordinator::Config {
    let lapse = if how & 1 == 1 { LEASE } else { LEASE * 8 };
    coordinator::Config::new(lapse, Duration::from_millis(500)).expect("good timings")
}

fn party(how: u8) -> Party<u8, 6> {
    let timing = party::Timing { resolve: LEASE, ..party::Timing::LAN };
    let config = party::Config::new(1 + u16::from(how & 3), timing, Seed::new(how.into())).expect("good timings");
    let hint = (how & 4 == 4).then(|| NodeId::new(1));
    Party::new(config, 7, group(), PartyId::new(1), hint, NOW)
}
