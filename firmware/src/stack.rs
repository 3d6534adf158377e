//! How deep the stack has been: it was painted at the start.

/// What `cortex-m-rt` paints with.
const PAINT: u32 = 0xCCCC_CCCC;

unsafe extern "C" {
    static _stack_start: u32;
    static _stack_end: u32;
}

/// How many bytes of the stack have been written to.
pub(crate) fn used() -> usize {
    let (top, bottom) = (&raw const _stack_start as usize, &raw const _stack_end as usize);
    let mut at = bottom;
    // SAFETY: between these two symbols of the linker lies the stack, in words.
    while at < top && unsafe { core::ptr::read_volatile(at as *const u32) } == PAINT {
        at += size_of::<u32>();
    }
    top - at
}
