//! What survives in flash, wherever the power is cut.

use crate::time::run;
use embedded_storage_async::nor_flash::{ErrorType, NorFlash, NorFlashError, NorFlashErrorKind, ReadNorFlash};
use quorate::election::{Record, Start};
use quorate::{Epoch, Incarnation, NodeId};
use quorate_embassy::storage::Storage;
use quorate_embassy::storage::flash::{Flash, FlashError, Life};

const PAGE: usize = 256;
const SIZE: usize = 4 * PAGE;

/// Flash in memory, whose power fails after so many words were written or pages erased.
#[derive(Clone, Debug)]
struct Memory {
    bytes: Vec<u8>,
    left: usize,
    erased: usize,
}

#[derive(Debug)]
struct Cut;

impl NorFlashError for Cut {
    fn kind(&self) -> NorFlashErrorKind {
        NorFlashErrorKind::Other
    }
}

impl Memory {
    fn new() -> Self {
        Self { bytes: vec![0xff; SIZE], left: usize::MAX, erased: 0 }
    }

    fn spend(&mut self) -> Result<(), Cut> {
        self.left = self.left.checked_sub(1).ok_or(Cut)?;
        Ok(())
    }
}

impl ErrorType for Memory {
    type Error = Cut;
}

impl ReadNorFlash for Memory {
    const READ_SIZE: usize = 4;

    async fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), Cut> {
        let from = offset as usize;
        bytes.copy_from_slice(&self.bytes[from..from + bytes.len()]);
        Ok(())
    }

    fn capacity(&self) -> usize {
        SIZE
    }
}

impl NorFlash for Memory {
    const WRITE_SIZE: usize = 4;
    const ERASE_SIZE: usize = PAGE;

    async fn erase(&mut self, from: u32, to: u32) -> Result<(), Cut> {
        for page in (from as usize..to as usize).step_by(PAGE) {
            self.spend()?;
            self.erased += 1;
            self.bytes[page..page + PAGE].fill(0xff);
        }
        Ok(())
    }

    async fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), Cut> {
        for (word, at) in bytes.chunks(4).zip((offset as usize..).step_by(4)) {
            self.spend()?;
            for (byte, place) in word.iter().zip(&mut self.bytes[at..]) {
                *place &= byte; // as flash does: bits fall, and only an erasure lifts them
            }
        }
        Ok(())
    }
}

fn flash(memory: Memory) -> Flash<Memory> {
    Flash::new(memory, 0..SIZE as u32).unwrap()
}

fn record(number: u64) -> Record {
    let vote = (!number.is_multiple_of(3)).then_some(NodeId::new(number as u32 % 3));
    Record { epoch: Epoch::new(number), vote }
}

#[test]
fn a_life_remembers_the_record_of_the_one_before() {
    run(async {
        let mut first = flash(Memory::new());
        assert_eq!(first.start().await, Ok(Life { incarnation: Incarnation::new(1), start: Start::First }));
        let mut second = flash(first.into_inner());
        let nothing = Start::Recovered(Record::default());
        assert_eq!(second.start().await, Ok(Life { incarnation: Incarnation::new(2), start: nothing }));
        for number in 1..=100 {
            second.persist(&record(number)).await.unwrap();
        }
        let mut third = flash(second.into_inner());
        let start = Start::Recovered(record(100));
        assert_eq!(third.start().await, Ok(Life { incarnation: Incarnation::new(3), start }));
        assert!(third.into_inner().erased > 3, "the pages were used in turn");
    });
}

#[test]
fn wherever_the_power_is_cut_an_old_or_the_new_record_is_there_and_no_incarnation_comes_again() {
    run(async {
        // Enough records for several rounds through the pages, and the power fails once, at each word in turn.
        for left in 0..600 {
            let (mut stored, mut asked, mut lives) = (0, 0, 0);
            let mut memory = Memory { left, ..Memory::new() };
            for life in 0..3 {
                let mut node = flash(memory);
                if let Ok(started) = node.start().await {
                    assert!(started.incarnation.get() > lives, "{left}: incarnation {lives} again");
                    lives = started.incarnation.get();
                    let found = match started.start {
                        Start::First => 0,
                        Start::Recovered(found) => found.epoch.get(),
                        Start::Forgetful => panic!("it has a storage"),
                    };
                    assert!((stored..=asked).contains(&found), "{left}, {life}: {found}, not {stored} to {asked}");
                    (stored, asked) = (found, found);
                    for number in found + 1..found + 20 {
                        asked = number;
                        if node.persist(&record(number)).await.is_err() {
                            break;
                        }
                        stored = number;
                    }
                }
                memory = Memory { left: usize::MAX, ..node.into_inner() };
            }
            assert!(lives >= 2, "after the cut it starts again");
        }
    });
}

#[test]
fn what_cannot_be_used_is_said() {
    assert_eq!(Flash::new(Memory::new(), 0..PAGE as u32).unwrap_err(), FlashError::Range);
    assert_eq!(Flash::new(Memory::new(), 3..SIZE as u32).unwrap_err(), FlashError::Range);
    run(async {
        let mut broken = flash(Memory { left: 0, ..Memory::new() });
        assert_eq!(broken.start().await, Err(FlashError::Flash));
        assert_eq!(broken.persist(&record(1)).await, Err(FlashError::Flash));
    });
}
