//! `quorate status`.

use crate::process::{Process, addresses, member, quorate, run};
use serde_json::Value;

#[test]
fn a_member_says_what_it_sees() {
    let folder = tempfile::tempdir().unwrap();
    let [address] = addresses();
    let mut node =
        Process::start(quorate(&["node", "--json"]).args(member(1, core::slice::from_ref(&address), folder.path())));
    node.event("elected");

    let (code, table, says) = run(&["status", &address]);
    assert_eq!(code, 0, "{says}");
    assert!(table.contains("node 1 of group `quorate`") && table.contains("leads epoch 1"), "{table}");

    let (code, json, _) = run(&["status", &address, "--json"]);
    let status: Value = serde_json::from_str(&json).unwrap();
    assert_eq!((code, &status["id"], &status["leader"], &status["epoch"]), (0, &1.into(), &1.into(), &1.into()));

    let (code, _, says) = run(&["status", &address, "--group", "other", "--timeout", "300ms"]);
    assert_eq!(code, 1);
    assert!(says.contains("did not answer within 300 ms") && says.contains("group `other`"), "{says}");
}

#[test]
fn a_member_with_a_key_answers_only_to_its_key() {
    let folder = tempfile::tempdir().unwrap();
    let [right, wrong] = ["right", "wrong"].map(|name| folder.path().join(name).display().to_string());
    run(&["key", &right]);
    run(&["key", &wrong]);
    let [address] = addresses();
    let mut command = quorate(&["node", "--json", "--key-file", &right]);
    let mut node = Process::start(command.args(member(1, core::slice::from_ref(&address), folder.path())));
    node.event("elected");
    let ask = |more: &[&str]| run(&[&["status", &address, "--timeout", "500ms"], more].concat());
    assert_eq!(ask(&["--key-file", &right]).0, 0);
    let (code, _, says) = ask(&["--key-file", &wrong]);
    assert_eq!(code, 1);
    assert!(says.contains("did not answer") && says.contains(&format!("the key in {wrong}")), "{says}");
    let (code, _, says) = ask(&[]);
    assert_eq!(code, 1);
    assert!(says.contains("no key"), "{says}");
}

#[test]
fn nobody_there_is_said_at_once() {
    let [address] = addresses();
    let (code, printed, says) = run(&["status", &address, "--timeout", "10s"]);
    assert_eq!((code, printed.as_str()), (1, ""));
    assert!(says.contains(&format!("nobody listens at {address}")), "{says}");
    let (code, _, says) = run(&["status", "no-port"]);
    assert_eq!(code, 2);
    assert!(says.contains("`no-port` cannot be found") && says.contains("such as 127.0.0.1:7401"), "{says}");
}
