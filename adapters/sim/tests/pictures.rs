//! Pictures: those that the documentation shows, which must not grow stale, and what holds for all of them.
//!
//! `QUORATE_REWRITE=1 cargo nextest run -p quorate-sim --test pictures` draws those in `docs/pictures` anew; then look at them.
#![allow(missing_docs, clippy::std_instead_of_core)]

use core::time::Duration;
use quorate::detector::AnyDetector;
use quorate::election::{Guarantee, Start};
use quorate::member::{DetectorKind, Member, Profile};
use quorate::{Group, Instant, NodeId, Seed};
use quorate_sim::check::Violation;
use quorate_sim::picture::{self, Detail, Emphasis, Options, Recorder, Recording, space_time};
use quorate_sim::world::{self, Delay, Link, Settings, Subject, World};
use quorate_sim::{lesson, scenario};
use roxmltree::Document;

type Machine = Member<AnyDetector<16>, 8>;

const fn at(millis: u64) -> Instant {
    Instant::from_millis(millis)
}

fn world(size: u32, seed: u64, link: Link) -> World<impl Subject<Machine = Machine>> {
    let ids: Vec<NodeId> = (1..=size).map(NodeId::new).collect();
    let subject = world::from_fn(move |birth: world::Birth<'_, _>| {
        let others: Vec<NodeId> = ids.iter().copied().filter(|id| *id != birth.node).collect();
        let start = birth.record.map_or(Start::First, |record| Start::Recovered(*record));
        let config = Profile::LAN.config(DetectorKind::Timeout, Guarantee::Majority, birth.seed).expect("it is valid");
        let group = Group::new(birth.node, &others).expect("different nodes");
        Member::new(config, group, &[], birth.incarnation, start, birth.now).expect("it is valid")
    });
    World::new(subject, Settings { size: size as usize, seed: Seed::new(seed), link, ..Settings::default() })
}

/// A few seconds in which much goes wrong.
fn trouble(size: u32, seed: u64, recorder: &mut Recorder) -> Result<(), Violation> {
    let mut random = Seed::new(seed).random();
    let link = Link {
        loss: 30_000,
        duplication: 10_000,
        delay: Delay::Uniform { least: Duration::from_micros(200), most: Duration::from_millis(9) },
        ..Link::GOOD
    };
    let mut world = world(size, seed, link);
    world.start_all(recorder)?;
    for _ in 0..12 {
        world.run_for(random.up_to(Duration::from_millis(500)), recorder)?;
        let place = random.below(u64::from(size)) as usize;
        match random.below(8) {
            0 => world.crash(place, recorder)?,
            1 => world.start_all(recorder)?,
            2 => world.pause(place, random.up_to(Duration::from_secs(1)), recorder)?,
            3 => world.resume(place),
            4 => world.partition(|other| u32::from(other < place), recorder)?,
            5 => world.heal(recorder)?,
            6 => world.cut(place, (place + 1) % size as usize, true, recorder)?,
            _ => world.change_clock(place, |clock, now| clock.step_back(now, Duration::from_millis(70)), recorder)?,
        }
        recorder.note(world.now(), "<something> & more");
    }
    world.run_for(Duration::from_millis(300), recorder)
}

fn recorded(size: u32, seed: u64, until: Instant) -> Recording {
    let mut recorder = Recorder::new(at(0), until);
    trouble(size, seed, &mut recorder).expect("the machines keep their promises");
    recorder.finish("Trouble \"in\" <a> group & elsewhere")
}

/// How many paths end in each of these markers, in the first diagram.
fn ends(document: &Document<'_>, kind: &str) -> usize {
    let panel = document.descendants().find(|node| node.attribute("clip-path") == Some("url(#panel-0)"));
    let paths = panel.expect("there is a first diagram").children();
    paths
        .filter(|path| path.attribute("marker-end").is_some_and(|end| end.starts_with(&format!("url(#{kind}"))))
        .count()
}

#[test]
fn every_message_is_an_arrow_and_every_lost_one_ends_in_a_cross() {
    for seed in 0..12 {
        let recording = recorded(2 + seed as u32 % 5, seed, at(60_000));
        let options = Options { routine: Detail::All, ..Options::default() };
        let svg = space_time(&recording, &options);
        let document = Document::parse(&svg).unwrap_or_else(|error| panic!("seed {seed}: {error}"));
        let lost = recording.flights.iter().filter(|flight| flight.is_lost()).count();
        assert!(lost > 10, "seed {seed}: it has something to show, {lost}");
        assert_eq!(ends(&document, "lost"), lost, "seed {seed}");
        assert_eq!(ends(&document, "arrow"), recording.flights.len() - lost, "seed {seed}");
    }
}

#[test]
fn pictures_are_well_formed_whatever_happens_and_whatever_the_options() {
    for seed in 100..130 {
        let recording = recorded(1 + seed as u32 % 7, seed, at(200 + seed * 20));
        for options in [
            Options::default(),
            Options { width: 0, routine: Detail::None, moments: 0 },
            Options { width: 3_000, routine: Detail::All, moments: 30 },
        ] {
            let svg = space_time(&recording, &options);
            let document = Document::parse(&svg).unwrap_or_else(|error| panic!("seed {seed}: {error}"));
            let text = document.descendants().find(|node| node.has_tag_name("title")).and_then(|title| title.text());
            assert_eq!(text, Some("Trouble \"in\" <a> group & elsewhere"));
            assert!(!svg.contains("NaN") && !svg.contains("inf"), "seed {seed}");
        }
    }
}

#[test]
fn nothing_at_all_can_be_drawn() {
    for recording in [Recording::default(), Recorder::new(at(5), at(1)).finish("")] {
        Document::parse(&space_time(&recording, &Options::default())).expect("it is well-formed");
    }
    let study = lesson::detectors::Study { seed: 0, length: Duration::ZERO, traces: Vec::new() };
    Document::parse(&picture::detectors(&study)).expect("it is well-formed");
}

#[test]
fn a_recorder_is_bounded_gives_up_routine_first_and_says_so() {
    let mut all = Recorder::new(at(0), at(60_000));
    trouble(5, 3, &mut all).expect("the machines keep their promises");
    let all = all.finish("");
    let news = all.flights.iter().filter(|flight| flight.class.emphasis != Emphasis::Routine).count();
    assert!(all.left_out == 0 && news < 3_000 && all.flights.len() > news + 500, "{news} of {}", all.flights.len());

    for most in [0, 10, news, news + 100] {
        let mut few = Recorder::new(at(0), at(60_000)).with_most(most);
        trouble(5, 3, &mut few).expect("the machines keep their promises");
        let few = few.finish("");
        assert!(few.flights.len() <= most && few.left_out > 0);
        assert!(few.lanes.iter().all(|lane| lane.marks.len().max(lane.spans.len()) <= most));
        assert!(space_time(&few, &Options::default()).contains("INCOMPLETE"));
        if most >= news {
            let kept = few.flights.iter().filter(|flight| flight.class.emphasis != Emphasis::Routine).count();
            assert_eq!(kept, news, "with room for {most} all that is news is kept");
        }
    }
}

#[test]
fn the_window_is_kept_to_and_what_reaches_into_it_is_drawn() {
    let mut recorder = Recorder::new(at(1_000), at(1_500));
    let mut world = world(3, 1, Link::GOOD);
    world.start_all(&mut recorder).expect("fine");
    world.run_until(at(3_000), &mut recorder).expect("fine");
    let recording = recorder.finish("");
    assert!(!recording.flights.is_empty());
    assert!(recording.flights.iter().all(|flight| (at(1_000)..=at(1_500)).contains(&flight.sent)));
    let spans: Vec<_> = recording.lanes.iter().flat_map(|lane| &lane.spans).collect();
    assert!(matches!(spans[..], [span] if span.label == "epoch 1" && span.from < at(1_000)), "{spans:?}");
}

/// Holds a picture against the one in `docs/pictures`, or draws that anew.
fn golden(name: &str, svg: &str) {
    Document::parse(svg).expect("it is well-formed");
    assert!(svg.len() < 150_000, "{name} has {} bytes", svg.len());
    let path = format!("{}/../../docs/pictures/{name}.svg", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("QUORATE_REWRITE").is_some() {
        std::fs::write(&path, svg).expect("it can be written");
    }
    let known = std::fs::read_to_string(&path).unwrap_or_default();
    let line = known.lines().zip(svg.lines()).position(|(known, drawn)| known != drawn);
    assert!(known == svg, "{path} looks different from line {line:?} on; if that is right, QUORATE_REWRITE=1");
}

#[test]
fn the_paused_leader_looks_as_it_did() {
    let text = scenario::text("paused-leader").expect("there is one");
    let story = scenario::parse("paused-leader.toml", text).expect("it is valid");
    let mut recorder = Recorder::new(at(0), at(3_200));
    let summary = scenario::run(&story, scenario::Options::default(), &mut recorder);
    assert!(summary.is_good(), "{summary}");
    let mut recording = recorder.finish(story.title());
    recording.subtitle = "When it goes on, its lease has run out long ago, and another leads.".into();
    golden("paused-leader", &space_time(&recording, &Options::default()));
}

#[test]
fn what_is_held_and_waited_for_is_drawn_on_the_lines_of_those_who_do() {
    for (name, until, subtitle) in [
        ("paused-holder", 8_000, "Its lease ran out while it was paused; the fence has seen the next one's token."),
        ("barrier-through-failover", 7_600, "Whoever has arrived tells the next leader so; nothing was written down."),
    ] {
        let text = scenario::text(name).expect("there is one");
        let story = scenario::parse(&format!("{name}.toml"), text).expect("it is valid");
        let mut recorder = Recorder::new(at(0), at(until));
        let summary = scenario::run(&story, scenario::Options::default(), &mut recorder);
        assert!(summary.is_good(), "{summary}");
        let mut recording = recorder.finish(story.title());
        let states: Vec<&str> =
            recording.lanes.iter().flat_map(|lane| lane.spans.iter().map(|span| span.class.name)).collect();
        assert!(states.contains(&"leads") && states.contains(&"waits"), "{states:?}");
        recording.subtitle = subtitle.into();
        golden(name, &space_time(&recording, &Options::default()));
    }
}

#[test]
fn the_detectors_look_as_they_did() {
    golden("detectors", &picture::detectors(&lesson::detectors::study(1, Duration::from_secs(3_600))));
}
