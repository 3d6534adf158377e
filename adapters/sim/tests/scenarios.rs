//! The scenarios that have a name: as expected with every seed, and told in `tests/transcripts`.
//!
//! `QUORATE_REWRITE=1 cargo nextest run -p quorate-sim transcripts` writes the transcripts anew; then read the difference.
#![allow(missing_docs, clippy::std_instead_of_core)]

use core::fmt::Write as _;
use core::time::Duration;
use quorate_sim::scenario::{self, NAMES, Options, Scenario, Summary};
use quorate_sim::transcript::Transcript;

fn scenario(name: &str) -> Scenario {
    let text = scenario::text(name).expect("a name has a text");
    scenario::parse(&format!("{name}.toml"), text).unwrap_or_else(|error| panic!("{error}"))
}

/// The whole of it: what it shows, how it went, and what it amounts to.
fn told(scenario: &Scenario) -> (String, Summary) {
    let mut transcript = Transcript::new();
    let summary = scenario::run(scenario, Options::default(), &mut transcript);
    let mut text = format!("{}\n\n{}\n\n", scenario.title(), scenario.shows());
    text += &transcript.finish();
    let _ = writeln!(text, "\n{summary}");
    (text, summary)
}

#[test]
fn transcripts() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/transcripts");
    let rewrite = std::env::var_os("QUORATE_REWRITE").is_some();
    let mut wrong = String::new();
    for name in NAMES {
        let path = format!("{folder}/{name}.txt");
        let (text, summary) = told(&scenario(name));
        if rewrite {
            std::fs::write(&path, &text).expect("the transcript can be written");
        }
        if !summary.is_good() {
            let _ = writeln!(wrong, "\n{name} did not go as expected:\n{text}");
        } else if let Some(difference) = difference(&std::fs::read_to_string(&path).unwrap_or_default(), &text) {
            let _ = writeln!(wrong, "\n{name} went another way than {path} tells:\n{difference}");
        }
    }
    assert!(
        wrong.is_empty(),
        "{wrong}\nIf that is right, write them anew with QUORATE_REWRITE=1, and read the difference."
    );
}

/// The first line that is another, and what is around it.
fn difference(expected: &str, actual: &str) -> Option<String> {
    if expected == actual {
        return None;
    }
    let (expected, actual): (Vec<&str>, Vec<&str>) = (expected.lines().collect(), actual.lines().collect());
    let same = expected.iter().zip(&actual).take_while(|(one, other)| one == other).count();
    let mut text = format!("the first difference is in line {}\n", same + 1);
    for line in actual.iter().take(same).skip(same.saturating_sub(3)) {
        let _ = writeln!(text, "    {line}");
    }
    for (mark, lines) in [('-', &expected), ('+', &actual)] {
        for line in lines.iter().skip(same).take(4) {
            let _ = writeln!(text, "  {mark} {line}");
        }
    }
    Some(text)
}

#[test]
fn every_scenario_goes_as_expected_with_other_seeds() {
    let mut wrong = String::new();
    for name in NAMES {
        let scenario = scenario(name);
        // Those that last for an hour take their time.
        let seeds = if scenario.length() > Duration::from_secs(1_000) { 2 } else { 20 };
        for seed in 0..seeds {
            let options = Options { seed: Some(seed), ..Options::default() };
            let summary = scenario::run(&scenario, options, &mut ());
            if !summary.is_good() {
                let _ = writeln!(wrong, "{name} with seed {seed}:\n{summary}\n");
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn the_same_seed_is_the_same_run_and_another_is_not() {
    for name in NAMES {
        let scenario = scenario(name);
        if scenario.length() > Duration::from_secs(60) {
            continue;
        }
        let run = |seed| scenario::run(&scenario, Options { seed: Some(seed), ..Options::default() }, &mut ());
        assert_eq!(run(3), run(3), "{name}");
        assert_ne!(run(3).digest, run(4).digest, "{name}");
    }
}

#[test]
fn when_its_steps_are_over_the_world_goes_on() {
    let scenario = scenario("rough-weather");
    let options = Options { at_least: Duration::from_secs(3_600), ..Options::default() };
    let summary = scenario::run(&scenario, options, &mut ());
    assert!(summary.is_good() && summary.simulated == Duration::from_secs(3_600), "{summary}");
    assert!(summary.events > 100_000 && summary.leaderships.len() <= 256, "{summary}");
    assert_eq!(summary.expectations, scenario::run(&scenario, Options::default(), &mut ()).expectations);
}

#[test]
fn every_name_has_a_scenario_that_can_fail() {
    for name in NAMES {
        let scenario = scenario(name);
        assert!(scenario::named(name).is_some_and(|named| named == scenario), "{name}");
        let summary = scenario::run(&scenario, Options::default(), &mut ());
        assert!(!summary.expectations.is_empty(), "{name} expects nothing");
        assert!(scenario.shows().len() > 100, "{name} does not say what it shows");
    }
    assert!(scenario::named("no-such-scenario").is_none());
}

#[test]
fn a_summary_is_for_programs_too() {
    let summary = scenario::run(&scenario("paused-leader"), Options::default(), &mut ());
    let json = serde_json::to_value(&summary).expect("it can be serialized");
    assert_eq!(json["simulated_seconds"], 4.0);
    assert_eq!(json["elections"], 2);
    assert_eq!(json["leaderships"][1]["node"], 2);
    assert!(json["leaderships"][1]["until"].is_null() && json["leaderless_seconds"].as_f64().expect("a number") > 0.1);
    assert_eq!(json["expectations"][0]["met"], true);
}
