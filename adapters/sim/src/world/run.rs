//! How time goes on.

use super::network::{Delay, Fate, Loss};
use super::node::INBOX;
use super::queue::{Entry, Work};
use super::{Birth, Carrier, Happening, Lies, Observer, Passing, Subject, What, World};
use crate::check::Violation;
use alloc::format;
use alloc::vec::Vec;
use core::time::Duration;
use quorate::{Incarnation, Input, InputOf, Instant, Machine, NodeId, Output, OutputOf, Seed, To};

type MessageOf<S> = <<S as Subject>::Machine as Machine>::Message;

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
            at = at.after(node.processing.draw(&mut self.random));
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
            node.busy_until = now.after(node.processing.draw(&mut self.random));
        }
        self.carry_out(place, outputs.into_iter(), watch)?;
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
        mut outputs: impl Iterator<Item = OutputOf<S::Machine>>,
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
            self.carry_out(place, outputs, watch)?;
        }
        self.became(place, watch)
    }

    fn send(
        &mut self,
        place: usize,
        to: To,
        message: &MessageOf<S>,
        watch: &mut impl Observer<S::Machine>,
    ) -> Result<(), Violation> {
        let Some(node) = self.nodes.get(place) else { return Ok(()) };
        if node.lies != Lies::default() {
            return self.send_lying(place, to, message, watch);
        }
        let from = node.id;
        let content = self.carrier.pack(place, to, message);
        let parcel = self.parcels.put(from, content);
        match to {
            To::Node(peer) => self.send_to_id(place, peer, parcel, message, watch)?,
            To::Peers => {
                let peers = node.machine.as_ref().map_or(0, |machine| machine.peers().len());
                for index in 0..peers {
                    let Some(peer) = self.peer(place, index) else { break };
                    self.send_to_id(place, peer, parcel, message, watch)?;
                }
            }
        }
        self.parcels.discard_unsent(parcel);
        Ok(())
    }

    fn peer(&self, place: usize, index: usize) -> Option<NodeId> {
        self.nodes.get(place)?.machine.as_ref()?.peers().get(index).copied()
    }

    /// To whoever claims this identity.
    pub(super) fn send_to_id(
        &mut self,
        place: usize,
        to: NodeId,
        parcel: u32,
        message: &MessageOf<S>,
        watch: &mut impl Observer<S::Machine>,
    ) -> Result<(), Violation> {
        // Identities are mostly 1, 2, 3 …, sorted like their places.
        let guess = (to.get() as usize).wrapping_sub(1);
        let first = match self.route.get(guess) {
            Some((id, _)) if *id == to && (guess == 0 || self.route.get(guess - 1).is_none_or(|(id, _)| *id != to)) => {
                guess
            }
            _ => self.route.partition_point(|(id, _)| *id < to),
        };
        let mut index = first;
        while let Some(&(id, to_place)) = self.route.get(index).filter(|(id, _)| *id == to) {
            index += 1;
            if to_place != place {
                self.send_to_place(place, id, to_place, parcel, message, watch)?;
            }
        }
        Ok(())
    }

    #[inline]
    pub(super) fn send_to_place(
        &mut self,
        place: usize,
        to: NodeId,
        to_place: usize,
        parcel: u32,
        message: &MessageOf<S>,
        watch: &mut impl Observer<S::Machine>,
    ) -> Result<(), Violation> {
        let (fate, second) = self.network.fate(place, to_place, self.now, &mut self.random);
        let corruption = self.network.link(place, to_place).corruption;
        for fate in core::iter::once(fate).chain(second) {
            let fate = self.subject.intercept(Passing { at: self.now, from: place, to: to_place, message, fate });
            let copy = match fate {
                Fate::Arrives(at) => {
                    let parcel = if self.happens(corruption) { self.corrupted(parcel) } else { parcel };
                    self.parcels.add_copy(parcel);
                    self.queue.push(at, Work::Deliver { parcel, to: to_place as u32 })
                }
                Fate::Lost(_) => self.queue.number(),
            };
            let Some(node) = self.nodes.get(place) else { return Ok(()) };
            self.see(place, node.id, What::Sent { copy, to, to_place, message, fate }, watch)?;
        }
        Ok(())
    }

    /// A parcel like this one, altered; itself if it cannot be.
    fn corrupted(&mut self, parcel: u32) -> u32 {
        let Some((from, mut content)) = self.parcels.copy(parcel) else { return parcel };
        if self.carrier.corrupt(&mut content, &mut self.random) { self.parcels.put(from, content) } else { parcel }
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

    /// A Byzantine node's way of sending.
    #[cold]
    fn send_lying(
        &mut self,
        place: usize,
        to: To,
        message: &MessageOf<S>,
        watch: &mut impl Observer<S::Machine>,
    ) -> Result<(), Violation> {
        let Some(node) = self.nodes.get(place) else { return Ok(()) };
        let (me, lies) = (node.id, node.lies);
        let peers: Vec<NodeId> = match to {
            To::Node(peer) => alloc::vec![peer],
            To::Peers => node.machine.as_ref().map(|machine| machine.peers().to_vec()).unwrap_or_default(),
        };
        let lie = self.happens(lies.lie).then(|| self.subject.lie(message, &mut self.random)).flatten();
        let said = lie.unwrap_or_else(|| message.clone());
        for &peer in &peers {
            let other = self.happens(lies.equivocate).then(|| self.subject.lie(&said, &mut self.random)).flatten();
            let said = other.as_ref().unwrap_or(&said);
            let others = peers.len() as u64;
            let claimed = self.happens(lies.impersonate).then(|| self.random.below(others) as usize);
            let claimed = claimed.and_then(|index| peers.get(index)).filter(|claimed| **claimed != peer).copied();
            let mut content = match claimed {
                Some(claimed) => self.carrier.forge(claimed, To::Node(peer), said),
                None => self.carrier.pack(place, To::Node(peer), said),
            };
            if self.happens(lies.corrupt) {
                self.carrier.corrupt(&mut content, &mut self.random);
            }
            let replayed = self.happens(lies.replay).then(|| self.random.below(16) as usize);
            let old = replayed.and_then(|index| self.nodes.get(place)?.said.get(index).cloned());
            self.remember(place, &content, said);
            let parcel = self.parcels.put(claimed.unwrap_or(me), content);
            self.send_to_id(place, peer, parcel, said, watch)?;
            self.parcels.discard_unsent(parcel);
            if let Some((old, words)) = old {
                let parcel = self.parcels.put(me, old);
                self.send_to_id(place, peer, parcel, &words, watch)?;
                self.parcels.discard_unsent(parcel);
            }
        }
        Ok(())
    }

    fn happens(&mut self, chance: u32) -> bool {
        chance > 0 && self.random.below(1_000_000) < u64::from(chance)
    }

    /// Keeps up to sixteen things that a liar said, for later.
    fn remember(&mut self, place: usize, content: &C::Parcel, message: &MessageOf<S>) {
        let at = self.random.below(16) as usize;
        let Some(node) = self.nodes.get_mut(place) else { return };
        match node.said.get_mut(at) {
            Some(slot) => *slot = (content.clone(), message.clone()),
            None => node.said.push((content.clone(), message.clone())),
        }
    }
}

pub(super) fn broken(promise: &'static str, now: Instant, node: NodeId, because: &str) -> Violation {
    Violation::new(promise, because, now).with_node(node)
}
