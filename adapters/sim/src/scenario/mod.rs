//! Stories of what can go wrong, each in one file: who takes part, what happens when, and what is expected.
//!
//! ```
//! use quorate_sim::scenario::{self, Options};
//!
//! let scenario = scenario::parse(
//!     "mine.toml",
//!     r#"
//!     title = "A leader is cut off"
//!     shows = "A leader that reaches no majority steps down before another one is elected."
//!     nodes = 3
//!     length = "3s"
//!     steps = [
//!         { at = "1s", isolate = "leader" },
//!         { at = "1.5s", expect = { node = 3, told = "LEADS NO MORE" } },
//!         { at = "2s", heal = "all" },
//!         { at = "3s", expect = { leader = 2, agree = "all", epoch = 2 } },
//!     ]
//!     "#,
//! )?;
//! let summary = scenario::run(&scenario, Options::default(), &mut ());
//! assert!(summary.is_good(), "{summary}");
//! # Ok::<(), scenario::Error>(())
//! ```
//!
//! Those that have a [name](NAMES) are good examples to begin with; their files stand in the folder `scenarios` of this crate, and
//! what they tell in `tests/transcripts`.
//!
//! # What can stand in a scenario
//!
//! | key | what it is |
//! |---|---|
//! | `title`, `shows`, `nodes`, `length` | needed: a name, a paragraph, how many nodes, how long |
//! | `machines` | `"members"`, `"monitors"` alone, or `"hosts"`: members that host locks and barriers |
//! | `clients`, `store`, `leases` | of hosts: `[4, 5]`, nodes that use locks and barriers; `6`, one that is written to behind a fence; `{ longest = "3s", lock-delay = "1s", cap = "1m" }` |
//! | `seed` | where chance comes from; 1 unless set |
//! | `profile`, `timings` | `"lan"`, `"wan"` or `"bus"`, and what differs: `interval`, `detection`, `lease`, `renew`, `timeout`, `jitter`, `margin`, `drift`, `preempt` |
//! | `guarantee`, `detector` | `"majority"` or `"per-partition"`; `"timeout"`, `"phi-normal"`, `"phi-exponential"`, `"chen"`, `"bertier"` |
//! | `ids`, `priorities`, `roles`, `absent` | `[1, 2, 2]`; `{ 1 = 10 }`; `{ 2 = "voter" }`; who is not started |
//! | `diskless`, `epoch` | whether nothing is stored; an epoch that all remember |
//! | `clocks`, `link` | `{ 2 = "+200ppm", 3 = { rate = "-2%", ahead = "1h" } }`; `{ delay = "1ms to 20ms", loss = "10%" }` |
//! | `messages` | `"values"`, or the bytes of `"frames"` or `"sealed-frames"` |
//! | `breaks` | promises that the scenario shows to break, such as `["E2"]` |
//! | `steps` | what happens when |
//!
//! A step has a time, `at`. It can have a `note`, which is told, and an `expect`ation, which is looked at before anything is done;
//! and it does one thing, whose name is its key. With `every` and `times` it is repeated. Nodes are named by number (by place, where two
//! have one id), as `"leader"`, `"follower"`, `"followers"`, `"all"`, as a list, or as they were called before.
//!
//! | step | what it does |
//! |---|---|
//! | `crash = 3`; `start = 3`, `storage = "lost"` | a node goes down; it starts, with its storage or without |
//! | `pause = 3`, `for = "2s"`; `suspend`; `resume` | it stands still, while its clock goes on; or stops, too; it goes on |
//! | `cut = 5`, `to = 2`; `isolate = 3`; `split = { left = [1, 2], right = [3] }`; `heal = "all"` | partitions, one way, whole and partial |
//! | `link = { … }`, `from`, `to`; `slow = 3`, `by = "20ms"` | what links are like; how long a node takes over things |
//! | `fill-disk = 2`; `clear-disk`; `slow-disk`, `by` | storage |
//! | `clock = 3` with `rate`, `forward` or `back` | clocks |
//! | `lose = "coordinator"`, `from`, `to`, `next = 3` or `for = "2s"`; `delay`, `by`; `hold`, `for` | certain messages: lost, late, kept back |
//! | `forge = "coordinator"`, `by = 1`, `as = 5`, `to`, `epoch = 9`; `liar = 3`, `lies = { replay = "10%" }` | lies |
//! | `resign = "leader"`; `transfer`, `to`; `release`; `priority = 7`, `of = 2`; `veto`; `allow` | what local users ask for |
//! | `acquire = "orders"`, `by = 4`, `shared = true` or `permits = 1` with `of = 3`, `wait = "2s"` or `"try"` | clients want a lock |
//! | `unlock = 4`; `cancel`; `drain`; `write = "orders"`, `by = 4` | they give it back, wait no longer; they write under the token that they had last |
//! | `arrive = "start"`, `by = "clients"`, `parties = 3`, `wait = "2s"`, `last = true`; `depart = 4` | they meet at a barrier; they give their places up |
//! | `break = "orders"`; `reset = "start"`, `at-node = 3` | an administrator at the leader, or at that node |
//! | `call = "the old leader"`, `node = "leader"` | gives a node a name for later steps |
//!
//! Expected can be: `leader` (a node, several of which one leads, `"somebody"`, `"nobody"`), `agree` (who follows one leader, that
//! leads), `epoch`, `epoch-at-most`, `leaderships-at-most`, `leaderless-at-most`, `same-leader-since`, `wrong-suspicions-at-most`,
//! `kept` and `broken` (promises); and of a `node`: `follows`, `suspects`, `trusts`, `is` (`"up"`, `"down"`), `told`, `never-told`,
//! `said`, `never-said` (words of its transcript, `since` a time), `refuses-frames`.
//!
//! # Promises
//!
//! E1, E2, E5 and E6 are judged at everything that happens, and with services L1, L2, L3, L5, B1, B3, B4 and B5. Where a scenario takes the ground from under a promise (a clock jumps,
//! a member lies, storage is lost), the promise is judged all the same, and its breach is told in the [`Summary`] with the reason; it is
//! no failure then. Whatever else breaks ends the run.
//!
//! For machines of your own there are no scenario files: lead a [`World`](crate::world::World) through your story, and let a
//! [`Transcript`](crate::transcript::Transcript) watch.

mod announce;
mod assumptions;
mod check;
mod chronicle;
mod error;
mod named;
mod parse;
mod player;
mod run;
mod services;
mod stage;
mod story;
mod summary;

pub use assumptions::NotPromised;
pub use error::Error;
pub use named::{NAMES, named, read, text};
pub use parse::parse;
pub use player::{MOST_NODES, MemberMachine, MonitorMachine};
pub use run::{Options, run};
pub use services::ServiceNode;
pub use story::{Machines, Scenario};
pub use summary::{Expected, Leadership, Losses, Services, Summary};
