//! What goes wrong, on request.

use super::{Carrier, Delay, Disk, Lies, Link, LocalClock, Loss, Observer, Subject, What, World};
use crate::check::Violation;
use core::time::Duration;
use quorate::{Instant, Machine, NodeId, To};

impl<S: Subject, C: Carrier<S::Machine>> World<S, C> {
    /// The node at this place stops, and forgets everything but what is durable. What is on its way to it is lost.
    ///
    /// # Errors
    ///
    /// What `watch` finds broken.
    pub fn crash(&mut self, place: usize, watch: &mut impl Observer<S::Machine>) -> Result<(), Violation> {
        let Some(node) = self.nodes.get_mut(place) else { return Ok(()) };
        if node.machine.take().is_none() {
            return Ok(());
        }
        node.unfinished.clear();
        node.scheduled = None;
        let (id, waiting) = (node.id, core::mem::take(&mut node.inbox));
        self.digest.word(0x0200_0000 | place as u64);
        for copy in waiting {
            self.lose(place, copy, Loss::Down, watch)?;
        }
        self.see(place, id, What::Crashed, watch)
    }

    /// What the node at this place had made durable is lost; its next life starts without.
    pub fn forget(&mut self, place: usize) {
        if let Some(node) = self.nodes.get_mut(place) {
            node.durable = None;
        }
    }

    /// What the next life of the node at this place will find, as if a former one had stored it.
    pub fn set_durable(&mut self, place: usize, record: <S::Machine as Machine>::Record) {
        if let Some(node) = self.nodes.get_mut(place) {
            node.durable = Some(record);
        }
    }

    /// The node at `place` says something that its machine did not, to the node at `to`: in its own name, or in that of
    /// another.
    ///
    /// # Errors
    ///
    /// What `watch` finds broken.
    pub fn forge(
        &mut self,
        place: usize,
        claimed: Option<NodeId>,
        to: usize,
        message: &<S::Machine as Machine>::Message,
        watch: &mut impl Observer<S::Machine>,
    ) -> Result<(), Violation> {
        let (Some(me), Some(id)) = (self.id(place), self.id(to)) else { return Ok(()) };
        let content = match claimed {
            Some(claimed) => self.carrier.forge(claimed, To::Node(id), message),
            None => self.carrier.pack(place, To::Node(id), message),
        };
        let parcel = self.parcels.put(claimed.unwrap_or(me), content);
        self.send_to_place(place, id, to, parcel, message, watch)?;
        self.parcels.discard_unsent(parcel);
        Ok(())
    }

    /// The node at this place does nothing for so long; its clock goes on. What arrives waits.
    ///
    /// # Errors
    ///
    /// What `watch` finds broken.
    pub fn pause(
        &mut self,
        place: usize,
        length: Duration,
        watch: &mut impl Observer<S::Machine>,
    ) -> Result<(), Violation> {
        let until = self.now.after(self.synchrony.pause(length));
        let Some(node) = self.nodes.get_mut(place).filter(|node| node.machine.is_some()) else { return Ok(()) };
        node.paused_until = node.paused_until.max(until);
        let (id, until) = (node.id, node.paused_until);
        self.digest.word(0x0300_0000 | place as u64);
        self.see(place, id, What::Paused { until }, watch)
    }

    /// The node at this place goes on now, if it is paused.
    pub fn resume(&mut self, place: usize) {
        let now = self.now;
        if let Some(node) = self.nodes.get_mut(place) {
            node.paused_until = node.paused_until.min(now);
        }
        self.schedule(place);
        self.wake_when_free(place);
    }

    /// Changes the clock of the node at this place: its rate, or what it shows.
    ///
    /// ```
    /// # use quorate_sim::world::{self, Settings, World, Either};
    /// # use quorate::{Instant, Machine, NodeId};
    /// # fn world<M: world::Simulated>(mut world: World<impl world::Subject<Machine = M>>) -> Result<(), quorate_sim::check::Violation> {
    /// use core::time::Duration;
    /// world.change_clock(0, |clock, now| clock.set_rate(now, -300), &mut ())?; // 300 millionths slow
    /// world.change_clock(1, |clock, now| clock.step_back(now, Duration::from_secs(1)), &mut ())?; // a leap second
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// What `watch` finds broken.
    pub fn change_clock(
        &mut self,
        place: usize,
        change: impl FnOnce(&mut LocalClock, Instant),
        watch: &mut impl Observer<S::Machine>,
    ) -> Result<(), Violation> {
        let now = self.now;
        let Some(node) = self.nodes.get_mut(place) else { return Ok(()) };
        node.change_clock(|clock| change(clock, now));
        node.scheduled = None;
        self.schedule(place);
        let Some(node) = self.nodes.get(place) else { return Ok(()) };
        self.see(place, node.id, What::Clock { clock: &node.clock, machine: node.machine.as_ref() }, watch)
    }

    /// Cuts the link from here to there, or heals it.
    ///
    /// # Errors
    ///
    /// What `watch` finds broken.
    pub fn cut(
        &mut self,
        from: usize,
        to: usize,
        cut: bool,
        watch: &mut impl Observer<S::Machine>,
    ) -> Result<(), Violation> {
        if from == to || from.max(to) >= self.size() || self.network.is_cut(from, to) == cut {
            return Ok(());
        }
        self.network.set_cut(from, to, cut);
        let Some(id) = self.id(from) else { return Ok(()) };
        self.see(from, id, What::Link { to_place: to, cut }, watch)
    }

    /// Cuts all links between nodes of different sides, both ways, and heals all others. `side` says on which side a
    /// node is.
    ///
    /// # Errors
    ///
    /// What `watch` finds broken.
    pub fn partition(
        &mut self,
        side: impl Fn(usize) -> u32,
        watch: &mut impl Observer<S::Machine>,
    ) -> Result<(), Violation> {
        for from in 0..self.size() {
            for to in 0..self.size() {
                self.cut(from, to, side(from) != side(to), watch)?;
            }
        }
        Ok(())
    }

    /// Heals all links that are cut.
    ///
    /// # Errors
    ///
    /// What `watch` finds broken.
    pub fn heal(&mut self, watch: &mut impl Observer<S::Machine>) -> Result<(), Violation> {
        self.partition(|_| 0, watch)
    }

    /// What links are like from now on that are not [set otherwise](World::set_link).
    pub fn set_usual_link(&mut self, link: Link) {
        self.network.set_usual(self.synchrony.link(link));
    }

    /// What the link from here to there is like from now on; like the others, if `None`.
    pub fn set_link(&mut self, from: usize, to: usize, link: Option<Link>) {
        self.network.set_link(from, to, link.map(|link| self.synchrony.link(link)));
    }

    /// All links are like the usual one.
    pub fn reset_links(&mut self) {
        self.network.usual_everywhere();
    }

    /// How long the node at this place takes over an input, and how late its ticks are.
    pub fn set_processing(&mut self, place: usize, processing: Delay) {
        let processing = self.synchrony.processing(processing);
        if let Some(node) = self.nodes.get_mut(place) {
            node.processing = processing;
        }
    }

    /// How the storage of the node at this place behaves.
    pub fn set_disk(&mut self, place: usize, disk: Disk) {
        if let Some(node) = self.nodes.get_mut(place) {
            node.disk = disk;
        }
    }

    /// How the node at this place lies.
    pub fn set_lies(&mut self, place: usize, lies: Lies) {
        if let Some(node) = self.nodes.get_mut(place) {
            node.lies = lies;
        }
    }
}
