//! Over any stream of bytes: a serial line, RS-485, USB, a pipe.
//!
//! Frames are found again after noise, as [`quorate_wire::stream`] says. Everybody who hears the stream is meant by a frame for all,
//! so a bus with many boards is one stream for each of them.
//!
//! On a bus where two can speak at once, as on RS-485, what collides is lost like what noise touches, and protocols repeat it. Have
//! few members there, and a profile whose heartbeats leave the bus idle for nine tenths of the time.

use super::{Receive, Transmit};
use embedded_io_async::{Read, Write};
use quorate::{NodeId, To};
use quorate_wire::stream::{Counters, Decoder, encode};

/// How many bytes are read at once.
const CHUNK: usize = 32;

/// The half that hears, of frames of at most `F` bytes.
#[derive(Debug)]
pub struct Receiving<T, const F: usize> {
    stream: T,
    decoder: Decoder<F>,
    chunk: [u8; CHUNK],
    /// Which bytes of the chunk have not been looked at.
    from: usize,
    to: usize,
}

/// The stream has ended: nothing comes any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Ended;

impl core::fmt::Display for Ended {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("the stream has ended")
    }
}

impl core::error::Error for Ended {}

impl<T: Read, const F: usize> Receiving<T, F> {
    /// What comes on this stream.
    ///
    /// Its `read` must lose nothing when it is dropped while it waits, as that of embassy's buffered serial ports.
    pub const fn new(stream: T) -> Self {
        Self { stream, decoder: Decoder::new(), chunk: [0; CHUNK], from: 0, to: 0 }
    }

    /// How many frames came, and what else.
    #[must_use]
    pub const fn counters(&self) -> Counters {
        self.decoder.counters()
    }

    /// Feeds the decoder until a frame is whole; says whether one is.
    fn find(&mut self) -> bool {
        while let Some(&byte) = self.chunk.get(self.from..self.to).and_then(|rest| rest.first()) {
            self.from = self.from.saturating_add(1);
            if self.decoder.push(byte).is_some() {
                return true;
            }
        }
        false
    }
}

impl<T: Read, const F: usize> Receive for Receiving<T, F> {
    type Origin = ();
    type Error = Ended;

    async fn receive(&mut self) -> Result<(&mut [u8], ()), Ended> {
        while !self.find() {
            (self.from, self.to) = (0, 0);
            match self.stream.read(&mut self.chunk).await {
                Ok(0) => return Err(Ended),
                Ok(length) => self.to = length.min(CHUNK),
                Err(_) => {
                    // An overrun, a break, a byte that could not be made out: the frame that it was in is lost.
                    debug!("the line is broken");
                    self.decoder.discard();
                    embassy_futures::yield_now().await;
                }
            }
        }
        Ok((self.decoder.frame(), ()))
    }
}

/// The half that speaks. `B` is the [`encoded_length`](quorate_wire::stream::encoded_length) of its longest frame.
#[derive(Debug)]
pub struct Transmitting<T, const B: usize> {
    stream: T,
    buffer: [u8; B],
}

impl<T: Write, const B: usize> Transmitting<T, B> {
    /// Speaks on this stream.
    pub const fn new(stream: T) -> Self {
        Self { stream, buffer: [0; B] }
    }

    async fn write(&mut self, frame: &[u8]) -> Result<(), Unsent> {
        let bytes = encode(frame, &mut self.buffer).map_err(|_| Unsent)?;
        self.stream.write_all(bytes).await.map_err(|_| Unsent)?;
        self.stream.flush().await.map_err(|_| Unsent)
    }
}

/// The stream did not take a frame, or the buffer has no room for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Unsent;

impl<T: Write, const B: usize> Transmit for Transmitting<T, B> {
    type Origin = ();
    type Error = Unsent;

    async fn send(&mut self, _: To, _: &[NodeId], frame: &[u8]) -> Result<(), Unsent> {
        self.write(frame).await
    }

    async fn reply(&mut self, (): (), frame: &[u8]) -> Result<(), Unsent> {
        self.write(frame).await
    }
}
