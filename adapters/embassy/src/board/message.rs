//! What a board is asked for, and what it tells.

use quorate::barrier::party;
use quorate::lease::holder;
use quorate::{Machine, Name};

/// What the local user asks of a [`Board`](super::Board).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Command<C> {
    /// Of its member.
    Member(C),
    /// Of the holder in this seat.
    Lock(u8, holder::Command<Name>),
    /// To be a party at this barrier, of so many, in this stall, which nobody is in.
    Attend {
        /// The stall.
        stall: u8,
        /// The barrier.
        barrier: Name,
        /// How many parties it has.
        parties: u16,
    },
    /// Of the party in this stall.
    Meet(u8, party::Command),
    /// To leave this stall, when its party has given its place up.
    Leave(u8),
}

/// What a [`Board`](super::Board) tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Event<E> {
    /// Its member tells this.
    Member(E),
    /// The holder in this seat tells this.
    Lock(u8, holder::Event),
    /// The party in this stall tells this.
    Meet(u8, party::Event),
    /// There is no such seat or stall, or it is not free, or there is nobody in it; or there can be no such barrier. Nothing has changed.
    Refused(u8),
}

/// The command of a board around this member.
pub(super) type CommandOf<M> = Command<<M as Machine>::Command>;
/// The event of a board around this member.
pub(super) type EventOf<M> = Event<<M as Machine>::Event>;
