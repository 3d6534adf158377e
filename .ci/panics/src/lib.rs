//! Roots for the linker: what a program calls, with arguments that the compiler knows nothing of.
//!
//! Everything that is reached from here is linked, and nothing else. `panics.sh` looks for panics in what was linked.
#![no_std]

mod configurations;
mod machines;
mod wire;

#[panic_handler]
fn stop(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {}
}

/// `roots!` makes each function one that the linker is told to keep. Its name begins with `root_`, or with `sealed_` if the cipher is
/// reached from it.
macro_rules! roots {
    ($(fn $name:ident $(<$life:lifetime>)? ($($argument:ident: $type:ty),* $(,)?) $(-> $returns:ty)? $body:block)*) => {$(
        #[unsafe(no_mangle)]
        pub fn $name $(<$life>)? ($($argument: $type),*) $(-> $returns)? $body
    )*};
}
pub(crate) use roots;

#[cfg(feature = "planted")]
roots! {
    fn root_planted(numbers: &[u32], index: usize) -> u32 {
        numbers[index]
    }
}
