//! A table for a terminal.

use super::figures::{figure, times};
use crate::race::{Contest, Family};
use core::fmt::Write;

const BOLD: &str = "\x1b[1m";
const DIM: &str = "\x1b[2m";
const GREEN: &str = "\x1b[32m";
const RED: &str = "\x1b[31m";
const PLAIN: &str = "\x1b[0m";

/// A family as a table, coloured; whoever prints it to something else than a terminal takes the colours away.
#[must_use]
pub fn table(family: &Family) -> String {
    let mut text = String::new();
    let widest = family.contests.iter().map(|contest| contest.what.chars().count()).max().unwrap_or(0).max(20);
    let heading = pad(family.title, widest);
    let _ = writeln!(
        text,
        "{BOLD}{heading}{PLAIN}  {DIM}{:>9}  {:>9} {:<22} {:>7}  {:>9} {:>6}  {:>7}{PLAIN}",
        "ours", "peer", "", "faster", "limit", "times", "doubled"
    );
    for contest in &family.contests {
        row(&mut text, contest, family, widest);
    }
    text
}

fn row(text: &mut String, contest: &Contest, family: &Family, widest: usize) {
    let ours = figure(contest.ours.figure(), contest.unit);
    let limit = contest.limit.as_ref().map(|limit| figure(limit.figure(), contest.unit)).unwrap_or_default();
    let peer = |at: usize| match contest.peers.get(at) {
        None => (String::new(), "", String::new()),
        Some(peer) => (figure(peer.figure(), contest.unit), peer.name, times(contest.times_faster_than(peer))),
    };
    let (figure, name, faster) = peer(0);
    let (ratio, growth) = (times(contest.ratio_to_limit()), times(family.growth(contest)));
    let what = pad(&contest.what, widest);
    let _ = write!(
        text,
        "{what}  {BOLD}{ours:>9}{PLAIN}  {figure:>9} {DIM}{name:<22}{PLAIN} {faster:>7}  {limit:>9} {ratio:>6}  {growth:>7}"
    );
    for outcome in contest.outcomes(family) {
        let colour = if outcome.reached { GREEN } else { RED };
        let _ = write!(text, "  {colour}{outcome}{PLAIN}");
    }
    text.push('\n');
    for at in 1..contest.peers.len() {
        let (figure, name, faster) = peer(at);
        let empty = pad("", widest);
        let _ = writeln!(text, "{empty}  {:>9}  {figure:>9} {DIM}{name:<22}{PLAIN} {faster:>7}", "");
    }
}

/// Filled up with blanks to so many characters.
fn pad(text: &str, width: usize) -> String {
    format!("{text:<width$}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::race::{Goal, Unit};

    #[test]
    fn a_row_shows_every_peer_and_goal() {
        let mut family = Family::new("sizes");
        let contest = Contest::known("small", "a small one", Unit::Bytes, 24.0).known_limit(16.0);
        let contest = contest.known_peer("large", 48.0).known_peer("larger", 96.0);
        family.add(contest.goal(Goal::AtMost(32.0)).goal(Goal::TimesLimit(1.0)));
        let text = anstream::adapter::strip_str(&table(&family)).to_string();
        assert_eq!(text.lines().count(), 3, "{text}");
        for expected in ["24 B", "48 B large", "96 B larger", "reached ≤ 32", "MISSED ≤ 1 × limit: 1.50"] {
            assert!(text.contains(expected), "{expected:?} is not in\n{text}");
        }
    }
}
