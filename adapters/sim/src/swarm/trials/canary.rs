//! A protocol with a planted bug. A swarm that does not find it is dead.

use crate::check::Violation;
use crate::swarm::{Hostility, Judge, PlanOf, Trial, WorldOf};
use crate::world::{Birth, Direct, Happening, Observer, Subject, What};
use alloc::vec::Vec;
use core::time::Duration;
use quorate::{Infallible, Input, InputOf, Instant, Machine, NodeId, Random, Step, StepOf, To};

/// A token ring (Le Lann 1977): who has the token may work, and passes it on.
///
/// The bug: a node that has not seen the token for a while takes it for lost and makes a new one. It may only have been
/// slow; now there are two.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Ring {
    me: NodeId,
    peers: Vec<NodeId>,
    /// Until when this node has the token.
    has_until: Option<Instant>,
    patience: Instant,
    latest: Instant,
}

const HOLD: Duration = Duration::from_millis(200);
const PATIENCE: Duration = Duration::from_secs(5);

impl Machine for Ring {
    type Command = Infallible;
    type Message = ();
    type Record = Infallible;
    /// Whether this node may work now.
    type Event = bool;

    fn step(&mut self, input: InputOf<Self>, now: Instant) -> StepOf<Self> {
        let mut step = Step::new();
        let now = now.max(self.latest);
        match input {
            Input::Tick if self.deadline().is_none_or(|deadline| now < deadline) => return step,
            Input::Tick if self.has_until.is_some_and(|until| until <= now) => {
                self.has_until = None;
                step.event(false);
                let next = self.peers.iter().find(|peer| **peer > self.me).or_else(|| self.peers.first());
                step.send(To::Node(next.copied().unwrap_or(self.me)), ());
            }
            Input::Tick | Input::Receive { .. } if self.has_until.is_none() => {
                self.has_until = Some(now.after(HOLD));
                step.event(true);
            }
            Input::Tick | Input::Receive { .. } => {}
            Input::Command(never) => match never {},
        }
        self.latest = now;
        self.patience = now.after(PATIENCE);
        step
    }

    fn deadline(&self) -> Option<Instant> {
        self.has_until.or(Some(self.patience))
    }

    fn peers(&self) -> &[NodeId] {
        &self.peers
    }
}

/// The trial of the [`Ring`], which must fail.
#[derive(Clone, Copy, Debug)]
pub struct Canary;

/// Makes rings, and watches who works.
#[derive(Clone, Debug)]
pub struct Watch {
    size: u32,
    working: Vec<NodeId>,
    marks: u64,
}

impl Subject for Watch {
    type Machine = Ring;

    fn start(&mut self, birth: Birth<'_, Infallible>) -> Ring {
        let peers = (1..=self.size).map(NodeId::new).filter(|id| *id != birth.node).collect();
        let first = birth.node == NodeId::new(1) && birth.incarnation.get() == 1;
        let has_until = first.then(|| birth.now.after(HOLD));
        Ring { me: birth.node, peers, has_until, patience: birth.now.after(PATIENCE), latest: birth.now }
    }
}

impl Observer<Ring> for Watch {
    fn see(&mut self, happening: Happening<'_, Ring>) -> Result<(), Violation> {
        match happening.what {
            What::Told(true) => {
                self.marks |= 1;
                self.working.push(happening.node);
                if let [first, second, ..] = self.working[..] {
                    let because = "two nodes work at once";
                    return Err(Violation::new("mutual exclusion", because, happening.at).with_nodes([first, second]));
                }
            }
            What::Told(false) | What::Crashed => self.working.retain(|node| *node != happening.node),
            _ => {}
        }
        Ok(())
    }
}

impl Judge<Ring> for Watch {
    const MARKS: &'static [&'static str] = &["somebody works"];

    fn marks(&self) -> u64 {
        self.marks
    }
}

impl Trial for Canary {
    type Subject = Watch;
    type Carrier = Direct;
    type Rules = ();
    type Judge = Watch;

    fn name(&self) -> &'static str {
        "canary"
    }

    fn draw(&self, length: Duration, random: &mut Random) -> PlanOf<Self> {
        let hostility = Hostility {
            nodes: (3, 5),
            length,
            scale: Duration::from_secs(2),
            drift: 0,
            forgetting: false,
            jumps: false,
            lies: false,
            bad_links: true,
        };
        hostility.draw((), random, |_, _| None)
    }

    fn subject(&self, plan: &PlanOf<Self>) -> Watch {
        Watch { size: plan.size as u32, working: Vec::new(), marks: 0 }
    }

    fn carrier(&self, _: &PlanOf<Self>) -> Direct {
        Direct
    }

    fn judge(&self, plan: &PlanOf<Self>) -> Watch {
        self.subject(plan)
    }

    fn settles_within(&self, _: &PlanOf<Self>, _: &WorldOf<Self>) -> Duration {
        PATIENCE
    }

    fn settled(&self, _: &PlanOf<Self>, _: &WorldOf<Self>, _: &Watch) -> Result<(), Violation> {
        Ok(())
    }
}
