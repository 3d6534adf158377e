//! The checksum of plain frames: CRC-32, that of Ethernet and zip.

use crc::{CRC_32_ISO_HDLC, Crc, Table};

/// How many bytes are summed up at once, and how many kilobytes the table takes.
const STRIDE: usize = if cfg!(feature = "std") { 16 } else { 1 };

static CRC_32: Crc<u32, Table<STRIDE>> = Crc::<u32, Table<STRIDE>>::new(&CRC_32_ISO_HDLC);

/// The checksum of some bytes.
#[inline]
pub(crate) fn checksum(bytes: &[u8]) -> u32 {
    continued(0, bytes)
}

/// The checksum of the bytes that have this checksum, and of more behind them.
#[inline]
pub(crate) fn continued(checksum: u32, bytes: &[u8]) -> u32 {
    // The library takes the register from its other end.
    let mut digest = CRC_32.digest_with_initial((!checksum).reverse_bits());
    digest.update(bytes);
    digest.finalize()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The check value that all catalogues of such checksums have.
    #[test]
    fn the_published_check_value() {
        assert_eq!(checksum(b"123456789"), 0xcbf4_3926);
    }

    #[test]
    fn the_same_wherever_the_bytes_are_parted() {
        let bytes: [u8; 61] = core::array::from_fn(|index| (index * 37 + 11) as u8);
        for cut in 0..bytes.len() {
            let (head, tail) = bytes.split_at(cut);
            assert_eq!(continued(checksum(head), tail), checksum(&bytes), "parted at {cut}");
        }
    }
}
