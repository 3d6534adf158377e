//! Barriers over registers that are a map: several clients, and what can go wrong between them and the engine.

use super::*;
use crate::Barriers;
use crate::barriers::{BarrierError, Rules};
use crate::clock::Virtual;
use core::fmt;
use core::time::Duration;
use quorate::Name;
use quorate::barrier::party::Timing;
use quorate::barrier::{Cause, Refusal};
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};
use tokio::sync::watch;
use tokio::task::JoinSet;

const LAPSE: Duration = Duration::from_secs(4);

/// What all clients share.
#[derive(Debug, Default)]
struct Memory {
    values: Mutex<HashMap<Name, (i64, String)>>,
    present: Mutex<HashSet<u64>>,
    changed: watch::Sender<()>,
    /// Every so many replacements, the answer of one is lost. Zero for never.
    loses_every: Mutex<u32>,
    replaced: Mutex<u32>,
}

impl Memory {
    fn client(self: &Arc<Self>, number: u64) -> Barriers {
        self.present.lock().unwrap().insert(number);
        let registrar = Registrar::new(Arc::new(Client { memory: Arc::clone(self), number }), LAPSE);
        let rules = Rules::new(Timing::for_lapse(LAPSE)).unwrap().with_clock(Arc::new(Virtual::new()));
        Barriers::over(registrar, rules)
    }

    fn forget(&self) {
        self.values.lock().unwrap().clear();
        self.changed.send_replace(());
    }

    fn read(&self, name: &Name) -> Reading {
        let there = self.values.lock().unwrap().get(name).cloned();
        let mut changed = self.changed.subscribe();
        Reading {
            revision: there.as_ref().map_or(0, |(revision, _)| *revision),
            value: there.map(|(_, value)| value),
            changed: Box::pin(async move { changed.changed().await.unwrap() }),
        }
    }
}

#[derive(Debug)]
struct Client {
    memory: Arc<Memory>,
    number: u64,
}

impl Registers for Client {
    type Error = fmt::Error;

    fn client(&self) -> u64 {
        self.number
    }

    async fn read(&self, name: &Name, _: Attendee) -> Result<Reading, fmt::Error> {
        tokio::task::yield_now().await; // others come in between
        Ok(self.memory.read(name))
    }

    async fn replace(
        &self,
        name: &Name,
        _: Attendee,
        seen: Reading,
        value: String,
        _: &[Attendee],
    ) -> Result<Replaced, fmt::Error> {
        tokio::task::yield_now().await;
        {
            let mut values = self.memory.values.lock().unwrap();
            let there = values.get(name).map_or(0, |(revision, _)| *revision);
            if there != seen.revision {
                drop(values);
                return Ok(Replaced::Outrun(self.memory.read(name)));
            }
            values.insert(*name, (there + 1, value));
        }
        self.memory.changed.send_replace(());
        let (mut replaced, every) = (self.memory.replaced.lock().unwrap(), *self.memory.loses_every.lock().unwrap());
        *replaced += 1;
        if every > 0 && replaced.is_multiple_of(every) {
            return Err(fmt::Error);
        }
        Ok(Replaced::Done(self.memory.read(name).changed))
    }

    async fn present(&self, _: &Name, _: Duration, others: &[u64]) -> Result<Vec<bool>, fmt::Error> {
        let present = self.memory.present.lock().unwrap();
        Ok(others.iter().map(|other| present.contains(other)).collect())
    }
}

/// Waits until the register says so.
async fn kept(memory: &Memory, what: &str) {
    let name = Name::new("b").unwrap();
    while !memory.read(&name).value.is_some_and(|value| value.contains(what)) {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn all_are_released_together_and_not_before() {
    let memory = Arc::new(Memory::default());
    let mut early = JoinSet::new();
    for number in 1..3 {
        early.spawn(memory.client(number).barrier("b", 3).wait());
    }
    assert!(tokio::time::timeout(10 * LAPSE, early.join_next()).await.is_err(), "B1");
    let last = memory.client(3).barrier("b", 3).wait().await.unwrap();
    while let Some(released) = early.join_next().await {
        assert_eq!(released.unwrap().unwrap(), last, "B2, in one generation");
    }
    kept(&memory, "parties 3\nended 1 released").await; // nobody has a place any more
}

#[tokio::test(start_paused = true)]
async fn the_same_parties_meet_again_and_again_although_answers_are_lost() {
    const PARTIES: u16 = 5;
    const ROUNDS: u32 = 40;
    let memory = Arc::new(Memory::default());
    *memory.loses_every.lock().unwrap() = 7;
    let arrived = Arc::new(Mutex::new(0));
    let mut tasks = JoinSet::new();
    for number in 1..=u64::from(PARTIES) {
        let (mut steps, arrived) = (memory.client(number).cyclic("b", PARTIES), Arc::clone(&arrived));
        tasks.spawn(async move {
            for round in 1..=ROUNDS {
                *arrived.lock().unwrap() += 1;
                let generation = steps.wait().await.unwrap();
                assert_eq!(generation.number(), round, "B3: each arrival counts once");
                assert!(*arrived.lock().unwrap() >= u32::from(PARTIES) * round, "B1");
            }
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn who_is_one_too_many_is_told_so() {
    let memory = Arc::new(Memory::default());
    let (one_client, two_client) = (memory.client(1), memory.client(2));
    let (mut first, mut second) = (one_client.cyclic("b", 2), two_client.cyclic("b", 2));
    let (one, two) = tokio::join!(first.wait(), second.wait());
    assert_eq!(one.unwrap(), two.unwrap());
    let third = memory.client(3).barrier("b", 2).wait().await;
    assert_eq!(third, Err(BarrierError::Refused(Refusal::Full(2))), "B5");
    let other = memory.client(4).barrier("b", 3).wait().await;
    assert_eq!(other, Err(BarrierError::Refused(Refusal::OtherParties(2))), "B5");
    let many = memory.client(5).barrier("many", 2_000).wait().await;
    assert_eq!(many, Err(BarrierError::Refused(Refusal::TooManyParties(1_024))));
    drop(first);
    drop(second);
    one_client.drained().await;
    two_client.drained().await;
    let (one, two) = tokio::join!(memory.client(3).barrier("b", 2).wait(), memory.client(4).barrier("b", 2).wait());
    assert_eq!(one.unwrap(), two.unwrap(), "there is room when the others have left");
}

#[tokio::test(start_paused = true)]
async fn whose_patience_ends_breaks_it_for_all_and_who_leaves_too() {
    let memory = Arc::new(Memory::default());
    let (patient, other) = (memory.client(1), memory.client(2));
    let (waits, gives_up) =
        tokio::join!(patient.barrier("b", 3).wait(), other.barrier("b", 3).within(Duration::from_secs(9)).wait(),);
    let two = crate::engine::barrier::attendance::node(2);
    for outcome in [waits, gives_up] {
        assert!(
            matches!(outcome, Err(BarrierError::Broken { cause: Cause::TimedOut(node), .. }) if node == two),
            "B4: one outcome for all, and {outcome:?} is another"
        );
    }
    let left = async {
        kept(&memory, "arrived").await;
        let leaves = tokio::time::timeout(Duration::from_secs(1), other.barrier("b", 3).wait()).await;
        assert!(leaves.is_err());
    };
    let (waits, ()) = tokio::join!(patient.barrier("b", 3).wait(), left);
    assert!(
        matches!(waits, Err(BarrierError::Broken { cause: Cause::Left(node), .. }) if node == two),
        "B4: {waits:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn who_has_crashed_is_noticed_by_who_waits() {
    let memory = Arc::new(Memory::default());
    let mut crashes = Box::pin(memory.client(7).barrier("b", 3).wait());
    assert!(tokio::time::timeout(Duration::from_secs(1), &mut crashes).await.is_err());
    let waits = tokio::spawn(memory.client(1).barrier("b", 3).wait());
    kept(&memory, "0000000000000001").await;
    memory.present.lock().unwrap().remove(&7);
    let outcome = tokio::time::timeout(LAPSE, waits).await.expect("soon").unwrap();
    let seven = crate::engine::barrier::attendance::node(7);
    assert!(
        matches!(outcome, Err(BarrierError::Broken { cause: Cause::Lapsed(node), .. }) if node == seven),
        "B4: {outcome:?}"
    );
    let outcome = crashes.await; // it was only paused
    assert!(matches!(outcome, Err(BarrierError::Broken { .. })), "B4: it learns what the others did, not {outcome:?}");
}

#[tokio::test(start_paused = true)]
async fn a_memory_that_is_lost_while_some_are_missing_costs_nothing() {
    let memory = Arc::new(Memory::default());
    let waits = tokio::spawn(memory.client(1).barrier("b", 2).wait());
    kept(&memory, "arrived").await;
    memory.forget();
    let last = memory.client(2).barrier("b", 2).wait().await.unwrap();
    assert_eq!(waits.await.unwrap().unwrap(), last);
}

#[tokio::test(start_paused = true)]
async fn a_memory_that_is_lost_when_all_have_arrived_leaves_the_outcome_unknown_or_settled_but_never_two() {
    for lost_after in 0..40 {
        let memory = Arc::new(Memory::default());
        let mut parties = JoinSet::new();
        let party = |number| memory.client(number).barrier("b", 3).within(5 * LAPSE).wait();
        parties.spawn(party(1));
        parties.spawn(party(2));
        kept(&memory, "0000000000000002").await;
        parties.spawn(party(3));
        for _ in 0..lost_after {
            tokio::task::yield_now().await;
        }
        memory.forget();
        let (mut released, mut broken) = (HashSet::new(), HashSet::new());
        while let Some(ended) = parties.join_next().await {
            match ended.unwrap() {
                Ok(generation) => drop(released.insert(generation)),
                Err(BarrierError::Unknown { .. }) => {}
                Err(BarrierError::Broken { generation, .. }) => broken.extend(generation),
                Err(error) => panic!("{error}"),
            }
        }
        assert!(released.is_disjoint(&broken), "B4: lost after {lost_after}: {released:?}, {broken:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_engine_that_goes_back_to_what_it_knew_before_begins_anew() {
    let memory = Arc::new(Memory::default());
    let (mut one, mut two) = (memory.client(1).cyclic("b", 2), memory.client(2).cyclic("b", 2));
    let mut last = None;
    for round in 0..3 {
        let before = memory.values.lock().unwrap().clone();
        let (first, second) = tokio::join!(one.wait(), two.wait());
        let (first, second) = (first.unwrap(), second.unwrap());
        assert_eq!(first, second);
        assert!(Some(first) > last, "B3: generations grow, and {first} comes after {last:?}");
        last = Some(first);
        if round > 0 {
            *memory.values.lock().unwrap() = before; // a replica that was behind has taken over
        }
    }
}

#[tokio::test(start_paused = true)]
async fn who_works_together_begins_and_ends_together() {
    let memory = Arc::new(Memory::default());
    let (one, two) = (memory.client(1), memory.client(2));
    let (first, second) = tokio::join!(one.double("b", 2).enter(), two.double("b", 2).enter());
    let (first, second) = (first.unwrap(), second.unwrap());
    let early = tokio::spawn(first.leave());
    tokio::time::sleep(LAPSE).await;
    assert!(!early.is_finished(), "B1");
    second.leave().await.unwrap();
    early.await.unwrap().unwrap();
}
