//! Who the members are and who holds which lock, as bytes: for clients that want to find the group, and for people.
//!
//! | what | bytes |
//! |---|---|
//! | question: version, number of the question, what is asked, zeros up to 1,000 bytes | 1 + 8 + … |
//! | — what: the members | 1: 1 |
//! | — what: the claims from the so-manieth on | 1 + 4: 2, number |
//! | — what: of administrators | see `administration` |
//! | answer: version, number of the question, then what was asked for | 1 + 8 + … |

use super::wire::{ANSWER, address, how_many_fit, nanos, option, read_address, read_option};
use super::{MAX_CLAIMS, Machine, Shared};
use crate::driver::Survey;
use crate::question::{Answer, asked};
use core::net::SocketAddr;
use core::time::Duration;
use quorate::lease::authority::{ClaimState, ClaimView};
use quorate::lease::{ClaimId, Mode};
use quorate::{DriftBound, Epoch, Machine as _, Name, NodeId};
use quorate_wire::{BodyError, Reader, Writer, protocol};
use serde::{Deserialize, Serialize};

/// The version of this layout.
pub(super) const VERSION: u8 = 1;
/// Asks who the members are.
const MEMBERS: u8 = 1;
/// Asks who holds what.
const CLAIMS: u8 = 2;
/// How long a claim is at most: its name, node, address, number, mode, state and time.
const LONGEST_CLAIM: usize = (1 + Name::LONGEST) + 4 + 19 + 8 + 5 + 9 + 8;

/// Asks who holds what, from the so-manieth claim on.
pub(crate) fn claims_from(first: u32) -> [u8; 5] {
    let [a, b, c, d] = first.to_le_bytes();
    [CLAIMS, a, b, c, d]
}

/// Who the members of a group are, and how they grant locks, as one of them knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Directory {
    /// Who was asked.
    pub id: NodeId,
    /// Who leads, as far as it knows.
    pub leader: Option<NodeId>,
    /// For how long a lock is granted at most without being renewed; `None` if the group grants none.
    pub longest_lease: Option<Duration>,
    /// After how long without a word a party is taken for gone at a barrier; `None` if the group has none.
    pub lapse: Option<Duration>,
    /// How far off clock rates are, as the group takes it.
    pub drift: DriftBound,
    /// Everybody, and where.
    pub members: Vec<(NodeId, Option<SocketAddr>)>,
}

impl Directory {
    /// What asks for it.
    pub const QUESTION: [u8; 1] = [MEMBERS];

    /// The same, when it was asked for at this address. A member knows where the others are, and of itself only where it listens,
    /// which may be everywhere.
    #[must_use]
    pub fn asked_at(mut self, address: SocketAddr) -> Self {
        for (_, place) in self.members.iter_mut().filter(|(member, _)| *member == self.id) {
            *place = Some(address);
        }
        self
    }
}

/// Who holds locks and who waits for them, as the leader knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// Who was asked.
    pub id: NodeId,
    /// In which epoch it grants locks; `None` if it does not.
    pub epoch: Option<Epoch>,
    /// How long it grants nothing new yet, in milliseconds, so that holders can come back after a change of leader.
    pub grace_left_ms: u64,
    /// How many claims there are.
    pub total: u32,
    /// The claims: by name, and for each name who holds it first, and then the line.
    pub claims: Vec<Claim>,
}

/// Who holds a lock, or waits for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// The lock.
    pub name: Name,
    /// Who.
    pub node: NodeId,
    /// Where it was heard last, if that is known.
    pub address: Option<SocketAddr>,
    /// Its number for this claim.
    pub claim: ClaimId,
    /// Beside whom it bears others.
    pub mode: Mode,
    /// How it stands.
    pub state: ClaimState,
    /// How long it stays so if nothing more is heard of it, in milliseconds.
    pub left_ms: u64,
}

/// Answers a question that came over the network, if it is one that this knows.
pub(super) fn answer(
    shared: &Shared,
    found: u8,
    question: &[u8],
    survey: Survey<'_, Machine>,
    answer: &mut Writer<'_>,
) -> bool {
    let Some((nonce, mut reader)) = asked((protocol::DIRECTORY, VERSION), found, question) else { return false };
    let what = (reader.u8(), reader.u32());
    answer.u8(VERSION);
    answer.u64(nonce);
    match what {
        (Ok(MEMBERS), _) => write_directory(&directory(shared, &survey), answer),
        (Ok(CLAIMS), Ok(first)) => write_claims(&claims(shared, &survey, first as usize), answer),
        _ => return false,
    }
    true
}

fn directory(shared: &Shared, survey: &Survey<'_, Machine>) -> Directory {
    let machine = survey.machine;
    let peers = machine.peers().iter().map(|&peer| (peer, survey.address(peer)));
    let election = machine.member().election();
    Directory {
        id: shared.id,
        leader: election.leader().map(|leader| leader.id),
        longest_lease: machine.hosts().then(|| machine.authority().config().longest()),
        lapse: machine.hosts().then(|| machine.coordinator().config().lapse()),
        drift: election.config().timing().drift,
        members: peers.chain([(shared.id, None)]).collect(),
    }
}

fn claims(shared: &Shared, survey: &Survey<'_, Machine>, first: usize) -> Claims {
    let (authority, now) = (survey.machine.authority(), survey.now);
    let mut all: Vec<ClaimView<Name>> = Vec::with_capacity(MAX_CLAIMS.min(64));
    all.extend(authority.claims(now));
    all.sort_by_key(|claim| {
        let place = match claim.state {
            ClaimState::Holding(token) => (0, token.get()),
            ClaimState::Delayed(token) => (1, token.get()),
            ClaimState::Waiting(ahead) => (2, u64::from(ahead)),
        };
        (claim.resource, place, claim.node, claim.claim)
    });
    let millis = |duration: Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    let shown = |claim: &ClaimView<Name>| Claim {
        name: claim.resource,
        node: claim.node,
        address: survey.address(claim.node),
        claim: claim.claim,
        mode: claim.mode,
        state: claim.state,
        left_ms: millis(claim.left),
    };
    Claims {
        id: shared.id,
        epoch: authority.epoch(),
        grace_left_ms: millis(authority.grace_left(now)),
        total: u32::try_from(all.len()).unwrap_or(u32::MAX),
        claims: all.iter().skip(first).take(ANSWER / LONGEST_CLAIM * 4).map(shown).collect(),
    }
}

fn write_directory(directory: &Directory, writer: &mut Writer<'_>) {
    writer.u32(directory.id.get());
    option(directory.leader, writer, |leader, writer| writer.u32(leader.get()));
    option(directory.longest_lease, writer, |lease, writer| writer.u64(nanos(lease)));
    option(directory.lapse, writer, |lapse, writer| writer.u64(nanos(lapse)));
    writer.u32(directory.drift.ppm());
    writer.u8(u8::try_from(directory.members.len()).unwrap_or(u8::MAX));
    for (member, place) in directory.members.iter().take(usize::from(u8::MAX)) {
        writer.u32(member.get());
        address(*place, writer);
    }
}

fn write_claims(claims: &Claims, writer: &mut Writer<'_>) {
    writer.u32(claims.id.get());
    option(claims.epoch, writer, |epoch, writer| writer.u64(epoch.get()));
    writer.u64(claims.grace_left_ms);
    writer.u32(claims.total);
    let lengths = claims.claims.iter().map(|claim| LONGEST_CLAIM - Name::LONGEST + claim.name.as_str().len());
    let fit = how_many_fit(ANSWER - writer.written() - 1, lengths);
    writer.u8(u8::try_from(fit).unwrap_or(u8::MAX));
    for claim in &claims.claims[..fit] {
        writer.put(&claim.name);
        writer.u32(claim.node.get());
        address(claim.address, writer);
        writer.put(&claim.claim);
        writer.put(&claim.mode);
        match claim.state {
            ClaimState::Waiting(ahead) => {
                writer.u8(1);
                writer.u32(ahead);
            }
            ClaimState::Holding(token) => {
                writer.u8(2);
                writer.put(&token);
            }
            ClaimState::Delayed(token) => {
                writer.u8(3);
                writer.put(&token);
            }
        }
        writer.u64(claim.left_ms);
    }
}

impl Answer for Directory {
    const PROTOCOL: u8 = protocol::DIRECTORY;
    const VERSION: u8 = VERSION;

    fn read(reader: &mut Reader<'_>) -> Result<Self, BodyError> {
        let id = NodeId::new(reader.u32()?);
        let leader = read_option(reader, |reader| reader.u32().map(NodeId::new))?;
        let longest_lease = read_option(reader, Reader::u64)?.map(Duration::from_nanos);
        let lapse = read_option(reader, Reader::u64)?.map(Duration::from_nanos);
        let ppm = reader.u32()?;
        let drift = DriftBound::new(ppm).map_err(|_| BodyError::invalid("drift in ppm", ppm))?;
        let count = reader.u8()?;
        let member = |reader: &mut Reader<'_>| Ok((NodeId::new(reader.u32()?), read_address(reader)?));
        let members = (0..count).map(|_| member(reader)).collect::<Result<_, _>>()?;
        Ok(Self { id, leader, longest_lease, lapse, drift, members })
    }
}

impl Answer for Claims {
    const PROTOCOL: u8 = protocol::DIRECTORY;
    const VERSION: u8 = VERSION;

    fn read(reader: &mut Reader<'_>) -> Result<Self, BodyError> {
        let id = NodeId::new(reader.u32()?);
        let epoch = read_option(reader, Reader::u64)?.map(Epoch::new);
        let (grace_left_ms, total, count) = (reader.u64()?, reader.u32()?, reader.u8()?);
        let claims = (0..count).map(|_| read_claim(reader)).collect::<Result<_, _>>()?;
        Ok(Self { id, epoch, grace_left_ms, total, claims })
    }
}

fn read_claim(reader: &mut Reader<'_>) -> Result<Claim, BodyError> {
    Ok(Claim {
        name: reader.get()?,
        node: NodeId::new(reader.u32()?),
        address: read_address(reader)?,
        claim: reader.get()?,
        mode: reader.get()?,
        state: match reader.u8()? {
            1 => ClaimState::Waiting(reader.u32()?),
            2 => ClaimState::Holding(reader.get()?),
            3 => ClaimState::Delayed(reader.get()?),
            state => return Err(BodyError::invalid("state of a claim", state)),
        },
        left_ms: reader.u64()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use quorate::{FencingToken, Random, Seed};

    fn claim(number: u64, random: &mut Random) -> Claim {
        let token = FencingToken::from_number(random.number());
        Claim {
            name: Name::new(&"n".repeat(usize::try_from(random.below(47)).unwrap() + 1)).unwrap(),
            node: NodeId::new(9),
            address: (random.below(2) == 0).then(|| SocketAddr::new([7_u16; 8].into(), 7)),
            claim: ClaimId::new(number),
            mode: [Mode::Exclusive, Mode::Shared, Mode::permits(2, 3).unwrap()]
                [usize::try_from(random.below(3)).unwrap()],
            state: match random.below(3) {
                0 => ClaimState::Holding(token),
                1 => ClaimState::Delayed(token),
                _ => ClaimState::Waiting(7),
            },
            left_ms: random.number(),
        }
    }

    #[test]
    fn as_many_claims_as_fit_are_written_and_read() {
        let seed = 3;
        println!("claims from Seed::new({seed})");
        let mut random = Seed::new(seed).random();
        for count in [0, 1, 5, 100] {
            let claims: Vec<Claim> = (0..count).map(|number| claim(number, &mut random)).collect();
            let epoch = (count > 0).then_some(Epoch::new(4));
            let total = u32::try_from(count).unwrap();
            let mut page = Claims { id: NodeId::new(1), epoch, grace_left_ms: 9, total, claims };
            let mut room = [0; ANSWER];
            let mut writer = Writer::new(&mut room);
            write_claims(&page, &mut writer);
            assert!(!writer.overflowed());
            let written = writer.written();
            let mut reader = Reader::new(&room[..written]);
            let read = Claims::read(&mut reader).unwrap();
            assert_eq!(reader.left(), 0);
            assert!(read.claims.len() >= page.claims.len().min(ANSWER / LONGEST_CLAIM), "{} fit", read.claims.len());
            page.claims.truncate(read.claims.len());
            assert_eq!(read, page);
            for cut in 0..written {
                assert!(Claims::read(&mut Reader::new(&room[..cut])).is_err(), "cut to {cut}");
            }
        }
    }
}
