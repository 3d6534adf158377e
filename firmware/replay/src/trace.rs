//! Everything that happens, as a number that is the same on 32 bits and on 64.

use core::hash::Hasher;

/// FNV-1a over what is written, where lengths and discriminants are 64 bits wide everywhere.
#[derive(Clone, Debug)]
pub struct Trace(u64);

impl Trace {
    /// Nothing has happened.
    #[must_use]
    pub const fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Default for Trace {
    fn default() -> Self {
        Self::new()
    }
}

macro_rules! numbers {
    ($($write:ident $number:ident $wide:ident;)*) => {$(
        fn $write(&mut self, number: $number) {
            self.write(&(number as $wide).to_le_bytes());
        }
    )*};
}

impl Hasher for Trace {
    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }

    numbers! {
        write_u16 u16 u16;
        write_u32 u32 u32;
        write_u64 u64 u64;
        write_u128 u128 u128;
        write_usize usize u64;
        write_i16 i16 i16;
        write_i32 i32 i32;
        write_i64 i64 i64;
        write_i128 i128 i128;
        write_isize isize i64;
    }
}
