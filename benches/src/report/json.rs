//! Rows for programs.

use crate::race::Family;
use serde_json::{Value, json as object};

/// A list of rows: one for each contest, and one more for each further peer in it.
#[must_use]
pub fn json(families: &[Family]) -> Value {
    let mut rows = Vec::new();
    for family in families {
        for contest in &family.contests {
            let goals = contest.outcomes(family).into_iter().map(|outcome| {
                object!({
                    "goal": outcome.goal.to_string(),
                    "figure": outcome.figure,
                    "reached": outcome.reached,
                })
            });
            let goals: Vec<Value> = goals.collect();
            let row = |peer: Option<&crate::race::Lane>| {
                object!({
                    "name": contest.name,
                    "what": format!("{}: {}", family.title, contest.what),
                    "unit": contest.unit.name(),
                    "ours": contest.ours.figure(),
                    "peer": peer.map(|peer| object!({ "name": peer.name, "figure": peer.figure() })),
                    "limit": contest.limit.as_ref().map(crate::race::Lane::figure),
                    "ratio_to_limit": contest.ratio_to_limit(),
                    "times_faster_than_peer": peer.and_then(|peer| contest.times_faster_than(peer)),
                    "growth": family.growth(contest),
                    "goals": goals,
                })
            };
            if contest.peers.is_empty() {
                rows.push(row(None));
            }
            rows.extend(contest.peers.iter().map(|peer| row(Some(peer))));
        }
    }
    Value::Array(rows)
}
