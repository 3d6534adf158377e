//! Something that is done again and again: timed, counted, or watched for allocations.

/// An operation with all that it needs, prepared. What it does besides the operation is a loop.
///
/// ```
/// use quorate_benches::Workload;
/// use core::hint::black_box;
///
/// let mut sum = 0_u64;
/// let mut adding = Workload::new(move || {
///     sum = black_box(sum) + 1;
///     black_box(sum);
/// });
/// adding.run(1_000);
/// ```
pub struct Workload(Box<dyn Work>);

/// How many operations there are in a row at most where each of them uses up something that was prepared.
pub const BATCH: u64 = 256;

trait Work {
    fn prepares(&self) -> bool;
    fn prepare(&mut self, times: u64);
    fn run(&mut self, times: u64);
}

impl Workload {
    /// An operation that leaves everything as it needs it for the next time.
    pub fn new(once: impl FnMut() + 'static) -> Self {
        Self(Box::new(Repeated(once)))
    }

    /// Operations that use something up, which `prepare` makes for so many of them.
    pub fn prepared<S: 'static>(
        state: S,
        prepare: impl FnMut(&mut S, u64) + 'static,
        run: impl FnMut(&mut S, u64) + 'static,
    ) -> Self {
        Self(Box::new(Prepared { state, prepare, run }))
    }

    /// Whether something has to be prepared, for at most [`BATCH`] operations at a time.
    #[must_use]
    pub fn prepares(&self) -> bool {
        self.0.prepares()
    }

    /// Prepares so many operations, which are to follow.
    pub fn prepare(&mut self, times: u64) {
        self.0.prepare(times);
    }

    /// Does it so many times.
    pub fn run(&mut self, times: u64) {
        self.0.run(times);
    }
}

impl core::fmt::Debug for Workload {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Workload").field("prepares", &self.prepares()).finish()
    }
}

struct Repeated<F>(F);

impl<F: FnMut()> Work for Repeated<F> {
    fn prepares(&self) -> bool {
        false
    }

    fn prepare(&mut self, _: u64) {}

    fn run(&mut self, times: u64) {
        for _ in 0..times {
            (self.0)();
        }
    }
}

struct Prepared<S, P, R> {
    state: S,
    prepare: P,
    run: R,
}

impl<S, P: FnMut(&mut S, u64), R: FnMut(&mut S, u64)> Work for Prepared<S, P, R> {
    fn prepares(&self) -> bool {
        true
    }

    fn prepare(&mut self, times: u64) {
        (self.prepare)(&mut self.state, times);
    }

    fn run(&mut self, times: u64) {
        (self.run)(&mut self.state, times);
    }
}
