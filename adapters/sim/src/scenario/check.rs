//! Whether it is as expected.

use super::chronicle::Chronicle;
use super::player::Player;
use super::stage::Stage;
use super::story::{Expectation, Who, Whom};
use super::summary::Expected;
use crate::check::Violation;
use crate::world::Carrier;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use quorate::NodeId;

/// Whether something is so; and if it is not, how it is.
type Finding = Result<(), String>;

fn when(holds: bool, but: impl FnOnce() -> String) -> Finding {
    if holds { Ok(()) } else { Err(but()) }
}

impl<M: Player, C: Carrier<M>> Stage<'_, M, C> {
    pub(super) fn check(
        &self,
        expectation: &Expectation,
        line: usize,
        chronicle: &Chronicle<M>,
        broken: &[Violation],
    ) -> Expected {
        let (what, finding) = match expectation {
            Expectation::Broken(promise) => {
                let kept = || String::from("it was kept");
                (format!("{promise} has been broken"), when(broken.iter().any(|one| one.promise == *promise), kept))
            }
            Expectation::Kept(promise) => {
                let found = broken.iter().find(|one| one.promise == *promise);
                (format!("{promise} has been kept"), found.map_or(Ok(()), |one| Err(one.to_string())))
            }
            _ => self.find(expectation, chronicle),
        };
        let (met, but) = (finding.is_ok(), finding.err().unwrap_or_default());
        Expected { at: self.world.now(), line, what, met, but }
    }

    fn find(&self, expectation: &Expectation, chronicle: &Chronicle<M>) -> (String, Finding) {
        let now = self.world.now();
        let leader = chronicle.leader(now);
        let who_leads = || match leader {
            Some((place, epoch)) => format!("{} leads, in epoch {epoch}", self.name(&[place])),
            None => String::from("nobody leads"),
        };
        let some = |whom: &Whom| self.places(whom, chronicle).map_or_else(|nobody| nobody, |places| self.name(&places));
        let number = |whom: &Whom, one, several| match self.places(whom, chronicle) {
            Ok(places) if places.len() == 1 => one,
            _ => several,
        };
        match expectation {
            Expectation::Leader(these) => {
                let places = these.iter().map(|who| self.place(who, chronicle)).collect::<Result<Vec<_>, _>>();
                let (what, found) = match &places {
                    Ok(places) => (
                        format!("{} leads", self.one_of(places)),
                        when(leader.is_some_and(|(leader, _)| places.contains(&leader)), who_leads),
                    ),
                    Err(nobody) => (String::from("somebody certain leads"), Err(nobody.clone())),
                };
                (what, found)
            }
            Expectation::Led(true) => (String::from("somebody leads"), when(leader.is_some(), who_leads)),
            Expectation::Led(false) => (String::from("nobody leads"), when(leader.is_none(), who_leads)),
            Expectation::Agree(whom) => (format!("{} agree on who leads", some(whom)), self.agree(whom, chronicle)),
            Expectation::Follows(whom, who) => {
                let whose = self.place(who, chronicle).map(|place| self.name(&[place]));
                let what = format!("{} follows {}", some(whom), whose.unwrap_or_else(|nobody| nobody));
                (what, self.follows(whom, who, chronicle))
            }
            Expectation::Suspects(whom, peers) => {
                let what = format!("{} suspects {}", some(whom), some(peers));
                (what, self.opinion(whom, peers, true, chronicle))
            }
            Expectation::Trusts(whom, peers) => {
                let what = format!("{} trusts {}", some(whom), some(peers));
                (what, self.opinion(whom, peers, false, chronicle))
            }
            Expectation::Up(whom, up) => {
                let how = |up| if up { "up" } else { "down" };
                let found = self.each(whom, chronicle, |place| {
                    let is = self.world.machine(place).is_some();
                    when(is == *up, || format!("{} is {}", self.name(&[place]), how(is)))
                });
                (format!("{} is {}", some(whom), how(*up)), found)
            }
            Expectation::Told(whom, words, since) | Expectation::Said(whom, words, since) => {
                let (was, were, how) = match expectation {
                    Expectation::Told(..) => ("was", "were", "told"),
                    _ => ("has", "have", "said"),
                };
                let found = self.each(whom, chronicle, |place| {
                    when(chronicle.heard(place, words, *since), || format!("{} {was} not", self.name(&[place])))
                });
                (format!("{} {} {how} {words:?}", some(whom), number(whom, was, were)), found)
            }
            Expectation::NeverTold(whom, words, since) | Expectation::NeverSaid(whom, words, since) => {
                let (was, were, how) = match expectation {
                    Expectation::NeverTold(..) => ("was", "were", "told"),
                    _ => ("has", "have", "said"),
                };
                let found = self.each(whom, chronicle, |place| {
                    when(!chronicle.heard(place, words, *since), || format!("{} {was}", self.name(&[place])))
                });
                (format!("{} {} never {how} {words:?}", some(whom), number(whom, was, were)), found)
            }
            Expectation::Refused(whom) => {
                let found = self.each(whom, chronicle, |place| {
                    when(chronicle.refused(place) > 0, || format!("{} accepted all", self.name(&[place])))
                });
                (format!("{} refused frames", some(whom)), found)
            }
            Expectation::Epoch(epoch) => {
                (format!("the epoch is {epoch}"), when(leader.is_some_and(|(_, is)| is == *epoch), who_leads))
            }
            Expectation::EpochAtMost(epoch) => {
                let what = format!("the epoch is {epoch} at most");
                (what, when(leader.is_none_or(|(_, is)| is <= *epoch), who_leads))
            }
            Expectation::LeadershipsAtMost(most) => {
                let were = chronicle.leaderships_in_all;
                (format!("at most {most} leaderships so far"), when(were <= *most, || format!("there were {were}")))
            }
            Expectation::LeaderlessAtMost(most) => {
                let was = chronicle.leaderless(now);
                (format!("nobody led for at most {most:?} so far"), when(was <= *most, || format!("it was {was:?}")))
            }
            Expectation::WrongSuspicionsAtMost(most) => {
                let were = chronicle.wrong;
                let what = match most {
                    0 => String::from("nobody was suspected wrongly"),
                    most => format!("at most {most} were suspected wrongly"),
                };
                (what, when(were <= *most, || format!("there were {were} wrong suspicions")))
            }
            Expectation::SameLeaderSince(since) => {
                let changed = chronicle.changed;
                let found = when(leader.is_some() && changed <= *since, || {
                    let who = who_leads();
                    format!("{who}, and that changed last at {changed}")
                });
                (format!("the leader is the same since {since}"), found)
            }
            Expectation::Broken(_) | Expectation::Kept(_) => (String::new(), Ok(())),
        }
    }

    fn each(&self, whom: &Whom, chronicle: &Chronicle<M>, check: impl Fn(usize) -> Finding) -> Finding {
        self.places(whom, chronicle)?.into_iter().try_for_each(check)
    }

    fn one_of(&self, places: &[usize]) -> String {
        let ids: Vec<String> = places.iter().map(|place| self.scenario.rules.id(*place).to_string()).collect();
        format!("node {}", ids.join(" or "))
    }

    /// Those of them that run follow one leader, who leads.
    fn agree(&self, whom: &Whom, chronicle: &Chronicle<M>) -> Finding {
        let now = self.world.now();
        let mut common: Option<(usize, NodeId)> = None;
        for place in self.places(whom, chronicle)? {
            let Some(machine) = self.world.machine(place).filter(|machine| machine.is_member()) else { continue };
            let me = self.name(&[place]);
            let Some((leader, _)) = machine.follows() else { return Err(format!("{me} knows no leader")) };
            match common {
                Some((first, common)) if common != leader => {
                    let first = self.name(&[first]);
                    return Err(format!("{first} follows node {common} and {me} follows node {leader}"));
                }
                _ => common = Some((place, leader)),
            }
        }
        match (common, chronicle.leader(now)) {
            (Some((_, leader)), Some((place, _))) if self.scenario.rules.id(place) == leader => Ok(()),
            (Some((_, leader)), _) => Err(format!("they follow node {leader}, which does not lead")),
            (None, _) => Err(String::from("none of them is up")),
        }
    }

    fn follows(&self, whom: &Whom, who: &Who, chronicle: &Chronicle<M>) -> Finding {
        let leader = self.scenario.rules.id(self.place(who, chronicle)?);
        self.each(whom, chronicle, |place| {
            let me = self.name(&[place]);
            let Some(machine) = self.world.machine(place) else { return Err(format!("{me} is down")) };
            match machine.follows() {
                Some((follows, _)) => when(follows == leader, || format!("{me} follows node {follows}")),
                None => Err(format!("{me} follows nobody")),
            }
        })
    }

    fn opinion(&self, whom: &Whom, peers: &Whom, suspects: bool, chronicle: &Chronicle<M>) -> Finding {
        let peers = self.places(peers, chronicle)?;
        self.each(whom, chronicle, |place| {
            let me = self.name(&[place]);
            let Some(machine) = self.world.machine(place) else { return Err(format!("{me} is down")) };
            peers.iter().filter(|peer| **peer != place).try_for_each(|peer| {
                let how = if suspects { "trusts" } else { "suspects" };
                let finds = machine.suspects(self.scenario.rules.id(*peer));
                when(finds == suspects, || format!("{me} {how} {}", self.name(&[*peer])))
            })
        })
    }
}
