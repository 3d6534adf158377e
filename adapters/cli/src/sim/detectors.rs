//! `quorate sim detectors`.

use super::picture;
use crate::args::DetectorsArgs;
use crate::failure::{Failure, Outcome};
use crate::paint::print;
use core::fmt::Write;
use quorate_sim::lesson::detectors;

/// Measures, and prints tables.
pub(super) fn run(args: &DetectorsArgs) -> Outcome {
    let study = detectors::study(args.seed, args.length());
    if let Some(path) = &args.svg {
        picture::write(&quorate_sim::picture::detectors(&study), path)?;
    }
    if args.json {
        return print(&serde_json::to_string(&study).map_err(Failure::new)?);
    }
    let mut text = study.summary().to_string();
    let details: Vec<_> = study.traces.iter().filter(|traced| args.wants(traced.behaviour)).collect();
    for traced in &details {
        let _ = write!(text, "\n{traced}");
    }
    if details.is_empty() {
        text.push_str("\nEvery setting of every detector on one trace: quorate sim detectors --trace NAME\n");
    }
    print(text.trim_end())
}
