//! `quorate elect`.

use crate::process::{Process, addresses, any_line, children, is_running, member, quorate, run, wait_until};
use rustix::process::Signal;
use std::path::Path;
use std::process::Command;

/// A group of one, which leads as soon as it is there.
fn alone(folder: &Path, more: &[&str], script: &str) -> Command {
    let [address] = addresses();
    let mut command = quorate(&["elect", "--profile", "bus"]);
    command.args(member(1, &[address], folder)).args(more).args(["--", "sh", "-c", script]);
    command
}

#[test]
fn the_command_knows_its_epoch_and_its_code_is_handed_on() {
    let folder = tempfile::tempdir().unwrap();
    let script = "echo $QUORATE_EPOCH $QUORATE_NODE $QUORATE_GROUP $QUORATE_VALID_FOR_MS; exit 7";
    let mut elect = Process::start(&mut alone(folder.path(), &["--quiet"], script));
    assert_eq!(elect.end(), 7);
    let [line] = elect.seen.as_slice() else { panic!("{:?}", elect.seen) };
    let (what, left) = line.rsplit_once(' ').unwrap();
    assert_eq!(what, "1 1 quorate");
    assert!((1..1_000).contains(&left.parse::<u32>().unwrap()), "{line}");

    // The epoch grows from one leadership to the next.
    let mut elect = Process::start(&mut alone(folder.path(), &["--quiet"], script));
    assert_eq!(elect.end(), 7);
    assert!(elect.seen[0].starts_with("2 1 "), "{:?}", elect.seen);
}

#[test]
fn signals_and_missing_commands_give_a_shells_codes() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(Process::start(&mut alone(folder.path(), &[], "kill -KILL $$")).end(), 137);
    let [address] = addresses();
    let options = member(1, &[address], folder.path());
    let mut command = quorate(&["elect"]);
    let mut elect = Process::start_reading_errors(command.args(&options).args(["--", "/nowhere/at-all"]));
    assert_eq!(elect.end(), 127);
    assert!(elect.seen.iter().any(|line| line.contains("there is no command `/nowhere/at-all`")), "{:?}", elect.seen);
}

#[test]
fn asked_to_stop_it_lets_the_command_clean_up() {
    let folder = tempfile::tempdir().unwrap();
    let script = "trap 'echo clean; exit 3' TERM; echo ready; while :; do sleep 0.01; done";
    let mut elect = Process::start(&mut alone(folder.path(), &["--quiet"], script));
    elect.line("ready", |line| line == "ready");
    elect.signal(Signal::TERM);
    assert_eq!(elect.end(), 3);
    assert_eq!(elect.seen.last().unwrap(), "clean");
}

#[test]
fn a_command_that_ignores_that_is_killed_after_its_grace() {
    let folder = tempfile::tempdir().unwrap();
    let script = "trap '' TERM; echo $$; while :; do sleep 0.01; done";
    let mut elect = Process::start(&mut alone(folder.path(), &["--quiet", "--grace", "100ms"], script));
    let pid = elect.line("a number", |line| line.parse::<u32>().is_ok()).parse().unwrap();
    elect.signal(Signal::INT);
    assert_eq!(elect.end(), 137);
    assert!(!is_running(pid));
}

/// Three members that run the same command; it says which epoch it works in as long as it lives.
fn group(folder: &Path, more: &[&str]) -> Vec<Process> {
    let addresses = addresses::<3>();
    let script = "echo $$ in $QUORATE_EPOCH by $QUORATE_NODE; while :; do sleep 0.01; done";
    let start = |id| {
        let mut command = quorate(&["elect", "--quiet", "--profile", "bus", "--preempt", "never"]);
        command.args(member(id, &addresses, folder)).args(more).args(["--", "sh", "-c", script]);
        Process::start(&mut command)
    };
    (1..=3).map(start).collect()
}

/// The next command that runs in a later epoch than `after`.
fn work(members: &mut [Process], after: u64) -> Work {
    let read = |line: &str| {
        let words: Vec<_> = line.split(' ').collect();
        (words[0].parse().unwrap(), words[2].parse().unwrap())
    };
    let (member, line) = any_line(members, "a command", |line| line.contains(" in ") && read(line).1 > after);
    let (pid, epoch) = read(&line);
    Work { member, pid, epoch }
}

struct Work {
    member: usize,
    pid: u32,
    epoch: u64,
}

#[test]
fn a_paused_leader_s_command_is_dead_before_another_runs() {
    let folder = tempfile::tempdir().unwrap();
    let mut members = group(folder.path(), &[]);
    let first = work(&mut members, 0);
    members[first.member].signal(Signal::STOP); // only the member; its command runs on
    let next = work(&mut members, first.epoch);
    assert!(!is_running(first.pid), "two commands run at once");
    assert_ne!(next.member, first.member);
    members[first.member].signal(Signal::CONT);
    assert_eq!(members[first.member].end(), 75);
}

#[test]
fn with_keep_a_member_leads_again() {
    let folder = tempfile::tempdir().unwrap();
    let mut members = group(folder.path(), &["--keep"]);
    let first = work(&mut members, 0);
    members[first.member].signal(Signal::STOP);
    let second = work(&mut members, first.epoch);
    assert!(!is_running(first.pid), "two commands run at once");
    members[first.member].signal(Signal::CONT);
    // With one of the others dead and the leader paused there is no majority, until that goes on.
    let third = (0..3).find(|member| ![first.member, second.member].contains(member)).unwrap();
    members[third].signal(Signal::KILL);
    members[second.member].signal(Signal::STOP);
    wait_until("the second command has ended", || !is_running(second.pid));
    members[second.member].signal(Signal::CONT);
    let last = work(&mut members, second.epoch);
    assert!([first.member, second.member].contains(&last.member));
}

#[test]
fn a_killed_member_takes_its_command_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut members = group(folder.path(), &[]);
    let first = work(&mut members, 0);
    members[first.member].signal(Signal::KILL);
    let next = work(&mut members, first.epoch);
    assert!(!is_running(first.pid), "two commands run at once");
    assert_ne!(next.member, first.member);
}

#[test]
fn a_killed_guard_takes_its_command_with_it_and_that_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let pids = folder.path().join("pid");
    let script = format!("echo $$ > {}; while :; do sleep 0.01; done", pids.display());
    let mut elect = Process::start_reading_errors(&mut alone(folder.path(), &[], &script));
    wait_until("the command runs", || std::fs::read_to_string(&pids).is_ok_and(|pid| pid.ends_with('\n')));
    let command: u32 = std::fs::read_to_string(&pids).unwrap().trim().parse().unwrap();
    let [guard] = children(elect.id())[..] else { panic!("it has not one child") };
    let guard = rustix::process::Pid::from_raw(guard.cast_signed()).unwrap();
    rustix::process::kill_process(guard, Signal::KILL).unwrap();
    assert_eq!(elect.end(), 1);
    wait_until("the command has ended", || !is_running(command));
    assert!(
        elect.seen.last().unwrap().contains("guarded the command has ended (signal: 9 (SIGKILL))"),
        "{:?}",
        elect.seen
    );
}

#[test]
fn a_margin_that_leaves_no_time_is_refused() {
    let (code, _, says) =
        run(&["elect", "--id", "1", "--listen", "127.0.0.1:0", "--diskless", "--kill-margin", "380ms", "--", "true"]);
    assert_eq!(code, 2);
    assert!(says.contains("--kill-margin of 380 ms is not less than the 380 ms"), "{says}");
    assert_eq!(run(&["elect", "--id", "1"]).0, 2);
}
