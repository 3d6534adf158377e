//! Bytes as a plan of a whole world.

use super::history::length;
use crate::swarm::{PlanOf, Planned, Trial, run_with, shrink};
use alloc::vec::Vec;
use arbitrary::Unstructured;
use core::time::Duration;
use quorate::{Instant, Seed};

/// How many faults and commands a plan has at most.
const MOST: usize = 32;
/// For how long there are faults at most: plans are to be many rather than long.
const LONGEST: Duration = Duration::from_secs(20);
/// From how long a history the faults are taken that there can be.
const DRAWN: Duration = Duration::from_secs(300);
/// At every so manieth step the laws are checked.
const LAWS_EVERY: u32 = 64;

/// Runs the plan that the bytes spell, with everything judged that a swarm judges: safety at every happening, the good state at the end, and
/// the laws.
///
/// # Panics
///
/// At the first promise that is broken; with the smallest plan that was found to break it.
pub fn trial<T: Trial>(trial: &T, data: &[u8]) {
    let plan = plan(trial, data);
    if let Some(violation) = run_with(trial, &plan, LAWS_EVERY, &mut ()).violation {
        let smallest = shrink(trial, plan, violation.promise, 200);
        panic!("{}: {violation}\n\nthe smallest plan that was found to break it:\n{smallest}", trial.name());
    }
}

/// The plan that the bytes spell.
///
/// The first eight draw a plan, as a swarm's seed does. What follows, three bytes each, takes faults and commands out of it, in any order
/// and as often as it likes, each so long after the one before. So a fuzzer makes histories of its own, and cannot do what the
/// trial does not: set a clock that its protocol trusts, for example.
#[must_use]
pub fn plan<T: Trial>(trial: &T, data: &[u8]) -> PlanOf<T> {
    let mut bytes = Unstructured::new(data);
    let seed = bytes.arbitrary().unwrap_or_default();
    let mut plan = trial.draw(DRAWN, &mut Seed::new(seed).random());
    let drawn = core::mem::take(&mut plan.faults);
    let mut faults = Vec::new();
    let end = Instant::ORIGIN.after(LONGEST);
    let mut at = Instant::ORIGIN;
    while !drawn.is_empty() && bytes.len() >= 3 && faults.len() < MOST {
        let (after, which) = (bytes.arbitrary().unwrap_or(0), bytes.arbitrary::<u16>().unwrap_or(0));
        at = at.after(length(after)).min(end);
        faults.extend(drawn.get(usize::from(which) % drawn.len()).map(|planned| Planned { at, ..planned.clone() }));
    }
    plan.faulty = at.since(Instant::ORIGIN);
    plan.faults = faults;
    plan
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::swarm::trials::{Canary, ElectionTrial};
    use std::panic::catch_unwind;

    #[test]
    fn the_bytes_choose_faults_and_times() {
        let bytes = [&7_u64.to_le_bytes()[..], &[0xd1, 3, 0], &[0, 3, 0], &[0xd1, 9, 1]].concat();
        let plan = plan(&ElectionTrial, &bytes);
        assert_eq!(plan, super::plan(&ElectionTrial, &bytes));
        let ats: Vec<_> = plan.faults.iter().map(|planned| planned.at).collect();
        let once = Instant::ORIGIN.after(length(0xd1));
        assert_eq!(ats, [once, once, once.after(length(0xd1))]);
        assert_eq!(plan.faults[0].fault, plan.faults[1].fault);
        assert_eq!(plan.faulty, ats[2].since(Instant::ORIGIN));
    }

    #[test]
    fn a_broken_promise_is_a_panic_that_tells_the_plan() {
        let found = (0..200_u64).find_map(|seed| {
            let bytes: Vec<u8> =
                (0..20).flat_map(|n| (seed + n).wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes()).collect();
            catch_unwind(|| trial(&Canary, &bytes)).err()
        });
        let found = found.expect("the canary is dead");
        let why = found.downcast_ref::<std::string::String>().expect("it says why");
        assert!(why.starts_with("canary: mutual exclusion") && why.contains("nodes, "), "{why}");
    }
}
