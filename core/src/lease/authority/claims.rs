//! Who holds and who waits: the bookkeeping, without any rule of when.

use super::deadlines::Deadlines;
use super::index::Index;
use super::slab::{Linked, Links, List, NONE, Slab, Slot};
use crate::lease::{ClaimId, Mode};
use crate::{FencingToken, Instant, NodeId, Rebase};
use core::fmt::Debug;
use core::hash::Hash;
use core::num::NonZeroU16;
use core::time::Duration;

/// How a claim stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Standing {
    /// In line; the number grows along the line.
    Waiting { ticket: u32 },
    /// It holds the resource.
    Holding { token: FencingToken, since: Instant },
    /// It held the resource when its lease ran out; nobody is granted it before the lock-delay is over.
    Cooling { token: FencingToken },
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Claim {
    pub(super) node: NodeId,
    pub(super) id: ClaimId,
    pub(super) resource: Slot,
    pub(super) mode: Mode,
    pub(super) standing: Standing,
    pub(super) lease: Duration,
    /// When the latest that was heard of it was sent, by the holder's clock.
    pub(super) sent: Instant,
    /// It is not renewed any more.
    pub(super) broken: bool,
    /// It was over when another one was granted: there is no lock-delay after it.
    pub(super) superseded: bool,
    links: Links,
}

impl Linked for Claim {
    fn links(&mut self) -> &mut Links {
        &mut self.links
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Resource<R> {
    pub(super) key: R,
    /// Those that hold it, or held it when their lease ran out.
    holders: List,
    line: List,
    /// The permits that are taken; of shared holders, their number.
    taken: u32,
    /// How many permits there are, if anybody holds some or waits for some.
    of: Option<NonZeroU16>,
    /// How many claims say so.
    semaphores: u16,
    /// The number of the next in line.
    ticket: u32,
    /// Whether somebody may be next; it is in the list of such resources then.
    is_pending: bool,
    links: Links,
}

impl<R> Linked for Resource<R> {
    fn links(&mut self) -> &mut Links {
        &mut self.links
    }
}

/// A new claim.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wish<R> {
    pub(super) node: NodeId,
    pub(super) id: ClaimId,
    pub(super) key: R,
    pub(super) mode: Mode,
    pub(super) lease: Duration,
    pub(super) sent: Instant,
}

/// All claims, over their resources.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Claims<R, const N: usize> {
    claims: Slab<Claim, N>,
    resources: Slab<Resource<R>, N>,
    by_owner: Index<N>,
    by_key: Index<N>,
    pub(super) deadlines: Deadlines<N>,
    /// The resources that somebody may be granted next.
    pending: List,
}

impl<R: Copy + Eq + Hash + Debug, const N: usize> Claims<R, N> {
    pub(super) const fn new() -> Self {
        Self {
            claims: Slab::new(),
            resources: Slab::new(),
            by_owner: Index::new(),
            by_key: Index::new(),
            deadlines: Deadlines::new(),
            pending: List::EMPTY,
        }
    }

    pub(super) fn find(&self, node: NodeId, id: ClaimId) -> Option<Slot> {
        self.by_owner.find(&(node, id), |slot| self.get(slot).is_some_and(|claim| (claim.node, claim.id) == (node, id)))
    }

    pub(super) fn find_resource(&self, key: &R) -> Option<Slot> {
        self.by_key.find(key, |slot| self.resource(slot).is_some_and(|resource| resource.key == *key))
    }

    pub(super) fn get(&self, slot: Slot) -> Option<&Claim> {
        self.claims.get(slot)
    }

    pub(super) fn get_mut(&mut self, slot: Slot) -> Option<&mut Claim> {
        self.claims.get_mut(slot)
    }

    pub(super) fn resource(&self, slot: Slot) -> Option<&Resource<R>> {
        self.resources.get(slot)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Claim> {
        self.claims.iter()
    }

    /// Those that hold the resource, or held it when their lease ran out.
    pub(super) fn holders(&self, resource: Slot) -> impl Iterator<Item = (Slot, &Claim)> {
        let first = self.resource(resource).map_or(NONE, |resource| resource.holders.first);
        core::iter::successors(self.with_slot(first), |(_, claim)| self.with_slot(claim.links.next))
    }

    fn with_slot(&self, slot: Slot) -> Option<(Slot, &Claim)> {
        self.get(slot).map(|claim| (slot, claim))
    }

    pub(super) fn first_in_line(&self, resource: Slot) -> Option<(Slot, &Claim)> {
        self.with_slot(self.resource(resource)?.line.first)
    }

    pub(super) fn next_holder(&self, slot: Slot) -> Option<Slot> {
        let next = self.get(slot)?.links.next;
        (next != NONE).then_some(next)
    }

    /// How many there are in line before this ticket, at most: those that left out of turn count too.
    pub(super) fn ahead(&self, resource: Slot, ticket: u32) -> u32 {
        match self.first_in_line(resource) {
            Some((_, Claim { standing: Standing::Waiting { ticket: first }, .. })) => ticket.wrapping_sub(*first),
            _ => 0,
        }
    }

    /// Whether one more could hold the resource beside those that do, were there no line.
    pub(super) fn has_room(&self, resource: Slot, mode: Mode) -> bool {
        let Some(state) = self.resource(resource) else { return true };
        let Some(holder) = self.get(state.holders.first) else { return true };
        holder.mode.bears(mode)
            && match mode {
                Mode::Permits { take, of } => state.taken.saturating_add(u32::from(take.get())) <= u32::from(of.get()),
                _ => true,
            }
    }

    pub(super) fn has_line(&self, resource: Slot) -> bool {
        self.resource(resource).is_some_and(|resource| !resource.line.is_empty())
    }

    pub(super) fn is_held(&self, resource: Slot) -> bool {
        self.resource(resource).is_some_and(|resource| !resource.holders.is_empty())
    }

    /// The number of permits that others know, if it is another one.
    pub(super) fn other_permits(&self, resource: Slot, mode: Mode) -> Option<NonZeroU16> {
        let known = self.resource(resource)?.of?;
        matches!(mode, Mode::Permits { of, .. } if of != known).then_some(known)
    }

    /// Adds a claim that neither holds nor waits yet; `None` if there is no room. The caller lets it do either at once.
    pub(super) fn add(&mut self, wish: &Wish<R>) -> Option<Slot> {
        let resource = match self.find_resource(&wish.key) {
            Some(resource) => resource,
            None => {
                let resource = self.resources.insert(Resource {
                    key: wish.key,
                    holders: List::EMPTY,
                    line: List::EMPTY,
                    taken: 0,
                    of: None,
                    semaphores: 0,
                    ticket: 0,
                    is_pending: false,
                    links: Links::NONE,
                })?;
                self.by_key.insert(&wish.key, resource);
                resource
            }
        };
        let claim = Claim {
            node: wish.node,
            id: wish.id,
            resource,
            mode: wish.mode,
            standing: Standing::Waiting { ticket: 0 },
            lease: wish.lease,
            sent: wish.sent,
            broken: false,
            superseded: false,
            links: Links::NONE,
        };
        let Some(slot) = self.claims.insert(claim) else {
            self.forget_if_idle(resource);
            return None;
        };
        self.by_owner.insert(&(wish.node, wish.id), slot);
        if let (Mode::Permits { of, .. }, Some(state)) = (wish.mode, self.resources.get_mut(resource)) {
            state.of = Some(of);
            state.semaphores = state.semaphores.saturating_add(1);
        }
        Some(slot)
    }

    /// Puts a new claim at the end of the line.
    pub(super) fn wait(&mut self, slot: Slot) {
        let Some(claim) = self.claims.get_mut(slot) else { return };
        let Some(resource) = self.resources.get_mut(claim.resource) else { return };
        claim.standing = Standing::Waiting { ticket: resource.ticket };
        resource.ticket = resource.ticket.wrapping_add(1);
        self.claims.push_back(&mut resource.line, slot);
    }

    /// Makes a new claim, or one that is in line, a holder.
    pub(super) fn hold(&mut self, slot: Slot, token: FencingToken, now: Instant) {
        self.leave(slot);
        let Some(claim) = self.claims.get_mut(slot) else { return };
        let Some(resource) = self.resources.get_mut(claim.resource) else { return };
        claim.standing = Standing::Holding { token, since: now };
        resource.taken = resource.taken.saturating_add(claim.mode.weight());
        self.claims.push_back(&mut resource.holders, slot);
    }

    /// Takes a claim out of the line, or from among the holders.
    fn leave(&mut self, slot: Slot) {
        let Some(claim) = self.claims.get(slot) else { return };
        let (standing, mode) = (claim.standing, claim.mode);
        let Some(resource) = self.resources.get_mut(claim.resource) else { return };
        if matches!(standing, Standing::Waiting { .. }) {
            if resource.line.first == slot || claim.links != Links::NONE {
                self.claims.unlink(&mut resource.line, slot);
            }
        } else {
            resource.taken = resource.taken.saturating_sub(mode.weight());
            self.claims.unlink(&mut resource.holders, slot);
        }
    }

    /// Removes a claim, and says of which resource. Somebody may be next then.
    pub(super) fn remove(&mut self, slot: Slot) -> Option<(R, Claim)> {
        self.leave(slot);
        self.deadlines.clear(slot);
        let claim = self.claims.remove(slot)?;
        let resource = self.resources.get_mut(claim.resource)?;
        let key = resource.key;
        if matches!(claim.mode, Mode::Permits { .. }) {
            resource.semaphores = resource.semaphores.saturating_sub(1);
            resource.of = resource.of.filter(|_| resource.semaphores > 0);
        }
        self.by_owner.remove(&(claim.node, claim.id), slot);
        if self.has_line(claim.resource) {
            if !planted!(NobodyNext) {
                self.set_pending(claim.resource);
            }
        } else {
            self.forget_if_idle(claim.resource);
        }
        Some((key, claim))
    }

    fn forget_if_idle(&mut self, slot: Slot) {
        let Some(resource) = self.resources.get(slot) else { return };
        if resource.holders.is_empty() && resource.line.is_empty() {
            self.settle(slot);
            if let Some(resource) = self.resources.remove(slot) {
                self.by_key.remove(&resource.key, slot);
            }
        }
    }

    /// Somebody may be granted this resource next.
    pub(super) fn set_pending(&mut self, slot: Slot) {
        if let Some(resource) = self.resources.get_mut(slot)
            && !core::mem::replace(&mut resource.is_pending, true)
        {
            self.resources.push_back(&mut self.pending, slot);
        }
    }

    /// The same for each resource that somebody waits for.
    pub(super) fn set_all_pending(&mut self) {
        for slot in 0..self.resources.extent() {
            if self.has_line(slot) {
                self.set_pending(slot);
            }
        }
    }

    /// A resource that somebody may be granted next.
    pub(super) fn pending(&self) -> Option<Slot> {
        (!self.pending.is_empty()).then_some(self.pending.first)
    }

    /// Nobody is next for now.
    pub(super) fn settle(&mut self, slot: Slot) {
        if let Some(resource) = self.resources.get_mut(slot)
            && core::mem::replace(&mut resource.is_pending, false)
        {
            self.resources.unlink(&mut self.pending, slot);
        }
    }
}

impl<R, const N: usize> Rebase for Claims<R, N> {
    fn rebase(&mut self, now: Instant, by: Duration) {
        for claim in self.claims.iter_mut() {
            claim.sent.rebase(now, by);
            if let Standing::Holding { since, .. } = &mut claim.standing {
                since.rebase(now, by);
            }
        }
        self.deadlines.rebase(now, by);
    }
}
