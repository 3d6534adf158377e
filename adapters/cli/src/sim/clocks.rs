//! `quorate sim clocks`.

use crate::args::ClocksArgs;
use crate::failure::{Failure, Outcome};
use crate::paint::print;
use quorate_sim::lesson::clocks;

/// Tells the story, and what four kinds of clock make of it.
pub(super) fn run(args: ClocksArgs) -> Outcome {
    let lesson = clocks::replay(args.apart);
    let text = if args.json { serde_json::to_string(&lesson).map_err(Failure::new)? } else { lesson.to_string() };
    print(text.trim_end())
}
