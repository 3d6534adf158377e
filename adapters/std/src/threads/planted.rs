//! Planted bugs: each must be found.

/// Runs one of these tests in a process of its own with a bug planted, and returns what it said before it failed.
fn with_planted(bug: &str, test: &str) -> String {
    let mut process = std::process::Command::new(std::env::current_exe().unwrap());
    process.args(["--exact", &format!("threads::{test}"), "--nocapture"]).env("QUORATE_PLANT", bug);
    let output = process.output().unwrap();
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(!output.status.success(), "{test} does not find the planted {bug}: {said}");
    said
}

#[test]
fn a_planted_lost_wakeup_is_found() {
    for test in [
        "mailbox::a_mailbox_that_is_put_into_at_once_wakes_who_takes",
        "seats::who_waits_at_a_seat_hears_of_what_another_thread_sent",
        "signals::who_listened_before_it_looked_misses_no_ring",
        "locks::who_waits_for_a_lock_gives_up_when_it_is_cancelled",
        "barriers::two_threads_go_on_together",
    ] {
        let said = with_planted("lost-wakeup", test);
        assert!(said.contains("deadlock"), "{test} fails otherwise: {said}");
        println!("the planted lost wake-up is found: {test} ends in a deadlock");
    }
}

#[test]
fn a_planted_double_release_is_found() {
    for test in [
        "locks::a_lock_is_held_by_one_of_two_threads_at_a_time",
        "locks::a_lock_is_held_by_one_of_more_threads_at_a_time",
        "barriers::two_threads_go_on_together",
    ] {
        let said = with_planted("double-release", test);
        // Two threads hold the same lock or have the same place, or one waits for what another one was given in its stead.
        let signs = ["two hold it at once", "what is held is valid", "released, both", "deadlock"];
        let found = signs.iter().any(|sign| said.contains(sign));
        assert!(found, "{test} fails otherwise: {said}");
        println!("the planted double release is found: {test}");
    }
}
