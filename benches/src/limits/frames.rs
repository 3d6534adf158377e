//! Frames with nothing around the checksum or the cipher.

use crate::Workload;
use chacha20poly1305::aead::AeadInOut;
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use core::hint::black_box;
use crc::{CRC_32_ISO_HDLC, Crc, Table};

/// How long a plain frame with a heartbeat is, without its checksum: 42 bytes of header, 3 before the body, 16 of body.
const FRAME: usize = 61;
const HEADER: usize = 42;
/// From here on a sender's frames differ from each other.
const VARIES: usize = 29;

static SUM: Crc<u32, Table<16>> = Crc::<u32, Table<16>>::new(&CRC_32_ISO_HDLC);

/// A copy of a frame, and the checksum of that part of it which is not the same as in the frame before.
#[must_use]
pub fn plain() -> Workload {
    let frame = [7_u8; FRAME];
    let mut room = [0_u8; FRAME + 4];
    Workload::new(move || {
        room[..FRAME].copy_from_slice(black_box(&frame));
        let sum = SUM.checksum(&room[VARIES..FRAME]);
        room[FRAME..].copy_from_slice(&sum.to_le_bytes());
        black_box(&room);
    })
}

/// The cipher over as many bytes as are encrypted in such a frame, with the header authenticated.
#[must_use]
pub fn sealed() -> Workload {
    let cipher = XChaCha20Poly1305::new(&[7; 32].into());
    let header = [7_u8; HEADER];
    let mut body = [7_u8; FRAME - HEADER];
    let mut nonce = [0_u8; 24];
    let mut number = 0_u64;
    Workload::new(move || {
        number += 1;
        nonce[..8].copy_from_slice(&number.to_le_bytes());
        let tag = cipher.encrypt_inout_detached(&XNonce::from(nonce), black_box(&header), (&mut body[..]).into());
        black_box((&body, tag.is_ok()));
    })
}
