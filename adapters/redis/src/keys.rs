//! What keys and channels are called.

use quorate::Name;

/// The keys of one resource. The name stands in braces, so that they are all in one slot of a Redis cluster.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Keys<'a> {
    prefix: &'a str,
    resource: &'a Name,
}

impl<'a> Keys<'a> {
    pub(crate) const fn new(prefix: &'a str, resource: &'a Name) -> Self {
        Self { prefix, resource }
    }

    /// The keys for these things; see `scripts/acquire.lua`.
    pub(crate) fn of<const N: usize>(self, things: [&str; N]) -> [String; N] {
        things.map(|thing| [self.prefix, "{", self.resource.as_str(), "}:", thing].concat())
    }
}

/// The start of the names of the channels on which instances are told that it is their turn.
pub(crate) fn wake(prefix: &str) -> String {
    [prefix, "wake:"].concat()
}
