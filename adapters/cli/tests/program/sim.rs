//! `quorate sim`: swarms, explorations and lessons.

use crate::process::{Process, quorate, run};
use rustix::process::Signal;
use serde_json::Value;

/// Runs a command that is to print one object of JSON.
fn json(arguments: &[&str]) -> (i32, Value) {
    let (code, printed, says) = run(arguments);
    let found = serde_json::from_str(&printed);
    (code, found.unwrap_or_else(|error| panic!("{error}: {printed}{says}")))
}

fn number(value: &Value, field: &str) -> f64 {
    value[field].as_f64().unwrap_or_else(|| panic!("{field} is no number in {value}"))
}

#[test]
fn a_swarm_is_a_table_with_a_verdict() {
    let (code, printed, says) = run(&["sim", "swarm", "--trial", "monitor,lamport", "--seeds", "3", "--minutes", "1"]);
    assert_eq!((code, says.as_str()), (0, ""), "{printed}");
    let starts: Vec<_> = printed.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(starts[..3], ["trial", "monitor", "lamport"]);
    assert!(printed.ends_with("No promise was broken.\n"), "{printed}");
    assert!(!printed.contains('\x1b'), "there are colours in a pipe");
}

#[test]
fn a_swarm_of_several_trials_is_summed_up_in_json() {
    let trials = "member,election";
    let (code, found) = json(&["sim", "swarm", "--trial", trials, "--seeds", "4", "--minutes", "2", "--json"]);
    assert_eq!((code, &found["seeds"], &found["violations"]), (0, &8.into(), &0.into()));
    assert!(number(&found, "events") > 1_000.0 && number(&found, "events_per_second") > 1_000.0, "{found}");
    // Four times two minutes of faults each, and then as long as it takes until all is well.
    let hours = number(&found, "simulated_hours");
    assert!((16.0 / 60.0..2.0).contains(&hours), "{hours}");
    let each = found["trials"].as_array().unwrap();
    assert_eq!((each.len(), &each[0]["trial"], &each[1]["trial"]), (2, &"member".into(), &"election".into()));
    let sum: f64 = each.iter().map(|trial| number(trial, "events")).sum();
    assert_eq!(sum, number(&found, "events"));
    let missing = each.iter().map(|trial| trial["sometimes_missing"].as_array().unwrap().len()).sum::<usize>();
    assert_eq!(found["sometimes_missing"].as_array().unwrap().len(), missing);
}

#[test]
fn the_canary_dies_and_the_command_that_is_printed_kills_it_again() {
    let (code, printed, _) = run(&["sim", "swarm", "--trial", "canary", "--seeds", "50", "--minutes", "1"]);
    assert_eq!(code, 1);
    assert!(printed.ends_with("A promise was broken.\n"), "{printed}");
    let command = printed.lines().find_map(|line| line.strip_prefix("to see it again: quorate ")).unwrap();
    let arguments: Vec<&str> = command.split_whitespace().collect();
    let (code, again, _) = run(&arguments);
    assert_eq!(code, 1);
    let story = |printed: &str| {
        let (_, story) = printed.split_once("canary, seed ").unwrap();
        story.to_owned()
    };
    assert_eq!(story(&printed), story(&again));
    assert!(story(&again).contains("mutual exclusion is broken"), "{again}");
    // In lengths that are no whole minutes, too.
    let (code, found) =
        json(&["sim", "swarm", "--trial", "canary", "--seeds", "50", "--length", "90s", "--threads", "1", "--json"]);
    assert_eq!((code, &found["violations"]), (1, &1.into()));
    let replay = found["trials"][0]["failures"][0]["replay"].as_str().unwrap();
    assert!(replay.contains("--length 90s"), "{replay}");
    assert_eq!(run(&replay.split_whitespace().skip(1).collect::<Vec<_>>()).0, 1);
}

#[test]
fn the_canary_is_not_among_all() {
    let (code, found) = json(&["sim", "swarm", "--seeds", "1", "--minutes", "1", "--json"]);
    let trials: Vec<_> = found["trials"].as_array().unwrap().iter().map(|trial| trial["trial"].clone()).collect();
    assert_eq!(code, 0);
    assert!(trials.len() >= 8 && !trials.contains(&"canary".into()), "{trials:?}");
}

#[test]
fn interrupted_a_swarm_tells_what_it_has_found() {
    let mut swarm = Process::start(&mut quorate(&["sim", "swarm", "--trial", "lamport", "--seeds", "100000000"]));
    swarm.line("the head of a table", |line| line.starts_with("trial"));
    std::thread::sleep(core::time::Duration::from_millis(300));
    swarm.signal(Signal::INT);
    assert_eq!(swarm.end(), 130);
    assert_eq!(swarm.seen.last().unwrap(), "Interrupted; no promise was broken until then.");
}

#[test]
fn nobody_who_reads_is_no_failure() {
    let mut command = quorate(&["sim", "clocks"]);
    let mut child = command.stdout(std::process::Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    assert!(child.wait().unwrap().success());
}

#[test]
fn an_exploration_that_is_cut_short_says_so_and_fails() {
    let (code, printed, _) = run(&["sim", "explore", "election", "--most-states", "2000"]);
    assert_eq!(code, 1);
    assert!(printed.contains("Cut short") && printed.ends_with("Raise --most-states.\n"), "{printed}");
    let (code, found) = json(&["sim", "explore", "election", "--most-states", "2000", "--json"]);
    assert_eq!((code, &found["complete"]), (1, &false.into()));
    for field in ["violations", "traps"] {
        assert_eq!(found[field], 0, "{field}");
    }
    for field in ["states", "states_per_second", "bytes_per_state"] {
        assert!(number(&found, field) > 0.0, "{field}");
    }
    assert_eq!(found["models"][0]["name"], "election");
}

#[test]
fn there_is_a_list_of_models() {
    let (code, printed, _) = run(&["sim", "explore", "--list"]);
    assert_eq!(code, 0);
    assert!(printed.lines().any(|line| line.starts_with("election ")), "{printed}");
}

#[test]
fn clocks_on_walls_are_wrong_and_the_others_right() {
    let (code, printed, _) = run(&["sim", "clocks"]);
    assert_eq!(code, 0);
    assert!(printed.starts_with("The clock of server 1 is 5 s fast."), "{printed}");
    let (code, found) = json(&["sim", "clocks", "--apart", "2s", "--json"]);
    assert_eq!((code, number(&found, "apart_seconds")), (0, 2.0));
    let right: Vec<_> = found["verdicts"].as_array().unwrap().iter().map(|verdict| &verdict["is_right"]).collect();
    assert_eq!(right, [false, true, true, true]);
}

#[test]
fn detectors_are_measured_on_all_traces() {
    let folder = tempfile::tempdir().unwrap();
    let svg = folder.path().join("detectors.svg");
    let drawn = ["--svg", svg.to_str().unwrap()];
    let (code, printed, _) = run(&[&["sim", "detectors", "--hours", "1", "--trace", "lossy"], &drawn[..]].concat());
    assert_eq!(code, 0);
    let picture = std::fs::read_to_string(&svg).unwrap();
    assert!(picture.starts_with("<svg") && picture.contains("Bertier"));
    assert!(printed.starts_with("Every detector on the same traces of 1.0 h each; seed 1."), "{printed}");
    assert!(printed.contains("lossy: one heartbeat in ten is lost") && !printed.contains("steady: "), "{printed}");
    let (code, found) = json(&["sim", "detectors", "--hours", "1", "--seed", "3", "--json"]);
    assert_eq!((code, &found["seed"]), (0, &3.into()));
    let traces = found["traces"].as_array().unwrap();
    assert_eq!(traces.len(), 5);
    for curve in traces.iter().flat_map(|trace| trace["curves"].as_array().unwrap()) {
        let points = curve["points"].as_array().unwrap();
        let ends = [&points[0], points.last().unwrap()].map(|point| number(point, "detection_seconds"));
        assert!(ends[0] > 0.0 && ends[0] < ends[1], "patience is not later: {curve}");
    }
}

#[test]
fn mistakes_are_told_with_what_was_meant() {
    for (arguments, says) in [
        (["swarm", "--trial", "membr"], "a similar value exists: 'member'"),
        (["swarm", "--seeds", "0"], "0 is not in 1.."),
        (["swarm", "--length", "90"], "write a number and a unit"),
        (["explore", "elections", "--json"], "a similar value exists: 'election'"),
        (["clocks", "--apart", "90min"], "90 min is more than an hour"),
        (["detectors", "--trace", "burst"], "a similar value exists: 'bursty'"),
    ] {
        let (code, printed, error) = run(&[&["sim"], &arguments[..]].concat());
        assert_eq!((code, printed.as_str()), (2, ""), "{arguments:?}");
        assert!(error.contains(says), "{error}");
    }
}
