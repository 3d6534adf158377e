//! `quorate sim SCENARIO`.

use crate::process::run;
use serde_json::Value;

const MINE: &str = r#"
title = "A leader is cut off"
shows = "A leader that reaches no majority steps down before another one is elected."
nodes = 3
length = "3s"
steps = [
    { at = "1s", isolate = "leader" },
    { at = "3s", expect = { leader = 2, epoch = 2 } },
]
"#;

/// A file with this text in a folder of its own.
fn file(text: &str) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mine.toml");
    std::fs::write(&path, text).unwrap();
    let name = path.to_str().unwrap().to_owned();
    (folder, name)
}

#[test]
fn all_that_have_a_name_are_listed_and_run() {
    let (code, listed, _) = run(&["sim"]);
    assert_eq!(code, 0);
    assert_eq!(listed, run(&["sim", "--list"]).1);
    let names: Vec<_> = listed.lines().map_while(|line| line.split_whitespace().next()).collect();
    assert!(names.contains(&"paused-leader"), "{listed}");
    for name in names {
        let (code, printed, says) = run(&["sim", name]);
        assert_eq!((code, says.as_str()), (0, ""), "{name}: {printed}");
        assert!(printed.ends_with("as expected\n") && !printed.contains('\x1b'), "{printed}");
    }
}

#[test]
fn a_file_is_told_drawn_and_summed_up() {
    let (folder, name) = file(MINE);
    let svg = folder.path().join("mine.svg").display().to_string();
    let (code, printed, says) = run(&["sim", &name, "--transcript", "--svg", &svg]);
    assert_eq!(code, 0, "{printed}{says}");
    assert!(printed.contains("LEADS NO MORE") && printed.contains("A leader is cut off: 3 members"), "{printed}");
    assert_eq!(says, format!("{svg} holds the picture; any browser shows it.\n"));
    let picture = std::fs::read_to_string(&svg).unwrap();
    assert!(picture.starts_with("<svg") && picture.contains("A leader is cut off"));

    let (code, printed, _) = run(&["sim", &name, "--seed", "4", "--json"]);
    let found: Value = serde_json::from_str(&printed).unwrap();
    assert_eq!((code, &found["good"], &found["seeds"]), (0, &true.into(), &1.into()));
    assert_eq!((&found["run"]["seed"], &found["run"]["nodes"]), (&4.into(), &3.into()));
    assert_eq!(found["events"], found["run"]["events"]);
}

#[test]
fn many_seeds_are_counted_and_hours_go_on() {
    let (_folder, name) = file(MINE);
    let (code, printed, _) = run(&["sim", &name, "--seeds", "20"]);
    assert_eq!(code, 0, "{printed}");
    assert!(printed.contains("All 20 seeds went like that one, "), "{printed}");
    let (code, printed, _) = run(&["sim", &name, "--hours", "1", "--json"]);
    let found: Value = serde_json::from_str(&printed).unwrap();
    assert_eq!((code, found["simulated_hours"].as_f64()), (0, Some(1.0)));
}

#[test]
fn what_is_not_as_expected_fails() {
    let (_folder, name) = file(&MINE.replace("leader = 2", "leader = 1"));
    let (code, printed, _) = run(&["sim", &name]);
    assert_eq!(code, 1);
    assert!(printed.contains("NOT SO (line 8)") && printed.ends_with("NOT AS EXPECTED\n"), "{printed}");
    let (code, printed, _) = run(&["sim", &name, "--seeds", "3", "--seed", "5", "--json"]);
    let found: Value = serde_json::from_str(&printed).unwrap();
    assert_eq!((code, &found["good"]), (1, &false.into()));
    assert_eq!((&found["failed"], &found["run"]["seed"]), (&serde_json::json!([5, 6, 7]), &5.into()));
}

#[test]
fn mistakes_are_told_with_what_to_do() {
    let (_folder, bad) = file("title = 'Mine'\nshows = 'That'\nnodes = 'many'");
    let (_folder, good) = file(MINE);
    for (arguments, code, says) in [
        (
            &["pausd-leader"][..],
            2,
            "there is no scenario `pausd-leader`, and no file of that name. Did you mean `paused-leader`",
        ),
        (&["no.toml"], 2, "`quorate sim --list` says which there are."),
        (&[bad.as_str()], 2, "line 3: `nodes` is the text \"many\""),
        (&["/"], 2, "/ cannot be read"),
        (&["--seed", "4"], 2, "required arguments were not provided"),
        (
            &[good.as_str(), "--svg", "/no/such/folder/a.svg"],
            1,
            "the picture cannot be written to /no/such/folder/a.svg",
        ),
    ] {
        let (is, _, error) = run(&[&["sim"], arguments].concat());
        assert_eq!(is, code, "{arguments:?}: {error}");
        assert!(error.contains(says), "{error}");
    }
}
