//! What libraries do with a panic in a case that cannot be, done without one: so nothing that panics is linked into firmware
//! (`.ci/panics.sh`).

use core::mem::swap;
use core::time::Duration;
use heapless::{LenType, Vec};

use crate::time::nanos;

/// Puts a value before the one that stands at this place, or at the end.
///
/// # Errors
///
/// The value, if there is no room, or no such place.
pub(crate) fn insert<T, L: LenType, const N: usize>(list: &mut Vec<T, N, L>, at: usize, value: T) -> Result<(), T> {
    if list.is_full() {
        return Err(value);
    }
    let Some(moved) = list.get_mut(at..) else { return Err(value) };
    let mut last = value;
    for slot in moved {
        swap(slot, &mut last);
    }
    list.push(last)
}

/// Takes the value that stands at this place out; those behind it move up.
pub(crate) fn remove<T, L: LenType, const N: usize>(list: &mut Vec<T, N, L>, at: usize) -> Option<T> {
    if at >= list.len() {
        return None;
    }
    let mut value = list.pop()?;
    for slot in list.get_mut(at..)?.iter_mut().rev() {
        swap(slot, &mut value);
    }
    Some(value)
}

/// As many of them as there is room for.
pub(crate) fn gather<T, const N: usize>(values: impl Iterator<Item = T>) -> Vec<T, N> {
    let mut list = Vec::new();
    for value in values {
        if list.push(value).is_err() {
            break;
        }
    }
    list
}

/// How many there are.
pub(crate) fn count(all: impl Iterator) -> usize {
    all.fold(0, |count, _| usize::saturating_add(count, 1))
}

/// The same with their places, from 0.
pub(crate) fn places<T>(all: impl Iterator<Item = T>) -> impl Iterator<Item = (usize, T)> {
    let mut next = 0_usize;
    all.map(move |one| {
        let place = next;
        next = next.saturating_add(1);
        (place, one)
    })
}

/// What is left of a length when another one is taken away. Lengths beyond the 584 years that can be counted are as long as that.
pub(crate) const fn minus(length: Duration, taken: Duration) -> Duration {
    Duration::from_nanos(nanos(length).saturating_sub(nanos(taken)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec as List;

    #[test]
    fn lists_change_as_the_standard_library_changes_them() {
        for length in 0..5_usize {
            for at in 0..6_usize {
                let mut plain: List<usize> = (0..length).collect();
                let mut list: Vec<usize, 4> = gather(0..length);
                plain.truncate(4);
                assert_eq!(list[..], plain[..]);
                let inserted = insert(&mut list, at, 9);
                if at <= plain.len() && plain.len() < 4 {
                    plain.insert(at, 9);
                    assert_eq!(inserted, Ok(()));
                } else {
                    assert_eq!(inserted, Err(9));
                }
                assert_eq!(list[..], plain[..]);
                let removed = (at < plain.len()).then(|| plain.remove(at));
                assert_eq!((remove(&mut list, at), &list[..]), (removed, &plain[..]));
            }
        }
    }

    #[test]
    fn what_is_counted_is_as_long_as_it_is() {
        assert_eq!(count("three".chars()), 5);
        assert!(places("ab".chars()).eq([(0, 'a'), (1, 'b')]));
        let second = Duration::from_secs(1);
        assert_eq!(
            [minus(second, Duration::from_millis(1)), minus(second, second * 2)],
            [Duration::from_millis(999), Duration::ZERO]
        );
    }
}
