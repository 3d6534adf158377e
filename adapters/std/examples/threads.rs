//! What it costs threads to meet and to write to each other, beside what others take for that.
//!
//! ```sh
//! cargo run --release -p quorate-std --example threads
//! ```
//!
//! Each row is the median over many passes, in which ours and the others take turns, so that the machine is the same for all.

use core::sync::atomic::{AtomicU32, Ordering};
use core::time::Duration;
use quorate_std::{Barriers, Mailbox, Taken, clock};
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Instant;

const PASSES: usize = 41;
const MEETINGS: u32 = 2_000;
const LETTERS: u32 = 20_000;

fn main() {
    println!("nanoseconds; medians of {PASSES} passes\n");
    println!("{:<28}{:>9}{:>12}{:>9}{:>16}{:>11}", "", "ours", "std", "ratio", "raw futex", "ratio");
    for threads in [1, 2, 4, 8] {
        let what = format!("barrier of {threads}, a meeting");
        compare(&what, [&|| ours(threads), &|| standard(threads), &|| raw(threads)]);
    }
    println!("\n{:<28}{:>9}{:>12}{:>9}{:>16}{:>11}", "", "ours", "crossbeam", "ratio", "std mpsc", "ratio");
    compare("mailbox of 64, a letter", [&mailbox, &crossbeam, &mpsc]);
}

/// Has all take turns, and prints the medians, and the median of the ratios of each pass.
fn compare(what: &str, contestants: [&dyn Fn() -> f64; 3]) {
    let passes: Vec<[f64; 3]> = (0..PASSES).map(|_| contestants.map(|contestant| contestant())).collect();
    let median = |of: &dyn Fn(&[f64; 3]) -> f64| {
        let mut all: Vec<f64> = passes.iter().map(of).collect();
        all.sort_by(f64::total_cmp);
        all[all.len() / 2]
    };
    let [ours, first, second] = [0, 1, 2].map(|index| median(&|pass| pass[index]));
    let [by_first, by_second] = [1, 2].map(|index| median(&|pass| pass[0] / pass[index]));
    println!("{what:<28}{ours:>9.0}{first:>12.0}{by_first:>9.2}{second:>16.0}{by_second:>11.2}");
}

/// How long one of so many meetings takes, if each thread makes what it meets at by this.
fn meet<T>(threads: u16, attend: impl Fn() -> T + Sync, wait: impl Fn(&mut T) + Sync) -> f64 {
    let (start, attend, wait) = (Barrier::new(usize::from(threads)), &attend, &wait);
    let took = thread::scope(|scope| {
        let all = (0..threads).map(|_| {
            scope.spawn(|| {
                let mut attended = attend();
                start.wait();
                let began = Instant::now();
                (0..MEETINGS).for_each(|_| wait(&mut attended));
                began.elapsed()
            })
        });
        let all: Vec<_> = all.collect();
        all.into_iter().map(|thread| thread.join().unwrap_or_default()).max().unwrap_or_default()
    });
    each(took, MEETINGS)
}

fn each(took: Duration, times: u32) -> f64 {
    took.as_secs_f64() * 1e9 / f64::from(times)
}

fn ours(threads: u16) -> f64 {
    let barriers = Barriers::start(Arc::new(clock::System));
    meet(threads, || barriers.cyclic("step", threads), |steps| assert!(steps.wait().is_ok(), "all arrive"))
}

fn standard(threads: u16) -> f64 {
    let barrier = Barrier::new(usize::from(threads));
    meet(threads, || (), |()| assert!(barrier.wait().is_leader() || threads > 1))
}

/// The least that a barrier can be on Linux: a counter, and a word that the last one changes.
#[cfg(target_os = "linux")]
fn raw(threads: u16) -> f64 {
    use rustix::thread::futex::{Flags, wait, wake};
    let (missing, generation) = (AtomicU32::new(threads.into()), AtomicU32::new(0));
    meet(
        threads,
        || (),
        |()| {
            let present = generation.load(Ordering::Acquire);
            if missing.fetch_sub(1, Ordering::AcqRel) == 1 {
                missing.store(threads.into(), Ordering::Relaxed);
                generation.store(present.wrapping_add(1), Ordering::Release);
                let _ = wake(&generation, Flags::PRIVATE, u32::MAX >> 1);
                return;
            }
            while generation.load(Ordering::Acquire) == present {
                let _ = wait(&generation, Flags::PRIVATE, present, None);
            }
        },
    )
}

#[cfg(not(target_os = "linux"))]
fn raw(_: u16) -> f64 {
    f64::NAN
}

/// How long one of so many letters takes from one thread to another.
fn post(put: impl Fn(u32) + Send, mut take: impl FnMut() -> u32) -> f64 {
    thread::scope(|scope| {
        let began = Instant::now();
        scope.spawn(move || (0..LETTERS).for_each(put));
        for letter in 0..LETTERS {
            assert_eq!(take(), letter);
        }
        each(began.elapsed(), LETTERS)
    })
}

fn mailbox() -> f64 {
    let mailbox = Mailbox::new(64);
    let take = || match mailbox.take(None) {
        Taken::Mail(letter) => letter,
        other => panic!("{other:?}"),
    };
    post(|letter| mailbox.put(letter).expect("it is open"), take)
}

fn crossbeam() -> f64 {
    let (sender, receiver) = crossbeam_channel::bounded(64);
    post(move |letter| sender.send(letter).expect("it is open"), || receiver.recv().expect("more comes"))
}

fn mpsc() -> f64 {
    let (sender, receiver) = std::sync::mpsc::sync_channel(64);
    post(move |letter| sender.send(letter).expect("it is open"), || receiver.recv().expect("more comes"))
}
