//! A status as bytes.
//!
//! | what | bytes |
//! |---|---|
//! | question: version, number of the question, zeros up to 1,000 bytes | 1 + 8 + … |
//! | answer: version, number of the question, then the status as [`write`] has it | 1 + 8 + … |
//!
//! A question is about as long as its answer, so that nobody can have a member flood somebody else with answers that
//! are much longer than questions under a forged address.

use super::{PeerHealth, Status, Tallied};
use crate::driver::Counters;
use crate::question::QUESTION;
use core::net::{IpAddr, SocketAddr};
use core::time::Duration;
use quorate::election::{Guarantee, Standing};
use quorate::{Epoch, Incarnation, NodeId};
use quorate_wire::{BodyError, CHECKSUM, ENTRY_HEADER, HEADER, MAX_DATAGRAM, Reader, TAG, Writer};

/// The protocol's number, the last before those that are for users.
pub(crate) const PROTOCOL: u8 = quorate_wire::protocol::FIRST_OF_USERS - 1;
/// The version of this layout.
pub(crate) const VERSION: u8 = 2;
/// How long an answer can be.
pub(super) const ANSWER: usize = MAX_DATAGRAM - HEADER - ENTRY_HEADER - TAG;
/// The longest group name.
pub(crate) const LONGEST_NAME: usize = 64;

const _: () = assert!(TAG > CHECKSUM && QUESTION < ANSWER);

const GUARANTEES: [Guarantee; 2] = [Guarantee::Majority, Guarantee::PerPartition];
const STANDINGS: [Standing; 7] = [
    Standing::Recalling,
    Standing::Leaderless,
    Standing::Following,
    Standing::PreVoting,
    Standing::Standing,
    Standing::Leading,
    Standing::Stopping,
];

/// Writes a status: what is of fixed length first, then as many peers as fit, and then as many reasons for drops.
pub(crate) fn write(status: &Status, writer: &mut Writer<'_>) {
    let Status { tallies, counters, .. } = status;
    writer.u32(status.id.get());
    writer.u64(status.incarnation.get());
    text(&status.group, writer);
    writer.u8(index(&GUARANTEES, status.guarantee));
    writer.u8(index(&STANDINGS, status.standing));
    option(status.leader, writer, |leader, writer| writer.u32(leader.get()));
    writer.u64(status.epoch.get());
    option(status.time_left_ms, writer, |left, writer| writer.u64(left));
    writer.u64(status.uptime_ms);
    let Tallied {
        elections_won,
        leader_changes,
        suspicions,
        pauses,
        locks_granted,
        locks_reclaimed,
        locks_expired,
        messages_rejected,
    } = *tallies;
    let tallies = [
        elections_won,
        leader_changes,
        suspicions,
        pauses,
        locks_granted,
        locks_reclaimed,
        locks_expired,
        messages_rejected,
    ];
    let counted = [
        counters.frames_in,
        counters.frames_out,
        counters.unsent,
        counters.persisted,
        counters.steps,
        nanos(counters.step_time),
        nanos(counters.longest_step),
    ];
    for count in tallies.into_iter().chain(counted) {
        writer.u64(count);
    }

    let lengths = status.peers.iter().map(length_of);
    let fit = how_many_fit(ANSWER - writer.written() - 4, lengths);
    let omitted = usize::from(status.omitted) + status.peers.len() - fit;
    writer.u8(u8::try_from(fit).unwrap_or(u8::MAX));
    writer.u16(u16::try_from(omitted).unwrap_or(u16::MAX));
    for health in &status.peers[..fit] {
        peer(health, writer);
    }

    let fit = how_many_fit(ANSWER - writer.written() - 1, counters.dropped.keys().map(|name| 1 + name.len() + 8));
    writer.u8(u8::try_from(fit).unwrap_or(u8::MAX));
    for (name, count) in counters.dropped.iter().take(fit) {
        text(name, writer);
        writer.u64(*count);
    }
}

/// Reads what [`write`] wrote.
pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Status, BodyError> {
    let id = NodeId::new(reader.u32()?);
    let incarnation = Incarnation::new(reader.u64()?);
    let group = read_text(reader)?;
    let guarantee = read_index(&GUARANTEES, "guarantee", reader)?;
    let standing = read_index(&STANDINGS, "standing", reader)?;
    let leader = read_option(reader, |reader| reader.u32().map(NodeId::new))?;
    let epoch = Epoch::new(reader.u64()?);
    let time_left_ms = read_option(reader, Reader::u64)?;
    let uptime_ms = reader.u64()?;
    let tallies = Tallied {
        elections_won: reader.u64()?,
        leader_changes: reader.u64()?,
        suspicions: reader.u64()?,
        pauses: reader.u64()?,
        locks_granted: reader.u64()?,
        locks_reclaimed: reader.u64()?,
        locks_expired: reader.u64()?,
        messages_rejected: reader.u64()?,
    };
    let mut counters = Counters {
        frames_in: reader.u64()?,
        frames_out: reader.u64()?,
        unsent: reader.u64()?,
        persisted: reader.u64()?,
        steps: reader.u64()?,
        step_time: Duration::from_nanos(reader.u64()?),
        longest_step: Duration::from_nanos(reader.u64()?),
        ..Counters::default()
    };
    let (count, omitted) = (reader.u8()?, reader.u16()?);
    let peers = (0..count).map(|_| read_peer(reader)).collect::<Result<_, _>>()?;
    for _ in 0..reader.u8()? {
        counters.dropped.insert(read_text(reader)?, reader.u64()?);
    }
    Ok(Status {
        id,
        incarnation,
        group,
        guarantee,
        standing,
        leader,
        epoch,
        time_left_ms,
        uptime_ms,
        peers,
        omitted,
        tallies,
        counters,
    })
}

pub(super) fn how_many_fit(room: usize, lengths: impl Iterator<Item = usize>) -> usize {
    let mut taken = 0;
    lengths
        .take_while(|length| {
            taken += length;
            taken <= room
        })
        .take(usize::from(u8::MAX))
        .count()
}

fn length_of(health: &PeerHealth) -> usize {
    let address = health.address.map_or(0, |address| if address.is_ipv4() { 6 } else { 18 });
    let heard = if health.last_heard.is_some() { 8 } else { 0 };
    let incarnation = if health.incarnation.is_some() { 8 } else { 0 };
    4 + 1 + 8 + 1 + address + 1 + heard + 1 + incarnation
}

fn peer(health: &PeerHealth, writer: &mut Writer<'_>) {
    writer.u32(health.id.get());
    writer.u8(u8::from(health.votes) | u8::from(health.suspected) << 1);
    writer.u64(health.level.to_bits());
    address(health.address, writer);
    option(health.last_heard, writer, |heard, writer| writer.u64(nanos(heard)));
    option(health.incarnation, writer, |incarnation, writer| writer.u64(incarnation.get()));
}

pub(super) fn address(address: Option<SocketAddr>, writer: &mut Writer<'_>) {
    match address.map(|address| (address.ip(), address.port())) {
        None => writer.u8(0),
        Some((IpAddr::V4(ip), port)) => {
            writer.u8(4);
            writer.array(ip.octets());
            writer.u16(port);
        }
        Some((IpAddr::V6(ip), port)) => {
            writer.u8(6);
            writer.array(ip.octets());
            writer.u16(port);
        }
    }
}

pub(super) fn read_address(reader: &mut Reader<'_>) -> Result<Option<SocketAddr>, BodyError> {
    let ip = match reader.u8()? {
        0 => None,
        4 => Some(IpAddr::from(reader.array::<4>()?)),
        6 => Some(IpAddr::from(reader.array::<16>()?)),
        kind => return Err(BodyError::invalid("address", kind)),
    };
    ip.map(|ip| Ok(SocketAddr::new(ip, reader.u16()?))).transpose()
}

fn read_peer(reader: &mut Reader<'_>) -> Result<PeerHealth, BodyError> {
    let id = NodeId::new(reader.u32()?);
    let flags = reader.u8()?;
    if flags > 3 {
        return Err(BodyError::invalid("peer's flags", flags));
    }
    let level = f64::from_bits(reader.u64()?);
    let address = read_address(reader)?;
    Ok(PeerHealth {
        id,
        address,
        votes: flags & 1 != 0,
        suspected: flags & 2 != 0,
        level,
        last_heard: read_option(reader, Reader::u64)?.map(Duration::from_nanos),
        incarnation: read_option(reader, Reader::u64)?.map(Incarnation::new),
    })
}

pub(super) fn text(text: &str, writer: &mut Writer<'_>) {
    writer.u8(u8::try_from(text.len()).unwrap_or(u8::MAX));
    writer.bytes(&text.as_bytes()[..text.len().min(usize::from(u8::MAX))]);
}

pub(super) fn read_text(reader: &mut Reader<'_>) -> Result<String, BodyError> {
    let length = reader.u8()?;
    let bytes = reader.bytes(usize::from(length))?;
    match core::str::from_utf8(bytes) {
        Ok(text) => Ok(text.to_owned()),
        Err(_) => Err(BodyError::invalid("text", length)),
    }
}

pub(super) fn option<T>(value: Option<T>, writer: &mut Writer<'_>, write: impl FnOnce(T, &mut Writer<'_>)) {
    writer.bool(value.is_some());
    if let Some(value) = value {
        write(value, writer);
    }
}

pub(super) fn read_option<'a, T>(
    reader: &mut Reader<'a>,
    read: impl FnOnce(&mut Reader<'a>) -> Result<T, BodyError>,
) -> Result<Option<T>, BodyError> {
    if reader.bool()? { read(reader).map(Some) } else { Ok(None) }
}

fn index<T: PartialEq>(all: &[T], value: T) -> u8 {
    let place = all.iter().position(|one| *one == value);
    place.and_then(|place| u8::try_from(place).ok()).unwrap_or(u8::MAX)
}

fn read_index<T: Copy>(all: &[T], what: &'static str, reader: &mut Reader<'_>) -> Result<T, BodyError> {
    let place = reader.u8()?;
    all.get(usize::from(place)).copied().ok_or(BodyError::invalid(what, place))
}

pub(super) fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Rejection;
    use quorate::{Random, Seed};

    fn random_status(random: &mut Random, peers: u64) -> Status {
        let mut option = |random: &mut Random| (random.below(2) == 1).then(|| random.number());
        let health = |id: u64, random: &mut Random, option: &mut dyn FnMut(&mut Random) -> Option<u64>| {
            let ip: IpAddr = if random.below(2) == 0 { [127, 0, 0, 1].into() } else { [7_u16; 8].into() };
            PeerHealth {
                id: NodeId::new(u32::try_from(id).unwrap()),
                address: (random.below(3) > 0).then(|| SocketAddr::new(ip, 7)),
                votes: random.below(2) == 0,
                suspected: random.below(2) == 0,
                level: f64::from(u32::try_from(random.below(1 << 32)).unwrap()) / 7.0,
                last_heard: option(random).map(Duration::from_nanos),
                incarnation: option(random).map(Incarnation::new),
            }
        };
        let peers = (0..peers).map(|id| health(id, random, &mut option)).collect();
        let dropped = Rejection::names().take(usize::try_from(random.below(24)).unwrap());
        Status {
            id: NodeId::new(7),
            incarnation: Incarnation::new(random.number()),
            group: "x".repeat(usize::try_from(random.below(65)).unwrap()),
            guarantee: GUARANTEES[usize::try_from(random.below(2)).unwrap()],
            standing: STANDINGS[usize::try_from(random.below(7)).unwrap()],
            leader: (random.below(2) == 0).then_some(NodeId::new(9)),
            epoch: Epoch::new(random.number()),
            time_left_ms: option(random),
            uptime_ms: random.number(),
            peers,
            omitted: 0,
            tallies: Tallied { suspicions: random.number(), pauses: 3, ..Tallied::default() },
            counters: Counters {
                frames_in: random.number(),
                step_time: Duration::from_nanos(random.number()),
                dropped: dropped.map(|name| (name.to_owned(), random.number())).collect(),
                ..Counters::default()
            },
        }
    }

    fn written(status: &Status) -> Vec<u8> {
        let mut room = [0; ANSWER];
        let mut writer = Writer::new(&mut room);
        write(status, &mut writer);
        assert!(!writer.overflowed(), "{status:?}");
        let length = writer.written();
        room[..length].to_vec()
    }

    #[test]
    fn what_is_written_is_read_and_what_does_not_fit_is_counted() {
        let seed = 1;
        println!("statuses from Seed::new({seed})");
        let mut random = Seed::new(seed).random();
        for peers in (0..=40).chain(0..=40) {
            let mut status = random_status(&mut random, peers);
            let bytes = written(&status);
            let mut reader = Reader::new(&bytes);
            let read = read(&mut reader).unwrap();
            assert_eq!(reader.left(), 0);
            let fit = read.peers.len();
            assert_eq!(usize::from(read.omitted), status.peers.len() - fit);
            assert!(fit >= 8.min(status.peers.len()), "{fit} of {peers}");
            status.peers.truncate(fit);
            status.omitted = read.omitted;
            status.counters.dropped.retain(|name, _| read.counters.dropped.contains_key(name));
            assert_eq!(read, status);
        }
    }

    #[test]
    fn what_is_cut_short_or_altered_is_an_error_or_another_status_and_never_a_panic() {
        let seed = 2;
        println!("statuses from Seed::new({seed})");
        let mut random = Seed::new(seed).random();
        let status = random_status(&mut random, 5);
        let good = written(&status);
        for length in 0..good.len() {
            assert!(read(&mut Reader::new(&good[..length])).is_err(), "cut to {length}");
        }
        for _ in 0..20_000 {
            let mut bad = good.clone();
            let place = usize::try_from(random.below(bad.len() as u64)).unwrap();
            bad[place] = random.number().to_le_bytes()[0];
            if let Ok(status) = read(&mut Reader::new(&bad)) {
                assert!(status.peers.len() <= 255);
            }
        }
    }
}
