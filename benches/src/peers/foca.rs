//! `foca`: a ping comes in as bytes, and the acknowledgement goes out as bytes.

use crate::Workload;
use crate::workload::BATCH;
use core::hint::black_box;
use core::time::Duration;
use foca::{
    Codec, Config, Foca, Header, Identity, Member, Message, NoCustomBroadcast, Notification, PostcardCodec, Runtime,
    Timer,
};
use rand::SeedableRng;
use rand::rngs::SmallRng;

#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
struct Id(u32);

impl Identity for Id {
    type Addr = u32;

    fn renew(&self) -> Option<Self> {
        None
    }

    fn addr(&self) -> u32 {
        self.0
    }

    fn win_addr_conflict(&self, _: &Self) -> bool {
        false
    }
}

/// Sends nowhere, and keeps no timers.
struct Nowhere;

impl Runtime<Id> for Nowhere {
    fn notify(&mut self, notification: Notification<'_, Id>) {
        black_box(&notification);
    }

    fn send_to(&mut self, to: Id, data: &[u8]) {
        black_box((to, data));
    }

    fn submit_after(&mut self, event: Timer<Id>, after: Duration) {
        black_box((&event, after));
    }
}

type Node = Foca<Id, PostcardCodec, SmallRng, NoCustomBroadcast>;

/// A ping of one of so many members, who take turns, and its acknowledgement. All news have gone round beforehand, so neither carries any.
#[must_use]
pub fn whole(members: u32) -> Workload {
    let mut node: Node = Foca::new(Id(0), Config::simple(), SmallRng::seed_from_u64(7), PostcardCodec);
    let others = (1..=members).map(|id| Member::alive(Id(id)));
    node.apply_many(others, true, Nowhere).expect("members");
    let pings: Vec<Vec<u8>> = (1..=members)
        .map(|id| {
            let message = Message::Ping(id as u8);
            let header = Header { src: Id(id), src_incarnation: 0, dst: Id(0), message };
            let mut ping = Vec::new();
            PostcardCodec.encode_header(&header, &mut ping).expect("a ping");
            ping
        })
        .collect();
    for ping in pings.iter().cycle().take(20 * members as usize + 10 * BATCH as usize) {
        node.handle_data(ping, Nowhere).expect("a ping");
    }
    assert_eq!(node.updates_backlog(), 0, "all news have gone round");
    let mut next = 0;
    Workload::new(move || {
        next = if next + 1 == pings.len() { 0 } else { next + 1 };
        node.handle_data(black_box(&pings[next]), Nowhere).expect("a ping");
    })
}
