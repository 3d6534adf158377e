//! One member of an election, told anything by anybody and crashed at will, against a record of what it promised.

use crate::machines::rules;
use quorate::election::{Election, Guarantee, Message, Record, Start, Verdict};
use quorate::laws::Restart as _;
use quorate::{Epoch, Group, Input, InputOf, Instant, Machine as _, NodeId, Output, OutputOf, To};
use quorate_sim::fuzz;
use std::collections::BTreeMap;

const ME: NodeId = NodeId::new(3);
const PEERS: [NodeId; 4] = [NodeId::new(1), NodeId::new(2), NodeId::new(4), NodeId::new(5)];

type Machine = Election<6>;

/// The first byte configures it, the second says after how many inputs it crashes, again and again; the rest is the inputs.
pub fn votes(data: &[u8]) {
    let Some((&[how, crashes], rest)) = data.split_first_chunk::<2>() else { return };
    let config = rules(how, Guarantee::Majority);
    let group = Group::new(ME, &PEERS).expect("five nodes");
    let machine = Election::new(config, group, &[], Start::First, Instant::ORIGIN).expect("a good group");
    let mut promises = Promises { durable: None, votes: BTreeMap::new(), last: None, now: Instant::ORIGIN };
    let mut machine = machine;
    for (number, (input, at)) in fuzz::history::<Machine>(&PEERS, rest).into_iter().enumerate() {
        promises.now = promises.now.max(at);
        promises.hear(&input);
        let now = promises.now;
        promises.judge(machine.step(input, now).into_iter(), &machine);
        for _ in 0..100 {
            if machine.deadline().is_none_or(|deadline| deadline > now) {
                break;
            }
            promises.judge(machine.step(Input::Tick, now).into_iter(), &machine);
        }
        if crashes > 0 && number % usize::from(crashes) == 0 {
            machine = machine.restart(promises.durable.as_ref(), now);
        }
    }
}

/// What it has promised in all of its lives.
struct Promises {
    durable: Option<Record>,
    /// For whom it voted, in which epoch.
    votes: BTreeMap<Epoch, NodeId>,
    /// Whom it promised last to elect nobody else, in which epoch, and until when.
    last: Option<(NodeId, Epoch, Instant)>,
    now: Instant,
}

impl Promises {
    /// Who is told that somebody gives up an epoch is free of what it promised it in that one.
    fn hear(&mut self, input: &InputOf<Machine>) {
        if let Input::Receive { from, message: Message::Resign { epoch, .. } } = input {
            self.last.take_if(|(to, promised, _)| (to, promised) == (&mut from.clone(), &mut epoch.clone()));
        }
    }

    fn judge(&mut self, outputs: impl Iterator<Item = OutputOf<Machine>>, machine: &Machine) {
        let lease = machine.config().timing().lease;
        for output in outputs {
            match output {
                Output::Persist(record) => {
                    let before = self.durable.map_or(Epoch::ZERO, |record| record.epoch);
                    assert!(record.epoch >= before, "E5: epoch {} is stored after {before}", record.epoch);
                    self.durable = Some(record);
                }
                Output::Send { to: To::Node(to), message: Message::Answer { epoch, verdict: Verdict::Granted } } => {
                    self.vote(epoch, to);
                    self.last = Some((to, epoch, self.now.after(lease)));
                }
                Output::Send { to: To::Node(to), message: Message::Acknowledge { epoch, .. } } => {
                    self.last = Some((to, epoch, self.now.after(lease)));
                }
                Output::Send { message: Message::Election { epoch, .. }, .. } => self.vote(epoch, ME),
                _ => {}
            }
        }
    }

    fn vote(&mut self, epoch: Epoch, to: NodeId) {
        let before = *self.votes.entry(epoch).or_insert(to);
        assert_eq!(before, to, "E1: two votes in epoch {epoch}");
        let stored = self.durable;
        assert_eq!(stored, Some(Record { epoch, vote: Some(to) }), "E6: a vote leaves that is not stored");
        if let Some((other, promised, until)) = self.last {
            let broken = other != to && self.now < until;
            assert!(
                !broken,
                "E2: it promised {other} in epoch {promised} to elect nobody before {until}, and elects {to}"
            );
        }
    }
}
