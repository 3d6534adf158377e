//! Naming what is cut: who can talk to whom, from when to when.

use crate::picture::{Cut, Lane};
use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use quorate::Instant;

/// A time in which the same links were cut.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Band {
    pub(super) from: Instant,
    pub(super) until: Instant,
    /// The sides, or the links.
    pub(super) name: String,
}

/// All of them, in order, up to `end`.
pub(super) fn bands(cuts: &[Cut], lanes: &[Lane], from: Instant, end: Instant) -> Vec<Band> {
    let in_sight = |cut: &&Cut| cut.since < end && cut.until.is_none_or(|healed| healed > from);
    let mut turns: Vec<Instant> =
        cuts.iter().filter(in_sight).flat_map(|cut| [cut.since.max(from), cut.until.unwrap_or(end).min(end)]).collect();
    turns.sort_unstable();
    turns.dedup();
    let mut bands: Vec<Band> = Vec::new();
    for pair in turns.windows(2) {
        let [since, until] = *pair else { continue };
        let open = |cut: &&Cut| cut.since <= since && cut.until.is_none_or(|healed| healed > since);
        let open: BTreeSet<(usize, usize)> = cuts.iter().filter(open).map(|cut| (cut.from, cut.to)).collect();
        if open.is_empty() {
            continue;
        }
        let name = name(&open, lanes);
        match bands.last_mut() {
            Some(last) if last.until == since && last.name == name => last.until = until,
            _ => bands.push(Band { from: since, until, name }),
        }
    }
    bands
}

/// What a node is called where there is little room.
pub(super) fn short(lanes: &[Lane], place: usize) -> String {
    let name = lanes.get(place).map_or("?", |lane| lane.name.as_str());
    String::from(name.strip_prefix("node ").unwrap_or(name))
}

fn name(cut: &BTreeSet<(usize, usize)>, lanes: &[Lane]) -> String {
    let size = lanes.len();
    let list = |places: &[usize]| places.iter().map(|place| short(lanes, *place)).collect::<Vec<_>>().join(" ");
    // Sides: those that can talk both ways, directly or by others.
    let mut side: Vec<usize> = (0..size).collect();
    let connected = |a: usize, b: usize| !cut.contains(&(a, b)) && !cut.contains(&(b, a));
    for a in 0..size {
        for b in 0..a {
            let (of_a, of_b) = (side[a], side[b]);
            if connected(a, b) && of_a != of_b {
                side.iter_mut().filter(|side| **side == of_a).for_each(|side| *side = of_b);
            }
        }
    }
    let whole = (0..size).all(|a| (0..size).all(|b| side[a] == side[b] || cut.contains(&(a, b))));
    let mut sides: Vec<Vec<usize>> = Vec::new();
    for place in 0..size {
        match sides.iter_mut().find(|members| members.first().is_some_and(|first| side[*first] == side[place])) {
            Some(members) => members.push(place),
            None => sides.push(Vec::from([place])),
        }
    }
    let across = sides.iter().map(|members| members.len() * (size - members.len())).sum::<usize>();
    if sides.len() > 1 && whole && cut.len() == across {
        return sides.iter().map(|members| list(members)).collect::<Vec<_>>().join(" | ");
    }
    // One way, from or to one node.
    let froms: BTreeSet<usize> = cut.iter().map(|(from, _)| *from).collect();
    let tos: BTreeSet<usize> = cut.iter().map(|(_, to)| *to).collect();
    if froms.len() * tos.len() == cut.len() {
        let (froms, tos): (Vec<usize>, Vec<usize>) = (froms.into_iter().collect(), tos.into_iter().collect());
        let all =
            |places: &[usize]| if size > 2 && places.len() + 1 == size { String::from("all") } else { list(places) };
        return format!("{} ↛ {}", all(&froms), all(&tos));
    }
    match cut.len() {
        1..=4 => cut
            .iter()
            .map(|(from, to)| format!("{} ↛ {}", short(lanes, *from), short(lanes, *to)))
            .collect::<Vec<_>>()
            .join(", "),
        many => format!("{many} links cut"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(size: usize, cut: &[(usize, usize)]) -> String {
        let lanes: Vec<Lane> = (1..=size).map(|id| Lane::new(format!("node {id}"))).collect();
        name(&cut.iter().copied().collect(), &lanes)
    }

    #[test]
    fn sides_have_their_members_names_and_links_their_ends() {
        let halves = |at: usize| {
            let pairs = (0..4).flat_map(|a| (0..4).map(move |b| (a, b)));
            pairs.filter(|(a, b)| (*a < at) != (*b < at)).collect::<Vec<_>>()
        };
        assert_eq!(of(4, &halves(2)), "1 2 | 3 4");
        assert_eq!(of(4, &halves(1)), "1 | 2 3 4");
        assert_eq!(of(3, &[(0, 1), (1, 0), (0, 2), (2, 0), (1, 2), (2, 1)]), "1 | 2 | 3");
        assert_eq!(of(3, &[(2, 0)]), "3 ↛ 1");
        assert_eq!(of(3, &[(2, 0), (2, 1)]), "3 ↛ all");
        assert_eq!(of(3, &[(0, 2), (1, 2)]), "all ↛ 3");
        assert_eq!(of(4, &[(0, 1), (1, 0)]), "1 ↛ 2, 2 ↛ 1");
        assert_eq!(of(4, &[(0, 1), (1, 0), (2, 3), (3, 1), (2, 1)]), "5 links cut");
    }

    #[test]
    fn a_band_lasts_as_long_as_the_same_links_are_cut() {
        let at = Instant::from_secs;
        let lanes = [Lane::new("node 1"), Lane::new("node 2"), Lane::new("node 3")];
        let cut = |from, to, since, until: Option<u64>| Cut { from, to, since: at(since), until: until.map(at) };
        let cuts = [cut(0, 1, 2, Some(5)), cut(1, 0, 3, Some(5)), cut(0, 1, 8, None)];
        let band = |from, until, name: &str| Band { from: at(from), until: at(until), name: name.into() };
        let expected = [band(2, 3, "1 ↛ 2"), band(3, 5, "1 ↛ 2, 2 ↛ 1"), band(8, 9, "1 ↛ 2")];
        assert_eq!(bands(&cuts, &lanes, at(0), at(9)), expected);
    }
}
