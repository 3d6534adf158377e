//! Many clients, and locks that pass from one to the next.

use crate::bare::Udp;
use crate::cluster::Group;
use crate::pace::{Pass, median};
use crate::report::{Figure, Goal, Report};
use crate::{Failure, lock};
use core::cell::Cell;
use core::time::Duration;
use quorate_services::{LockService, Services, Settings, connect};
use std::rc::Rc;
use std::time::Instant;
use tokio::task::LocalSet;

/// How many clients there are.
const CLIENTS: usize = 16;
/// How often a lock is handed over.
const HAND_OVERS: usize = 4_000;

/// Clients with a socket of their own each.
pub(crate) struct Clients(Vec<Services>);

impl Clients {
    pub(crate) async fn connect(group: &Group, settings: &Settings) -> Result<Self, Failure> {
        let mut clients = Vec::with_capacity(CLIENTS);
        for _ in 0..CLIENTS {
            let locks = connect(&group.url(), settings.clone()).await?;
            lock(&locks).await?; // it has found the leader
            clients.push(locks);
        }
        Ok(Self(clients))
    }

    /// All at once, each with a lock of its own: how long one acquisition and release takes, counted over all of them.
    pub(crate) async fn run(&self, pass: &mut Pass, length: Duration) -> Result<(), Failure> {
        let began = Instant::now();
        let rounds = Rc::new(Cell::new(0));
        let tasks = LocalSet::new();
        for (client, locks) in self.0.iter().enumerate() {
            let (locks, rounds) = (locks.clone(), Rc::clone(&rounds));
            tasks.spawn_local(async move {
                let name = format!("client/{client}");
                while began.elapsed() < length {
                    let Ok(guard) = locks.acquire(&name).await else { return };
                    let _ = guard.release().await;
                    rounds.set(rounds.get() + 1);
                }
            });
        }
        tasks.await;
        pass.note(began.elapsed(), rounds.get());
        Ok(())
    }
}

/// One lock, always waited for: how long it takes from a release until the next in line has it, in round trips.
pub(crate) async fn hand_over(report: &mut Report, floor: &mut Udp, group: &Group) -> Result<(), Failure> {
    let mut trip = Pass::default();
    trip.run(Duration::from_millis(500), async || floor.two_trips().await).await?;
    let settings = crate::settings();
    let released = Rc::new(Cell::new(None::<Instant>));
    let took = Rc::new(core::cell::RefCell::new(Vec::with_capacity(HAND_OVERS)));
    let tasks = LocalSet::new();
    for _ in 0..CLIENTS {
        let locks = connect(&group.url(), settings.clone()).await?;
        lock(&locks).await?; // it has found the leader
        let (released, took) = (Rc::clone(&released), Rc::clone(&took));
        tasks.spawn_local(async move {
            while took.borrow().len() < HAND_OVERS {
                let Ok(guard) = locks.acquire("handed over").await else { return };
                if let Some(released) = released.take() {
                    took.borrow_mut().push(released.elapsed());
                }
                released.set(Some(Instant::now()));
                let _ = guard.release().await;
            }
        });
    }
    tasks.await;
    let mut took = took.take();
    let one_trip = trip.median().as_secs_f64() / 2.0;
    let middle = median(took.clone()).unwrap_or_default().as_secs_f64() / one_trip;
    took.sort();
    let slow = took.get(took.len() * 99 / 100).copied().unwrap_or_default().as_secs_f64() / one_trip;
    report.add(Figure::new(
        "hand_over_median",
        "hand-over to the next in line, in round trips, median",
        middle,
        Goal::AtMost(2.0),
    ));
    report.add(Figure::new(
        "hand_over_p99",
        "hand-over to the next in line, in round trips, 99th percentile",
        slow,
        Goal::AtMost(20.0),
    ));
    Ok(())
}
