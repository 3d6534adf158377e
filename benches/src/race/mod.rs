//! Contests: ours, others and the limit, timed in passes that take turns.
//!
//! On a machine that does other things too, a time says little, and the ratio of two times that were taken one after the other says
//! much. So everything of a family is timed once in each pass, in one order and then in the other; what is reported is the median
//! of the times, and the median of the ratios within passes.

mod clock;
mod contest;
mod goal;
mod median;
mod run;

pub use clock::Clock;
pub use contest::{Contest, Family, Lane, Unit};
pub use goal::{Goal, Outcome};
pub use median::{median, median_ratio};
pub use run::{Settings, run};
