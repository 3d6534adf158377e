//! What administrators ask a member: how a barrier stands, to break leases, and to reset a barrier.
//!
//! | what | bytes |
//! |---|---|
//! | — what: how this barrier stands | 1 + …: 3, name |
//! | — what: to break all leases of this lock, of which this token is the latest | 1 + … + 8: 4, name, token |
//! | — what: to reset this barrier, at which this generation is the present one | 1 + … + 8: 5, name, generation |
//!
//! Questions are repeated until they are answered, and a copy of one can come at any time. So what is to be ended is named by its
//! token or its generation, of which there is never another: a second time, there is nothing left that it could end.

use super::Machine;
use super::directory::VERSION;
use super::wire::{option, read_option};
use crate::driver::Survey;
use crate::question::{Answer, asked};
use quorate::barrier::Generation;
use quorate::lease::authority::ClaimState;
use quorate::{Epoch, FencingToken, Name, NodeId, host};
use quorate_wire::{BodyError, Reader, Writer, protocol};
use serde::{Deserialize, Serialize};

const BARRIER: u8 = 3;
const BREAK: u8 = 4;
const RESET: u8 = 5;

/// What is asked, as bytes.
fn bytes(what: u8, name: Name, number: Option<u64>) -> Vec<u8> {
    let mut room = [0; 1 + 1 + Name::LONGEST + 8];
    let mut writer = Writer::new(&mut room);
    writer.u8(what);
    writer.put(&name);
    if let Some(number) = number {
        writer.u64(number);
    }
    let written = writer.written();
    room[..written].to_vec()
}

/// Asks how a barrier stands: what a question says.
#[must_use]
pub fn barrier(name: Name) -> Vec<u8> {
    bytes(BARRIER, name, None)
}

/// Asks to break all leases of a lock, of which this token is the latest: what a question says.
#[must_use]
pub fn break_leases(name: Name, latest: FencingToken) -> Vec<u8> {
    bytes(BREAK, name, Some(latest.get()))
}

/// Asks to reset a barrier, at which this generation is the present one: what a question says.
#[must_use]
pub fn reset(name: Name, generation: Generation) -> Vec<u8> {
    bytes(RESET, name, Some(generation.get()))
}

/// How a barrier stands, as its coordinator knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BarrierState {
    /// How many parties it has.
    pub parties: u16,
    /// How many of them have a place.
    pub present: u16,
    /// How many have arrived in the present generation.
    pub arrived: u16,
    /// The present generation.
    pub generation: Generation,
}

/// What became of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ordered {
    /// It is being carried out.
    Done,
    /// There is nothing to end: nobody holds the lock, or nobody has arrived.
    Nothing,
    /// What was to be ended has ended, and something later has come: another token has been granted, or it is another generation.
    Later,
}

/// An answer, and who gave it in which epoch; without an epoch it hosts nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Administered<T> {
    /// The epoch, if it hosts anything.
    pub epoch: Option<Epoch>,
    /// Who answers.
    pub id: NodeId,
    /// What it answers.
    pub answer: T,
}

impl Answer for Administered<Ordered> {
    const PROTOCOL: u8 = protocol::DIRECTORY;
    const VERSION: u8 = VERSION;

    fn read(reader: &mut Reader<'_>) -> Result<Self, BodyError> {
        let (id, epoch) = read_head(reader)?;
        let answer = match reader.u8()? {
            1 => Ordered::Done,
            2 => Ordered::Nothing,
            3 => Ordered::Later,
            other => return Err(BodyError::invalid("what became of an order", other)),
        };
        Ok(Self { epoch, id, answer })
    }
}

impl Answer for Administered<Option<BarrierState>> {
    const PROTOCOL: u8 = protocol::DIRECTORY;
    const VERSION: u8 = VERSION;

    fn read(reader: &mut Reader<'_>) -> Result<Self, BodyError> {
        let (id, epoch) = read_head(reader)?;
        let answer = read_option(reader, |reader| {
            let (parties, present, arrived, number) = (reader.u16()?, reader.u16()?, reader.u16()?, reader.u64()?);
            let generation = Generation::from_number(number).ok_or(BodyError::invalid("generation", number))?;
            Ok(BarrierState { parties, present, arrived, generation })
        })?;
        Ok(Self { epoch, id, answer })
    }
}

fn read_head(reader: &mut Reader<'_>) -> Result<(NodeId, Option<Epoch>), BodyError> {
    Ok((NodeId::new(reader.u32()?), read_option(reader, Reader::u64)?.map(Epoch::new)))
}

/// Answers an administrator, and says what is to be done at once; `None` if it is another question.
pub(super) fn answer(
    id: NodeId,
    found: u8,
    question: &[u8],
    survey: &Survey<'_, Machine>,
    answer: &mut Writer<'_>,
) -> Option<Option<host::Command<Name>>> {
    let (nonce, mut reader) = asked((protocol::DIRECTORY, VERSION), found, question)?;
    let what = reader.u8().ok().filter(|what| [BARRIER, BREAK, RESET].contains(what))?;
    let name: Name = reader.get().ok()?;
    let number = if what == BARRIER { 0 } else { reader.u64().ok()? };
    let machine = survey.machine;
    answer.u8(VERSION);
    answer.u64(nonce);
    answer.u32(id.get());
    option(machine.authority().epoch(), answer, |epoch, writer| writer.u64(epoch.get()));
    let state = machine.coordinator().barriers().find(|barrier| barrier.resource == name);
    let (ordered, order) = match what {
        BARRIER => {
            option(state, answer, |state, writer| {
                writer.u16(state.parties);
                writer.u16(state.present);
                writer.u16(state.arrived);
                writer.u64(state.generation.get());
            });
            return Some(None);
        }
        BREAK => {
            let held = machine.authority().claims(survey.now).filter(|claim| claim.resource == name);
            let tokens = held.filter_map(|claim| match claim.state {
                ClaimState::Holding(token) => Some(token.get()),
                ClaimState::Waiting(_) | ClaimState::Delayed(_) => None,
            });
            (ordered(tokens.max(), number), host::Command::Break(name))
        }
        _ => {
            let present = state.filter(|state| state.arrived > 0).map(|state| state.generation.get());
            (ordered(present, number), host::Command::Reset(name))
        }
    };
    answer.u8(match ordered {
        Ordered::Done => 1,
        Ordered::Nothing => 2,
        Ordered::Later => 3,
    });
    Some((ordered == Ordered::Done).then_some(order))
}

/// What becomes of an order to end this, if that is what there is.
const fn ordered(there: Option<u64>, named: u64) -> Ordered {
    match there {
        None => Ordered::Nothing,
        Some(there) if there == named => Ordered::Done,
        Some(_) => Ordered::Later,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_name_has_room_and_a_generation_that_is_none_is_refused() {
        let name = Name::new(&"n".repeat(Name::LONGEST)).unwrap();
        let generation = Generation::new(Epoch::new(3), 7).unwrap();
        let asked = reset(name, generation);
        let mut reader = Reader::new(&asked);
        assert_eq!((reader.u8(), reader.get::<Name>(), reader.u64()), (Ok(RESET), Ok(name), Ok(generation.get())));
        assert_eq!(reader.left(), 0);
        let mut room = [0; 64];
        let mut writer = Writer::new(&mut room);
        writer.u32(1);
        writer.bool(false);
        writer.bool(true);
        writer.bytes(&[0; 6 + 8]);
        let written = writer.written();
        let read = Administered::<Option<BarrierState>>::read(&mut Reader::new(&room[..written]));
        assert!(read.unwrap_err().to_string().contains("generation"));
    }

    #[test]
    fn only_what_is_named_is_ended() {
        assert_eq!(ordered(Some(7), 7), Ordered::Done);
        assert_eq!(ordered(Some(8), 7), Ordered::Later);
        assert_eq!(ordered(None, 7), Ordered::Nothing);
    }
}
