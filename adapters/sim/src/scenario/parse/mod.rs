//! Reading a scenario.

mod expect;
mod services;
mod source;
mod steps;
mod values;

#[cfg(test)]
mod tests;

use super::story::{Machines, Messages, Part, Rules, Scenario};
use super::{Error, MOST_NODES};
use crate::world::{Link, LocalClock};
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::ToString;
use alloc::vec::Vec;
use core::time::Duration;
use quorate::election::{Guarantee, Preempt, Role};
use quorate::member::{DetectorKind, Profile};
use quorate::{DriftBound, Epoch, Instant, NodeId, Seed};
use source::{Entry, Fields, Source};
use toml::de::DeTable;
use values::{Names, duration, link, rate};

type Outcome<T> = Result<T, Error>;

/// The promises that a scenario can show to break.
const PROMISES: &[(&str, &str)] = &[
    ("E1", "E1"),
    ("E1p", "E1p"),
    ("E2", "E2"),
    ("E5", "E5"),
    ("E6", "E6"),
    ("D1", "D1"),
    ("L1", "L1"),
    ("L2", "L2"),
    ("L3", "L3"),
    ("L5", "L5"),
    ("B1", "B1"),
    ("B3", "B3"),
    ("B4", "B4"),
    ("B5", "B5"),
];

/// Understands a scenario that stands in a text. `file` is what its reader knows it by.
///
/// # Errors
///
/// Where something stands that cannot be, what it is, and what could be there.
pub fn parse(file: &str, text: &str) -> Result<Scenario, Error> {
    let source = Source { file, text };
    let table = DeTable::parse(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        source.at(at, format!("this is not TOML: {}", error.message()))
    })?;
    let mut fields = Fields::new(source, "a scenario", 0, table.get_ref());
    let title = fields.need("title")?.text()?.to_string();
    let shows = fields.need("shows")?.text()?.trim().to_string();
    let machines = [("members", Machines::Members), ("monitors", Machines::Monitors), ("hosts", Machines::Hosts)];
    let machines = fields.take("machines").map(|entry| entry.choice(&machines)).transpose()?;
    let machines = machines.unwrap_or(Machines::Members);
    let rules = rules(&mut fields, machines)?;
    let seed = fields.take("seed").map(|entry| entry.number(0..=u64::MAX)).transpose()?.unwrap_or(1);
    let length = duration(&fields.need("length")?)?;
    let link = fields.take("link").map(|entry| link(&entry)).transpose()?.unwrap_or(Link::GOOD);
    let forms = [("values", Messages::Values), ("frames", Messages::Frames), ("sealed-frames", Messages::Sealed)];
    let messages = match fields.take("messages") {
        Some(entry) if machines == Machines::Hosts => entry.choice(&forms[..1])?, // clients have no frames here
        Some(entry) => entry.choice(&forms)?,
        None => Messages::Values,
    };
    let breaks = match fields.take("breaks") {
        Some(entry) => list(&entry)?.iter().map(|one| one.choice(PROMISES)).collect::<Outcome<_>>()?,
        None => Vec::new(),
    };
    let clients = (0..rules.size).filter(|place| rules.part(*place) == Part::Client).collect();
    let mut names = Names { size: rules.size, clients, called: Vec::new() };
    let end = Instant::ORIGIN.after(length);
    let steps = fields.take("steps").map(|entry| steps::steps(&entry, machines, end, &mut names)).transpose()?;
    fields.finish()?;
    let steps = steps.unwrap_or_default();
    Ok(Scenario { file: file.to_string(), title, shows, machines, rules, seed, length, link, messages, breaks, steps })
}

/// A list, or the one thing that would stand in it.
fn list<'a>(entry: &Entry<'a>) -> Outcome<Vec<Entry<'a>>> {
    Ok(entry.as_list().unwrap_or_else(|| Vec::from([*entry])))
}

fn rules(fields: &mut Fields<'_>, machines: Machines) -> Outcome<Rules> {
    let size = fields.need("nodes")?.number(1..=MOST_NODES as u64)? as usize;
    let kinds = services::kinds(fields, machines, size)?;
    let names = Names { size, clients: Vec::new(), called: Vec::new() };
    let profiles = [("lan", Profile::LAN), ("wan", Profile::WAN), ("bus", Profile::BUS)];
    let profile = fields.take("profile").map(|entry| entry.choice(&profiles)).transpose()?.unwrap_or(Profile::LAN);
    let timings = fields.take("timings");
    let profile = timings.map_or(Ok(profile), |entry| with_timings(profile, &entry))?;
    let guarantees = [("majority", Guarantee::Majority), ("per-partition", Guarantee::PerPartition)];
    // Who hosts needs one leader.
    let guarantees = if machines == Machines::Hosts { &guarantees[..1] } else { &guarantees[..] };
    let guarantee = fields.take("guarantee").map(|entry| entry.choice(guarantees)).transpose()?;
    let guarantee = guarantee.unwrap_or(Guarantee::Majority);
    let leases = match machines {
        Machines::Hosts => services::leases(fields, &profile)?,
        Machines::Members | Machines::Monitors => profile.leases(),
    };
    let detectors = [
        ("timeout", DetectorKind::Timeout),
        ("phi-normal", DetectorKind::PhiNormal),
        ("phi-exponential", DetectorKind::PhiExponential),
        ("chen", DetectorKind::Chen),
        ("bertier", DetectorKind::Bertier),
    ];
    let detector = fields.take("detector").map(|entry| entry.choice(&detectors)).transpose()?.unwrap_or_default();
    if let Err(error) = profile.config::<16>(detector, guarantee, Seed::new(0)) {
        let at = timings.map_or(fields.at, |timings| timings.at);
        return Err(fields.source.at(at, format!("the timings do not go together: {error}")));
    }
    let ids = match fields.take("ids") {
        Some(entry) => ids(&entry, size)?,
        None => Vec::new(),
    };
    let mut parts = alloc::vec![(0, Role::Candidate); size];
    if let Some(entry) = fields.take("priorities") {
        for one in entry.table("a list of priorities such as { 2 = 10 }")?.rest() {
            let priority = one.number(0..=u64::from(u16::MAX))? as u16;
            parts[names.place_of_key(&one)?].0 = priority;
        }
    }
    if let Some(entry) = fields.take("roles") {
        let roles = [("candidate", Role::Candidate), ("voter", Role::Voter), ("observer", Role::Observer)];
        for one in entry.table("a list of roles such as { 2 = \"voter\" }")?.rest() {
            parts[names.place_of_key(&one)?].1 = one.choice(&roles)?;
        }
    }
    let diskless = fields.take("diskless").map(|entry| entry.flag()).transpose()?.unwrap_or(false);
    let epoch = fields.take("epoch").map(|entry| entry.number(1..=Epoch::MAX.get())).transpose()?.map(Epoch::new);
    let absent = match fields.take("absent") {
        Some(entry) => list(&entry)?.iter().map(|one| names.place(one)).collect::<Outcome<_>>()?,
        None => Vec::new(),
    };
    let clocks = fields.take("clocks").map(|entry| clocks(&entry, &names)).transpose()?.unwrap_or_default();
    Ok(Rules { size, ids, profile, guarantee, detector, parts, diskless, epoch, absent, clocks, leases, kinds })
}

fn ids(entry: &Entry<'_>, size: usize) -> Outcome<Vec<NodeId>> {
    let wrong = || entry.not(&format!("a list of {size} numbers, one for each node"));
    let list = entry.as_list().filter(|list| list.len() == size).ok_or_else(wrong)?;
    list.iter().map(|one| one.number(1..=u64::from(u32::MAX)).map(|id| NodeId::new(id as u32))).collect()
}

fn clocks(entry: &Entry<'_>, names: &Names) -> Outcome<BTreeMap<usize, LocalClock>> {
    let mut clocks = BTreeMap::new();
    for one in entry.table("a list of clocks such as { 2 = \"+200ppm\" }")?.rest() {
        let place = names.place_of_key(&one)?;
        let (ppm, ahead) = if one.is_table() {
            let mut fields = one.table("a clock")?;
            let ppm = fields.take("rate").map(|entry| rate(&entry)).transpose()?.unwrap_or(0);
            let ahead = fields.take("ahead").map(|entry| duration(&entry)).transpose()?.unwrap_or(Duration::ZERO);
            fields.finish()?;
            (ppm, ahead)
        } else {
            (rate(&one)?, Duration::ZERO)
        };
        clocks.insert(place, LocalClock::new(ppm, Instant::ORIGIN.after(ahead)));
    }
    Ok(clocks)
}

fn with_timings(mut profile: Profile, entry: &Entry<'_>) -> Outcome<Profile> {
    let mut fields = entry.table("a list of timings")?;
    let timing = &mut profile.timing;
    for (key, slot) in [
        ("interval", &mut profile.interval),
        ("detection", &mut profile.detection),
        ("lease", &mut timing.lease),
        ("renew", &mut timing.renew),
        ("timeout", &mut timing.timeout),
        ("jitter", &mut timing.jitter),
        ("margin", &mut timing.margin),
    ] {
        if let Some(entry) = fields.take(key) {
            *slot = duration(&entry)?;
        }
    }
    if let Some(entry) = fields.take("drift") {
        let most = || entry.not("a bound such as \"500ppm\", of at most 10%");
        let ppm = u32::try_from(rate(&entry)?).map_err(|_| most())?;
        timing.drift = DriftBound::new(ppm).map_err(|_| most())?;
    }
    if let Some(entry) = fields.take("preempt") {
        profile.preempt = match entry.as_text() {
            Some("never") => Preempt::Never,
            _ => Preempt::After(duration(&entry).map_err(|_| entry.not("\"never\", or a time such as \"10s\""))?),
        };
    }
    fields.finish()?;
    Ok(profile)
}
