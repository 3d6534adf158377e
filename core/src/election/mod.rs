//! Leader election: the bully algorithm, with ballots and leases.
//!
//! # What it is
//!
//! Stoller's bully (*Leader Election in Asynchronous Distributed Systems*, 2000, after Garcia-Molina 1982) over a failure
//! detector: whoever finds the leader gone stands for election; a higher-ranked member that hears of it *answers* and
//! stands itself; who is not answered so, and is elected by enough voters, is *coordinator* and says so. Rank is
//! (priority, id). To that come ballots that carry an epoch, as in Paxos and Raft; a pre-vote, which disturbs nobody
//! (Ongaro 2014, §9.6); and a lease, renewed by a majority (Gray and Cheriton 1989).
//!
//! ```text
//!                  nobody leads                 a majority would elect me         a majority did
//!   following ───────────────────▶ pre-voting ─────────────────────▶ standing ───────────────────▶ leading
//!       ▲                              │ answered by a higher rank,     │                            │
//!       └──────────────────────────────┴── or not by enough in time ────┴────── lease ran out, ──────┘
//!                                                                            resigned, superseded
//! ```
//!
//! # What it promises
//!
//! *Safety*, always, under the assumptions below:
//!
//! * **E1** ([`Guarantee::Majority`]): at most one leader per epoch, ever.
//! * **E1p** ([`Guarantee::PerPartition`]): at most one leader per epoch and partition, where members that trust each
//!   other are a partition. A candidate needs the vote of every voter that it trusts.
//! * **E2** (`Majority`): at most one leader at any instant. A leader's lease is counted from the time at which it *sent*
//!   what a majority acknowledged, and lasts `lease · (1 − ρ) / (1 + ρ) − margin` on its clock; a voter elects nobody else
//!   before `lease` has passed on its own since it *received* it.
//! * **E5**: epochs never go back; a late coordinator message of an old epoch is rejected.
//! * **E6**: a vote is durable before it leaves.
//!
//! *Liveness*, once the network behaves and the detector is right for long enough:
//!
//! * **E3**: the highest-ranked eligible member that reaches a majority becomes leader, if need be by taking over from
//!   a lower-ranked one after a stable time ([`Preempt`]).
//! * **E4**: every member that is connected with the leader learns who it is; a lost message strands nobody.
//!
//! # Assumptions
//!
//! Members do not lie, and `from` is who sent it. Clock rates are off by at most ρ. All voters have the same voters,
//! `lease` and ρ. Storage gives back what it said was durable; a member without storage starts as
//! [`Start::Forgetful`], and then fewer than a majority of the voters may lose their memory at about one time (or all,
//! which starts history anew).
//!
//! # Questions
//!
//! *Why does the leader step down before its lease ends on the voters' clocks?* So that a resource which asks
//! [`Election::time_left`] is never told by two. For whatever reaches a resource late, take the epoch as a fencing token.
//!
//! *Why may a leader with a valid lease answer that it is [doubtful](Event::Doubtful)?* A renewal is overdue. Most often
//! one was lost. It is the time to stop starting new work.
//!
//! *Why two steps to resign?* The work must have stopped before somebody else may lead. [`Event::Stopping`] asks for
//! that, [`Command::Release`] confirms it, and without it the lease simply runs out.
//!
//! *Why does a candidate make way for a higher-ranked one only once?* Because that one may hear the candidate and yet
//! reach no majority (a one-way link, half a partition). Rank is a preference; it must not become a veto.
//!
//! # Example
//!
//! Three members; the first one that finds itself without a leader asks the others.
//!
//! ```
//! use quorate::election::{Config, Election, Event, Guarantee, Message, Start, Timing, Verdict};
//! use quorate::{DriftBound, Epoch, Group, Input, Instant, Machine, NodeId, Output, Seed};
//! use core::time::Duration;
//!
//! let timing = Timing {
//!     lease: Duration::from_millis(400),
//!     renew: Duration::from_millis(50),
//!     timeout: Duration::from_millis(60),
//!     jitter: Duration::ZERO,
//!     drift: DriftBound::QUARTZ,
//!     margin: Duration::from_millis(20),
//! };
//! let config = Config::new(Guarantee::Majority, timing, Seed::new(1))?;
//! let [one, two, three] = [1, 2, 3].map(NodeId::new);
//! let group = Group::<8>::new(three, &[one, two])?;
//! let mut node = Election::new(config, group, &[], Start::First, Instant::ORIGIN)?;
//!
//! // Nobody has claimed to lead for a while: ask whether a majority would have us.
//! let now = node.deadline().unwrap();
//! let asks = node.step(Input::Tick, now);
//! assert!(matches!(asks.iter().next(), Some(Output::Send { message: Message::PreVote { .. }, .. })));
//!
//! // One other would be a majority of three, with ourselves, but the second might rank higher: it is heard, too.
//! let answer = |from, verdict| Input::Receive { from, message: Message::Answer { epoch: Epoch::new(1), verdict } };
//! assert!(node.step(answer(one, Verdict::Would), now).is_empty());
//! let stands = node.step(answer(two, Verdict::Would), now);
//! assert!(matches!(stands.iter().next(), Some(Output::Persist(record)) if record.vote == Some(three)));
//!
//! // The vote of one other suffices.
//! let wins = node.step(answer(one, Verdict::Granted), now);
//! assert!(matches!(wins.events().next(), Some(Event::Elected { .. })));
//! assert_eq!(node.time_left(now), config.validity());
//! # Ok::<(), Box<dyn core::error::Error>>(())
//! ```

mod candidate;
mod commands;
mod config;
mod electorate;
mod event;
mod follower;
mod leader;
mod machine;
mod message;
mod rebase;
mod recall;
mod voter;

#[cfg(test)]
mod tests;

pub use config::{Config, ConfigError, Guarantee, Preempt, Role, Timing};
pub use event::{Command, CommandError, Event, Gone, Reason, Why};
pub use machine::{Election, Leader, Standing, Start};
pub use message::{Message, Record, Verdict};
