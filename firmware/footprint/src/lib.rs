//! One function for each machine, which the linker begins with: what it keeps is what the machine weighs. What is beside a function,
//! of the same name and with `_ram`, is as large as the machine's state.
#![no_std]

use core::pin::pin;
use core::task::{Context, Waker};
use embassy_sync::blocking_mutex::raw::CriticalSectionRawMutex;
use quorate::barrier::{Coordinator, Party};
use quorate::detector::{AnyDetector, Bertier, Chen, Monitor, PhiExponential, PhiNormal, Timeout};
use quorate::election::Election;
use quorate::host::Host;
use quorate::lease::{Authority, Holder};
use quorate::member::{self, Member};
use quorate::{InputOf, Instant, Machine, Name, StepOf, To};
use quorate_embassy::board::Board;
use quorate_embassy::link::stream::{Receiving, Transmitting};
use quorate_embassy::storage::Forgetful;
use quorate_embassy::{Desk, Frames, Shared, drive};
use quorate_wire::stream::encoded_length;
use quorate_wire::{Codec, Payload, Receiver, Sender};

#[panic_handler]
fn stop(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {}
}

/// Seven peers, and windows of 16 heartbeats.
const N: usize = 7;
const W: usize = 16;

macro_rules! machines {
    ($($step:ident $deadline:ident $ram:ident: $machine:ty;)*) => {$(
        #[unsafe(no_mangle)]
        pub fn $step(machine: &mut $machine, input: InputOf<$machine>, now: Instant) -> StepOf<$machine> {
            machine.step(input, now)
        }
        #[unsafe(no_mangle)]
        pub fn $deadline(machine: &$machine) -> Option<Instant> {
            machine.deadline()
        }
        #[unsafe(no_mangle)]
        pub static $ram: [u8; size_of::<$machine>()] = [1; size_of::<$machine>()];
    )*};
}

machines! {
    root_monitor_timeout deadline_monitor_timeout ram_monitor_timeout: Monitor<Timeout, N>;
    root_monitor_phi_normal deadline_monitor_phi_normal ram_monitor_phi_normal: Monitor<PhiNormal<W>, N>;
    root_monitor_phi_exponential deadline_monitor_phi_exponential ram_monitor_phi_exponential: Monitor<PhiExponential<W>, N>;
    root_monitor_chen deadline_monitor_chen ram_monitor_chen: Monitor<Chen<W>, N>;
    root_monitor_bertier deadline_monitor_bertier ram_monitor_bertier: Monitor<Bertier<W>, N>;
    root_election deadline_election ram_election: Election<N>;
    root_member deadline_member ram_member: Member<Bertier<W>, N>;
    root_member_any deadline_member_any ram_member_any: Member<AnyDetector<W>, N>;
    root_holder deadline_holder ram_holder: Holder<Name, { N + 1 }>;
    root_authority deadline_authority ram_authority: Authority<Name, 8>;
    root_party deadline_party ram_party: Party<Name, { N + 1 }>;
    root_coordinator deadline_coordinator ram_coordinator: Coordinator<Name, 2, 8>;
    root_host deadline_host ram_host: Host<Bertier<W>, Name, N, 8, 2, 8>;
}

/// What a member says and hears, in plain frames on a stream. That the codec is plain is not known here, so the cipher is with it.
#[unsafe(no_mangle)]
pub fn root_wire(
    receiver: &mut Receiver<N>,
    sender: &mut Sender,
    codec: &Codec,
    bytes: &mut [u8],
    said: &member::Message,
    heard: &mut dyn FnMut(member::Message),
) -> usize {
    if let Ok((frame, _)) = receiver.receive(codec, bytes) {
        frame.entries().filter_map(|entry| entry.decode().ok()).for_each(heard);
    }
    sender.frame(codec, To::Peers, said, bytes).map_or(0, <[u8]>::len)
}
#[unsafe(no_mangle)]
pub static ram_wire: [u8; size_of::<(Receiver<N>, Sender, Codec)>()] = [1; _];

/// The forms of messages alone.
#[unsafe(no_mangle)]
pub fn root_forms(protocol: u8, body: &[u8], writer: &mut quorate_wire::Writer<'_>) -> bool {
    let message = quorate::host::Message::<Name>::read(protocol, body);
    message.is_ok_and(|message| {
        message.write(writer);
        true
    })
}

/// Election, detector, a lock and the wire, with the driver, on a serial line: a small member of a cluster whose services are on servers.
type Small = Board<Member<Bertier<8>, 3>, 4, 1, 0>;
type SmallState = Shared<CriticalSectionRawMutex, Small, Desk<1, 0>, 1, 1, 0>;
type SmallFrames = Frames<3, 192, ()>;
type SmallReceiving = Receiving<Port, 192>;
type SmallTransmitting = Transmitting<Port, { encoded_length(192) }>;

/// A serial port.
#[derive(Debug)]
pub struct Port;

unsafe extern "Rust" {
    fn port_read(buffer: &mut [u8]) -> usize;
    fn port_write(buffer: &[u8]) -> usize;
}

impl embedded_io_async::ErrorType for Port {
    type Error = core::convert::Infallible;
}

impl embedded_io_async::Read for Port {
    async fn read(&mut self, buffer: &mut [u8]) -> Result<usize, core::convert::Infallible> {
        // SAFETY: it is never run.
        Ok(unsafe { port_read(buffer) })
    }
}

impl embedded_io_async::Write for Port {
    async fn write(&mut self, buffer: &[u8]) -> Result<usize, core::convert::Infallible> {
        // SAFETY: it is never run.
        Ok(unsafe { port_write(buffer) })
    }

    async fn flush(&mut self) -> Result<(), core::convert::Infallible> {
        Ok(())
    }
}

#[unsafe(no_mangle)]
pub fn root_small(
    state: &'static SmallState,
    frames: &mut SmallFrames,
    receiving: &mut SmallReceiving,
    transmitting: &mut SmallTransmitting,
) -> bool {
    let mut storage = Forgetful;
    let mut driven = pin!(drive(state, frames, receiving, transmitting, &mut storage));
    driven.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready()
}

#[unsafe(no_mangle)]
pub static ram_small: [u8; size_of::<(SmallState, SmallFrames, SmallReceiving, SmallTransmitting)>()] = [1; _];
