//! Which cores this process runs on.

/// Lets this thread, and those that it starts from now on, run where they could before, when it is dropped.
#[derive(Debug)]
pub(crate) struct Kept {
    #[cfg(target_os = "linux")]
    before: Option<rustix::thread::CpuSet>,
}

/// Keeps this thread, and those that it starts, on the last core that it may use; where that is not possible, it does nothing.
#[cfg(target_os = "linux")]
pub(crate) fn keep_to_one() -> Kept {
    use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
    let before = sched_getaffinity(None).ok().filter(|allowed| {
        let last = (0..CpuSet::MAX_CPU).rev().find(|core| allowed.is_set(*core));
        let mut only = CpuSet::new();
        last.is_some_and(|last| {
            only.set(last);
            sched_setaffinity(None, &only).is_ok()
        })
    });
    Kept { before }
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn keep_to_one() -> Kept {
    Kept {}
}

#[cfg(target_os = "linux")]
impl Drop for Kept {
    fn drop(&mut self) {
        if let Some(before) = &self.before {
            let _ = rustix::thread::sched_setaffinity(None, before);
        }
    }
}
