//! Round trips between sockets of this machine.

use crate::Workload;
use crate::gang::Echo;
use core::hint::black_box;
use std::net::UdpSocket;

/// As long as what an acquisition takes on the wire.
const DATAGRAM: usize = 160;

/// So many round trips to a thread that sends everything back.
#[must_use]
pub fn udp(trips: usize) -> Workload {
    let open = || UdpSocket::bind("127.0.0.1:0").expect("a socket on loopback");
    let (socket, far) = (open(), open());
    let address = far.local_addr().expect("it is bound");
    socket.connect(address).expect("it is there");
    let mut room = [0; DATAGRAM];
    let echo = Echo::start(move || match far.recv_from(&mut room) {
        Ok((length, from)) if length > 0 => far.send_to(&room[..length], from).is_ok(),
        _ => false,
    });
    let last = open();
    let echo = echo.ended_by(move || {
        let _ = last.send_to(&[], address);
    });
    let mut room = [7; DATAGRAM];
    Workload::new(move || {
        for _ in 0..trips {
            socket.send(&room).expect("it is there");
            black_box(socket.recv(&mut room).expect("it answers"));
        }
        black_box(&echo);
    })
}
