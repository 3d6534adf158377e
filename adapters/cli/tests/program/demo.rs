//! `quorate demo`.

use crate::process::{Process, children, is_running, quorate, run, wait_until};
use rustix::process::Signal;
use serde_json::Value;

#[test]
fn leaders_are_killed_and_paused_and_every_promise_is_kept() {
    let (code, printed, says) = run(&["demo", "--nodes", "3", "--rounds", "2", "--seed", "7", "--json"]);
    assert_eq!(code, 0, "{printed}{says}");
    let found: Value = serde_json::from_str(&printed).unwrap();
    for (field, value) in [("nodes", 3), ("rounds", 2), ("max_leaders_per_epoch", 1), ("overlaps", 0), ("seed", 7)] {
        assert_eq!(found[field], value, "{field}");
    }
    assert_eq!(found["agreed"], true);
    assert_eq!(found["broken"], Value::Array(vec![]));
    for figure in ["failover_ms", "detection_ms"] {
        let [median, max] = ["median", "max"].map(|which| found[figure][which].as_f64().unwrap());
        assert!(median > 0.0 && median <= max, "{figure} {median} {max}");
    }
    let lock = &found["lock"];
    assert!(lock["acquired"].as_u64().unwrap() >= 20 && lock["max_wait_ms"].as_f64().unwrap() > 0.0, "{lock}");
    assert_eq!(
        (&lock["overlaps"], &found["barrier"]),
        (&Value::from(0), &serde_json::json!({ "rounds": 3, "early": 0 }))
    );
    assert!(found["frames_per_second"].as_f64().unwrap() > 0.0);
    let faults: Vec<_> = found["history"].as_array().unwrap().iter().map(|round| &round["fault"]).collect();
    assert_eq!(faults, ["kill", "pause"]);
}

#[test]
fn piped_it_prints_plain_lines_and_a_table() {
    let (code, printed, says) = run(&["--nodes", "3", "--rounds", "1"]);
    assert_eq!(code, 0, "{printed}{says}");
    for text in [
        "all 3 members agree",
        "SIGKILL to node",
        "is started anew",
        "overlapping leaderships",
        "which holds the lock",
        "late writes refused",
        "passed early",
        "Every promise was kept.",
    ] {
        assert!(printed.contains(text), "{text}\n{printed}");
    }
    assert!(!printed.contains('\x1b'), "there are colours in a pipe");
}

#[test]
fn interrupted_it_ends_all_members() {
    let mut demo = Process::start_reading_errors(&mut quorate(&["demo", "--json", "--rounds", "100"]));
    let id = demo.id();
    wait_until("five members", || children(id).len() == 5);
    let members = children(id);
    demo.signal(Signal::INT);
    assert_eq!(demo.end(), 130);
    assert!(demo.seen.iter().any(|line| line.contains("was interrupted")), "{:?}", demo.seen);
    assert!(members.iter().all(|member| !is_running(*member)));
}

#[test]
fn killed_it_takes_all_members_with_it_even_one_that_is_paused() {
    let folder = tempfile::tempdir().unwrap(); // It cannot clean up after itself.
    let mut demo = Process::start(quorate(&["demo", "--rounds", "100"]).env("TMPDIR", folder.path()));
    let id = demo.id();
    demo.line("a pause", |line| line.contains("SIGSTOP"));
    let members = children(id);
    assert_eq!(members.len(), 5);
    demo.signal(Signal::KILL);
    demo.end();
    wait_until("the members have ended", || members.iter().all(|member| !is_running(*member)));
}

#[test]
fn impossible_wishes_are_refused() {
    for (arguments, says) in
        [(["demo", "--nodes", "2"], "2 is not in 3..=9"), (["demo", "--rounds", "0"], "0 is not in")]
    {
        let (code, _, error) = run(&arguments);
        assert_eq!(code, 2);
        assert!(error.contains(says), "{error}");
    }
}
