//! Who holds a resource and who waits for it: all claims in the order in which they came.

use quorate::lease::Mode;

/// A claim, as the cluster knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Claim {
    pub(crate) key: Vec<u8>,
    /// When it came: the revision in which its key was created.
    pub(crate) revision: i64,
    pub(crate) mode: Mode,
}

/// How a claim stands among the others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// It holds the resource.
    Holds,
    /// It waits.
    Waits {
        /// How many wait before it.
        ahead: u32,
        /// Nothing changes for it before this is gone.
        until_gone: Until,
    },
    /// It can never hold it beside those who know so many permits.
    OtherPermits(u16),
    /// It is not there.
    Absent,
}

/// What a claim that waits has to watch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Until {
    /// One claim before it, by its key.
    Claim(Vec<u8>),
    /// Any of those before it, since any of them may give back what is missing.
    Any,
}

/// How the claim with this key stands among these, which are in the order in which they came.
///
/// Whoever came first is served first: a claim holds the resource if it bears all that came before it, and those hold it.
pub(crate) fn place(line: &[Claim], key: &[u8]) -> Place {
    let Some(at) = line.iter().position(|claim| claim.key == key) else { return Place::Absent };
    let mine = line[at].mode;
    if let Mode::Permits { of, .. } = mine {
        let other = line.iter().find_map(|claim| match claim.mode {
            Mode::Permits { of: other, .. } if other != of => Some(other.get()),
            _ => None,
        });
        if let Some(other) = other {
            return Place::OtherPermits(other);
        }
    }
    let holders = (0..line.len()).take_while(|n| has_room(&line[..*n], line[*n].mode)).count();
    if at < holders {
        return Place::Holds;
    }
    let in_the_way = line[..at].iter().rev().find(|claim| !claim.mode.bears(mine));
    let until_gone = in_the_way.map_or(Until::Any, |claim| Until::Claim(claim.key.clone()));
    Place::Waits { ahead: u32::try_from(at - holders).unwrap_or(u32::MAX), until_gone }
}

/// Whether there is room for one more beside these holders.
fn has_room(holders: &[Claim], mode: Mode) -> bool {
    let taken = holders.iter().map(|claim| match claim.mode {
        Mode::Permits { take, .. } => u64::from(take.get()),
        Mode::Exclusive | Mode::Shared => 0,
    });
    let enough = match mode {
        Mode::Permits { take, of } => taken.sum::<u64>() + u64::from(take.get()) <= u64::from(of.get()),
        Mode::Exclusive | Mode::Shared => true,
    };
    enough && holders.iter().all(|claim| claim.mode.bears(mode))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(modes: &[Mode]) -> Vec<Claim> {
        let claim = |(n, mode): (usize, &Mode)| Claim { key: vec![n as u8], revision: n as i64, mode: *mode };
        modes.iter().enumerate().map(claim).collect()
    }

    fn places(modes: &[Mode]) -> Vec<Place> {
        let line = line(modes);
        (0..modes.len()).map(|n| place(&line, &[n as u8])).collect()
    }

    fn waits(ahead: u32, key: u8) -> Place {
        Place::Waits { ahead, until_gone: Until::Claim(vec![key]) }
    }

    const X: Mode = Mode::Exclusive;
    const S: Mode = Mode::Shared;

    fn permits(take: u16) -> Mode {
        Mode::permits(take, 3).unwrap()
    }

    #[test]
    fn writers_watch_who_came_just_before_them() {
        assert_eq!(places(&[X, X, X]), [Place::Holds, waits(0, 0), waits(1, 1)]);
    }

    #[test]
    fn readers_watch_the_last_writer_before_them() {
        assert_eq!(places(&[S, S, X, S, S]), [Place::Holds, Place::Holds, waits(0, 1), waits(1, 2), waits(2, 2)]);
    }

    #[test]
    fn permits_are_served_in_order_even_if_a_later_one_would_fit() {
        let any = |ahead| Place::Waits { ahead, until_gone: Until::Any };
        assert_eq!(places(&[permits(2), permits(2), permits(1)]), [Place::Holds, any(0), any(1)]);
        assert_eq!(places(&[permits(2), permits(1)]), [Place::Holds, Place::Holds]);
        assert_eq!(places(&[permits(2), X, permits(1)]), [Place::Holds, waits(0, 0), waits(1, 1)]);
    }

    #[test]
    fn who_knows_another_number_of_permits_is_told() {
        let other = Mode::permits(1, 4).unwrap();
        assert_eq!(place(&line(&[permits(1), other]), &[1]), Place::OtherPermits(3));
        assert_eq!(place(&line(&[X]), &[7]), Place::Absent);
    }
}
