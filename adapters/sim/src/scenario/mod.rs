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

mod announce;
mod assumptions;
mod check;
mod chronicle;
mod error;
mod named;
mod parse;
mod player;
mod run;
mod stage;
mod story;
mod summary;

pub use assumptions::NotPromised;
pub use error::Error;
pub use named::{NAMES, named, read, text};
pub use parse::parse;
pub use player::{MOST_NODES, MemberMachine, MonitorMachine};
pub use run::{Options, run};
pub use story::{Machines, Scenario};
pub use summary::{Expected, Leadership, Losses, Summary};
