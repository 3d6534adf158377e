//! What the local user asks for.

use super::machine::{Phase, Timer};
use super::{Command, CommandError, Election, Event, Gone, Role, Why};
use crate::{GroupError, Instant, NodeId, StepOf};
use core::time::Duration;

impl<const N: usize> Election<N> {
    pub(super) fn command(&mut self, command: Command, now: Instant, step: &mut StepOf<Self>) {
        if let Err(error) = self.try_command(command, now, step) {
            step.event(Event::Refused(error));
        }
    }

    fn try_command(&mut self, command: Command, now: Instant, step: &mut StepOf<Self>) -> Result<(), CommandError> {
        match command {
            Command::Suspect(peer) => self.suspect(peer, now),
            Command::Trust(peer) => {
                self.electorate.get_mut(peer).ok_or(CommandError::Unknown(peer))?.suspected = false;
                Ok(())
            }
            Command::Resign => self.resign(Why::Resigned, now, step),
            Command::Transfer(to) => {
                let peer = *self.electorate.get(to).ok_or(CommandError::Unknown(to))?;
                if !matches!(self.phase, Phase::Leading(_)) {
                    Err(CommandError::NotLeading)
                } else if peer.suspected {
                    Err(CommandError::Suspected(to))
                } else if !peer.votes || !peer.eligible {
                    Err(CommandError::Ineligible(to))
                } else {
                    self.resign(Why::Transferred(to), now, step)
                }
            }
            Command::Release => match self.phase {
                Phase::Leading(lease) => {
                    let why = lease.stopping.ok_or(CommandError::NotStopping)?;
                    self.release(why, now, step);
                    Ok(())
                }
                _ => Err(CommandError::NotStopping),
            },
            Command::SetEligible(eligible) => self.set_eligible(eligible, now, step),
            Command::SetPriority(priority) => {
                self.config.priority = priority;
                if let Some(leader) = self.leader.as_mut().filter(|leader| leader.id == self.electorate.me()) {
                    leader.priority = priority;
                }
                self.watch_rank(now);
                Ok(())
            }
            Command::AddVoter(peer) => self.add(peer, true),
            Command::AddObserver(peer) => self.add(peer, false),
            Command::Remove(peer) => self.remove(peer, now),
        }
    }

    /// Takes effect at the next tick, so that a composite can pass a detector's suspicions on without outputs of its own.
    fn suspect(&mut self, peer: NodeId, now: Instant) -> Result<(), CommandError> {
        self.electorate.get_mut(peer).ok_or(CommandError::Unknown(peer))?.suspected = true;
        if self.leader.is_some_and(|leader| leader.id == peer) {
            self.leader_is_gone(Gone::Suspected, now);
        }
        if matches!(self.phase, Phase::PreVoting { .. } | Phase::Standing { .. }) && self.has_quorum() {
            self.set(Timer::Answers, now); // It was the last one to be waited for.
        }
        Ok(())
    }

    fn resign(&mut self, why: Why, now: Instant, step: &mut StepOf<Self>) -> Result<(), CommandError> {
        if !matches!(self.phase, Phase::Leading(_)) {
            return Err(CommandError::NotLeading);
        }
        self.stop(why, now, step);
        Ok(())
    }

    fn set_eligible(&mut self, eligible: bool, now: Instant, step: &mut StepOf<Self>) -> Result<(), CommandError> {
        if self.config.role == Role::Observer {
            return Err(CommandError::Observer);
        }
        self.eligible = eligible;
        match self.phase {
            Phase::Leading(_) if !eligible => self.stop(Why::Ineligible, now, step),
            Phase::PreVoting { .. } | Phase::Standing { .. } if !eligible => {
                self.withdraw(step);
                self.phase = Phase::Following;
                self.clear(Timer::Answers);
            }
            Phase::Following if eligible && self.leader.is_none() => self.campaign_in(Duration::ZERO, now),
            _ => {}
        }
        self.watch_rank(now);
        Ok(())
    }

    fn add(&mut self, peer: NodeId, votes: bool) -> Result<(), CommandError> {
        self.electorate.add(peer, votes).map_err(|error| match error {
            GroupError::Full { .. } => CommandError::Full(peer),
            GroupError::Unknown { .. } => CommandError::Unknown(peer),
            GroupError::Myself { .. } | GroupError::Twice { .. } => CommandError::Member(peer),
        })
    }

    fn remove(&mut self, peer: NodeId, now: Instant) -> Result<(), CommandError> {
        self.electorate.remove(peer).map_err(|_| CommandError::Unknown(peer))?;
        if self.leader.is_some_and(|leader| leader.id == peer) {
            self.leader_is_gone(Gone::Removed, now);
        }
        if let Phase::Leading(lease) = &mut self.phase {
            lease.newer = self.electorate.acknowledged_after(lease.from);
        }
        Ok(())
    }
}
