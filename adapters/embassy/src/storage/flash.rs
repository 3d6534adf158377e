//! In flash, by `sequential-storage`, which levels its wear and bears a power cut at any time.
//!
//! Two things are kept: the incarnation, which grows by one at each start, and the last record of an election. A record is written
//! for each vote and each new leader, so a cluster that is at rest writes nothing.

use super::Storage;
use embedded_storage_async::nor_flash::NorFlash;
use quorate::election::{Record, Start};
use quorate::{Epoch, Incarnation, NodeId};
use quorate_wire::{BodyError, Field, Reader, Writer};
use sequential_storage::cache::{Cache, Uncached};
use sequential_storage::map::{MapConfig, MapStorage};

/// The layout of what is kept here; it stands before each value.
const VERSION: u8 = 1;
const INCARNATION: u8 = 1;
const RECORD: u8 = 2;
/// The longest key and value together, rounded up to the widest word of any flash.
const BUFFER: usize = 64;

/// Keeps a node's incarnation and its election's record in the part of a flash that is handed to it.
///
/// Two pages at least are needed: one to write while the other is erased.
#[derive(Debug)]
pub struct Flash<S: NorFlash> {
    map: Map<S>,
    buffer: [u8; BUFFER],
}

/// There are two values: to look for them is quick without a cache, too.
type NoCache = Cache<Uncached, Uncached, Uncached, u8>;

struct Map<S: NorFlash>(MapStorage<u8, S, NoCache>);

impl<S: NorFlash> core::fmt::Debug for Map<S> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("MapStorage").finish_non_exhaustive()
    }
}

/// With which number and how a node starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Life {
    /// The number of this life, which no earlier one had.
    pub incarnation: Incarnation,
    /// What it remembers.
    pub start: Start,
}

/// Why the flash cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum FlashError {
    /// The range does not begin and end with a page, or has fewer than two.
    Range,
    /// The flash does not do what it is told, or what is in it was not written by this.
    Flash,
    /// What was stored cannot be what this software stored.
    Value(BodyError),
    /// It was stored by other software: this version of the layout is not known.
    Version(u8),
    /// There are no further incarnations.
    Exhausted,
}

impl core::fmt::Display for FlashError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Range => f.write_str("the range has to begin and end with a page, and to have two at least"),
            Self::Flash => f.write_str("the flash cannot be read or written"),
            Self::Value(error) => write!(f, "what is stored is not a member's: {error}"),
            Self::Version(version) => write!(f, "what is stored has version {version}, and {VERSION} is known"),
            Self::Exhausted => f.write_str("there are no further incarnations"),
        }
    }
}

impl core::error::Error for FlashError {}

impl<S: NorFlash> Flash<S> {
    /// Keeps what it has to in this range of the flash, in bytes from its beginning.
    ///
    /// # Errors
    ///
    /// [`FlashError::Range`].
    pub fn new(flash: S, range: core::ops::Range<u32>) -> Result<Self, FlashError> {
        let config = MapConfig::try_new(range).map_err(|_| FlashError::Range)?;
        Ok(Self { map: Map(MapStorage::new(flash, config, Cache::new_uncached())), buffer: [0; BUFFER] })
    }

    /// Begins another life of the node: its number is durable when this returns.
    ///
    /// # Errors
    ///
    /// See [`FlashError`]. A node that is started all the same must be started with another storage: see
    /// [`Start::Forgetful`].
    pub async fn start(&mut self) -> Result<Life, FlashError> {
        let last = self.fetch(INCARNATION, |reader| reader.u64()).await?.unwrap_or(0);
        let incarnation = Incarnation::new(last).next().ok_or(FlashError::Exhausted)?;
        self.store(INCARNATION, |writer| writer.u64(incarnation.get())).await?;
        let record = self.fetch(RECORD, read).await?;
        // Who has run before and promised nothing has a number and no record; whoever has neither has never run.
        let start = match record {
            Some(record) => Start::Recovered(record),
            None if last == 0 => Start::First,
            None => Start::Recovered(Record::default()),
        };
        Ok(Life { incarnation, start })
    }

    /// Hands the flash back.
    #[must_use]
    pub fn into_inner(self) -> S {
        self.map.0.destroy().0
    }

    async fn fetch<T>(
        &mut self,
        key: u8,
        read: impl FnOnce(&mut Reader<'_>) -> Result<T, BodyError>,
    ) -> Result<Option<T>, FlashError> {
        let found = self.map.0.fetch_item::<&[u8]>(&mut self.buffer, &key).await.map_err(|_| FlashError::Flash)?;
        let Some(bytes) = found else { return Ok(None) };
        let mut reader = Reader::new(bytes);
        match reader.u8().map_err(FlashError::Value)? {
            VERSION => {}
            version => return Err(FlashError::Version(version)),
        }
        let value = read(&mut reader).map_err(FlashError::Value)?;
        reader.finish().map_err(FlashError::Value)?;
        Ok(Some(value))
    }

    async fn store(&mut self, key: u8, write: impl FnOnce(&mut Writer<'_>)) -> Result<(), FlashError> {
        let mut room = [0; 32];
        let mut writer = Writer::new(&mut room);
        writer.u8(VERSION);
        write(&mut writer);
        let written = writer.written();
        let value = room.get(..written).ok_or(FlashError::Flash)?;
        self.map.0.store_item(&mut self.buffer, &key, &value).await.map_err(|_| FlashError::Flash)
    }
}

impl<S: NorFlash> Storage<Record> for Flash<S> {
    type Error = FlashError;

    async fn persist(&mut self, record: &Record) -> Result<(), FlashError> {
        self.store(RECORD, |writer| {
            writer.put(&record.epoch);
            writer.bool(record.vote.is_some());
            writer.u32(record.vote.map_or(0, NodeId::get));
        })
        .await
    }
}

fn read(reader: &mut Reader<'_>) -> Result<Record, BodyError> {
    let epoch = <Epoch as Field>::get(reader)?;
    let voted = reader.bool()?;
    let vote = NodeId::new(reader.u32()?);
    Ok(Record { epoch, vote: voted.then_some(vote) })
}
