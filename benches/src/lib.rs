//! What quorate costs, side by side with other libraries and with the least that it could cost.
//!
//! The table is a program, `cargo run --release -p quorate-benches`. What it measures, and times by Criterion and counts of
//! instructions by callgrind as well, are [`Workload`]s: [`ours`], and the [`limits`], which are the same with nothing around it.
//! Those of other libraries are in `peers`, behind a feature, since they take long to build.

pub mod cases;
pub mod gang;
pub mod given;
pub mod limits;
pub mod ours;
#[cfg(feature = "peers")]
pub mod peers;
#[cfg(feature = "peers")]
pub mod race;
#[cfg(feature = "peers")]
pub mod report;
#[cfg(feature = "peers")]
pub mod rows;
pub mod workload;

pub use workload::Workload;
