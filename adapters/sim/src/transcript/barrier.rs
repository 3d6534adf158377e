//! The words of barriers: of coordinators, and of parties.

use super::Worded;
use alloc::format;
use alloc::string::{String, ToString};
use core::fmt::{Debug, Display};
use core::hash::Hash;
use quorate::barrier::coordinator::{self, Coordinator, Fixed};
use quorate::barrier::party::{self, Party};
use quorate::barrier::{Generation, Message, Outcome, Refusal, Ticket};
use quorate::{Epoch, Infallible};

/// What coordinators and parties say, which is the same for all kinds of them.
macro_rules! speaks_of_barriers {
    () => {
        fn kind(message: &Message<R>) -> &'static str {
            match message {
                Message::Arrive { .. } => "arrival",
                Message::Ready { .. } => "promise",
                Message::Present { .. } => "presence",
                Message::Leave { .. } => "departure",
                Message::Coordinates { .. } => "question",
                Message::Noted { .. } => "note",
                Message::Prepare { .. } => "preparation",
                Message::Settled { .. } => "outcome",
                Message::Refused { .. } => "refusal",
                Message::Left { .. } => "farewell",
            }
        }

        fn label(message: &Message<R>) -> String {
            let kind = Self::kind(message);
            match message {
                Message::Arrive { ticket, .. } | Message::Present { ticket } | Message::Leave { ticket, .. } => {
                    format!("{kind}, {}", ticket.resource)
                }
                Message::Ready { generation, .. } | Message::Prepare { generation, .. } => {
                    format!("{kind}, {generation}")
                }
                Message::Coordinates { epoch, .. } => format!("{kind}, epoch {epoch}"),
                Message::Noted { arrived, .. } => format!("{kind}, {arrived} there"),
                Message::Settled { generation, outcome, .. } => format!("{}, {generation}", outcome_word(*outcome)),
                Message::Refused { refusal, .. } => format!("{kind}: {refusal}"),
                Message::Left { .. } => kind.to_string(),
            }
        }

        fn says(message: &Message<R>) -> String {
            match message {
                Message::Arrive { ticket, leaves, .. } => {
                    let last = if *leaves { " for the last time" } else { "" };
                    format!("I have arrived at {}{last}{}", ticket.resource, addressed(ticket))
                }
                Message::Ready { generation, .. } => format!("I am ready, generation {generation}"),
                Message::Present { ticket } => {
                    format!("I have a place at {}, and do not wait{}", ticket.resource, addressed(ticket))
                }
                Message::Leave { ticket, timed_out: false } => format!("I leave {}", ticket.resource),
                Message::Leave { ticket, timed_out: true } => {
                    format!("I leave {}, where I have waited for long enough", ticket.resource)
                }
                Message::Coordinates { epoch, .. } => format!("I coordinate epoch {epoch}; where do you stand?"),
                Message::Noted { generation, arrived, .. } => {
                    format!("I know where you stand; {} in generation {generation}", have_arrived(*arrived))
                }
                Message::Prepare { generation, .. } => {
                    format!("all have arrived in generation {generation}; are you ready?")
                }
                Message::Settled { generation, outcome, .. } => match outcome {
                    Outcome::Released => format!("go on, generation {generation} is complete"),
                    Outcome::Broken(cause) => format!("generation {generation} is broken: {cause}"),
                    Outcome::Unknown => format!("nobody knows how generation {generation} ended"),
                },
                Message::Refused { refusal, .. } => format!("no: {refusal}"),
                Message::Left { .. } => String::from("I know nothing of you any more"),
            }
        }

        /// Parties repeat where they stand, and are answered each time; who asks everybody is sent on by most of them.
        fn is_routine(message: &Message<R>) -> bool {
            match message {
                Message::Refused { refusal, .. } => matches!(refusal, Refusal::Elsewhere(_)),
                Message::Leave { .. } | Message::Left { .. } => false,
                _ => true,
            }
        }

        fn news(message: &Message<R>) -> Option<u64> {
            Some(match message {
                Message::Arrive { ticket, .. } | Message::Present { ticket } => {
                    mixed(ticket.party.get(), u64::from(ticket.arrival) << 32 | ticket.epoch.get())
                }
                Message::Ready { ticket, generation, .. } => mixed(ticket.party.get(), generation.get()),
                Message::Coordinates { party, epoch, .. } => mixed(party.get(), epoch.get()),
                Message::Noted { party, generation, arrived, .. } => {
                    mixed(party.get(), generation.get() ^ u64::from(*arrived).rotate_right(16))
                }
                Message::Prepare { party, generation, .. } | Message::Settled { party, generation, .. } => {
                    mixed(party.get(), generation.get())
                }
                Message::Refused { refusal: Refusal::Elsewhere(Some(node)), .. } => u64::from(node.get()),
                Message::Leave { .. } | Message::Refused { .. } | Message::Left { .. } => return None,
            })
        }
    };
}

impl<R: Copy + Eq + Hash + Debug + Display, const B: usize, const P: usize> Worded for Coordinator<R, B, P> {
    speaks_of_barriers!();

    fn tells(event: &coordinator::Event<R>) -> Option<String> {
        coordinator_tells(event)
    }

    fn stores(record: &Infallible) -> String {
        match *record {}
    }

    fn asks(command: &coordinator::Command<R>) -> String {
        coordinator_asks(command)
    }
}

impl<R: Copy + Eq + Hash + Debug + Display, const B: usize, const P: usize> Worded for Fixed<R, B, P> {
    speaks_of_barriers!();

    fn tells(event: &coordinator::Event<R>) -> Option<String> {
        coordinator_tells(event)
    }

    fn stores(record: &coordinator::Record) -> String {
        format!("writes down: epoch {}", record.epoch)
    }

    fn asks(command: &coordinator::Command<R>) -> String {
        coordinator_asks(command)
    }
}

impl<R: Copy + Eq + Hash + Debug + Display, const N: usize> Worded for Party<R, N> {
    speaks_of_barriers!();

    fn tells(event: &party::Event) -> Option<String> {
        party_tells("the barrier", event)
    }

    fn stores(record: &Infallible) -> String {
        match *record {}
    }

    fn asks(command: &party::Command) -> String {
        match command {
            party::Command::Arrive { .. } => String::from("is asked to arrive"),
            party::Command::Leave { .. } => String::from("is asked to arrive for the last time"),
            party::Command::Cancel => String::from("is asked to give its place up"),
        }
    }
}

fn coordinator_tells<R: Display>(event: &coordinator::Event<R>) -> Option<String> {
    use coordinator::Event::*;
    Some(match event {
        Opened { epoch } => format!("coordinates barriers in epoch {epoch}"),
        Closed { epoch } => format!("coordinates barriers no more, epoch {epoch}"),
        Completed { .. } => return None, // the messages say so
        Broken { resource, generation, cause } => format!("breaks generation {generation} of {resource}: {cause}"),
        Rejected { from, reason } => format!("rejects node {from}: {reason}"),
        Refused(error) => format!("refuses: {error}"),
        Exhausted { epoch } => format!("has no epochs left after {epoch}"),
    })
}

fn coordinator_asks<R: Display>(command: &coordinator::Command<R>) -> String {
    match command {
        coordinator::Command::Open { epoch } => format!("is told to coordinate in epoch {epoch}"),
        coordinator::Command::Close { .. } => String::from("is told to coordinate no more"),
        coordinator::Command::Reset(resource) => format!("is asked to reset {resource}"),
    }
}

/// What a party tells, of the barrier that it is of.
pub(crate) fn party_tells(what: &str, event: &party::Event) -> Option<String> {
    use party::Event::*;
    let of = |generation: &Option<Generation>| {
        generation.map_or_else(String::new, |generation| format!(", generation {generation}"))
    };
    Some(match event {
        Waiting { arrived, .. } => format!("waits at {what}; {}", have_arrived(*arrived)),
        Released { generation } => format!("GOES ON from {what}, generation {generation}"),
        Broken { generation, cause } => format!("learns that {what} BROKE{}: {cause}", of(generation)),
        Unknown { generation } => format!("cannot learn how {what} ended, generation {generation}"),
        Failed { why } => format!("takes no part in {what}: {why}"),
        Cancelled { generation } => format!("waits at {what} no longer{}", of(generation)),
        Left => format!("has left {what}"),
        Rejected { from, reason } => format!("rejects node {from}: {reason}"),
        Refused(error) => format!("refuses: {error}"),
    })
}

/// For which coordinator what a party says counts.
fn addressed<R>(ticket: &Ticket<R>) -> String {
    match ticket.epoch {
        Epoch::ZERO => String::new(),
        epoch => format!(", coordinator of epoch {epoch}"),
    }
}

const fn outcome_word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Released => "released",
        Outcome::Broken(_) => "broken",
        Outcome::Unknown => "unknown",
    }
}

fn have_arrived(arrived: u16) -> String {
    match arrived {
        0 => String::from("nobody has arrived"),
        1 => String::from("one has arrived"),
        arrived => format!("{arrived} have arrived"),
    }
}

/// One number for two.
const fn mixed(one: u64, other: u64) -> u64 {
    one.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(31) ^ other
}

#[cfg(test)]
mod tests {
    use super::*;
    use quorate::barrier::{Cause, PartyId};
    use quorate::{Epoch, NodeId};

    type Subject = Party<u8, 2>;

    #[test]
    fn a_party_repeats_itself_and_is_heard_once_for_each_coordinator() {
        let ticket = |epoch| Ticket {
            resource: 7_u8,
            parties: 3,
            party: PartyId::new(1),
            arrival: 1,
            epoch: Epoch::new(epoch),
            visit: 0,
            learnt: None,
            released: false,
        };
        let arrive = |epoch| Message::Arrive { ticket: ticket(epoch), generation: None, leaves: false };
        assert_eq!(Subject::says(&arrive(0)), "I have arrived at 7");
        assert_eq!(Subject::says(&arrive(2)), "I have arrived at 7, coordinator of epoch 2");
        assert!(Subject::is_routine(&arrive(0)));
        assert_ne!(Subject::news(&arrive(0)), Subject::news(&arrive(2)));
        let generation = Generation::new(Epoch::new(2), 1);
        let broken = party::Event::Broken { generation, cause: Cause::Left(NodeId::new(5)) };
        let told = Subject::tells(&broken).expect("it is told");
        assert!(told.starts_with("learns that the barrier BROKE, generation 1 of epoch 2: "), "{told}");
    }
}
