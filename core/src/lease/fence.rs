//! Stands at the resource.

use crate::FencingToken;
use core::fmt;

/// Refuses whoever comes late (**L3**): every token below the highest that it has seen.
///
/// It stands where what must not happen twice is done: in a database, in front of a file, in the firmware of a valve. Its
/// mark has to be durable before anything is done under the token that raised it, and to be there again after a restart.
///
/// It makes late deeds of former *exclusive* holders harmless. Holders that are side by side, shared or with permits, have
/// different tokens at one time; a fence would refuse all but the last of them.
///
/// ```
/// use quorate::FencingToken;
/// use quorate::lease::{Fence, Stale};
///
/// let [old, new] = [7, 9].map(FencingToken::from_number);
/// let mut fence = Fence::new();
/// assert!(fence.admit(old)?); // store `fence.mark()` before the deed
/// assert!(!fence.admit(old)?); // the same holder again: nothing to store
/// assert!(fence.admit(new)?);
///
/// let mut fence = Fence::restored(fence.mark()); // after a restart
/// assert_eq!(fence.admit(old), Err(Stale { token: old, mark: new }));
/// # Ok::<(), Stale>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Fence {
    mark: FencingToken,
}

impl Fence {
    /// A fence that has seen nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self { mark: FencingToken::ZERO }
    }

    /// A fence that has seen this token.
    #[must_use]
    pub const fn restored(mark: FencingToken) -> Self {
        Self { mark }
    }

    /// The highest token that it has seen; [`FencingToken::ZERO`] if it has seen none.
    #[must_use]
    pub const fn mark(&self) -> FencingToken {
        self.mark
    }

    /// Lets a token through that is not below the mark, and says whether it raised it: if so, the mark has to be durable
    /// before anything is done.
    ///
    /// # Errors
    ///
    /// If the token is below the mark, which stays as it was.
    pub fn admit(&mut self, token: FencingToken) -> Result<bool, Stale> {
        let mark = self.mark;
        if token.get() < mark.get() && !planted!(FenceOpen) {
            return Err(Stale { token, mark });
        }
        self.mark = token;
        Ok(token.get() != mark.get())
    }
}

/// A token that is refused, since a later one has been seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Stale {
    /// The token.
    pub token: FencingToken,
    /// The highest that has been seen.
    pub mark: FencingToken,
}

impl fmt::Display for Stale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the token {} is too old: {} has been seen", self.token, self.mark)
    }
}

impl core::error::Error for Stale {}
