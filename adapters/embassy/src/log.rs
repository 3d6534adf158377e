//! Logs, for who has `defmt`; nothing at all for who has not.

macro_rules! info {
    ($($argument:tt)*) => { log!(info $($argument)*) };
}

macro_rules! debug {
    ($($argument:tt)*) => { log!(debug $($argument)*) };
}

#[cfg(feature = "defmt")]
macro_rules! log {
    ($level:ident $text:literal $(, $argument:expr)*) => { defmt::$level!($text $(, $argument)*) };
}

#[cfg(not(feature = "defmt"))]
macro_rules! log {
    ($level:ident $text:literal $(, $argument:expr)*) => {{ $(let _ = &$argument;)* }};
}
