//! `quorate key` and `quorate completions`.

use crate::process::run;
use std::os::unix::fs::PermissionsExt;

#[test]
fn a_key_file_is_private_and_never_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("group.key");
    let name = path.to_str().unwrap();
    let (code, printed, says) = run(&["key", name]);
    assert_eq!((code, printed.as_str()), (0, ""));
    assert!(says.contains("holds a new key"), "{says}");
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let text = std::fs::read_to_string(&path).unwrap();
    let line = text.lines().find(|line| !line.starts_with('#')).unwrap();
    assert!(line.starts_with("1 ") && line.len() == 66, "{line}");

    let (code, _, says) = run(&["key", name]);
    assert_eq!(code, 1);
    assert!(says.contains("a key is never overwritten"), "{says}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
}

#[test]
fn keys_change_in_three_steps() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("group.key");
    let name = path.to_str().unwrap();
    run(&["key", name]);
    for (step, ids) in [("--add", vec!["1", "2"]), ("--swap", vec!["2", "1"]), ("--retire", vec!["2"])] {
        let (code, _, says) = run(&["key", name, step]);
        assert_eq!(code, 0, "{says}");
        let text = std::fs::read_to_string(&path).unwrap();
        let found: Vec<_> = text.lines().filter(|line| !line.starts_with('#')).map(|line| &line[..1]).collect();
        assert_eq!(found, ids, "{step}");
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let (code, _, says) = run(&["key", name, "--swap"]);
    assert_eq!(code, 1);
    assert!(says.contains("only one key") && says.contains("`--add`"), "{says}");
}

#[test]
fn without_a_file_a_key_is_printed_and_each_is_another() {
    let (code, first, _) = run(&["key"]);
    assert_eq!(code, 0);
    assert_ne!(first, run(&["key"]).1);
}

#[test]
fn completions_are_printed_for_shells() {
    let (code, script, _) = run(&["completions", "bash"]);
    assert_eq!(code, 0);
    assert!(script.contains("_quorate") && script.contains("--key-file"));
    assert_eq!(run(&["completions", "abacus"]).0, 2);
}
