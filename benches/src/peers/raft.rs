//! `raft`: a follower's tick, a follower that hears its leader, and a leader's heartbeat. Its log is empty, and stays so.

use crate::Workload;
use core::hint::black_box;
use raft::eraftpb::{ConfState, Message, MessageType};
use raft::storage::MemStorage;
use raft::{Config, RawNode, StateRole};

type Node = RawNode<MemStorage>;

const ME: u64 = 1;
const PEERS: [u64; 2] = [2, 3];

fn node(heartbeat: usize, timeout: usize) -> Node {
    let voters = vec![ME, PEERS[0], PEERS[1]];
    let storage = MemStorage::new_with_conf_state(ConfState::from((voters, vec![])));
    let config = Config { id: ME, election_tick: timeout, heartbeat_tick: heartbeat, ..Config::default() };
    let logger = slog::Logger::root(slog::Discard, slog::o!());
    RawNode::new(&config, storage, &logger).expect("a node")
}

fn said(kind: MessageType, term: u64) -> Message {
    let mut message = Message { from: PEERS[0], to: ME, term, ..Message::default() };
    message.set_msg_type(kind);
    message
}

/// Takes all that is ready, as a driver does.
fn carry_out(node: &mut Node) -> Vec<Message> {
    let mut messages = Vec::new();
    while node.has_ready() {
        let mut ready = node.ready();
        messages.extend(ready.take_messages());
        messages.extend(ready.take_persisted_messages());
        if let Some(state) = ready.hs() {
            node.mut_store().wl().set_hardstate(state.clone());
        }
        if !ready.entries().is_empty() {
            node.mut_store().wl().append(ready.entries()).expect("entries");
        }
        let mut light = node.advance(ready);
        messages.extend(light.take_messages());
        node.advance_apply();
    }
    messages
}

/// A tick of which nothing comes.
#[must_use]
pub fn idle() -> Workload {
    let mut node = node(2, 1 << 40);
    carry_out(&mut node);
    Workload::new(move || {
        black_box(black_box(&mut node).tick());
    })
}

/// A follower hears its leader, and answers.
#[must_use]
pub fn follower_heartbeat() -> Workload {
    let mut node = node(2, 1 << 40);
    Workload::new(move || {
        node.step(said(MessageType::MsgHeartbeat, 7)).expect("a heartbeat");
        black_box(carry_out(&mut node));
    })
}

/// A leader's tick at which it sends its heartbeats, and an answer to them.
#[must_use]
pub fn leader_heartbeat() -> Workload {
    let mut node = node(1, 1 << 40);
    node.campaign().expect("a candidate");
    carry_out(&mut node);
    let term = node.raft.term;
    node.step(said(MessageType::MsgRequestVoteResponse, term)).expect("a vote");
    assert_eq!(node.raft.state, StateRole::Leader, "a majority has voted for it");
    for message in carry_out(&mut node) {
        // Its peers take the entry that opens its term.
        if message.get_msg_type() == MessageType::MsgAppend {
            let index = message.entries.last().map_or(0, |entry| entry.index);
            let mut answer = said(MessageType::MsgAppendResponse, term);
            (answer.from, answer.index) = (message.to, index);
            node.step(answer).expect("an answer");
        }
    }
    carry_out(&mut node);
    Workload::new(move || {
        node.tick();
        black_box(carry_out(&mut node));
        node.step(said(MessageType::MsgHeartbeatResponse, term)).expect("an answer");
        black_box(carry_out(&mut node));
    })
}
