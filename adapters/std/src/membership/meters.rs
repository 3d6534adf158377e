//! Metrics: the list is in the documentation of the [module above](super).

use super::{Machine, Shared};
use crate::driver::Survey;
use metrics::{counter, gauge};
use quorate::election::Standing;
use quorate::lease::authority::ClaimState;

/// Brings every counter and gauge up to date, with whatever recorder there is now.
pub(super) fn show(shared: &Shared, survey: &Survey<'_, Machine>) {
    let labels = [("group", shared.group.clone()), ("node", shared.id.to_string())];
    let (machine, counters, now) = (survey.machine, &survey.counters, survey.now);
    let election = machine.member().election();

    let leads = matches!(election.standing(), Standing::Leading | Standing::Stopping);
    gauge!("quorate_leads", &labels).set(f64::from(u8::from(leads)));
    gauge!("quorate_leader", &labels).set(election.leader().map_or(-1.0, |leader| f64::from(leader.id.get())));
    gauge!("quorate_epoch", &labels).set(election.record().epoch.get() as f64);
    if leads {
        gauge!("quorate_lease_seconds", &labels).set(election.time_left(now).as_secs_f64());
    }

    let tallies = shared.tallies.tallied();
    counter!("quorate_elections_won_total", &labels).absolute(tallies.elections_won);
    counter!("quorate_leader_changes_total", &labels).absolute(tallies.leader_changes);
    counter!("quorate_suspicions_total", &labels).absolute(tallies.suspicions);
    counter!("quorate_pauses_total", &labels).absolute(tallies.pauses);
    counter!("quorate_locks_granted_total", &labels).absolute(tallies.locks_granted);
    counter!("quorate_locks_reclaimed_total", &labels).absolute(tallies.locks_reclaimed);
    counter!("quorate_locks_expired_total", &labels).absolute(tallies.locks_expired);
    if machine.hosts() {
        let (mut held, mut waiting) = (0_u32, 0_u32);
        for claim in machine.authority().claims(now) {
            let count = if matches!(claim.state, ClaimState::Waiting(_)) { &mut waiting } else { &mut held };
            *count += 1;
        }
        gauge!("quorate_locks_held", &labels).set(f64::from(held));
        gauge!("quorate_locks_waiting", &labels).set(f64::from(waiting));
    }
    gauge!("quorate_clients", &labels).set(survey.clients as f64);
    counter!("quorate_messages_rejected_total", &labels).absolute(tallies.messages_rejected);

    counter!("quorate_frames_in_total", &labels).absolute(counters.frames_in);
    counter!("quorate_frames_out_total", &labels).absolute(counters.frames_out);
    counter!("quorate_frames_unsent_total", &labels).absolute(counters.unsent);
    for (reason, count) in &counters.dropped {
        let [group, node] = labels.clone();
        counter!("quorate_dropped_total", &[group, node, ("reason", reason.clone())]).absolute(*count);
    }
    counter!("quorate_records_persisted_total", &labels).absolute(counters.persisted);
    counter!("quorate_steps_total", &labels).absolute(counters.steps);
    counter!("quorate_step_nanoseconds_total", &labels).absolute(nanos(counters.step_time));
    gauge!("quorate_step_longest_seconds", &labels).set(counters.longest_step.as_secs_f64());

    for health in machine.member().monitor().healths() {
        let [group, node] = labels.clone();
        let labels = [group, node, ("peer", health.peer.to_string())];
        let level = machine.member().monitor().level(health.peer, now).unwrap_or(0.0);
        gauge!("quorate_peer_level", &labels).set(level);
        gauge!("quorate_peer_suspected", &labels).set(f64::from(u8::from(health.suspected)));
    }
}

fn nanos(duration: core::time::Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
