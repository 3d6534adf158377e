//! Barriers: nobody goes on before all have arrived.
//!
//! # What it is
//!
//! A [`Party`] arrives and waits; a [`Coordinator`] counts who has arrived and settles the generation: all are released, or it
//! broke. Between the two stands one question and its answer, as in two-phase commit (Gray 1978): the coordinator tells all that all
//! have arrived, and releases nobody before each of them has answered that it is ready.
//!
//! ```text
//!   Party ──Arrive──▶ Coordinator          Party                                       it may take its arrival back
//!         ◀──Noted───                        │ Arrive, counted
//!         ◀──Prepare─  (all have arrived)    ▼
//!         ──Ready────▶                     waiting ──its patience ends──▶ Broken
//!         ◀──Settled─  (all are ready)       │ Prepare
//!                                            ▼                                         it is bound
//!                                          bound ──Settled──▶ Released, Broken or Unknown
//! ```
//!
//! # Which kinds there are
//!
//! | kind | how |
//! |---|---|
//! | single | each party says [`Leave`](party::Command::Leave): it arrives once, and gives its place up when it is released |
//! | cyclic | each party says [`Arrive`](party::Command::Arrive) again and again; the [`Generation`] grows by one each time |
//! | double | each party says `Arrive` to enter, works, and says `Leave` to leave: it goes when all have finished |
//!
//! For a fixed group without a coordinator there is the [dissemination] barrier, which promises less.
//!
//! A party that has arrived once has a place until it leaves or falls silent, and nobody else can have it: the same parties meet
//! at every generation.
//!
//! # What is promised
//!
//! Always, whatever is lost, late, doubled or down:
//!
//! * **B1** Nobody is released from a generation before all of its parties have arrived in it.
//! * **B3** An arrival that comes twice counts once, and one that comes late counts for its own generation: it learns how that
//!   ended. Whoever shows that it was released from a generation proves that this is complete.
//! * **B4** A generation has one outcome. Nobody is told that it broke if anybody was or will be released from it, also when another
//!   coordinator takes over in between. Who cannot learn the outcome is told `Unknown`. A generation that cannot complete is `Broken`,
//!   with its cause, and the next one begins: each party learns it once, at the latest when it arrives, so all go on in step.
//! * **B5** The party that is one too many, and one that thinks of another number of parties, gets a [`Refusal`] that says so.
//!
//! Once the network behaves for long enough, and a coordinator is open that parties can find:
//!
//! * **B2** When all parties have arrived, all are released, however many messages were lost before.
//!
//! # What is assumed
//!
//! Nobody lies, and `from` is who sent it. No two coordinators ever have the same epoch: that is what an election guarantees
//! under [`Majority`](crate::election::Guarantee::Majority) (E1), or a [fixed](coordinator::Fixed) coordinator that keeps what
//! it stored. A [`PartyId`] is used once.
//!
//! *Nothing here stands on a clock.* A lapse or a patience that is too short breaks generations that could have completed, and
//! does no harm beyond that. Two coordinators at once, of different epochs, do no harm either.
//!
//! # When a coordinator is new
//!
//! It knows nothing: there is no log. What it needs to know the parties know, and this is why it can be certain.
//!
//! **A party obeys one epoch.** When it hears of a later one, it tells the new coordinator where it stands, and from then on rejects
//! what earlier ones say. A coordinator believes only what was said in its own epoch, so it cannot change any more behind its back.
//! Then, for a generation of an earlier coordinator:
//!
//! * A party that was counted in it and *is not bound* never said that it is ready. So nobody was released from it, and as this
//!   party obeys no earlier coordinator any more, nobody will be. Its arrival moves into a generation of the new
//!   coordinator. So do those of parties that are bound: they are free again.
//! * A party that *was released* proves that it is complete, and those that are bound are released.
//! * A party that *was told that it broke* proves that, and those that are bound are told so.
//! * If *all n parties are bound* to it, all have arrived, none was told anything, and none will be told anything else: they are
//!   released.
//! * If only some come back, all of them bound, and nobody who knows, for a [grace period](coordinator::Config::grace), then
//!   the others may have been released or told that it broke. That is `Unknown`.
//!
//! While parties are missing, which is most of a barrier's time, nobody is bound, and a failover costs nothing: all arrivals
//! move. The doubt is confined to the two message delays between the last arrival and the release.
//!
//! # Questions
//!
//! **Why not release at once when the last party arrives?** One round trip less, and then every party that waits when a coordinator
//! fails is in doubt: the last one may have arrived a moment ago. It would have to be `Unknown` or blocked in each failover.
//!
//! **Why may a waiting party decide by itself that its generation broke?** As long as it is not bound nobody can have been
//! released. So a time to wait ends when it ends, whether or not there is a coordinator; the others are told by the next one that
//! hears of it.
//!
//! **Why does a generation carry an epoch?** So that each is settled by one coordinator, which remembers what it said. No
//! coordinator ever completes a generation that another one might be settling; it only finds out.
//!
//! **Why does a broken barrier go on by itself?** Where there are threads and shared memory, it stays broken until somebody resets
//! it, so that parties do not get out of step. Here each party has its place, and is told once of each generation that
//! broke, so they are in step without anybody who resets. [`Reset`](coordinator::Command::Reset) is for a generation that is stuck.
//!
//! **Why is a party asked where it stands before it has a place?** So that nothing that was said long ago, and comes late, takes a
//! place, or speaks for a party that has learnt more since.
//!
//! # Sources
//!
//! Gray, *Notes on data base operating systems* (1978), for the two phases; Skeen, *Nonblocking commit protocols* (1981), for what can
//! and cannot be known after a coordinator has failed; Hunt et al., *ZooKeeper* (2010), for the double barrier.

pub mod coordinator;
pub mod dissemination;
mod generation;
mod message;
pub mod party;

#[cfg(test)]
mod tests;

pub use coordinator::Coordinator;
pub use dissemination::Dissemination;
pub use generation::{Generation, NoGeneration};
pub use message::{Cause, Message, Outcome, PartyId, Refusal, Ticket};
pub use party::Party;
