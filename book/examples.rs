//! The chapters of the book that have Rust in them, so that `cargo test` compiles and runs it.
#![forbid(unsafe_code)]

macro_rules! chapters {
    ($($chapter:ident $file:literal)*) => { $(
        #[doc = include_str!($file)]
        #[cfg(doctest)]
        pub mod $chapter {}
    )* };
}

chapters! {
    service "src/service.md"
    fencing "src/fencing.md"
    engines "src/engines.md"
    driving "src/driving.md"
    own_machine "src/own-machine.md"
    trying "src/trying.md"
}
