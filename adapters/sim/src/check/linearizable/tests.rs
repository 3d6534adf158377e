//! Against brute force, against histories that are known to be wrong, and at length.

use super::*;
use crate::check::Violation;
use alloc::string::ToString;
use alloc::vec::Vec;
use quorate::{Instant, NodeId, Random, Seed};

type Told<S> = Call<<S as Specification>::Operation, <S as Specification>::Outcome>;

fn at(secs: u64) -> Instant {
    Instant::from_secs(secs)
}

fn node(id: u64) -> NodeId {
    NodeId::new(id as u32)
}

/// By definition: some order of all calls that have returned, and of some of the others, that keeps to the order of time.
fn brute_force<S: Specification>(specification: &S, state: &S::State, left: &[&Told<S>]) -> bool {
    let end = |call: &Told<S>| match call.ending {
        Ending::Open => Instant::FAR_FUTURE,
        Ending::Returned { at, .. } | Ending::Gone { at } => at,
    };
    if left.iter().all(|call| call.outcome().is_none()) {
        return true;
    }
    left.iter().enumerate().any(|(place, call)| {
        // Nobody else ended before this one began. (One that is gone without an outcome may just be left out.)
        if left.iter().any(|other| other.outcome().is_some() && end(other) < call.called) {
            return false;
        }
        let mut rest = left.to_vec();
        rest.remove(place);
        // Those of unknown outcome that ended before this one began have had no effect.
        rest.retain(|other| other.outcome().is_some() || end(other) > call.called);
        let new = specification.after(state, &call.operation, call.outcome());
        new.is_some_and(|new| brute_force(specification, &new, &rest))
    })
}

/// A random history of a few calls by three clients, each of which calls one thing at a time.
fn few<S: Specification + Clone>(
    specification: &S,
    random: &mut Random,
    calls: u64,
    settles: bool,
    operation: &impl Fn(&mut Random, NodeId) -> S::Operation,
    outcome: &impl Fn(&mut Random, &S::Operation) -> S::Outcome,
) -> Result<History<(), S>, Violation> {
    let mut history = History::new(specification.clone());
    let mut open: Vec<(u64, CallId, S::Operation)> = Vec::new();
    let (mut now, mut made) = (0, 0);
    while made < calls || !open.is_empty() {
        now += 1;
        if made < calls && (open.is_empty() || open.len() < 3 && random.below(2) == 0) {
            let client = (0..).find(|client| open.iter().all(|(busy, ..)| busy != client)).expect("there are many");
            let asked = operation(random, node(client));
            let id = history.call(at(now), node(client), (), asked.clone());
            open.push((client, id, asked));
            made += 1;
        } else {
            let (_, id, asked) = open.swap_remove(random.below(open.len() as u64) as usize);
            match random.below(8) {
                0 => {} // timed out: it is open for ever
                1 => history.gone(at(now), id),
                _ => history.returns(at(now), id, outcome(random, &asked)),
            }
        }
        if settles {
            history.settle()?;
        }
    }
    Ok(history)
}

fn compare<S: Specification + Clone>(
    specification: &S,
    operation: impl Fn(&mut Random, NodeId) -> S::Operation,
    outcome: impl Fn(&mut Random, &S::Operation) -> S::Outcome,
) {
    let mut counts = [0, 0];
    for seed in 0..3_000 {
        let mut random = Seed::new(seed).random();
        let calls = 2 + random.below(5);
        let history = few(specification, &mut random, calls, false, &operation, &outcome).expect("not checked yet");
        let all: Vec<&Told<S>> = history.calls(&()).collect();
        let expected = brute_force(specification, &specification.initial(), &all);
        let found = history.check();
        assert_eq!(found.is_ok(), expected, "seed {seed}: {found:?}\n{all:#?}");
        counts[usize::from(expected)] += 1;
        // Each explanation is true: its order leads where it says, and without the misplaced call's end there is one.
        if let Some(explanation) = history.explain(&()) {
            let mut state = explanation.start.clone();
            for placed in &explanation.order {
                let new = specification.after(&state, &placed.call.operation, placed.call.outcome());
                state = new.expect("it leads somewhere");
                assert_eq!(state, placed.state, "seed {seed}");
            }
            let before = |call: &&Told<S>| call.called < explanation.at();
            let cut = |call: &Told<S>| {
                let ended = match call.ending {
                    Ending::Returned { at, .. } | Ending::Gone { at } => at < explanation.at(),
                    Ending::Open => false,
                };
                Call { ending: if ended { call.ending.clone() } else { Ending::Open }, ..call.clone() }
            };
            let prefix: Vec<_> = all.iter().copied().filter(before).map(cut).collect();
            assert!(brute_force(specification, &specification.initial(), &prefix.iter().collect::<Vec<_>>()));
        } else {
            assert!(expected);
        }
        // What is settled whenever it can be gives the same answer.
        let mut random = Seed::new(seed).random();
        let calls = 2 + random.below(5);
        let settled = few(specification, &mut random, calls, true, &operation, &outcome);
        assert_eq!(settled.is_ok(), expected, "seed {seed}");
    }
    assert!(counts.iter().all(|count| *count > 300), "{counts:?} were wrong and right");
}

fn register_operation(random: &mut Random, _: NodeId) -> RegisterCall<u64> {
    match random.below(5) {
        0 | 1 => RegisterCall::Read,
        2 => RegisterCall::CompareAndSet { old: random.below(3), new: random.below(3) },
        _ => RegisterCall::Write(random.below(3)),
    }
}

#[test]
fn registers_as_brute_force_finds_them() {
    compare(&Register::new(0_u64), register_operation, |random, operation| match operation {
        RegisterCall::Read => RegisterOutcome::Value(random.below(3)),
        RegisterCall::Write(_) => RegisterOutcome::Done,
        RegisterCall::CompareAndSet { .. } => RegisterOutcome::Set(random.below(2) == 0),
    });
}

#[test]
fn counters_as_brute_force_finds_them() {
    let operation = |random: &mut Random, _| if random.below(2) == 0 { CounterCall::Read } else { CounterCall::Add(1) };
    compare(&Counter, operation, |random, operation| match operation {
        CounterCall::Add(_) if random.below(2) == 0 => CounterOutcome::Added,
        _ => CounterOutcome::Value(random.below(3) as i64),
    });
}

#[test]
fn queues_as_brute_force_finds_them() {
    let operation = |random: &mut Random, _| match random.below(2) {
        0 => QueueCall::Enqueue(random.below(2)),
        _ => QueueCall::Dequeue,
    };
    compare(&Queue::new(), operation, |random, operation| match operation {
        QueueCall::Enqueue(_) => QueueOutcome::Enqueued,
        QueueCall::Dequeue => QueueOutcome::Dequeued(random.below(3).checked_sub(1)),
    });
}

#[test]
fn locks_as_brute_force_finds_them() {
    let operation = |random: &mut Random, client| match random.below(5) {
        0..3 => LockCall::Acquire { client },
        3 => LockCall::Expire { client: node(random.below(3)) },
        _ => LockCall::Release { client, token: random.below(3) + 1 },
    };
    compare(&Lock, operation, |random, operation| match operation {
        LockCall::Acquire { .. } if random.below(3) == 0 => LockOutcome::Busy,
        LockCall::Acquire { .. } => LockOutcome::Granted(1 + random.below(3)),
        _ if random.below(3) == 0 => LockOutcome::NotHeld,
        _ => LockOutcome::Released,
    });
}

/// Calls of one client after another, each before the next.
fn sequence<S: Specification>(
    specification: S,
    calls: impl IntoIterator<Item = (S::Operation, S::Outcome)>,
) -> Result<(), Violation> {
    let mut history = History::new(specification);
    for (number, (operation, outcome)) in calls.into_iter().enumerate() {
        let number = number as u64;
        let id = history.call(at(2 * number), node(1 + number % 2), "it", operation);
        history.returns(at(2 * number + 1), id, outcome);
    }
    history.check()
}

#[test]
fn known_wrongs_are_found() {
    use LockCall::{Acquire, Release};
    use LockOutcome::{Busy, Granted, NotHeld, Released};
    let [a, b] = [1, 2].map(node);
    let (acquire, release) = (|client| Acquire { client }, |client, token| Release { client, token });
    // Two holders at a time; a token that falls; one that another has had; a stale release that frees the successor's lock.
    let fine = [(acquire(a), Granted(1)), (acquire(b), Busy), (release(a, 1), Released), (acquire(b), Granted(2))];
    assert_eq!(sequence(Lock, fine), Ok(()));
    assert_eq!(sequence(Lock, [(acquire(a), Granted(1)), (acquire(a), Granted(1))]), Ok(()), "asked twice");
    let twice = sequence(Lock, [(acquire(a), Granted(1)), (acquire(b), Granted(2))]);
    let twice = twice.expect_err("two hold it");
    assert_eq!((twice.promise, twice.at, &twice.nodes[..]), ("linearizable", at(3), &[b][..]));
    for token in [1, 4, 5] {
        let falls = [(acquire(a), Granted(5)), (release(a, 5), Released), (acquire(b), Granted(token))];
        assert!(sequence(Lock, falls).is_err());
    }
    let stale = [fine[0], fine[2], fine[3], (release(a, 1), Released)];
    assert!(sequence(Lock, stale).is_err());
    assert_eq!(sequence(Lock, [fine[0], fine[2], fine[3], (release(a, 1), NotHeld)]), Ok(()));

    use QueueCall::{Dequeue, Enqueue};
    use QueueOutcome::{Dequeued, Enqueued};
    let two = [(Enqueue(1), Enqueued), (Enqueue(2), Enqueued)];
    let took = |values: &[Option<u32>]| {
        let took = values.iter().map(|value| (Dequeue, Dequeued(*value)));
        sequence(Queue::new(), two.into_iter().chain(took))
    };
    assert_eq!(took(&[Some(1), Some(2), None]), Ok(()));
    assert!(took(&[Some(2)]).is_err(), "out of order");
    assert!(took(&[Some(1), Some(1)]).is_err(), "taken twice");
    assert!(took(&[Some(1), None]).is_err(), "lost");

    use CounterCall::{Add, Read};
    use CounterOutcome::{Added, Value};
    let lost = [(Add(1), Value(1)), (Add(1), Value(1))];
    assert!(sequence(Counter, lost).is_err(), "a lost increment");
    assert_eq!(sequence(Counter, [(Add(1), Added), (Add(-3), Value(-2)), (Read, Value(-2))]), Ok(()));
}

#[test]
fn a_lease_that_can_run_out_lets_another_in() {
    let mut history = History::new(Lock);
    let [a, b] = [1, 2].map(node);
    let first = history.call(at(0), a, (), LockCall::Acquire { client: a });
    let expiry = history.call(at(0), a, (), LockCall::Expire { client: a });
    history.returns(at(1), first, LockOutcome::Granted(1));
    let second = history.call(at(2), b, (), LockCall::Acquire { client: b });
    history.returns(at(3), second, LockOutcome::Granted(2));
    assert_eq!(history.check(), Ok(()));
    // Had it not run out by then, the second had to wait.
    let mut renewed = history.clone();
    renewed.failed(expiry);
    assert!(renewed.check().is_err());
}

#[test]
fn unknown_is_now_or_later_or_never_but_not_before_nor_after_the_end() {
    for (write_ends, reads, expected) in [
        (None, [0, 0], true),     // never
        (None, [7, 7], true),     // at once
        (None, [0, 7], true),     // later
        (None, [7, 0], false),    // and undone: not so
        (Some(1), [0, 7], true),  // before it was gone
        (Some(0), [0, 7], false), // it was gone before
        (Some(1), [7, 7], true),  // gone, but it had happened
        (Some(1), [0, 0], true),  // gone without a trace
    ] {
        let mut history = History::new(Register::new(0));
        let write = history.call(at(1), node(1), (), RegisterCall::Write(7));
        for (number, value) in reads.into_iter().enumerate() {
            if write_ends == Some(number) {
                history.gone(at(5), write);
            }
            let id = history.call(at(10 + 2 * number as u64), node(2), (), RegisterCall::Read);
            history.returns(at(11 + 2 * number as u64), id, RegisterOutcome::Value(value));
        }
        assert_eq!(history.check().is_ok(), expected, "{write_ends:?} {reads:?}");
    }
    let mut history = History::new(Register::new(0));
    let read = history.call(at(1), node(2), (), RegisterCall::Read);
    history.returns(at(2), read, RegisterOutcome::Value(7));
    let _ = history.call(at(3), node(1), (), RegisterCall::Write(7));
    assert!(history.check().is_err(), "it cannot have happened before it was called");
}

#[test]
fn an_explanation_shows_the_longest_prefix_and_what_does_not_fit() {
    let mut history = History::new(Register::new(0));
    let mut call = |from, until, id, operation, outcome| {
        let call = history.call(at(from), node(id), "x", operation);
        history.returns(at(until), call, outcome);
    };
    use RegisterCall::{Read, Write};
    use RegisterOutcome::{Done, Value};
    call(1, 2, 1, Write(1), Done);
    call(3, 4, 2, Write(2), Done);
    call(5, 6, 1, Read, Value(2));
    call(7, 8, 2, Read, Value(1)); // this one
    call(9, 10, 1, Read, Value(9)); // and this one
    let explanation = history.explain(&"x").expect("it is wrong");
    assert_eq!(explanation.order.len(), 3);
    assert_eq!(
        explanation.to_string(),
        "Read by node 2 from 7.000s until 8.000s returned Value(1) fits nowhere. Before it there is this order: state 0; \
         Write(1) by node 1 from 1.000s until 2.000s returned Done, state 1; \
         Write(2) by node 2 from 3.000s until 4.000s returned Done, state 2; \
         Read by node 1 from 5.000s until 6.000s returned Value(2), state 2"
    );
    assert!(history.check().expect_err("it is wrong").because.starts_with("of \"x\", Read by node 2"));
    assert!(history.explain(&"y").is_none());
}

/// A call that is open: what was asked where, and the answer, once it has taken effect.
type Asked<K, S> = (CallId, K, <S as Specification>::Operation, Option<<S as Specification>::Outcome>);

/// What a right object does under so many clients: each call takes effect at a random moment between its call and its return.
fn long<S: Specification + Clone, K: Ord + Clone + Debug>(
    history: &mut History<K, S>,
    random: &mut Random,
    (calls, clients, unknown): (u64, u64, u64),
    key: impl Fn(&mut Random) -> K,
    ask: impl Fn(&mut Random, NodeId, &S) -> S::Operation,
    answer: impl Fn(&S, &S::State, &S::Operation) -> S::Outcome,
    specification: &S,
) {
    let mut states: alloc::collections::BTreeMap<K, S::State> = Default::default();
    let mut open: Vec<Option<Asked<K, S>>> = (0..clients).map(|_| None).collect();
    let (mut now, mut made) = (0, 0);
    while made < calls || open.iter().any(Option::is_some) {
        now += 1;
        let client = random.below(clients) as usize;
        match open[client].take() {
            None if made < calls => {
                let key = key(random);
                let asked = ask(random, node(client as u64), specification);
                let id = history.call(Instant::from_millis(now), node(client as u64), key.clone(), asked.clone());
                open[client] = Some((id, key, asked, None));
                made += 1;
            }
            None => {}
            // It times out, with or without effect.
            Some(_) if random.below(1_000) < unknown => {}
            Some((id, key, asked, None)) => {
                let state = states.entry(key.clone()).or_insert_with(|| specification.initial());
                let outcome = answer(specification, state, &asked);
                *state = specification.after(state, &asked, Some(&outcome)).expect("a right answer");
                open[client] = Some((id, key, asked, Some(outcome)));
            }
            Some((id, .., Some(outcome))) => history.returns(Instant::from_millis(now), id, outcome),
        }
    }
}

fn ask_queue(random: &mut Random, _: NodeId, _: &Queue<u64>) -> QueueCall<u64> {
    if random.below(2) == 0 { QueueCall::Enqueue(random.below(1 << 40)) } else { QueueCall::Dequeue }
}

fn answer_queue(
    _: &Queue<u64>,
    queue: &alloc::collections::VecDeque<u64>,
    asked: &QueueCall<u64>,
) -> QueueOutcome<u64> {
    match asked {
        QueueCall::Enqueue(_) => QueueOutcome::Enqueued,
        QueueCall::Dequeue => QueueOutcome::Dequeued(queue.front().copied()),
    }
}

fn ask_register(random: &mut Random, client: NodeId, _: &Register<u64>) -> RegisterCall<u64> {
    register_operation(random, client)
}

fn answer_register(_: &Register<u64>, held: &u64, asked: &RegisterCall<u64>) -> RegisterOutcome<u64> {
    match asked {
        RegisterCall::Read => RegisterOutcome::Value(*held),
        RegisterCall::Write(_) => RegisterOutcome::Done,
        RegisterCall::CompareAndSet { old, .. } => RegisterOutcome::Set(old == held),
    }
}

#[test]
fn five_thousand_calls_by_four_clients_on_one_object() {
    let mut random = Seed::new(1).random();
    let mut history = History::new(Register::new(0));
    let size = (5_000, 4, 0);
    long(&mut history, &mut random, size, |_| (), ask_register, answer_register, &Register::new(0));
    assert_eq!(history.check(), Ok(()));
    // A read of what was never written at the very end.
    let id = history.call(Instant::from_secs(1_000), node(9), (), RegisterCall::Read);
    history.returns(Instant::from_secs(1_001), id, RegisterOutcome::Value(77));
    let explanation = history.explain(&()).expect("nobody wrote 77");
    assert_eq!(explanation.misplaced.operation, RegisterCall::Read);
    assert!(explanation.to_string().contains("4992 calls; state"));

    let mut history = History::new(Queue::new());
    long(&mut history, &mut random, size, |_| (), ask_queue, answer_queue, &Queue::new());
    assert_eq!(history.check(), Ok(()));
}

#[test]
fn thousands_of_calls_some_of_which_time_out() {
    for seed in 0..5 {
        let mut random = Seed::new(seed).random();
        let mut history = History::new(Register::new(0));
        let key = |random: &mut Random| random.below(10);
        long(&mut history, &mut random, (4_000, 5, 10), key, ask_register, answer_register, &Register::new(0));
        assert_eq!(history.check(), Ok(()), "seed {seed}");
    }
}

#[test]
fn one_wrong_answer_in_thousands_of_calls() {
    use crate::check::linearizable::LockCall::{Acquire, Release};
    for seed in 0..5 {
        let mut random = Seed::new(seed).random();
        let mut history = History::new(Lock);
        let mut holder: Option<(NodeId, u64)> = None;
        let mut token = 0;
        let wrong = 1_000 + random.below(1_000);
        for round in 0..3_000_u64 {
            // Two try at a time; whoever holds the lock gives it up.
            let [a, b] = [random.below(3), 3 + random.below(3)].map(node);
            let asked = [a, b].map(|client| match holder {
                Some((holder, token)) if holder == client => Release { client, token },
                _ => Acquire { client },
            });
            let ids = [0, 1].map(|of| (history.call(at(round), [a, b][of], (), asked[of]), of));
            let order = if random.below(2) == 0 { ids } else { [ids[1], ids[0]] };
            for (id, of) in order {
                let outcome = match (asked[of], holder) {
                    (Release { .. }, _) => {
                        holder = None;
                        LockOutcome::Released
                    }
                    (_, Some(_)) if round != wrong => LockOutcome::Busy,
                    _ => {
                        token += 1;
                        holder = Some(([a, b][of], token));
                        LockOutcome::Granted(token)
                    }
                };
                history.returns(at(round), id, outcome);
            }
        }
        // Two were granted at once in that round, or one that was not given up.
        let violation = history.check().expect_err("one grant too many");
        assert!(violation.at >= at(wrong) && violation.at <= at(wrong + 1), "seed {seed}: {violation}");
    }
}

#[test]
fn what_is_settled_takes_no_memory_and_still_counts() {
    let mut random = Seed::new(3).random();
    let mut history = History::new(Queue::new());
    for round in 0..200 {
        // A queue that is left as it was would begin anew here, so each round takes out what it finds.
        let one = history.call(at(round), node(1), (), QueueCall::Enqueue(2 * round));
        let other = history.call(at(round), node(2), (), QueueCall::Enqueue(2 * round + 1));
        history.returns(at(round), one, QueueOutcome::Enqueued);
        history.returns(at(round), other, QueueOutcome::Enqueued);
        assert_eq!(history.settle(), Ok(()));
        assert!(history.is_empty());
        let swapped = random.below(2);
        for value in [2 * round + swapped, 2 * round + 1 - swapped] {
            let id = history.call(at(round), node(1), (), QueueCall::Dequeue);
            history.returns(at(round), id, QueueOutcome::Dequeued(Some(value)));
        }
        assert_eq!(history.settle(), Ok(()), "either order was possible");
    }
    let id = history.call(at(900), node(1), (), QueueCall::Dequeue);
    history.returns(at(901), id, QueueOutcome::Dequeued(Some(1)));
    let violation = history.settle().expect_err("the queue is empty");
    assert!(violation.because.ends_with("Before it there is this order: state []"));
}

#[test]
fn a_search_that_gives_up_does_not_pass() {
    let mut history = History::new(Queue::new()).with_limit(1_000);
    let enqueue = |history: &mut History<_, _>, value| history.call(at(0), node(1), (), QueueCall::Enqueue(value));
    let all: Vec<_> = (0..14).map(|value| enqueue(&mut history, value)).collect();
    all.into_iter().for_each(|id| history.returns(at(1), id, QueueOutcome::Enqueued));
    assert_eq!(history.check(), Ok(()));
    let id = history.call(at(2), node(1), (), QueueCall::Dequeue);
    history.returns(at(3), id, QueueOutcome::Dequeued(Some(99)));
    assert!(history.check().expect_err("it is wrong").because.contains("so far: within 1000 configurations no order"));
    assert!(history.explain(&()).is_none());
}
