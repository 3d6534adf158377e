//! An authority against a list of claims and the rules that its documentation states.
//!
//! Where the rules leave open what comes first (which of two leases that end together, for example), the list follows the authority, and
//! judges only whether it may.

mod list;

use crate::machines::grants;
use arbitrary::{Arbitrary, Result, Unstructured};
use core::time::Duration;
use list::{List, Phase, Standing};
use quorate::lease::authority::{Authority, ClaimState, Command, Event};
use quorate::lease::{ClaimId, Message, Mode};
use quorate::{Epoch, FencingToken, Input, InputOf, Instant, Machine as _, NodeId, Output, To};

/// How many claims there is room for: few, so that it is often full.
const ROOM: usize = 6;

type Machine = Authority<u8, ROOM>;

/// The first byte configures it; then come what nodes ask, and how time goes on.
pub fn authority(data: &[u8]) {
    let Some((&how, rest)) = data.split_first() else { return };
    let config = grants(how);
    let mut world = World {
        machine: Authority::new(config, Instant::ORIGIN),
        list: List { config, claims: Vec::new(), phase: Phase::Closed, epoch: Epoch::ZERO, last: None, arrived: 0 },
        now: Instant::ORIGIN,
    };
    let mut bytes = Unstructured::new(rest);
    for _ in 0..300 {
        if bytes.is_empty() || world.happen(&mut bytes).is_err() {
            return;
        }
    }
}

struct World {
    machine: Machine,
    list: List,
    now: Instant,
}

#[derive(Arbitrary)]
enum Shown {
    Own,
    None,
    Old { epoch: u8, sequence: u8 },
}

impl World {
    fn happen(&mut self, bytes: &mut Unstructured<'_>) -> Result<()> {
        let kind: u8 = bytes.arbitrary()?;
        let (node, id) = (NodeId::new(u32::from(kind >> 5 & 3)), ClaimId::new(u64::from(kind >> 4 & 1)));
        let input = match kind & 15 {
            0..=5 => {
                let (resource, mode) = what(bytes)?;
                let wait = kind & 1 == 0;
                let message =
                    Message::Acquire { claim: id, resource, mode, wait, lease: lease(bytes)?, sent: self.now };
                Input::Receive { from: node, message }
            }
            6..=8 => {
                let (resource, mode) = what(bytes)?;
                let token = self.token(node, id, bytes)?.unwrap_or(FencingToken::ZERO);
                let message = Message::Renew { claim: id, resource, mode, token, lease: lease(bytes)?, sent: self.now };
                Input::Receive { from: node, message }
            }
            9 | 10 => {
                let token = self.token(node, id, bytes)?;
                Input::Receive { from: node, message: Message::Release { claim: id, token } }
            }
            11 => Input::Command(Command::Break(bytes.arbitrary::<u8>()? % 3)),
            12 => Input::Command(Command::Open { epoch: Epoch::new(bytes.arbitrary::<u8>()?.into()) }),
            13 if kind & 0xf0 == 0 => Input::Command(Command::Close { leader: None }),
            _ => {
                self.now = self.now.after(Duration::from_millis(20) * u32::from(bytes.arbitrary::<u8>()?));
                Input::Tick
            }
        };
        // What is due comes first, as it does where a driver keeps its duties.
        self.settle();
        self.step(input);
        self.settle();
        self.list.rests(self.now);
        self.is_as_listed();
        Ok(())
    }

    fn token(&self, node: NodeId, id: ClaimId, bytes: &mut Unstructured<'_>) -> Result<Option<FencingToken>> {
        Ok(match bytes.arbitrary()? {
            Shown::Own => self.list.find(node, id).and_then(|claim| claim.standing.token()),
            Shown::None => None,
            Shown::Old { epoch, sequence } => FencingToken::new(Epoch::new(epoch.into()), sequence.into()),
        })
    }

    fn settle(&mut self) {
        for _ in 0..100 {
            if self.machine.deadline().is_none_or(|deadline| deadline > self.now) {
                return;
            }
            self.step(Input::Tick);
        }
        panic!("it never comes to rest: {:?}", self.machine);
    }

    fn step(&mut self, input: InputOf<Machine>) {
        let outputs: Vec<_> = self.machine.step(input, self.now).into_iter().collect();
        self.list.ask(&input, self.now);
        let mut fresh = Vec::new();
        for output in &outputs {
            if let Output::Event(event) = output {
                if let Event::Granted { node, claim, .. } = event {
                    fresh.push((*node, *claim));
                }
                self.list.told(event, &input, self.now);
            }
        }
        for output in &outputs {
            if let Output::Send { to: To::Node(node), message } = output {
                let is_fresh = fresh.contains(&(*node, message.claim()));
                self.list.answered(*node, message, &input, is_fresh, self.now);
            }
        }
    }

    fn is_as_listed(&self) {
        let shown: Vec<_> = self.machine.claims(self.now).collect();
        assert_eq!(shown.len(), self.list.claims.len(), "{shown:#?}, and not {:#?}", self.list.claims);
        for view in shown {
            let claim = self.list.find(view.node, view.claim).unwrap_or_else(|| panic!("nobody knows {view:?}"));
            let agrees = match (view.state, claim.standing) {
                (ClaimState::Waiting(ahead), Standing::Waiting) => ahead as usize >= self.list.before(claim).count(),
                (ClaimState::Holding(shown), Standing::Holding(token))
                | (ClaimState::Delayed(shown), Standing::Delayed(token)) => shown == token,
                _ => false,
            };
            let same =
                (view.resource, view.mode, view.left) == (claim.resource, claim.mode, claim.until.since(self.now));
            assert!(agrees && same, "{view:?}, and not {claim:?}");
        }
        assert_eq!(self.machine.epoch(), (self.list.phase != Phase::Closed).then_some(self.list.epoch));
    }
}

fn what(bytes: &mut Unstructured<'_>) -> Result<(u8, Mode)> {
    let byte: u8 = bytes.arbitrary()?;
    let mode = match byte >> 2 & 7 {
        0..=2 => Mode::Exclusive,
        3 | 4 => Mode::Shared,
        5 => Mode::permits(1, 3).expect("one of three"),
        6 => Mode::permits(2, 3).expect("two of three"),
        _ => Mode::permits(2, 2).expect("two of two"),
    };
    Ok((byte % 3, mode))
}

fn lease(bytes: &mut Unstructured<'_>) -> Result<Duration> {
    Ok(Duration::from_millis(20) * u32::from(bytes.arbitrary::<u8>()?))
}
