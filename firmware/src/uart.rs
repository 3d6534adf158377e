//! The board's first serial port, an Arm PL011: bytes come by interrupt, and go when there is room.

use core::cell::RefCell;
use core::convert::Infallible;
use core::future::poll_fn;
use core::task::Poll;
use cortex_m::peripheral::NVIC;
use critical_section::Mutex;
use embassy_sync::blocking_mutex::raw::CriticalSectionRawMutex;
use embassy_sync::pipe::Pipe;
use embassy_sync::waitqueue::WakerRegistration;
use embedded_io_async::{ErrorType, Read, Write};

const UART0: usize = 0x4000_C000;
const DATA: usize = 0x000;
const FLAGS: usize = 0x018;
const LINE_CONTROL: usize = 0x02C;
const CONTROL: usize = 0x030;
const INTERRUPT_MASK: usize = 0x038;
const INTERRUPT_CLEAR: usize = 0x044;

const RECEIVER_EMPTY: u32 = 1 << 4;
const TRANSMITTER_FULL: u32 = 1 << 5;
/// Received, and received a while ago with the buffer not full.
const RECEIVED: u32 = 1 << 4 | 1 << 6;
/// Of the number that an interrupt's vector has.
const NUMBER: i16 = 5;
/// What is wrong with a byte stands beside it: framing, parity, break, overrun.
const FAULTS: u32 = 0xF00;

/// What has come and was not read: two of the longest frames.
static RECEIVED_BYTES: Pipe<CriticalSectionRawMutex, 512> = Pipe::new();
/// Who waits for what has come.
static READER: Mutex<RefCell<WakerRegistration>> = Mutex::new(RefCell::new(WakerRegistration::new()));

#[derive(Clone, Copy)]
struct Interrupt;

// SAFETY: the number is that of the first serial port in this processor's table of vectors.
unsafe impl cortex_m::interrupt::InterruptNumber for Interrupt {
    fn number(self) -> u16 {
        NUMBER as u16
    }
}

fn read(register: usize) -> u32 {
    // SAFETY: the registers of the port are there, whatever else runs.
    unsafe { core::ptr::read_volatile((UART0 + register) as *const u32) }
}

fn write(register: usize, value: u32) {
    // SAFETY: as above; nothing else in this program writes to them.
    unsafe { core::ptr::write_volatile((UART0 + register) as *mut u32, value) }
}

/// Switches the port on.
pub(crate) fn start() -> (Reading, Writing) {
    write(LINE_CONTROL, 0x70); // eight bits, with buffers
    write(CONTROL, 0x301); // on, both ways
    write(INTERRUPT_MASK, RECEIVED);
    // SAFETY: everything that the handler needs is in statics that are there from the beginning.
    unsafe { NVIC::unmask(Interrupt) };
    (Reading, Writing)
}

/// Takes what has come. Called by the handler of interrupts; says whether the interrupt was this port's.
pub(crate) fn interrupt(number: i16) -> bool {
    if number != NUMBER {
        return false;
    }
    write(INTERRUPT_CLEAR, RECEIVED);
    while read(FLAGS) & RECEIVER_EMPTY == 0 {
        let data = read(DATA);
        // What could not be made out, or finds no room, is lost, as noise would have it: the decoder finds its way back.
        if data & FAULTS == 0 {
            let _ = RECEIVED_BYTES.try_write(&[data as u8]);
        }
    }
    critical_section::with(|section| READER.borrow_ref_mut(section).wake());
    true
}

/// The half that hears.
pub(crate) struct Reading;

/// The half that speaks.
pub(crate) struct Writing;

impl ErrorType for Reading {
    type Error = Infallible;
}

impl ErrorType for Writing {
    type Error = Infallible;
}

impl Read for Reading {
    async fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Infallible> {
        poll_fn(|context| {
            critical_section::with(|section| READER.borrow_ref_mut(section).register(context.waker()));
            match RECEIVED_BYTES.try_read(buffer) {
                Ok(length) => Poll::Ready(Ok(length)),
                Err(_) => Poll::Pending,
            }
        })
        .await
    }
}

impl Write for Writing {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, Infallible> {
        for &byte in bytes {
            while read(FLAGS) & TRANSMITTER_FULL != 0 {
                embassy_time::Timer::after_ticks(1).await;
            }
            write(DATA, byte.into());
        }
        Ok(bytes.len())
    }

    async fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}
