//! Who the board is. It reads this from the command line that QEMU's semihosting has; a board of your own has a block of flash, a
//! switch, or constants.

use core::str::FromStr;
use quorate::{Name, NodeId};
use quorate_wire::Key;

/// How many members a cluster can have.
pub(crate) const MEMBERS: usize = 8;

/// What a board is told.
pub(crate) struct Settings {
    pub(crate) id: NodeId,
    /// All others.
    pub(crate) peers: [NodeId; MEMBERS],
    pub(crate) peer_count: usize,
    pub(crate) key: Option<Key>,
    /// The lock that it works with, for so many milliseconds at a time, with so many in between.
    pub(crate) lock: Option<Name>,
    pub(crate) hold: u64,
    pub(crate) pause: u64,
}

impl Settings {
    /// From words such as `id=3 members=1:2:3 key=000102… lock=valve hold=500 pause=1500`.
    pub(crate) fn parse(line: &str) -> Result<Self, &str> {
        let mut settings = Self {
            id: NodeId::new(1),
            peers: [NodeId::new(0); MEMBERS],
            peer_count: 0,
            key: None,
            lock: None,
            hold: 500,
            pause: 1_500,
        };
        let mut members = "";
        for word in line.split_ascii_whitespace() {
            let Some((name, value)) = word.split_once('=') else { continue };
            match name {
                "id" => settings.id = NodeId::new(number(value).ok_or(word)?),
                "members" => members = value,
                "key" => settings.key = Some(Key::from_hex(value).map_err(|_| word)?),
                "lock" => settings.lock = Some(Name::new(value).map_err(|_| word)?),
                "hold" => settings.hold = number(value).ok_or(word)?,
                "pause" => settings.pause = number(value).ok_or(word)?,
                _ => return Err(word),
            }
        }
        for member in members.split(':').filter(|member| !member.is_empty()) {
            let member = NodeId::new(number(member).ok_or(member)?);
            if member != settings.id {
                *settings.peers.get_mut(settings.peer_count).ok_or(members)? = member;
                settings.peer_count += 1;
            }
        }
        Ok(settings)
    }

    pub(crate) fn peers(&self) -> &[NodeId] {
        self.peers.get(..self.peer_count).unwrap_or(&[])
    }
}

fn number<T: FromStr>(text: &str) -> Option<T> {
    text.parse().ok()
}
