//! Finding room for words.

use alloc::vec::Vec;

/// A rectangle: left, top, right, bottom.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Area {
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) right: f64,
    pub(super) bottom: f64,
}

impl Area {
    fn overlaps(&self, other: &Self) -> bool {
        self.left < other.right && other.left < self.right && self.top < other.bottom && other.top < self.bottom
    }

    fn is_inside(&self, other: &Self) -> bool {
        self.left >= other.left && self.right <= other.right && self.top >= other.top && self.bottom <= other.bottom
    }
}

/// Words that have their place already, so that no two lie over each other.
#[derive(Debug)]
pub(super) struct Labels {
    within: Area,
    taken: Vec<Area>,
}

impl Labels {
    pub(super) const fn new(within: Area) -> Self {
        Self { within, taken: Vec::new() }
    }

    /// Takes the place, if it is free and within bounds.
    pub(super) fn take(&mut self, area: Area) -> bool {
        let free = area.is_inside(&self.within) && !self.taken.iter().any(|taken| taken.overlaps(&area));
        if free {
            self.taken.push(area);
        }
        free
    }

    /// Takes the place in any case: something is drawn there.
    pub(super) fn reserve(&mut self, area: Area) {
        self.taken.push(area);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_given_once_and_only_within_bounds() {
        let area = |left: f64, top: f64| Area { left, top, right: left + 10.0, bottom: top + 10.0 };
        let mut labels = Labels::new(Area { left: 0.0, top: 0.0, right: 100.0, bottom: 50.0 });
        assert!(labels.take(area(0.0, 0.0)));
        assert!(!labels.take(area(9.0, 9.0)));
        assert!(labels.take(area(10.0, 0.0)), "neighbours touch");
        assert!(!labels.take(area(91.0, 0.0)), "it would stick out");
        labels.reserve(area(50.0, 20.0));
        assert!(!labels.take(area(55.0, 15.0)));
    }
}
