//! Parties that meet at a barrier, and coordinators that crash or take over.

use crate::explore::{Bounds, Model, View};
use crate::swarm::trials::barrier::{Attendee, Command, Event, Rules};
use crate::world::Birth;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;
use quorate::barrier::coordinator::{self, Record};
use quorate::barrier::party::{self, Standing, Timing};
use quorate::barrier::{Generation, Message};
use quorate::{Epoch, Incarnation, Input, Instant, Machine as _, NodeId, Rebase, Seed};

const QUANTUM: Duration = Duration::from_millis(10);

/// Parties that have all arrived once and wait for twenty quanta, and a coordinator that knows of none; another one may take over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Barriers {
    /// How many nodes may coordinate, 1 or 2. The first does, and the second opens whenever it likes, in the next epoch, whether
    /// or not the first still coordinates.
    pub coordinators: usize,
    /// How many parties there are.
    pub parties: u16,
    /// How many messages are lost.
    pub losses: u8,
    /// How many arrive twice.
    pub duplications: u8,
    /// How many times a node crashes.
    pub crashes: u8,
}

impl Barriers {
    /// So many parties and one coordinator, to which nothing happens.
    #[must_use]
    pub const fn new(parties: u16) -> Self {
        Self { coordinators: 1, parties, losses: 0, duplications: 0, crashes: 0 }
    }

    const fn rules(&self) -> Rules {
        Rules {
            coordinators: self.coordinators,
            is_fixed: false,
            parties: self.parties,
            timing: Timing {
                retry: QUANTUM.saturating_mul(4),
                repeat: QUANTUM.saturating_mul(4),
                resolve: QUANTUM.saturating_mul(16),
                jitter: Duration::ZERO,
            },
            lapse: QUANTUM.saturating_mul(12),
            grace: Duration::ZERO,
            last_epoch: Epoch::ZERO,
        }
    }
}

/// What was told of each generation: whether somebody was released, and whether somebody heard that it broke.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Outcomes(Vec<(Generation, bool, bool)>);

type ViewOf<'a> = View<'a, Attendee, Outcomes>;

impl Model for Barriers {
    type Machine = Attendee;
    type Memory = Outcomes;

    fn name(&self) -> String {
        format!("{} parties at a barrier, and {} that may coordinate", self.parties, self.coordinators)
    }

    fn size(&self) -> usize {
        self.coordinators + usize::from(self.parties)
    }

    fn bounds(&self) -> Bounds {
        let Self { losses, duplications, crashes, .. } = *self;
        let commands = if self.coordinators > 1 { 1 } else { 0 };
        Bounds { past: 13, losses, duplications, crashes, commands, ..Bounds::quiet(QUANTUM) }
    }

    fn start(&self, place: usize, life: u64, record: Option<&Record>, now: Instant) -> Attendee {
        let node = NodeId::new(place as u32 + 1);
        let birth = Birth { place, node, incarnation: Incarnation::new(life), record, seed: Seed::new(0), now };
        let mut machine = self.rules().start(&birth);
        let command = match &machine {
            Attendee::Party(_) => {
                Command::Attend(party::Command::Arrive { patience: Some(QUANTUM.saturating_mul(20)) })
            }
            _ => Command::Coordinate(coordinator::Command::Open { epoch: Epoch::new(1) }),
        };
        // What a party says at once is lost; it says it again.
        if place == 0 || place >= self.coordinators {
            let _ = machine.step(Input::Command(command), now);
        }
        machine
    }

    fn rebase(&self, machine: &mut Attendee, now: Instant, by: Duration) {
        machine.rebase(now, by);
    }

    fn rebase_message(&self, message: &mut Message<u8>, now: Instant, by: Duration) {
        message.rebase(now, by);
    }

    fn commands(&self, place: usize, _: &ViewOf<'_>) -> Vec<Command> {
        let open = Command::Coordinate(coordinator::Command::Open { epoch: Epoch::new(2) });
        if place == 1 && self.coordinators > 1 { alloc::vec![open] } else { Vec::new() }
    }

    fn remember(&self, memory: &mut Outcomes, _: usize, event: &Event) {
        let (generation, released) = match event {
            Event::Attends(party::Event::Released { generation }) => (*generation, true),
            Event::Attends(party::Event::Broken { generation: Some(generation), .. }) => (*generation, false),
            _ => return,
        };
        let known = memory.0.iter_mut().find(|(of, _, _)| *of == generation);
        match known {
            Some((_, was_released, broke)) => (*was_released, *broke) = (*was_released | released, *broke | !released),
            None => memory.0.push((generation, released, !released)),
        }
        memory.0.sort_unstable();
    }

    /// B4, and B1: whoever is released, no other party of this world waits that was never bound.
    fn check(&self, view: &ViewOf<'_>) -> Result<(), String> {
        for (generation, released, broke) in &view.memory.0 {
            if *released && *broke {
                return Err(format!("B4 is broken: generation {generation} completed for one and broke for another"));
            }
            let mut parties = view.nodes.iter().flatten().filter_map(|attendee| attendee.party());
            let is_unbound = parties.any(|party| {
                matches!(party.standing(), Standing::Arriving | Standing::Waiting) && party.learnt().is_none()
            });
            if *released && is_unbound {
                return Err(format!("B1 is broken: generation {generation} completed without all"));
            }
        }
        Ok(())
    }

    /// Nobody waits any more; or nobody coordinates.
    fn is_good(&self, view: &ViewOf<'_>) -> bool {
        let coordinates = |attendee: &Attendee| attendee.coordinator().is_some_and(|one| one.epoch().is_some());
        let up = || view.nodes.iter().flatten();
        let settled = |attendee: &Attendee| attendee.party().is_none_or(|party| party.standing() == Standing::Present);
        up().all(|attendee| settled(attendee)) || !up().any(|attendee| coordinates(attendee))
    }
}
