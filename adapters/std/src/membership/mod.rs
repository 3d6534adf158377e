//! All of a member that never waits: what it is to be, what it shows, and what it answers. A face for threads
//! ([`Member`](crate::Member)), and one for tasks in `quorate-tokio`, stand on it.
//!
//! # Metrics
//!
//! Everything is brought up to date once a second, for whatever recorder of the crate `metrics` is installed by then. All
//! have the labels `group` and `node`.
//!
//! | name | kind | what |
//! |---|---|---|
//! | `quorate_leads` | gauge | 1 if this member leads, 0 if not |
//! | `quorate_leader` | gauge | the leader's id; -1 if none is known |
//! | `quorate_epoch` | gauge | the highest epoch that this member took part in |
//! | `quorate_lease_seconds` | gauge | what was left of this member's lease; only while it leads |
//! | `quorate_elections_won_total` | counter | how often it was elected |
//! | `quorate_leader_changes_total` | counter | how often it learnt of a new leader |
//! | `quorate_suspicions_total` | counter | how often it began to suspect a peer |
//! | `quorate_pauses_total` | counter | how often it was itself held up |
//! | `quorate_peer_level` | gauge | how strongly it suspects the `peer` |
//! | `quorate_peer_suspected` | gauge | 1 if it suspects the `peer`, 0 if not |
//! | `quorate_locks_granted_total` | counter | how often it granted a lock |
//! | `quorate_locks_reclaimed_total` | counter | how often it took back a lock that a leader before it had granted |
//! | `quorate_locks_expired_total` | counter | how often a lease of a lock ran out |
//! | `quorate_locks_held` | gauge | how many claims hold a lock, as far as this member grants them |
//! | `quorate_locks_waiting` | gauge | how many claims wait for one |
//! | `quorate_clients` | gauge | how many clients it remembers |
//! | `quorate_frames_in_total` | counter | frames taken |
//! | `quorate_frames_out_total` | counter | frames sent |
//! | `quorate_frames_unsent_total` | counter | frames that could not be sent |
//! | `quorate_dropped_total` | counter | what was dropped on arrival, by [`reason`](crate::Rejection::name) |
//! | `quorate_messages_rejected_total` | counter | members' messages that came too late or out of place |
//! | `quorate_records_persisted_total` | counter | records made durable |
//! | `quorate_steps_total` | counter | steps of the machine |
//! | `quorate_step_nanoseconds_total` | counter | how long they took |
//! | `quorate_step_longest_seconds` | gauge | how long the longest took |
//!
//! # Logs
//!
//! Everything that a member does happens in the `tracing` span `member` with the fields `group` and `node`.
//!
//! | level | what |
//! |---|---|
//! | error | the member had to stop; epochs are used up |
//! | warn | a peer is suspected; a renewal is overdue; the member was held up; datagrams were dropped; a name was not found |
//! | info | who leads, and every change of it; a peer is trusted again, restarted or moved; the member stopped |
//! | debug | a message was not acted on; a command was refused; a datagram could not be sent |

pub mod administration;
mod directory;
mod error;
mod event;
mod meters;
mod plan;
mod settings;
mod status;
mod tallies;
mod watcher;
pub(crate) mod wire;

pub use crate::tenure::{Hold, Phase, Stop, StopReason, Tenure, Why};
pub(crate) use directory::claims_from;
pub use directory::{Claim, Claims, Directory};
pub use error::JoinError;
pub use event::{CommandError, Event, Leader, Stamped, refused};
pub use plan::{Life, Plan, Prepared, State};
pub use status::{PeerHealth, Status, peers, status};
pub use tallies::Tallied;
pub use watcher::{Shared, Show, Watcher};

use crate::driver::{ASKER, MAX_PEERS};
use quorate::{Name, NodeId, detector, host};

/// How many claims a leader has room for: those who hold locks and those who wait for them, together. Who comes when there are
/// as many is refused ([`Refusal::Full`](quorate::lease::Refusal::Full)).
pub const MAX_CLAIMS: usize = 1_024;

/// How many barriers a leader has room for at once.
pub const MAX_BARRIERS: usize = 32;

/// How many parties a barrier can have.
pub const MAX_PARTIES: usize = 32;

/// How many clients a member remembers: where each was heard last, and which of its frames have arrived.
pub const MAX_CLIENTS: usize = 4_096;

/// How many samples an adaptive detector keeps of each peer.
const DETECTOR_WINDOW: usize = 100;

type AnyDetector = detector::AnyDetector<DETECTOR_WINDOW>;

/// The machine that a member runs: it hosts locks and barriers while it leads.
pub type Machine = host::Host<AnyDetector, Name, MAX_PEERS, MAX_CLAIMS, MAX_BARRIERS, MAX_PARTIES>;

/// Whether no member can have `id`: it is a client's, or the one under which questions are asked.
fn is_reserved(id: NodeId) -> bool {
    id.is_client() || id == ASKER
}
