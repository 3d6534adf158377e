//! L2 and L3: tokens that only grow.

use super::{Violation, Who};
use alloc::collections::BTreeMap;
use alloc::format;
use core::fmt::Debug;
use quorate::{FencingToken, Instant};

/// Checks **L2**, that each grant of a resource has a higher token than all grants of it before, and **L3**, that no deed is done
/// at a resource under a lower token than one before, whatever crashed in between.
///
/// `R` names the resource. Both are told in the order of true time, whichever node grants and whichever resource is
/// restarted; neither stands on any clock.
///
/// Memory: two numbers for each resource.
///
/// ```
/// use quorate::{FencingToken, Instant, NodeId};
/// use quorate_sim::check::{Tokens, Who};
///
/// let at = Instant::from_secs;
/// let [ann, bob] = [0, 1].map(|place| Who::new(place, NodeId::new(place as u32 + 1)));
/// let token = FencingToken::from_number;
/// let mut tokens = Tokens::new();
/// tokens.granted(at(1), ann, token(7), &"a")?;
/// tokens.granted(at(2), bob, token(9), &"a")?;
/// tokens.used(at(3), ann, token(7), &"a")?; // late, but nobody has used a later one
/// tokens.used(at(4), bob, token(9), &"a")?;
/// let violation = tokens.used(at(5), ann, token(7), &"a").unwrap_err();
/// assert_eq!(violation.because, "a deed under token 7 was let through at \"a\", after one under token 9");
/// assert_eq!(tokens.granted(at(6), ann, token(9), &"a").unwrap_err().promise, "L2");
/// # Ok::<(), quorate_sim::check::Violation>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Tokens<R: Ord> {
    highest: BTreeMap<R, Highest>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
struct Highest {
    granted: FencingToken,
    used: FencingToken,
}

impl<R: Ord> Default for Tokens<R> {
    fn default() -> Self {
        Self::new()
    }
}

impl<R: Ord> Tokens<R> {
    /// A checker that has seen nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self { highest: BTreeMap::new() }
    }
}

impl<R: Ord + Clone + Debug> Tokens<R> {
    fn highest(&mut self, resource: &R) -> &mut Highest {
        self.highest.entry(resource.clone()).or_default()
    }

    /// The resource was granted to this node with this token, for the first time: renewals and reclaims are no grants.
    ///
    /// # Errors
    ///
    /// L2, if there was a grant with the same token or a higher one.
    pub fn granted(&mut self, at: Instant, who: Who, token: FencingToken, resource: &R) -> Result<(), Violation> {
        let highest = self.highest(resource);
        if token <= highest.granted {
            let because =
                format!("{resource:?} was granted with token {token}, after a grant with token {}", highest.granted);
            return Err(Violation::new("L2", because, at).with_node(who.node));
        }
        highest.granted = token;
        Ok(())
    }

    /// A deed of this node was done at the resource under this token.
    ///
    /// # Errors
    ///
    /// L3, if there was one under a higher token.
    pub fn used(&mut self, at: Instant, who: Who, token: FencingToken, resource: &R) -> Result<(), Violation> {
        let highest = self.highest(resource);
        if token < highest.used {
            let because = format!(
                "a deed under token {token} was let through at {resource:?}, after one under token {}",
                highest.used
            );
            return Err(Violation::new("L3", because, at).with_node(who.node));
        }
        highest.used = token;
        Ok(())
    }
}
