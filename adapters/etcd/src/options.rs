//! How an engine uses its cluster.

use core::time::Duration;

/// How an engine uses its cluster. All who share locks must agree on the prefix.
///
/// ```
/// use quorate_etcd::Options;
/// let options = Options { prefix: "orders/".into(), label: "host 7".into(), ..Options::default() };
/// assert!(options.lock_delay.is_zero());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// What all keys begin with; `quorate/` unless said otherwise.
    pub prefix: String,
    /// What this client is called where holders are listed: the name of its host or task. A leader that was elected is known by it.
    pub label: String,
    /// For how long after a lease has run out nobody else is granted what was not released; nothing unless said otherwise. etcd
    /// counts in whole seconds, and rounds up.
    pub lock_delay: Duration,
    /// How long an answer may take; a second unless said otherwise.
    pub answer_within: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            prefix: "quorate/".into(),
            label: String::new(),
            lock_delay: Duration::ZERO,
            answer_within: Duration::from_secs(1),
        }
    }
}
