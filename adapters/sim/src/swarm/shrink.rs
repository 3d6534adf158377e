//! Making a failing plan smaller.

use super::failure::breaks;
use super::plan::Fault;
use super::trial::{PlanOf, Trial};
use crate::world::{Delay, Disk, Link};
use core::time::Duration;
use quorate::Instant;

/// Takes away from a plan what is not needed for breaking `promise`: faults, nodes, and whatever makes links, clocks,
/// storage and nodes bad. Each attempt is a run; there are at most `attempts`.
pub fn shrink<T: Trial>(trial: &T, mut plan: PlanOf<T>, promise: &str, attempts: u32) -> PlanOf<T> {
    if attempts == 0 {
        return plan;
    }
    let mut left = attempts;
    let mut try_it = |plan: &mut PlanOf<T>, smaller: PlanOf<T>| {
        if left == 0 || smaller == *plan {
            return false;
        }
        left -= 1;
        // Whatever is taken away moves all later chance, so a few other seeds have their try.
        let fails = (0..3).find_map(|nudge| {
            let plan = PlanOf::<T> { seed: smaller.seed.wrapping_add(nudge), ..smaller.clone() };
            breaks(trial, &plan, promise).then_some(plan)
        });
        fails.map(|smaller| *plan = smaller).is_some()
    };
    loop {
        let before = plan.clone();
        shorten(&mut plan, &mut try_it);
        // Faults: first half of them at once, then ever fewer.
        let mut length = plan.faults.len().div_ceil(2).max(1);
        loop {
            let mut start = 0;
            while start < plan.faults.len() {
                let mut smaller = plan.clone();
                let end = (start + length).min(smaller.faults.len());
                smaller.faults.drain(start..end);
                if !try_it(&mut plan, smaller) {
                    start += length;
                }
            }
            if length == 1 {
                break;
            }
            length = length.div_ceil(2);
        }
        for part in 0..4 {
            let mut smaller = plan.clone();
            match part {
                0 => smaller.link = Link::GOOD,
                1 => smaller.processing = Delay::NONE,
                2 => smaller.disk = Disk::default(),
                _ => smaller.clocks.iter_mut().for_each(|clock| *clock = (0, Duration::ZERO)),
            }
            try_it(&mut plan, smaller);
        }
        while plan.size > 1 {
            let mut smaller = plan.clone();
            smaller.size -= 1;
            smaller.faults.retain(|planned| planned.fault.is_within(smaller.size));
            if !try_it(&mut plan, smaller) {
                break;
            }
        }
        if plan.faults.len() == before.faults.len() && plan.size == before.size {
            return plan;
        }
    }
}

/// Ends the faults earlier.
fn shorten<R: Clone, C: Clone>(
    plan: &mut super::Plan<R, C>,
    try_it: &mut impl FnMut(&mut super::Plan<R, C>, super::Plan<R, C>) -> bool,
) {
    loop {
        let mut smaller = plan.clone();
        smaller.faulty /= 2;
        let end = Instant::ORIGIN.after(smaller.faulty);
        smaller.faults.retain(|planned| planned.at <= end || matches!(planned.fault, Fault::Heal));
        smaller.faults.retain(|planned| planned.at <= end);
        if smaller.faulty < Duration::from_millis(1) || !try_it(plan, smaller) {
            return;
        }
    }
}
