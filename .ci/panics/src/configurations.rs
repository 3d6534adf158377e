//! How configurations and machines are made, out of what nobody has checked.

use crate::roots;
use core::time::Duration;
use quorate::barrier::{Coordinator, Party, PartyId, coordinator, party};
use quorate::clock::{self, HybridClock, LamportClock, Process, VectorClock, VersionClock, WallTime};
use quorate::detector::{
    AnyDetector, BertierConfig, ChenConfig, MonitorConfig, PhiExponentialConfig, PhiNormalConfig, Threshold, TimeoutConfig,
};
use quorate::election::{self, Guarantee, Start, Timing};
use quorate::host::{self, Host};
use quorate::lease::{Authority, ClaimId, Holder, authority, holder};
use quorate::member::{self, DetectorKind, Member, Profile};
use quorate::{DriftBound, FencingToken, Epoch, Group, GroupError, Incarnation, Instant, Name, NodeId, Seed};

type Detector = AnyDetector<16>;

roots! {
    fn root_detectors(a: Duration, b: Duration, c: u32) -> bool {
        let threshold = Threshold::new(c);
        let phi = threshold.is_ok_and(|threshold| {
            PhiNormalConfig::new(a, threshold).and_then(|config| config.with_floor(b)?.with_longest(b)).is_ok()
                && PhiExponentialConfig::new(a, threshold).and_then(|config| config.with_longest(b)).is_ok()
        });
        let others = ChenConfig::new(a, b).and_then(|config| config.with_longest(b)).is_ok()
            && BertierConfig::new(a, b).and_then(|config| config.with_longest(b)).is_ok()
            && TimeoutConfig::new(a).is_ok();
        phi && others && MonitorConfig::new(a).and_then(|config| config.with_tolerance(b)).is_ok()
    }
    fn root_election_config(guarantee: Guarantee, timing: &Timing, seed: Seed, members: usize) -> Option<[Duration; 3]> {
        let config = election::Config::new(guarantee, *timing, seed).ok()?;
        Some([config.agrees_within(members), config.highest_leads_within(members), config.validity()])
    }
    fn root_profile(name: &str) -> Option<Profile> {
        Profile::named(name)
    }
    fn root_member_new(
        profile: &Profile, kind: DetectorKind, group: &Group<8>, observers: &[NodeId], life: Incarnation, start: Start, now: Instant,
        made: &mut Option<Member<Detector, 8>>,
    ) {
        *made = profile
            .config(kind, Guarantee::Majority, Seed::new(life.get()))
            .ok()
            .and_then(|config| Member::new(config, group.clone(), observers, life, start, now).ok());
    }
    fn root_host_new(
        member: &member::Config<Detector>, leases: Duration, lapse: Duration, ppm: u32, group: &Group<8>, start: Start, now: Instant,
        made: &mut Option<Host<Detector, Name, 8, 64, 4, 8>>,
    ) -> Option<()> {
        let leases = authority::Config::new(leases, DriftBound::new(ppm).ok()?).ok()?;
        let leases = leases.with_lock_delay(lapse).ok()?.with_cap(lapse).ok()?;
        let barriers = coordinator::Config::new(lapse, lapse).ok()?;
        let config = host::Config::new(member.clone(), leases, barriers).ok()?;
        *made = Host::new(config, group.clone(), &[], Incarnation::new(1), start, now).ok();
        Some(())
    }
    fn root_services_new(
        leases: &authority::Config, barriers: &coordinator::Config, now: Instant,
        authority: &mut Authority<Name, 64>, coordinator: &mut Coordinator<Name, 4, 8>,
    ) -> Duration {
        *authority = Authority::new(*leases, now);
        *coordinator = Coordinator::new(*barriers, now);
        leases.grace()
    }
    fn root_holder_new(timing: &holder::Timing, group: &Group<8>, now: Instant, made: &mut Option<Holder<Name, 8>>) {
        let config = holder::Config::new(*timing, Seed::new(1));
        *made = config.ok().map(|config| Holder::new(config, group.clone(), ClaimId::new(1), None, now));
    }
    fn root_party_new(
        parties: u16, timing: &party::Timing, group: &Group<8>, name: Name, now: Instant, made: &mut Option<Party<Name, 8>>,
    ) {
        let config = party::Config::new(parties, *timing, Seed::new(1));
        *made = config.ok().map(|config| Party::new(config, name, group.clone(), PartyId::new(1), None, now));
    }
    fn root_clocks_new(
        group: &Group<8>, reserve: u32, wall: u64, offset: Duration, now: Instant,
        lamport: &mut Option<Process<LamportClock, u32, 8>>, vector: &mut Option<Process<VectorClock<8>, u32, 8>>,
        version: &mut Option<Process<VersionClock<8>, u32, 8>>, hybrid: &mut Option<Process<HybridClock, u32, 8>>,
    ) -> Option<()> {
        let me = group.me();
        let wall = WallTime::new(wall).ok()?;
        let config = clock::Config::new(group.clone(), LamportClock::new(me), reserve).ok()?;
        *lamport = Some(Process::new(config, None, (), now));
        let config = clock::Config::new(group.clone(), VectorClock::of(group).ok()?, reserve).ok()?;
        *vector = Some(Process::new(config, None, (), now));
        let config = clock::Config::new(group.clone(), VersionClock::new(me), reserve).ok()?;
        *version = Some(Process::new(config, None, (), now));
        let config = clock::Config::new(group.clone(), HybridClock::new(offset), reserve).ok()?;
        *hybrid = Some(Process::new(config, None, wall, now));
        Some(())
    }
    fn root_name(text: &str) -> Option<Name> {
        Name::new(text).ok()
    }
    fn root_name_text(name: &Name) -> &str {
        name.as_str()
    }
    fn root_token(epoch: Epoch, sequence: u64) -> Option<FencingToken> {
        FencingToken::new(epoch, sequence)
    }
    fn root_time(at: Instant, by: Duration, ppm: u32) -> Option<[Duration; 3]> {
        let drift = DriftBound::new(ppm).ok()?;
        Some([at.after(by).since(at.before(by)), drift.holder(by), drift.outwait(by)])
    }
    fn root_group_alone(me: NodeId, peer: NodeId) -> Result<usize, GroupError> {
        Group::<8>::alone(me).add(peer)
    }
}
