//! What time is taken by.

use core::time::Duration;
use std::time::Instant;

/// Which time counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// That in which this thread was running, so that others who use the machine are left out.
    Thread,
    /// That on the wall, where several threads wait for each other.
    Wall,
}

impl Clock {
    /// How long something takes.
    pub fn time(self, what: impl FnOnce()) -> Duration {
        match self {
            Self::Thread => thread(what),
            Self::Wall => wall(what),
        }
    }
}

fn wall(what: impl FnOnce()) -> Duration {
    let began = Instant::now();
    what();
    began.elapsed()
}

#[cfg(target_os = "linux")]
fn thread(what: impl FnOnce()) -> Duration {
    use rustix::time::{ClockId, clock_gettime};
    let read = || {
        let time = clock_gettime(ClockId::ThreadCPUTime);
        Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec as u32)
    };
    let began = read();
    what();
    read().saturating_sub(began)
}

#[cfg(not(target_os = "linux"))]
fn thread(what: impl FnOnce()) -> Duration {
    wall(what)
}
