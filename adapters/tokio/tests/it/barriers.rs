//! Barriers that a cluster coordinates, on virtual time over channels.

use crate::cluster::Cluster;
use core::time::Duration;
use quorate::NodeId;
use quorate::barrier::{Cause, Refusal};
use quorate_tokio::barriers::BarrierError;
use quorate_tokio::clock::Clock;
use tokio::time::{sleep, timeout};

/// Longer than any failover takes.
const LONG: Duration = Duration::from_secs(10);

#[tokio::test(start_paused = true)]
async fn nobody_goes_on_before_the_last_one_has_arrived() {
    let cluster = Cluster::start();
    let clients = [1, 2, 3].map(|seed| cluster.client(seed));
    let clock = cluster.clock;
    let arrive = |index: usize, after: Duration| {
        let barrier = clients[index].barriers().barrier("deployed", 3);
        async move {
            sleep(after).await;
            let arrived = clock.now();
            (arrived, barrier.wait().await.unwrap(), clock.now())
        }
    };
    let (one, two, three) = tokio::join!(
        arrive(0, Duration::ZERO),
        arrive(1, Duration::from_millis(300)),
        arrive(2, Duration::from_secs(7))
    );
    let last = three.0;
    assert!(
        [one.2, two.2, three.2]
            .iter()
            .all(|released| *released >= last && released.since(last) < Duration::from_millis(50))
    );
    assert!(one.1 == two.1 && two.1 == three.1, "one generation for all");
}

#[tokio::test(start_paused = true)]
async fn parties_meet_again_and_again_and_through_a_change_of_leader() {
    let cluster = Cluster::start();
    let clients = [1, 2, 3].map(|seed| cluster.client(seed));
    let mut tasks = Vec::new();
    for client in &clients {
        let mut steps = client.barriers().cyclic("step", 3);
        tasks.push(tokio::spawn(async move {
            let mut met = Vec::new();
            while met.len() < 60 {
                sleep(Duration::from_millis(100)).await;
                match steps.wait().await {
                    Ok(generation) => met.push(generation),
                    Err(error) => panic!("{error} after {} generations", met.len()),
                }
            }
            met
        }));
    }
    sleep(Duration::from_secs(3)).await;
    let leader = cluster.leader().await;
    cluster.network.isolate(leader, true);
    let mut met = Vec::new();
    for task in tasks {
        met.push(timeout(2 * LONG, task).await.unwrap().unwrap());
    }
    assert!(met[0].is_sorted_by(|one, next| one < next));
    assert!(met.iter().all(|one| *one == met[0]), "the same generations for all");
    assert!(met[0][59].epoch() > met[0][0].epoch(), "another leader has coordinated since");
}

#[tokio::test(start_paused = true)]
async fn a_double_barrier_begins_and_ends_together() {
    let cluster = Cluster::start();
    let clients = [1, 2].map(|seed| cluster.client(seed));
    let clock = cluster.clock;
    let work = |index: usize| {
        let barrier = clients[index].barriers().double("batch", 2);
        async move {
            let entered = barrier.enter().await.unwrap();
            let began = clock.now();
            sleep(Duration::from_secs(1 + 2 * index as u64)).await;
            let finished = clock.now();
            let ended = entered.generation();
            let left = entered.leave().await.unwrap();
            assert!(left > ended);
            (began, finished, clock.now())
        }
    };
    let (one, two) = tokio::join!(work(0), work(1));
    assert!(one.0.since(two.0) + two.0.since(one.0) < Duration::from_millis(50), "begun together");
    assert!(one.2 >= two.1 && two.2 >= two.1, "nobody left before the slower one had finished");
}

#[tokio::test(start_paused = true)]
async fn who_does_not_come_breaks_it_for_all_and_what_is_wrong_is_said() {
    let cluster = Cluster::start();
    let (client, other) = (cluster.client(1), cluster.client(2));
    // A new leader takes nobody in at first who was not there before.
    client.barriers().barrier("warm", 1).wait().await.unwrap();
    let patient = client.barriers().barrier("a", 3).wait();
    let hasty = other.barriers().barrier("a", 3).within(Duration::from_secs(1)).wait();
    let (patient, hasty) = tokio::join!(patient, hasty);
    let by = |error: BarrierError| match error {
        BarrierError::Broken { cause: Cause::TimedOut(node), arrived: 2, parties: 3, .. } => node,
        other => panic!("{other}"),
    };
    let says = patient.unwrap_err().to_string();
    assert!(says.contains("2 of 3 had arrived"), "{says}");
    assert_eq!([by(patient.unwrap_err()), by(hasty.unwrap_err())], [other.id(), other.id()]);

    let waiting = tokio::spawn(client.barriers().barrier("b", 2).wait());
    sleep(Duration::from_millis(100)).await;
    let error = other.barriers().barrier("b", 5).wait().await.unwrap_err();
    assert_eq!(error, BarrierError::Refused(Refusal::OtherParties(2)));
    waiting.abort();
    let error = other.barriers().barrier("", 5).wait().await.unwrap_err();
    assert_eq!(error.to_string(), "the name is empty");
    let error = other.barriers().barrier("c", 0).wait().await.unwrap_err();
    assert_eq!(error.to_string(), "a barrier has one party at least");
}

#[tokio::test(start_paused = true)]
async fn who_stops_waiting_takes_its_arrival_back_and_gives_its_place_to_another() {
    let cluster = Cluster::start();
    let (client, other) = (cluster.client(1), cluster.client(2));
    let dropped = timeout(Duration::from_secs(1), client.barriers().barrier("a", 2).wait()).await;
    assert!(dropped.is_err());
    sleep(Duration::from_secs(1)).await;
    let (one, two) = tokio::join!(other.barriers().barrier("a", 2).wait(), client.barriers().barrier("a", 2).wait());
    assert_eq!(one.unwrap(), two.unwrap());
    assert_ne!(NodeId::FIRST_CLIENT, client.id());
}
