//! The laws of `quorate::laws`, tried on every machine. A new machine joins with one line below.
//!
//! A failing history is shrunk and printed; `PROPTEST_RNG_SEED=n` replays a run, `PROPTEST_CASES=n` lengthens it.

mod history;

/// `laws!(name, machine, inputs)`: the first five laws for a machine that stores nothing.
/// `laws!(name, machine, inputs, restarts)`: the sixth as well.
#[allow(unused_macros, reason = "each form is used by whichever machines need it")]
macro_rules! laws {
    ($name:ident, $machine:expr, $inputs:expr) => {
        laws!(@test $name, $machine, $inputs, quorate::laws::check);
    };
    ($name:ident, $machine:expr, $inputs:expr, restarts) => {
        laws!(@test $name, $machine, $inputs, quorate::laws::check_restart);
    };
    (@test $name:ident, $machine:expr, $inputs:expr, $check:path) => {
        #[test]
        fn $name() {
            let histories = $crate::history::histories($inputs);
            $crate::history::run(histories, |history| $check($machine, history));
        }
    };
}

mod alarm;
laws!(alarm, alarm::Alarm::default(), alarm::inputs(), restarts);

mod clock;
laws!(clock_lamport, clock::lamport(), clock::lamport_inputs(), restarts);
laws!(clock_hybrid, clock::hybrid(), clock::hybrid_inputs(), restarts);
laws!(clock_vector, clock::vector(), clock::vector_inputs(), restarts);
laws!(clock_version, clock::version(), clock::version_inputs(), restarts);

mod monitor;
laws!(monitor_timeout, monitor::timeout(), monitor::inputs());
laws!(monitor_phi_normal, monitor::phi_normal(), monitor::inputs());
laws!(monitor_phi_exponential, monitor::phi_exponential(), monitor::inputs());
laws!(monitor_chen, monitor::chen(), monitor::inputs());
laws!(monitor_bertier, monitor::bertier(), monitor::inputs());
laws!(monitor_any, monitor::any(), monitor::inputs());

mod election;
use quorate::election::{Guarantee, Record, Start};
use quorate::{Instant, Rebase};
laws!(election, election::election(Guarantee::Majority, Start::First), election::inputs(), restarts);
laws!(
    election_recovered,
    election::election(Guarantee::Majority, Start::Recovered(Record::default())),
    election::inputs()
);
laws!(election_forgetful, election::election(Guarantee::Majority, Start::Forgetful), election::inputs());
laws!(election_per_partition, election::election(Guarantee::PerPartition, Start::First), election::inputs(), restarts);
laws!(member, election::member(), election::member_inputs(), restarts);

mod lease;
laws!(lease_authority, lease::authority_at(Instant::ORIGIN), lease::authority_inputs());
laws!(lease_authority_fixed, lease::fixed(), lease::authority_inputs(), restarts);
laws!(lease_holder, lease::holder_at(Instant::ORIGIN), lease::holder_inputs());

mod host;
laws!(host, host::host(false), host::inputs(), restarts);
laws!(host_alone, host::host(true), host::inputs(), restarts);
mod barrier;
laws!(barrier_coordinator, barrier::coordinator_at(Instant::ORIGIN), barrier::coordinator_inputs());
laws!(barrier_coordinator_fixed, barrier::fixed(), barrier::coordinator_inputs(), restarts);
mod dissemination;
laws!(barrier_dissemination, dissemination::member_at(Instant::ORIGIN), dissemination::inputs());
laws!(barrier_party, barrier::party_at(Instant::ORIGIN), barrier::party_inputs());

mod rebase;

#[test]
fn an_election_goes_on_as_before_when_its_time_is_counted_from_a_later_origin() {
    for guarantee in [Guarantee::Majority, Guarantee::PerPartition] {
        history::run(rebase::histories(election::inputs()), |history| {
            let machine = election::election_at(guarantee, Start::First, rebase::BEGIN);
            let rebase = |message: &mut election::Message, by| message.rebase(Instant::ORIGIN, by);
            rebase::check(machine, history, rebase::make_recent, rebase)
        });
    }
}

#[test]
fn a_monitor_goes_on_as_before_when_its_time_is_counted_from_a_later_origin() {
    history::run(rebase::histories(monitor::inputs()), |history| {
        rebase::check(monitor::timeout_at(rebase::BEGIN), history, |_, _| (), |_, _| ())
    });
}

#[test]
fn authorities_and_holders_go_on_as_before_when_their_time_is_counted_from_a_later_origin() {
    let make_recent = |message: &mut lease::Message<u8>, now: Instant| match message {
        lease::Message::Acquire { sent, .. }
        | lease::Message::Renew { sent, .. }
        | lease::Message::Granted { sent, .. }
        | lease::Message::Waiting { sent, .. }
        | lease::Message::Refused { sent, .. } => {
            *sent = now - core::time::Duration::from_nanos(sent.as_nanos() % 2_000_000_000);
        }
        lease::Message::Release { .. } | lease::Message::Released { .. } => {}
    };
    let rebase = |message: &mut lease::Message<u8>, by| message.rebase(Instant::ORIGIN, by);
    history::run(rebase::histories(lease::authority_inputs()), |history| {
        rebase::check(lease::authority_at(rebase::BEGIN), history, make_recent, rebase)
    });
    history::run(rebase::histories(lease::holder_inputs()), |history| {
        rebase::check(lease::holder_at(rebase::BEGIN), history, make_recent, rebase)
    });
}

#[test]
fn coordinators_and_parties_go_on_as_before_when_their_time_is_counted_from_a_later_origin() {
    history::run(rebase::histories(barrier::coordinator_inputs()), |history| {
        rebase::check(barrier::coordinator_at(rebase::BEGIN), history, |_, _| (), |_, _| ())
    });
    history::run(rebase::histories(dissemination::inputs()), |history| {
        rebase::check(dissemination::member_at(rebase::BEGIN), history, |_, _| (), |_, _| ())
    });
    history::run(rebase::histories(barrier::party_inputs()), |history| {
        rebase::check(barrier::party_at(rebase::BEGIN), history, |_, _| (), |_, _| ())
    });
}
