//! What the computer tells that the board is emulated on, by Arm's semihosting.

use cortex_m_semihosting::syscall1;

/// The words after `arg=` of QEMU's `-semihosting-config`.
pub(crate) fn command_line(buffer: &mut [u8]) -> &str {
    let mut block = [buffer.as_mut_ptr() as usize, buffer.len() - 1];
    // SAFETY: the computer writes into the buffer, no more than its length, and the length that it has written into the block.
    let failed = unsafe { syscall1!(GET_CMDLINE, &raw mut block) };
    let length = if failed == 0 { block[1] } else { 0 };
    buffer.get(..length).and_then(|line| core::str::from_utf8(line).ok()).unwrap_or("")
}

/// Seconds since 1970.
pub(crate) fn seconds() -> u64 {
    // SAFETY: it takes nothing and gives a number.
    let seconds = unsafe { syscall1!(TIME, 0) };
    seconds as u32 as u64
}
