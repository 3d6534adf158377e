//! Times by Criterion, for whoever changes something and wants to know what it did:
//!
//! ```sh
//! cargo bench -p quorate-benches --features criterion --bench times -- --save-baseline before step
//! cargo bench -p quorate-benches --features criterion --bench times -- --baseline before step
//! ```
#![allow(missing_docs, reason = "Criterion's macros make items without any")]

use core::time::Duration;
use criterion::{Criterion, criterion_group, criterion_main};
use quorate_benches::cases::CASES;
use quorate_benches::workload::BATCH;
use std::time::Instant;

fn times(criterion: &mut Criterion) {
    for case in CASES {
        criterion.bench_function(case.name, |bencher| {
            let mut work = (case.make)();
            bencher.iter_custom(|mut left| {
                let mut took = Duration::ZERO;
                while left > 0 {
                    // What nothing has to be prepared for is done in one go.
                    let batch = if work.prepares() { left.min(BATCH) } else { left };
                    work.prepare(batch);
                    let began = Instant::now();
                    work.run(batch);
                    took += began.elapsed();
                    left -= batch;
                }
                took
            });
        });
    }
}

criterion_group! {
    name = cases;
    config = Criterion::default().warm_up_time(Duration::from_millis(300)).measurement_time(Duration::from_secs(1));
    targets = times
}
criterion_main!(cases);
