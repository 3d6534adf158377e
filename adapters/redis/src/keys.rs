//! What keys and channels are called.

use quorate::Name;

/// The keys of one resource. The name stands in braces, so that they are all in one slot of a Redis cluster.
#[derive(Debug)]
pub(crate) struct Keys {
    pub(crate) lock: String,
    pub(crate) counter: String,
    pub(crate) line: String,
    pub(crate) alive: String,
    pub(crate) held: String,
    pub(crate) modes: String,
}

impl Keys {
    pub(crate) fn new(prefix: &str, resource: &Name) -> Self {
        let key = |what: &str| [prefix, "{", resource.as_str(), "}:", what].concat();
        Self {
            lock: key("lock"),
            counter: key("token"),
            line: key("line"),
            alive: key("alive"),
            held: key("held"),
            modes: key("modes"),
        }
    }
}

/// The start of the names of the channels on which instances are told that it is their turn.
pub(crate) fn wake(prefix: &str) -> String {
    [prefix, "wake:"].concat()
}
