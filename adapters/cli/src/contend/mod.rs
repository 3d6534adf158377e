//! A member of the demonstration contends for a lock with the others, and meets them at a barrier.

mod fenced;

pub(crate) use fenced::is_in_order;

use crate::failure::{Failure, Outcome};
use crate::line::What;
use crate::units::millis;
use core::time::Duration;
use quorate::{Instant, Random, Seed};
use quorate_tokio::locks::Guard;
use quorate_tokio::{Client, Member, clock};
use std::path::PathBuf;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::watch;
use tokio::time::sleep;

/// The lock that all contend for, and the barrier at which all meet.
const NAME: &str = "demo";
/// How long the lock is held, at least and by so much longer at most.
const WORK: (Duration, Duration) = (Duration::from_millis(4), Duration::from_millis(12));

/// What the demonstration asks of a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// To contend for the lock.
    Contend,
    /// To contend no longer.
    Rest,
    /// To meet so many others, itself among them, so often.
    Meet { parties: u16, rounds: u32 },
}

impl Order {
    /// As a line, with its end.
    pub(crate) fn line(self) -> String {
        match self {
            Self::Contend => "contend\n".to_owned(),
            Self::Rest => "rest\n".to_owned(),
            Self::Meet { parties, rounds } => format!("meet {parties} {rounds}\n"),
        }
    }

    pub(crate) fn parse(line: &str) -> Option<Self> {
        match *line.split(' ').collect::<Vec<_>>() {
            ["contend"] => Some(Self::Contend),
            ["rest"] => Some(Self::Rest),
            ["meet", parties, rounds] => {
                Some(Self::Meet { parties: parties.parse().ok()?, rounds: rounds.parse().ok()? })
            }
            _ => None,
        }
    }
}

/// Does what it is ordered, in tasks beside the member's own, and tells what happens.
#[derive(Debug)]
pub(crate) struct Contender {
    client: Client,
    file: PathBuf,
    seed: Seed,
    contends: watch::Sender<bool>,
    tell: UnboundedSender<(u64, What)>,
}

impl Contender {
    /// Of this member. The file is where holders of the lock write.
    pub(crate) async fn new(member: &Member, file: PathBuf) -> Outcome<(Self, UnboundedReceiver<(u64, What)>)> {
        let client = member.client().await.map_err(Failure::new)?;
        let (tell, told) = unbounded_channel();
        let seed = Seed::new(member.incarnation().get()).for_node(member.id());
        Ok((Self { client, file, seed, contends: watch::channel(false).0, tell }, told))
    }

    /// Begins to do it.
    pub(crate) fn order(&self, order: Order) {
        match order {
            Order::Contend => {
                if !self.contends.send_replace(true) {
                    let task = Contending {
                        client: self.client.clone(),
                        file: self.file.clone(),
                        random: self.seed.random(),
                        tell: self.tell.clone(),
                    };
                    tokio::spawn(task.contend(self.contends.subscribe()));
                }
            }
            Order::Rest => _ = self.contends.send_replace(false),
            Order::Meet { parties, rounds } => {
                tokio::spawn(meet(self.client.clone(), parties, rounds, self.seed.random(), self.tell.clone()));
            }
        }
    }
}

struct Contending {
    client: Client,
    file: PathBuf,
    random: Random,
    tell: UnboundedSender<(u64, What)>,
}

impl Contending {
    async fn contend(mut self, mut contends: watch::Receiver<bool>) {
        while *contends.borrow_and_update() {
            let asked = clock::now();
            let guard = tokio::select! {
                guard = self.client.locks().acquire(NAME) => guard,
                _ = contends.changed() => continue,
            };
            match guard {
                Ok(guard) => self.hold(guard, asked).await,
                Err(error) => {
                    self.tell(clock::now(), What::Notice { text: format!("did not get the lock: {error}") });
                    sleep(Duration::from_millis(50)).await;
                }
            }
        }
    }

    async fn hold(&mut self, guard: Guard, asked: Instant) {
        let (token, from) = (guard.token(), clock::now());
        let mut valid = guard.valid_until();
        let waited_ms = millis(from.since(asked).as_nanos() as u64);
        self.tell(from, What::LockAcquired { token: token.get(), waited_ms });
        sleep(WORK.0 + self.random.up_to(WORK.1)).await;
        valid = valid.max(guard.valid_until());
        // Whatever has become of the lock by now: this write was under way.
        let written = match fenced::write(&self.file, token) {
            Ok(written) => written,
            Err(error) => {
                self.tell(clock::now(), What::Notice { text: format!("could not write: {error}") });
                false
            }
        };
        let until = clock::now();
        let given_up = What::LockGivenUp { token: token.get(), until_ns: until.min(valid).as_nanos(), written };
        self.tell(until, given_up);
        let _ = guard.release().await; // That it was lost is in the line before.
    }

    fn tell(&self, at: Instant, what: What) {
        let _ = self.tell.send((at.as_nanos(), what));
    }
}

async fn meet(client: Client, parties: u16, rounds: u32, mut random: Random, tell: UnboundedSender<(u64, What)>) {
    let mut barrier = client.barriers().cyclic(NAME, parties);
    for round in 1..=rounds {
        sleep(random.up_to(Duration::from_millis(100))).await;
        let _ = tell.send((clock::now().as_nanos(), What::Arrived { round }));
        let met = match barrier.wait().await {
            Ok(generation) => What::Met { round, generation: generation.get() },
            Err(error) => What::NotMet { round, reason: error.to_string() },
        };
        let _ = tell.send((clock::now().as_nanos(), met));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_are_read_as_written() {
        for order in [Order::Contend, Order::Rest, Order::Meet { parties: 5, rounds: 3 }] {
            assert_eq!(Order::parse(order.line().trim_end()), Some(order));
        }
        assert_eq!(Order::parse("meet 5"), None);
    }
}
