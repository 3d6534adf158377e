//! The words of leases: of those who grant, and of those who hold.

use super::Worded;
use alloc::format;
use alloc::string::{String, ToString};
use core::fmt::{Debug, Display};
use core::hash::Hash;
use core::time::Duration;
use quorate::lease::authority::{self, Authority, Fixed};
use quorate::lease::holder::{self, Holder, Patience};
use quorate::lease::{Message, Mode, Refusal};
use quorate::{FencingToken, Infallible};

/// What authorities and holders say, which is the same for all kinds of them.
macro_rules! speaks_of_leases {
    () => {
        fn kind(message: &Message<R>) -> &'static str {
            match message {
                Message::Acquire { .. } => "request",
                Message::Renew { .. } => "renewal",
                Message::Release { .. } => "release",
                Message::Granted { .. } => "grant",
                Message::Waiting { .. } => "place",
                Message::Refused { .. } => "refusal",
                Message::Released { .. } => "confirmation",
            }
        }

        fn label(message: &Message<R>) -> String {
            let kind = Self::kind(message);
            match message {
                Message::Acquire { resource, .. } => format!("{kind} {resource}"),
                Message::Renew { token, .. } | Message::Release { token: Some(token), .. } => {
                    format!("{kind}, token {}", token_in_words(*token))
                }
                Message::Granted { token, .. } => format!("{kind}, token {}", token_in_words(*token)),
                Message::Waiting { ahead, .. } => format!("{kind}, {ahead} before"),
                Message::Refused { refusal, .. } => format!("{kind}: {refusal}"),
                Message::Release { token: None, .. } | Message::Released { .. } => kind.to_string(),
            }
        }

        fn says(message: &Message<R>) -> String {
            match message {
                Message::Acquire { resource, mode, wait, .. } => {
                    let at_once = if *wait { "" } else { " at once" };
                    match mode {
                        Mode::Exclusive => format!("may I have {resource}{at_once}?"),
                        Mode::Shared => format!("may I share {resource}{at_once}?"),
                        Mode::Permits { .. } => format!("may I have {mode} of {resource}{at_once}?"),
                    }
                }
                Message::Renew { resource, token, .. } => {
                    format!("I hold {resource}, token {}; let me keep it", token_in_words(*token))
                }
                Message::Release { token: Some(token), .. } => {
                    format!("I give it back, token {}", token_in_words(*token))
                }
                Message::Release { token: None, .. } => String::from("I want it no more"),
                Message::Granted { token, lease, .. } => {
                    format!("it is yours for {}, token {}", brief(*lease), token_in_words(*token))
                }
                Message::Waiting { ahead: 0, .. } => String::from("you are next"),
                Message::Waiting { ahead: 1, .. } => String::from("wait, one is before you"),
                Message::Waiting { ahead, .. } => format!("wait, {ahead} are before you"),
                Message::Refused { refusal, .. } => format!("no: {refusal}"),
                Message::Released { .. } => String::from("it is given back"),
            }
        }

        /// Requests and renewals are repeated, and answered each time; who asks everybody is sent on by most of them.
        fn is_routine(message: &Message<R>) -> bool {
            match message {
                Message::Refused { refusal, .. } => matches!(refusal, Refusal::Elsewhere(_)),
                Message::Release { .. } | Message::Released { .. } => false,
                _ => true,
            }
        }

        fn news(message: &Message<R>) -> Option<u64> {
            match message {
                Message::Acquire { claim, .. } => Some(claim.get()),
                Message::Granted { token, .. } => Some(token.get()),
                Message::Waiting { claim, ahead, .. } => Some(claim.get() ^ u64::from(*ahead).rotate_right(8)),
                Message::Refused { refusal: Refusal::Elsewhere(Some(node)), .. } => Some(u64::from(node.get())),
                _ => None,
            }
        }
    };
}

impl<R: Copy + Eq + Hash + Debug + Display, const N: usize> Worded for Authority<R, N> {
    speaks_of_leases!();

    fn tells(event: &authority::Event<R>) -> Option<String> {
        authority_tells(event)
    }

    fn stores(record: &Infallible) -> String {
        match *record {}
    }

    fn asks(command: &authority::Command<R>) -> String {
        authority_asks(command)
    }
}

impl<R: Copy + Eq + Hash + Debug + Display, const N: usize> Worded for Fixed<R, N> {
    speaks_of_leases!();

    fn tells(event: &authority::Event<R>) -> Option<String> {
        authority_tells(event)
    }

    fn stores(record: &authority::Record) -> String {
        format!("writes down: epoch {}", record.epoch)
    }

    fn asks(command: &authority::Command<R>) -> String {
        authority_asks(command)
    }
}

impl<R: Copy + Eq + Hash + Debug + Display, const N: usize> Worded for Holder<R, N> {
    speaks_of_leases!();

    fn tells(event: &holder::Event) -> Option<String> {
        holder_tells("the lock", event)
    }

    fn stores(record: &Infallible) -> String {
        match *record {}
    }

    fn asks(command: &holder::Command<R>) -> String {
        holder_asks(command)
    }
}

fn authority_tells<R: Display>(event: &authority::Event<R>) -> Option<String> {
    use authority::Event::*;
    Some(match event {
        Opening { epoch, grace } => {
            format!("hosts locks in epoch {epoch}; for {} it only takes back what is held", brief(*grace))
        }
        Opened { epoch } => format!("grants locks, epoch {epoch}"),
        Closed { epoch } => format!("hosts locks no more, epoch {epoch}"),
        Granted { resource, node, token, reclaimed: true, .. } => {
            format!("takes back that node {node} holds {resource}, token {}", token_in_words(*token))
        }
        Granted { .. } | Freed { why: authority::Freed::Released, .. } => return None, // the messages say so
        Freed { resource, node, token, why, .. } => {
            format!("frees {resource} of node {node}, token {}: {why}", token_in_words(*token))
        }
        Exhausted { epoch } => format!("has no tokens left in epoch {epoch}"),
        Rejected { from, reason } => format!("rejects node {from}: {reason}"),
        Refused(error) => format!("refuses: {error}"),
    })
}

fn authority_asks<R: Display>(command: &authority::Command<R>) -> String {
    match command {
        authority::Command::Open { epoch } => format!("is told to host locks in epoch {epoch}"),
        authority::Command::Close { .. } => String::from("is told to host locks no more"),
        authority::Command::Break(resource) => format!("is asked to break all leases of {resource}"),
    }
}

/// What a holder tells, of what it wants.
pub(crate) fn holder_tells(what: &str, event: &holder::Event) -> Option<String> {
    use holder::Event::*;
    Some(match event {
        Waiting { ahead: 0 } => format!("waits for {what}, and is next"),
        Waiting { ahead } => format!("waits for {what}, behind {ahead}"),
        Acquired { token } => format!("HOLDS {what}, token {}", token_in_words(*token)),
        Entered { depth } => format!("has entered {what} {depth} times"),
        Doubtful { left } => format!("doubts that it holds {what}; {} left", brief(*left)),
        Sound { .. } => format!("is sure again that it holds {what}"),
        Lost { token, why } => format!("HOLDS {what} NO MORE, token {}: {why}", token_in_words(*token)),
        Released { token, confirmed: true } => format!("has given back {what}, token {}", token_in_words(*token)),
        Released { token, confirmed: false } => {
            format!("has given back {what}, token {}, and nobody confirmed it", token_in_words(*token))
        }
        Failed { why } => format!("does not get {what}: {why}"),
        Rejected { from, reason } => format!("rejects node {from}: {reason}"),
        Refused(error) => format!("refuses: {error}"),
    })
}

fn holder_asks<R: Display>(command: &holder::Command<R>) -> String {
    use holder::Command::*;
    match command {
        Acquire { resource, mode, patience } => {
            let how = match mode {
                Mode::Exclusive => format!("is asked to acquire {resource}"),
                Mode::Shared => format!("is asked to share {resource}"),
                Mode::Permits { .. } => format!("is asked to acquire {mode} of {resource}"),
            };
            match patience {
                Patience::Try => how + ", without waiting",
                Patience::For(time) => format!("{how}, and to wait for {time:?} at most"),
                Patience::Forever => how,
            }
        }
        Cancel => String::from("is asked to wait no longer"),
        Release => String::from("is asked to give it back"),
        Drain => String::from("is asked to give it back as soon as all have left"),
    }
}

/// `3 of epoch 2`: a token, as people compare it.
pub(crate) fn token_in_words(token: FencingToken) -> String {
    format!("{} of epoch {}", token.sequence(), token.epoch())
}

/// A duration to the millisecond.
fn brief(duration: Duration) -> String {
    let millis = duration.as_millis();
    match millis {
        1_000.. if millis.is_multiple_of(1_000) => format!("{} s", millis / 1_000),
        _ => format!("{millis} ms"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use quorate::lease::ClaimId;
    use quorate::{Epoch, Instant};

    type Subject = Holder<u8, 2>;

    #[test]
    fn a_renewal_is_routine_and_a_grant_is_news_once() {
        let token = FencingToken::new(Epoch::new(2), 5).expect("a token");
        let (claim, sent, lease) = (ClaimId::new(1), Instant::ORIGIN, Duration::from_millis(2_400));
        let granted = Message::Granted { claim, token, lease, sent };
        assert_eq!(Subject::says(&granted), "it is yours for 2400 ms, token 5 of epoch 2");
        assert!(Subject::is_routine(&granted) && Subject::news(&granted) == Some(token.get()));
        let renew = Message::Renew { claim, resource: 7, mode: Mode::Shared, token, lease, sent };
        assert_eq!(Subject::says(&renew), "I hold 7, token 5 of epoch 2; let me keep it");
        assert!(Subject::is_routine(&renew) && Subject::news(&renew).is_none());
        let lost = holder::Event::Lost { token, why: holder::Loss::Expired };
        let told = "HOLDS the lock NO MORE, token 5 of epoch 2: no renewal was acknowledged in time";
        assert_eq!(Subject::tells(&lost).as_deref(), Some(told));
    }
}
