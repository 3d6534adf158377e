//! A table for the documentation.

use super::Surroundings;
use super::figures::{figure, times};
use crate::race::Family;
use core::fmt::Write;

/// All families, with where and when they were measured.
#[must_use]
pub fn markdown(families: &[Family], surroundings: &Surroundings) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "{surroundings}");
    for family in families {
        let _ = writeln!(text, "\n### {}\n", capital(family.title));
        let _ = writeln!(text, "| | ours | peer | | times faster | limit | times limit | as it doubles | goal |");
        let _ = writeln!(text, "|---|---:|---:|---|---:|---:|---:|---:|---|");
        for contest in &family.contests {
            let unit = contest.unit;
            let goals = contest.outcomes(family).into_iter();
            let goals: Vec<String> = goals.map(|outcome| outcome.to_string().replace("MISSED", "**missed**")).collect();
            let limit = contest.limit.as_ref().map(|limit| figure(limit.figure(), unit)).unwrap_or_default();
            let peer = |at: usize| match contest.peers.get(at) {
                None => " | | ".to_owned(),
                Some(peer) => {
                    let faster = times(contest.times_faster_than(peer));
                    format!("{} | {} | {faster}", figure(peer.figure(), unit), peer.name)
                }
            };
            let _ = writeln!(
                text,
                "| {} | {} | {} | {limit} | {} | {} | {} |",
                contest.what,
                figure(contest.ours.figure(), unit),
                peer(0),
                times(contest.ratio_to_limit()),
                times(family.growth(contest)),
                goals.join("; ")
            );
            for at in 1..contest.peers.len() {
                let _ = writeln!(text, "| | | {} | | | | |", peer(at));
            }
        }
    }
    text
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
