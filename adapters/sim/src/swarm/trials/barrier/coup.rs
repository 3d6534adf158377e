//! A history in which the last word of a deposed coordinator does harm, if anybody obeys it.
//!
//! All parties are bound to a generation of the old coordinator, which has heard of none of them that it is ready, and takes them for
//! gone in the end. Meanwhile all have turned to a new one, the last of them late: as soon as it has come, the new one knows that all
//! are bound, and releases them. The word of the old one, that the generation is broken, reaches a party just before that, and the party
//! cannot object any more. So many things at once do not happen by chance.

use super::{BarrierTrial, Command};
use crate::swarm::{Fault, PlanOf, Planned};
use crate::world::Link;
use core::time::Duration;
use quorate::barrier::{coordinator, party};
use quorate::{Epoch, Instant, Random};

/// Nothing passes.
const SILENT: Link = Link { loss: 1_000_000, ..Link::GOOD };

/// When it is over.
pub(super) fn end(plan: &PlanOf<BarrierTrial>, begin: Instant) -> Instant {
    let rules = plan.rules;
    begin.after(rules.grace + rules.timing.repeat * 4).after(rules.lapse + rules.timing.repeat * 4)
}

/// The one at place `old` has just opened, and at place `new` another one will, in `epoch`.
pub(super) fn plan(
    plan: &mut PlanOf<BarrierTrial>,
    (old, new): (usize, usize),
    begin: Instant,
    epoch: Epoch,
    random: &mut Random,
) {
    let rules = plan.rules;
    let repeat = rules.timing.repeat;
    let parties = super::members(&rules);
    let first = rules.coordinators + random.below(u64::from(rules.parties)) as usize;
    let last = if first + 1 < parties.end { first + 1 } else { rules.coordinators };
    let mut then = |at: Instant, fault| plan.faults.push(Planned { at, fault });

    // They have places when this begins, for they have arrived before.
    for place in parties.clone() {
        let patience = Some(repeat);
        then(begin, Fault::Command(place, Command::Attend(party::Command::Arrive { patience })));
    }
    let meet = begin.after(rules.grace + repeat * 4);
    for place in parties.clone() {
        for other in 0..rules.coordinators {
            then(meet, Fault::Link(place, other, Link::GOOD));
            then(meet, Fault::Link(other, place, Link::GOOD));
        }
        then(meet, Fault::Command(place, Command::Attend(party::Command::Arrive { patience: None })));
    }
    // What they say when they are asked whether they are ready is not heard.
    let deaf = meet.after(Duration::from_micros(1));
    parties.clone().for_each(|place| then(deaf, Fault::Link(place, old, SILENT)));
    then(deaf, Fault::Link(last, new, SILENT));
    // The last one is bound by then, and hears nothing more of the old one.
    then(meet.after(repeat), Fault::Link(old, last, SILENT));

    let over = meet.after(rules.lapse);
    let opens = over.before(repeat * 5 / 2);
    then(opens, Fault::Command(new, Command::Coordinate(coordinator::Command::Open { epoch })));
    then(over.before(repeat / 8), Fault::Link(first, new, SILENT));
    then(over.after(Duration::from_millis(5)), Fault::Link(last, new, Link::GOOD));
    for place in parties {
        for other in [old, new] {
            then(over.after(repeat * 3), Fault::Link(place, other, Link::GOOD));
            then(over.after(repeat * 3), Fault::Link(other, place, Link::GOOD));
        }
    }
    let close = coordinator::Command::Close { leader: None };
    then(over.after(repeat * 3), Fault::Command(old, Command::Coordinate(close)));
}
