//! How an engine uses its server.

use core::time::Duration;

/// How an engine uses its server. All who share locks must agree on the prefix.
///
/// ```
/// use quorate_redis::Options;
/// use std::time::Duration;
/// let options = Options { prefix: "orders:".into(), lock_delay: Duration::from_millis(500), ..Options::default() };
/// assert_eq!(options.label, "");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// What the names of all keys and channels begin with; `quorate:` unless said otherwise.
    pub prefix: String,
    /// What this client is called where holders are listed: the name of its host or task. A leader that was elected is known by it.
    pub label: String,
    /// For how long after a lease has run out nobody else is granted what was not released; nothing unless said otherwise.
    pub lock_delay: Duration,
    /// How long an answer may take. Then the connection is given up for another one; a second unless said otherwise.
    pub answer_within: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            prefix: "quorate:".into(),
            label: String::new(),
            lock_delay: Duration::ZERO,
            answer_within: Duration::from_secs(1),
        }
    }
}
