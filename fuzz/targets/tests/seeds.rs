//! Every seed that is committed, through its target.

use quorate_fuzz_targets::ALL;
use std::fs;
use std::path::{Path, PathBuf};

fn seeds() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../seeds")
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn each_seed_goes_through_its_target() {
    for (name, target) in ALL {
        let folder = seeds().join(name);
        let seeds = names(&folder);
        assert!(!seeds.is_empty(), "{name} has no seeds");
        target(&[]);
        for seed in seeds {
            println!("{name}/{seed}"); // shown if the next line panics
            target(&fs::read(folder.join(seed)).unwrap());
        }
    }
}

#[test]
fn each_target_has_its_file_and_its_seeds_and_there_are_no_others() {
    let mut all: Vec<String> = ALL.iter().map(|(name, _)| (*name).to_owned()).collect();
    all.sort();
    assert_eq!(names(&seeds()), all);
    let files = names(&seeds().join("../fuzz_targets"));
    assert_eq!(files, all.iter().map(|name| format!("{name}.rs")).collect::<Vec<_>>());
    let manifest = fs::read_to_string(seeds().join("../Cargo.toml")).unwrap();
    for name in all {
        assert!(manifest.contains(&format!("name = \"{name}\"\npath = \"fuzz_targets/{name}.rs\"\n")), "{name}");
    }
}
