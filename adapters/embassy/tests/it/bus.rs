//! A bus: whatever one writes, all others read, after the time that its bytes take. It can be cut, and it has noise.

use core::cell::RefCell;
use core::convert::Infallible;
use core::future::poll_fn;
use core::task::{Poll, Waker};
use core::time::Duration;
use embedded_io_async::{ErrorType, Read, Write};
use quorate::{Random, Seed};
use std::collections::VecDeque;
use std::rc::Rc;

/// 115,200 bits a second, ten for each byte.
const BYTE: Duration = Duration::from_micros(87);

#[derive(Clone)]
pub(crate) struct Bus(Rc<RefCell<State>>);

struct State {
    ends: Vec<End>,
    /// One byte in so many is altered, lost or doubled; 0 for none.
    noise: u64,
    random: Random,
}

#[derive(Default)]
struct End {
    bytes: VecDeque<u8>,
    waker: Option<Waker>,
    is_cut: bool,
}

/// One node's tap.
pub(crate) struct Tap {
    bus: Bus,
    end: usize,
}

impl Bus {
    pub(crate) fn new(ends: usize) -> Self {
        let ends = (0..ends).map(|_| End::default()).collect();
        Self(Rc::new(RefCell::new(State { ends, noise: 0, random: Seed::new(1).random() })))
    }

    pub(crate) fn tap(&self, end: usize) -> Tap {
        Tap { bus: self.clone(), end }
    }

    pub(crate) fn cut(&self, end: usize, is_cut: bool) {
        self.0.borrow_mut().ends[end].is_cut = is_cut;
    }

    pub(crate) fn noise(&self, one_in: u64) {
        self.0.borrow_mut().noise = one_in;
    }

    /// What the line picks up while nobody speaks.
    pub(crate) fn disturb(&self, bytes: &[u8]) {
        let mut state = self.0.borrow_mut();
        for end in 0..state.ends.len() {
            state.hand(end, bytes.iter().copied());
        }
    }
}

impl State {
    fn hand(&mut self, end: usize, bytes: impl Iterator<Item = u8>) {
        for byte in bytes {
            let spoilt = self.noise > 0 && self.random.below(self.noise) == 0;
            let byte = match spoilt.then(|| self.random.below(3)) {
                None => Some(byte),
                Some(0) => None,
                Some(1) => Some(byte ^ 1 << self.random.below(8)),
                Some(_) => {
                    self.ends[end].bytes.push_back(byte);
                    Some(byte)
                }
            };
            self.ends[end].bytes.extend(byte);
        }
        if let Some(waker) = self.ends[end].waker.take() {
            waker.wake();
        }
    }
}

impl ErrorType for Tap {
    type Error = Infallible;
}

impl Read for Tap {
    async fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Infallible> {
        poll_fn(|context| {
            let end = &mut self.bus.0.borrow_mut().ends[self.end];
            if end.bytes.is_empty() {
                end.waker = Some(context.waker().clone());
                return Poll::Pending;
            }
            let length = buffer.len().min(end.bytes.len());
            for (place, byte) in buffer.iter_mut().zip(end.bytes.drain(..length)) {
                *place = byte;
            }
            Poll::Ready(Ok(length))
        })
        .await
    }
}

impl Write for Tap {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, Infallible> {
        crate::time::pass(BYTE * u32::try_from(bytes.len()).unwrap()).await;
        let mut state = self.bus.0.borrow_mut();
        if !state.ends[self.end].is_cut {
            for end in 0..state.ends.len() {
                if end != self.end && !state.ends[end].is_cut {
                    state.hand(end, bytes.iter().copied());
                }
            }
        }
        Ok(bytes.len())
    }

    async fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}
