//! How time goes on.

use super::network::{Delay, Loss};
use super::node::INBOX;
use super::queue::{Entry, Work};
use super::{Birth, Carrier, Happening, Observer, Subject, What, World};
use crate::check::Violation;
use alloc::format;
use core::time::Duration;
use quorate::{Incarnation, Input, InputOf, Instant, Machine, NodeId, Output, OutputOf, Seed};

impl<S: Subject, C: Carrier<S::Machine>> World<S, C> {
    /// Starts every node that is down.
    ///
    /// # Errors
    ///
    /// What `watch` finds broken.
    pub fn start_all(&mut self, watch: &mut impl Observer<S::Machine>) -> Result<(), Violation> {
        (0..self.size()).try_for_each(|place| self.start(place, watch))
    }

    /// Starts the node at this place, for the first time or again; with what its former life made durable, unless that
    /// was [forgotten](World::forget). Does nothing if it is up.
    ///
    /// # Errors
    ///
    /// What `watch` finds broken.
    pub fn start(&mut self, place: usize, watch: &mut impl Observer<S::Machine>) -> Result<(), Violation> {
        let seed = Seed::new(self.random.number());
        let now = self.now;
        let Some(node) = self.nodes.get_mut(place).filter(|node| node.machine.is_none()) else { return Ok(()) };
        node.lives += 1;
        let incarnation = Incarnation::new(node.lives);
        let local = node.clock.at(now);
        let record = node.durable.as_ref();
        let birth = Birth { place, node: node.id, incarnation, record, seed, now: local };
        let machine = self.subject.start(birth);
        self.carrier.start(place, node.id, incarnation, machine.peers());
        self.digest.word(now.as_nanos());
        self.digest.word(0x0100_0000 | place as u64);
        let what = What::Started { incarnation, recovered: record.is_some(), local, machine: &machine };
        let seen = watch.see(Happening { at: now, place, node: node.id, what });
        node.machine = Some(machine);
        node.latest = local;
        (node.paused_until, node.busy_until) = (Instant::ORIGIN, Instant::ORIGIN);
        (node.scheduled, node.woken_at) = (None, None);
        seen?;
        self.schedule(place);
        Ok(())
    }

    /// Lets everything happen that is to happen until then, the instant itself included.
    ///
    /// # Errors
    ///
    /// What `watch` finds broken, or a law of the contract that a machine breaks. The world stands where it happened.
    pub fn run_until(&mut self, until: Instant, watch: &mut impl Observer<S::Machine>) -> Result<(), Violation> {
        while let Some(entry) = self.queue.pop(until) {
            self.now = self.now.max(entry.at);
            match entry.work {
                Work::Deliver { parcel, to } => self.deliver(entry.number, parcel, to as usize, watch)?,
                Work::Tick { place, life } => self.tick(entry, place as usize, life, watch)?,
                Work::Wake { place, life } => self.wake(entry, place as usize, life, watch)?,
                Work::Durable { place, life } => self.durable_now(place as usize, life, watch)?,
            }
        }
        self.now = self.now.max(until);
        Ok(())
    }

    /// [`run_until`](World::run_until) so much later.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn run_for(&mut self, time: Duration, watch: &mut impl Observer<S::Machine>) -> Result<(), Violation> {
        self.run_until(self.now.after(time), watch)
    }

    /// The local user of the node at this place asks for something. Nothing happens if the node is down or paused.
    ///
    /// # Errors
    ///
    /// What `watch` finds broken, or a law of the contract that the machine breaks.
    pub fn command(
        &mut self,
        place: usize,
        command: <S::Machine as Machine>::Command,
        watch: &mut impl Observer<S::Machine>,
    ) -> Result<(), Violation> {
        match self.nodes.get(place) {
            Some(node) if node.machine.is_some() && node.free_at() <= self.now => {
                self.step(place, Input::Command(command), None, watch)
            }
            _ => Ok(()),
        }
    }

    #[inline]
    fn deliver(
        &mut self,
        copy: u64,
        parcel: u32,
        to: usize,
        watch: &mut impl Observer<S::Machine>,
    ) -> Result<(), Violation> {
        let Some(node) = self.nodes.get_mut(to) else { return Ok(()) };
        if node.machine.is_some() && (node.free_at() > self.now || !node.inbox.is_empty()) {
            if node.inbox.len() >= INBOX {
                return self.lose(to, (copy, parcel), Loss::Overflow, watch);
            }
            node.inbox.push_back((copy, parcel));
            self.wake_when_free(to);
            return Ok(());
        }
        self.take(to, (copy, parcel), watch)
    }

    /// A message is taken from the network, or out of the inbox.
    fn take(
        &mut self,
        to: usize,
        (copy, parcel): (u64, u32),
        watch: &mut impl Observer<S::Machine>,
    ) -> Result<(), Violation> {
        let Some(node) = self.nodes.get(to) else { return Ok(()) };
        if node.machine.is_none() {
            return self.lose(to, (copy, parcel), Loss::Down, watch);
        }
        let id = node.id;
        let Some((from, content)) = self.parcels.take(parcel) else { return Ok(()) };
        match self.carrier.open(to, from, content) {
            Some((from, message)) => self.step(to, Input::Receive { from, message }, Some(copy), watch),
            None => self.see(to, id, What::Dropped { copy, why: Loss::Refused }, watch),
        }
    }

    pub(super) fn lose(
        &mut self,
        to: usize,
        (copy, parcel): (u64, u32),
        why: Loss,
        watch: &mut impl Observer<S::Machine>,
    ) -> Result<(), Violation> {
        let _ = self.parcels.take(parcel);
        let Some(node) = self.nodes.get(to) else { return Ok(()) };
        self.see(to, node.id, What::Dropped { copy, why }, watch)
    }

    /// Sees to it that a node takes what waits for it as soon as it can.
    pub(super) fn wake_when_free(&mut self, place: usize) {
        let now = self.now;
        let Some(node) = self.nodes.get_mut(place).filter(|node| !node.inbox.is_empty()) else { return };
        let at = node.free_at().max(now);
        if node.woken_at.is_none_or(|woken| at < woken) {
            node.woken_at = Some(at);
            self.queue.push(at, Work::Wake { place: place as u32, life: node.lives as u32 });
        }
    }

    /// A node takes what waits for it, until there is nothing left or it is busy with something.
    fn wake(
        &mut self,
        entry: Entry,
        place: usize,
        life: u32,
        watch: &mut impl Observer<S::Machine>,
    ) -> Result<(), Violation> {
        let Some(node) = self.nodes.get_mut(place).filter(|node| node.lives as u32 == life) else { return Ok(()) };
        if node.woken_at != Some(entry.at) {
            return Ok(());
        }
        node.woken_at = None;
        loop {
            let Some(node) = self.nodes.get_mut(place) else { return Ok(()) };
            if node.free_at() > self.now {
                break;
            }
            let Some(waiting) = node.inbox.pop_front() else { return Ok(()) };
            self.take(place, waiting, watch)?;
        }
        self.wake_when_free(place);
        Ok(())
    }

    fn tick(
        &mut self,
        entry: Entry,
        place: usize,
        life: u32,
        watch: &mut impl Observer<S::Machine>,
    ) -> Result<(), Violation> {
        let now = self.now;
        let Some(node) = self.nodes.get_mut(place) else { return Ok(()) };
        if node.lives as u32 != life || node.scheduled != Some(entry.at) {
            return Ok(()); // of an earlier life, or of a deadline that has moved
        }
        node.scheduled = None;
        let Some(due) = node.due() else { return Ok(()) };
        if due > now || node.free_at() > now {
            self.schedule(place);
            return Ok(());
        }
        self.step(place, Input::Tick, None, watch)
    }

    /// Puts the next tick of a machine into the queue, unless an entry that is early enough is there.
    pub(super) fn schedule(&mut self, place: usize) {
        let now = self.now;
        let Some(node) = self.nodes.get_mut(place) else { return };
        let Some(due) = node.due() else { return };
        let mut at = due.max(now).max(node.free_at());
        if node.scheduled.is_some_and(|scheduled| scheduled <= at) {
            return;
        }
        if node.processing != Delay::NONE {
            at = node.processing.after(at, &mut self.random);
        }
        node.scheduled = Some(at);
        let (place, life) = (place as u32, node.lives as u32);
        self.queue.push(at, Work::Tick { place, life });
    }

    fn step(
        &mut self,
        place: usize,
        input: InputOf<S::Machine>,
        copy: Option<u64>,
        watch: &mut impl Observer<S::Machine>,
    ) -> Result<(), Violation> {
        let now = self.now;
        let Some(node) = self.nodes.get_mut(place) else { return Ok(()) };
        let (id, local) = (node.id, node.clock.at(now));
        let steps_in_second = node.count(now);
        node.latest = node.latest.max(local);
        let latest = node.latest;
        let Some(machine) = node.machine.as_mut() else { return Ok(()) };
        self.steps += 1;
        self.digest.word(now.as_nanos());
        self.digest.word(place as u64);
        if let Input::Receive { from, message } = &input {
            self.digest.word(u64::from(from.get()) << 8 | 1);
            self.digest.add(message);
        }
        watch.see(Happening { at: now, place, node: id, what: What::Took { input: &input, copy, local } })?;

        let is_tick = matches!(input, Input::Tick);
        let due = machine.deadline();
        self.until_laws = self.until_laws.wrapping_sub(1);
        let twin = if self.until_laws == 0 && self.laws_every > 0 {
            self.until_laws = self.laws_every;
            super::laws::before(machine, latest, now, id)?;
            let mut twin = machine.clone();
            let step = twin.step(input.clone(), local);
            Some((twin, step))
        } else {
            None
        };
        let outputs = machine.step(input, local);
        if let Some((twin, step)) = twin
            && (twin != *machine || step != outputs)
        {
            return Err(broken("law 5, pure", now, id, "two steps of equal machines differ"));
        }
        if outputs.overflowed() {
            return Err(broken("law 2, bounded", now, id, "a step lost a fifth output"));
        }
        if is_tick && outputs.is_empty() && machine.deadline().is_some_and(|later| due.is_none_or(|due| later <= due)) {
            return Err(broken("law 4, no spin", now, id, "a tick at the deadline did nothing and did not move it"));
        }
        if steps_in_second > self.most_steps {
            let because = format!("it took {steps_in_second} steps within a second, more than any work needs");
            return Err(Violation::new("no spin", because, now).with_node(id));
        }
        if node.processing != Delay::NONE {
            node.busy_until = node.processing.after(now, &mut self.random);
        }
        if !outputs.is_empty() {
            self.carry_out(place, &mut outputs.into_iter(), watch)?;
        }
        self.became(place, watch)
    }

    fn became(&mut self, place: usize, watch: &mut impl Observer<S::Machine>) -> Result<(), Violation> {
        let Some(node) = self.nodes.get(place).filter(|node| node.unfinished.is_empty()) else { return Ok(()) };
        if let Some(machine) = &node.machine {
            let what = What::Became { machine, clock: &node.clock };
            watch.see(Happening { at: self.now, place, node: node.id, what })?;
        }
        self.schedule(place);
        Ok(())
    }

    fn carry_out(
        &mut self,
        place: usize,
        outputs: &mut impl Iterator<Item = OutputOf<S::Machine>>,
        watch: &mut impl Observer<S::Machine>,
    ) -> Result<(), Violation> {
        while let Some(output) = outputs.next() {
            match output {
                Output::Send { to, message } => self.send(place, to, &message, watch)?,
                Output::Event(event) => {
                    self.digest.word(2);
                    self.digest.add(&event);
                    let Some(node) = self.nodes.get(place) else { return Ok(()) };
                    self.see(place, node.id, What::Told(&event), watch)?;
                }
                Output::Persist(record) => {
                    let Some(node) = self.nodes.get_mut(place) else { return Ok(()) };
                    let disk = node.disk;
                    if disk.full {
                        return self.crash(place, watch);
                    }
                    let delay = disk.delay.draw(&mut self.random);
                    if !delay.is_zero() {
                        node.busy_until = node.busy_until.max(self.now.after(delay));
                        node.unfinished = core::iter::once(Output::Persist(record)).chain(outputs).collect();
                        let work = Work::Durable { place: place as u32, life: node.lives as u32 };
                        let _ = self.queue.push(node.busy_until, work);
                        return Ok(());
                    }
                    if !self.persist(place, record, watch)? {
                        return Ok(());
                    }
                }
            }
        }
        Ok(())
    }

    /// Makes a record durable, unless the node crashes over it; whether it is still up.
    fn persist(
        &mut self,
        place: usize,
        record: <S::Machine as Machine>::Record,
        watch: &mut impl Observer<S::Machine>,
    ) -> Result<bool, Violation> {
        let Some(node) = self.nodes.get_mut(place) else { return Ok(false) };
        let (id, chance) = (node.id, u64::from(node.disk.crash));
        let crash = chance > 0 && self.random.below(1_000_000) < chance;
        let before = crash && self.random.below(2) == 0;
        if !before {
            self.digest.word(3);
            self.digest.add(&record);
            watch.see(Happening { at: self.now, place, node: id, what: What::Persisted(&record) })?;
            node.durable = Some(record);
        }
        if crash {
            self.crash(place, watch)?;
        }
        Ok(!crash)
    }

    /// A record has been made durable; what stands behind it is carried out.
    fn durable_now(&mut self, place: usize, life: u32, watch: &mut impl Observer<S::Machine>) -> Result<(), Violation> {
        let Some(node) = self.nodes.get_mut(place).filter(|node| node.lives as u32 == life) else { return Ok(()) };
        let mut outputs = core::mem::take(&mut node.unfinished).into_iter();
        if let Some(Output::Persist(record)) = outputs.next()
            && self.persist(place, record, watch)?
        {
            self.carry_out(place, &mut outputs, watch)?;
        }
        self.became(place, watch)
    }

    #[inline]
    pub(super) fn see(
        &self,
        place: usize,
        node: NodeId,
        what: What<'_, S::Machine>,
        watch: &mut impl Observer<S::Machine>,
    ) -> Result<(), Violation> {
        watch.see(Happening { at: self.now, place, node, what })
    }
}

pub(super) fn broken(promise: &'static str, now: Instant, node: NodeId, because: &str) -> Violation {
    Violation::new(promise, because, now).with_node(node)
}
