//! Frames for quorate's machines: how messages look on a wire, who may have sent them, and that each arrives once.
//!
//! One datagram is one frame, and a frame carries one message or several, of one protocol or of several. There is no
//! allocator and no `unsafe` here, and no input makes it panic or read past its end.
//!
//! * [`Sender`] numbers and closes frames that [`Draft`] gathers; a frame for all peers is made once.
//! * [`Codec`] opens datagrams: is this a frame of the group, unaltered, and from somebody who has the key?
//! * [`Receiver`] takes them: is it from a member that sees the same members, and new? It counts what it drops.
//! * [`stream`] puts frames on serial lines and other streams of bytes, and finds them there again after noise.
//! * [`Body`] and [`Payload`] turn messages into bytes and back, for the machines of `quorate` and for your own.
//!
//! # Layout
//!
//! Numbers are little-endian and of fixed width. The layout belongs to version 1, the first byte; whatever changes it
//! changes that byte.
//!
//! | offset | bytes | what |
//! |---:|---:|---|
//! | 0 | 1 | version: 1 |
//! | 1 | 1 | key: 0 in a plain frame, in a sealed one the identifier of the key |
//! | 2 | 8 | roster: [digest](Roster) of the members, as the sender knows them |
//! | 10 | 8 | group: [hash](GroupId) of its name |
//! | 18 | 4 | sender: the node's identifier |
//! | 22 | 8 | incarnation: which of the sender's lives |
//! | 30 | 4 | recipient: the node that it is for; the sender itself if it is for all of its peers |
//! | 34 | 8 | sequence: the number of the frame, from 1, over all that this incarnation sends to anybody |
//! | 42 | | entries, at least one: protocol (1), length of the body (2), body |
//! | end | 4 or 16 | plain: CRC-32 (that of Ethernet and zip) of all bytes before it; sealed: the tag |
//!
//! In a sealed frame the entries are encrypted and the header is not, but the tag covers both. A frame is plain or
//! sealed as the group is: a member with keys takes no plain frame, and one without takes no sealed one.
//!
//! # Sealing
//!
//! XChaCha20-Poly1305, under a key that is derived from the shared one and from the group's number. Each frame needs a
//! number, a *nonce*, that is used once; here it is made of sender, incarnation and sequence, 20 bytes, so that nothing
//! has to be drawn at random, sent along, or agreed upon. The plain ChaCha20-Poly1305 has room for 12, which is why it
//! is the variant with the extended nonce.
//!
//! It stands on one thing: **a node never uses an incarnation twice.** A node that loses its storage must take one
//! that is certainly higher, from a clock for example.
//!
//! What it does not do: whoever has the key can speak as any member. A receiver that has just started accepts old
//! frames of a peer that it has not heard from yet, since it remembers nothing; epochs and ballots make such frames
//! harmless to an election. Who talks to whom, when and how much, can be seen.
//!
//! # Examples
//!
//! [`Receiver`] shows the way of a message from one end to the other, [`Body`] how to give your own machine's messages
//! a form, [`Keyring`] how keys are changed while a group runs.
//!
//! # Features
//!
//! None is on by default. `std` takes a table of 16 KiB for the checksum, where one of 1 KiB does without it, but
//! several times as slowly; `defmt` logs on microcontrollers.
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    warn(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)
)]

mod bodies;
mod body;
mod bytes;
mod checksum;
mod codec;
mod frame;
mod identity;
mod key;
mod receiver;
mod rejected;
mod sender;
pub mod stream;
mod window;

pub use body::{Body, Field, Payload, protocol};
pub use bytes::{BodyError, Reader, Writer};
pub use codec::Codec;
pub use frame::{CHECKSUM, ENTRY_HEADER, Entries, Entry, Frame, HEADER, Header, MAX_DATAGRAM, TAG, VERSION};
pub use identity::{Difference, GroupId, Roster};
pub use key::{Key, KeyError, Keyring};
pub use receiver::Receiver;
pub use rejected::{Counters, Reason, Rejected};
pub use sender::{Draft, SendError, Sender};
pub use window::{Admission, Window};
