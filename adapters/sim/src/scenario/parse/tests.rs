//! What is wrong with a scenario is said with its line, its value, and what would be right.

use super::parse;
use alloc::string::{String, ToString};
use std::format;

/// A scenario of three nodes and ten seconds, with these lines from the fifth on.
fn with(lines: &str) -> Result<crate::scenario::Scenario, crate::scenario::Error> {
    parse("a.toml", &format!("title = \"A\"\nshows = \"That.\"\nnodes = 3\nlength = \"10s\"\n{lines}\n"))
}

fn error(lines: &str) -> String {
    with(lines).expect_err(lines).to_string()
}

fn step(step: &str) -> String {
    error(&format!("steps = [\n    {{ at = \"1s\", {step} }},\n]"))
}

#[test]
fn it_names_file_line_value_and_what_would_be_accepted() {
    assert_eq!(
        error("seed = \"x\""),
        format!("a.toml, line 5: `seed` is the text \"x\", and has to be a whole number from 0 to {}", u64::MAX)
    );
    assert_eq!(
        error("profile = \"moon\""),
        "a.toml, line 5: `profile` is the text \"moon\", and has to be one of \"lan\", \"wan\", \"bus\""
    );
    assert_eq!(
        error("\ndetectr = \"chen\""),
        "a.toml, line 6: a scenario has no `detectr` here; did you mean `detector`?"
    );
    assert_eq!(
        error("link = { loss = 0.1 }"),
        "a.toml, line 5: `loss` is 0.1, and has to be a chance such as \"10%\" or \"0.5%\""
    );
    assert_eq!(error("priorities = { 4 = 1 }"), "a.toml, line 5: `4` is no node; it has to be a number from 1 to 3");
    assert_eq!(
        error("ids = [1, 2]"),
        "a.toml, line 5: `ids` is a list, and has to be a list of 3 numbers, one for each node"
    );
    assert!(error("epoch = 4294967296").ends_with("has to be a whole number from 1 to 4294967295"));
    assert!(
        error("timings = { interval = \"300ms\" }")
            .contains("the timings do not go together: 2 · interval < detection does not hold")
    );
    assert!(error("clocks = { 2 = \"fast\" }").contains("a rate such as \"+200ppm\" or \"-5%\""));
    assert!(error("seed = = 3").starts_with("a.toml, line 5: this is not TOML: "));
    assert_eq!(
        parse("b.toml", "title = \"B\"").expect_err("too little").to_string(),
        "b.toml, line 1: a scenario needs `shows`"
    );
}

#[test]
fn steps_too() {
    assert_eq!(step("crahs = 3"), "a.toml, line 6: a step has no `crahs` here; did you mean `crash`?");
    assert_eq!(step("pause = 3"), "a.toml, line 6: a step needs `for`");
    assert_eq!(
        step("crash = 3, start = 2"),
        "a.toml, line 6: a step does one thing at a time, and this one has `crash`, `start`"
    );
    assert_eq!(step("crash = 3, for = \"2s\"").split("; ").next(), Some("a.toml, line 6: a step has no `for` here"));
    assert_eq!(
        step("crash = \"somebody\""),
        "a.toml, line 6: `crash` is the text \"somebody\", and has to be a node's number from 1 to 3, \"leader\", \"follower\", \
         \"followers\", \"all\" or a list of some of these"
    );
    assert!(step("crash = 4").contains("`crash` is 4, and has to be a node's number from 1 to 3"));
    assert!(step("expect = { leader = \"all\" }").contains("\"somebody\", \"nobody\""));
    assert!(step("expect = { node = 3 }").contains("nothing is expected of this node"));
    assert!(step("expect = { same-leader-since = \"2s\" }").contains("has to be a time before this step's"));
    assert!(step("lose = \"gossip\", next = 1").contains("\"coordinator\", \"acknowledge\""));
    assert!(step("lose = \"answer\"").contains("needs `next`, how many messages, or `for`, how long"));
    assert!(step("split = [[1, 2, 3]]").contains("two sides or more"));
    assert!(step("clock = 1").contains("one of `rate`, `forward` and `back`"));
    assert!(step("crash = 1, every = \"1s\"").contains("`every` needs `times`"));
    assert!(
        step("crash = 1, every = \"5s\", times = 3")
            .contains("this step comes at 11.000s, and the scenario ends at 10.000s")
    );
    assert!(error("steps = [ { at = \"1s\" } ]").contains("this step does nothing"));
    assert!(
        error("machines = \"monitors\"\nsteps = [ { at = \"1s\", resign = 1 } ]").contains("`resign` is for members")
    );
}

#[test]
fn services_too() {
    let step = |step: &str| {
        let lines = format!("machines = \"hosts\"\nclients = [2, 3]\nsteps = [\n    {{ at = \"1s\", {step} }},\n]");
        with(&lines).expect_err(step).to_string()
    };
    assert_eq!(
        step("acquire = \"a\", by = 1"),
        "a.toml, line 8: `by` is 1, and has to be one of the `clients`, a list of some, or \"clients\""
    );
    assert_eq!(step("acquire = \"a\""), "a.toml, line 8: a step needs `by`");
    assert!(step("acquire = \"\", by = 2").contains("`acquire`"));
    assert!(step("acquire = \"a\", by = 2, permits = 3, of = 2").contains("nobody can have 3 of 2 permits"));
    assert!(step("acquire = \"a\", by = 2, permits = 3").contains("`of` how many there are"));
    assert!(step("acquire = \"a\", by = 2, wait = \"a while\"").contains("\"try\", or a time such as"));
    assert_eq!(step("arrive = \"a\", by = 2"), "a.toml, line 8: a step needs `parties`");
    assert!(error("steps = [ { at = \"1s\", unlock = 1 } ]").contains("machines = \"hosts\""));
    assert!(error("clients = [1]").contains("machines = \"hosts\""));
    assert!(error("machines = \"hosts\"\nclients = [1, 2]\nstore = 3").contains("no member is left"));
    assert!(error("machines = \"hosts\"\nguarantee = \"per-partition\"").contains("one of \"majority\""));
    assert!(error("machines = \"hosts\"\nleases = { longest = \"0s\" }").contains("there can be no such leases"));
}

#[test]
fn whom_a_step_called_something_can_be_named_afterwards_and_not_before() {
    let call = "{ at = \"1s\", call = \"the old one\", node = \"leader\" }";
    let crash = "{ at = \"2s\", crash = \"the old one\" }";
    assert!(with(&format!("steps = [ {call}, {crash} ]")).is_ok());
    assert!(with(&format!("steps = [ {crash}, {call} ]")).is_err());
}

#[test]
fn what_is_not_met_is_said_in_a_sentence_and_so_is_who_is_not_there() {
    let scenario = with(
        "steps = [\n    { at = \"50ms\", crash = \"leader\" },\n    { at = \"2s\", expect = { leader = 1, node = 2, suspects = 3 } },\n]",
    );
    let scenario = scenario.expect("it is well-formed");
    let summary = crate::scenario::run(&scenario, crate::scenario::Options::default(), &mut ());
    let told = summary.to_string();
    assert!(!summary.is_good());
    assert!(told.contains("0.050s  NOT SO (line 6): there is somebody to do this to; but nobody leads"), "{told}");
    assert!(told.contains("2.000s  NOT SO (line 7): node 1 leads; but node 3 leads, in epoch 1"), "{told}");
    assert!(told.contains("2.000s  NOT SO (line 7): node 2 suspects node 3; but node 2 trusts node 3"), "{told}");
}

#[test]
fn a_promise_that_is_said_to_break_must_break() {
    let scenario = with("breaks = \"E2\"").expect("it is well-formed");
    let summary = crate::scenario::run(&scenario, crate::scenario::Options::default(), &mut ());
    assert!(!summary.is_good() && summary.to_string().contains("but it was kept"), "{summary}");
}
