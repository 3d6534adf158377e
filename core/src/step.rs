//! What a step returns.

use crate::{Infallible, NodeId, Output, To};
use heapless::Vec;

/// The outputs of one step, in the order in which they are to be carried out: at most [`Step::CAPACITY`].
///
/// Returned by value, so it costs a few tens of instructions as long as the outputs are small; every machine of this
/// crate holds the size of its step down with a `const` assertion.
///
/// ```
/// use quorate::{NodeId, Output, Step, To};
/// let mut step = Step::<&str, u64, ()>::new();
/// step.persist(7);
/// step.send(To::Peers, "seven");
/// assert_eq!(step.len(), 2);
/// assert!(matches!(step.into_iter().next(), Some(Output::Persist(7))));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step<M, R, E> {
    outputs: Vec<Output<M, R, E>, 4, u8>,
    overflowed: bool,
}

impl<M, R, E> Step<M, R, E> {
    /// How many outputs fit.
    pub const CAPACITY: usize = 4;

    /// A step without outputs.
    ///
    /// Where nothing comes of an input, a machine returns this at once, before it begins a step to fill: what stands in a variable
    /// has to be copied out whole, with the room for outputs that it does not have.
    #[must_use]
    pub const fn new() -> Self {
        Self { outputs: Vec::new(), overflowed: false }
    }

    /// Appends a record to be made durable.
    pub fn persist(&mut self, record: R) {
        self.push(Output::Persist(record));
    }

    /// Appends a message to be sent.
    pub fn send(&mut self, to: To, message: M) {
        self.push(Output::Send { to, message });
    }

    /// Appends a message to one node.
    pub fn send_to(&mut self, node: NodeId, message: M) {
        self.send(To::Node(node), message);
    }

    /// Appends an event for the local user.
    pub fn event(&mut self, event: E) {
        self.push(Output::Event(event));
    }

    /// Appends an output. A fifth is dropped, and [`overflowed`](Step::overflowed) tells: a machine must look at
    /// [`room`](Step::room) first and leave what does not fit for its next tick. The second law checks that it does.
    pub fn push(&mut self, output: Output<M, R, E>) {
        self.overflowed |= self.outputs.push(output).is_err();
    }

    /// Takes over all that a machine inside of this one outputs, in its order. It stores nothing.
    pub(crate) fn take_over<N, F>(
        &mut self,
        inner: Step<N, Infallible, F>,
        message: impl Fn(N) -> M,
        event: impl Fn(F) -> E,
    ) {
        if inner.is_empty() {
            return; // as mostly, and to move no outputs costs as much as to move four
        }
        for output in inner {
            self.push(match output {
                Output::Persist(never) => match never {},
                Output::Send { to, message: inner } => Output::Send { to, message: message(inner) },
                Output::Event(inner) => Output::Event(event(inner)),
            });
        }
    }

    /// How many outputs still fit.
    #[must_use]
    pub fn room(&self) -> usize {
        Self::CAPACITY.saturating_sub(self.outputs.len())
    }

    /// Whether an output was lost because there were more than fit, which is a defect of the machine.
    #[must_use]
    pub const fn overflowed(&self) -> bool {
        self.overflowed
    }

    /// How many outputs there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.outputs.len()
    }

    /// Whether there is nothing to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.outputs.is_empty()
    }

    /// The outputs, in order.
    pub fn iter(&self) -> core::slice::Iter<'_, Output<M, R, E>> {
        self.outputs.iter()
    }

    /// The events among the outputs.
    pub fn events(&self) -> impl Iterator<Item = &E> {
        self.iter().filter_map(|output| match output {
            Output::Event(event) => Some(event),
            _ => None,
        })
    }
}

impl<M, R, E> Default for Step<M, R, E> {
    fn default() -> Self {
        Self::new()
    }
}

impl<M, R, E> IntoIterator for Step<M, R, E> {
    type Item = Output<M, R, E>;
    type IntoIter = IntoIter<M, R, E>;

    fn into_iter(self) -> Self::IntoIter {
        // Taken from the end, since to take from the beginning and to drop what is left needs an index.
        let mut outputs = self.outputs;
        outputs.reverse();
        IntoIter { outputs }
    }
}

impl<'a, M, R, E> IntoIterator for &'a Step<M, R, E> {
    type Item = &'a Output<M, R, E>;
    type IntoIter = core::slice::Iter<'a, Output<M, R, E>>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// The outputs of a [`Step`], by value and in order.
#[derive(Clone, Debug)]
pub struct IntoIter<M, R, E> {
    /// The last one first.
    outputs: Vec<Output<M, R, E>, 4, u8>,
}

impl<M, R, E> Iterator for IntoIter<M, R, E> {
    type Item = Output<M, R, E>;

    fn next(&mut self) -> Option<Self::Item> {
        self.outputs.pop()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.outputs.len(), Some(self.outputs.len()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fifth_output_is_noticed() {
        let mut step = Step::<u8, u8, u8>::new();
        for n in 0..4 {
            step.event(n);
        }
        assert_eq!((step.room(), step.overflowed()), (0, false));
        step.event(4);
        assert_eq!((step.len(), step.overflowed()), (4, true));
        assert!(step.events().copied().eq(0..4));
    }
}
