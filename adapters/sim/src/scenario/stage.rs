//! Carrying out the steps of a scenario.

use super::chronicle::Chronicle;
use super::player::{Company, Meddler, Player};
use super::run::Bench;
use super::story::{Action, Order, Scenario, Step, Who, Whom};
use super::summary::Expected;
use crate::check::Violation;
use crate::world::{Carrier, Observer, World};
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::time::Duration;
use quorate::{Instant, NodeId};

/// Those who watch: the judge, the chronicler, and whoever asked to.
pub(super) type Audience<'a, M, W> = (Bench<<M as Player>::Judge>, Chronicle<M>, &'a mut W);

/// The world of a scenario, and what is known about it.
pub(super) struct Stage<'s, M: Player, C: Carrier<M>> {
    pub(super) world: World<Company<M>, C>,
    pub(super) scenario: &'s Scenario,
    pub(super) called: BTreeMap<String, usize>,
    pub(super) faults: u64,
    pub(super) expected: Vec<Expected>,
}

impl<M: Player, C: Carrier<M>> Stage<'_, M, C> {
    /// Runs all of it, to the end.
    pub(super) fn perform<W: Observer<M>>(
        &mut self,
        end: Instant,
        audience: &mut Audience<'_, M, W>,
    ) -> Result<(), Violation> {
        let rules = &self.scenario.rules;
        for (place, clock) in &rules.clocks {
            self.world.change_clock(*place, |own, _| *own = *clock, &mut ())?;
        }
        for place in 0..rules.size {
            if let Some(record) = rules.epoch.and_then(M::remembers) {
                self.world.set_durable(place, record);
            }
            if !rules.absent.contains(&place) {
                self.world.start(place, audience)?;
            }
        }
        for step in &self.scenario.steps {
            if step.at > Instant::ORIGIN {
                self.world.run_until(step.at, audience)?; // whatever is said at the beginning comes before anything else
            }
            self.step(step, audience)?;
        }
        self.world.run_until(end, audience)
    }

    fn step<W: Observer<M>>(&mut self, step: &Step, audience: &mut Audience<'_, M, W>) -> Result<(), Violation> {
        let now = self.world.now();
        let chronicle = &audience.1;
        for expectation in &step.expect {
            let expected = self.check(expectation, step.line, chronicle, &audience.0.broken);
            self.expected.push(expected);
        }
        let action = step.action.as_ref();
        let announced = match (&step.note, action) {
            (Some(note), _) => Some(note.clone()).filter(|note| !note.is_empty()),
            (None, Some(action)) => self.announce(action, chronicle),
            (None, None) => None,
        };
        if let Some(text) = announced {
            audience.note(now, &text);
        }
        if let Some(action) = action
            && let Err(nobody) = self.act(action, audience)?
        {
            let what = String::from("there is somebody to do this to");
            self.expected.push(Expected { at: now, line: step.line, what, met: false, but: nobody });
        }
        Ok(())
    }

    /// Who that is now.
    pub(super) fn place(&self, who: &Who, chronicle: &Chronicle<M>) -> Result<usize, String> {
        let leader = chronicle.leader(self.world.now()).map(|(place, _)| place);
        match who {
            Who::Place(place) => Ok(*place),
            Who::Leader => leader.ok_or_else(|| String::from("nobody leads")),
            Who::Follower => {
                let up = |place: &usize| self.world.machine(*place).is_some() && Some(*place) != leader;
                self.scenario.rules.members().find(up).ok_or_else(|| String::from("nobody follows"))
            }
            Who::Called(name) => self.called.get(name).copied().ok_or_else(|| format!("nobody is called {name}")),
        }
    }

    pub(super) fn places(&self, whom: &Whom, chronicle: &Chronicle<M>) -> Result<Vec<usize>, String> {
        let size = self.world.size();
        match whom {
            Whom::All => Ok((0..size).collect()),
            Whom::Followers => {
                let leader = self.place(&Who::Leader, chronicle)?;
                Ok(self.scenario.rules.members().filter(|place| *place != leader).collect())
            }
            Whom::These(these) => these.iter().map(|who| self.place(who, chronicle)).collect(),
        }
    }

    /// `node 3`, `nodes 1 and 2`.
    pub(super) fn name(&self, places: &[usize]) -> String {
        let ids: Vec<NodeId> = places.iter().map(|place| self.scenario.rules.id(*place)).collect();
        let mut text = String::from(if ids.len() == 1 { "node " } else { "nodes " });
        if places.len() == self.world.size() && places.len() > 1 {
            return String::from("all nodes");
        }
        for (index, id) in ids.iter().enumerate() {
            text += match index {
                0 => "",
                last if last + 1 == ids.len() => " and ",
                _ => ", ",
            };
            text += &id.to_string();
        }
        text
    }

    /// Does it, or says whom there is not to do it to.
    fn act<W: Observer<M>>(
        &mut self,
        action: &Action,
        audience: &mut Audience<'_, M, W>,
    ) -> Result<Result<(), String>, Violation> {
        let (first, second) = match self.targets(action, &audience.1) {
            Ok(targets) => targets,
            Err(nobody) => return Ok(Err(nobody)),
        };
        if !matches!(action, Action::Call(..)) {
            self.faults += 1;
        }
        for place in first.iter().copied() {
            self.act_on(action, place, &second, audience)?;
        }
        self.act_on_all(action, &first, &second, audience)?;
        Ok(Ok(()))
    }

    /// Whom an action names, in one or two places of its sentence.
    fn targets(&self, action: &Action, chronicle: &Chronicle<M>) -> Result<(Vec<usize>, Vec<usize>), String> {
        let some = |whom| self.places(whom, chronicle);
        let one = |who| self.place(who, chronicle).map(|place| Vec::from([place]));
        Ok(match action {
            Action::Crash(whom)
            | Action::Start { whom, .. }
            | Action::Pause(whom, _)
            | Action::Suspend(whom, _)
            | Action::Resume(whom)
            | Action::Isolate(whom)
            | Action::Slow(whom, _)
            | Action::Disk(whom, _)
            | Action::Rate(whom, _)
            | Action::Forward(whom, _)
            | Action::Back(whom, _)
            | Action::Lies(whom, _) => (some(whom)?, Vec::new()),
            Action::Cut { from, to }
            | Action::Mend { from, to }
            | Action::Link { from, to, .. }
            | Action::Meddle { from, to, .. } => (some(from)?, some(to)?),
            Action::Forge { by, to, .. } => (one(by)?, some(to)?),
            Action::Command(whom, Order::Transfer(to)) => (some(whom)?, one(to)?),
            Action::Command(whom, _) => (some(whom)?, Vec::new()),
            Action::Call(who, _) => (one(who)?, Vec::new()),
            Action::Split(_) | Action::Heal => (Vec::new(), Vec::new()),
        })
    }

    fn act_on<W: Observer<M>>(
        &mut self,
        action: &Action,
        place: usize,
        others: &[usize],
        audience: &mut Audience<'_, M, W>,
    ) -> Result<(), Violation> {
        let world = &mut self.world;
        let now = world.now();
        match action {
            Action::Crash(_) => world.crash(place, audience)?,
            Action::Start { forgetting, .. } => {
                if *forgetting && world.machine(place).is_none() {
                    world.forget(place);
                }
                world.start(place, audience)?;
            }
            Action::Pause(_, length) => world.pause(place, *length, audience)?,
            Action::Suspend(_, length) => {
                // While it sleeps its clock does not count: on waking it shows what it showed before.
                world.pause(place, *length, audience)?;
                world.change_clock(place, |clock, now| clock.step_back(now, *length), audience)?;
            }
            Action::Resume(_) => world.resume(place),
            Action::Isolate(_) => {
                for other in 0..world.size() {
                    world.cut(place, other, true, audience)?;
                    world.cut(other, place, true, audience)?;
                }
            }
            Action::Slow(_, delay) => world.set_processing(place, *delay),
            Action::Disk(_, disk) => world.set_disk(place, *disk),
            Action::Rate(_, ppm) => world.change_clock(place, |clock, now| clock.set_rate(now, *ppm), audience)?,
            Action::Forward(_, by) => world.change_clock(place, |clock, now| clock.step_forward(now, *by), audience)?,
            Action::Back(_, by) => world.change_clock(place, |clock, now| clock.step_back(now, *by), audience)?,
            Action::Lies(_, lies) => world.set_lies(place, *lies),
            Action::Cut { .. } | Action::Mend { .. } => {
                let cut = matches!(action, Action::Cut { .. });
                for other in others {
                    world.cut(place, *other, cut, audience)?;
                }
            }
            Action::Link { link, .. } => {
                for other in others.iter().filter(|other| **other != place) {
                    world.set_link(place, *other, Some(*link));
                }
            }
            Action::Forge { claimed, what, epoch, .. } => {
                let claimed = claimed.as_ref().and_then(|who| self.place(who, &audience.1).ok());
                let claimed = claimed.map(|claimed| self.scenario.rules.id(claimed));
                let Some(message) = M::forge(*what, *epoch, now) else { return Ok(()) };
                for other in others.iter().filter(|other| **other != place) {
                    if claimed.is_none_or(|claimed| claimed != self.scenario.rules.id(*other)) {
                        self.world.forge(place, claimed, *other, &message, audience)?;
                    }
                }
            }
            Action::Command(_, order) => {
                let other = others.first().map(|other| self.scenario.rules.id(*other));
                if let Some(command) = M::order(order, || other) {
                    world.command(place, command, audience)?;
                }
            }
            Action::Call(_, name) => drop(self.called.insert(name.clone(), place)),
            Action::Split(_) | Action::Heal | Action::Meddle { .. } => {}
        }
        Ok(())
    }

    /// What is not done to one node after the other.
    fn act_on_all<W: Observer<M>>(
        &mut self,
        action: &Action,
        first: &[usize],
        second: &[usize],
        audience: &mut Audience<'_, M, W>,
    ) -> Result<(), Violation> {
        let now = self.world.now();
        match action {
            Action::Heal => self.world.heal(audience),
            Action::Split(sides) => {
                let sides: Vec<Vec<usize>> =
                    sides.iter().map(|(_, side)| self.places(side, &audience.1).unwrap_or_default()).collect();
                // Who is on no side is on one of its own, with all others of that kind.
                let side =
                    |place: usize| sides.iter().position(|side| side.contains(&place)).map_or(0, |side| side + 1);
                self.world.partition(|place| side(place) as u32, audience)
            }
            Action::Meddle { kind, how, next, length, .. } => {
                let bits = |places: &[usize]| places.iter().fold(0_u64, |bits, place| bits | 1 << place);
                let until = length.map_or(Instant::FAR_FUTURE, |length: Duration| now.after(length));
                let left = next.unwrap_or(u32::MAX);
                let meddler = Meddler { kind, from: bits(first), to: bits(second), how: *how, left, until };
                self.world.subject_mut().meddle(now, meddler);
                Ok(())
            }
            _ => Ok(()),
        }
    }
}
