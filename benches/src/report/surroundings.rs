//! Where and when something was measured.

use core::fmt;
use std::process::Command;

/// The machine, the compiler, the day, and how busy the machine was.
#[derive(Clone, Debug)]
pub struct Surroundings {
    day: String,
    processor: String,
    cores: usize,
    compiler: String,
    load: String,
}

impl Surroundings {
    /// These ones.
    #[must_use]
    pub fn here() -> Self {
        let processor = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let processor = processor.lines().find_map(|line| Some(line.strip_prefix("model name")?.split_once(':')?.1));
        let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
        Self {
            day: said("date", &["-u", "+%Y-%m-%d"]),
            processor: processor.map_or_else(|| std::env::consts::ARCH.to_owned(), |name| name.trim().to_owned()),
            cores: std::thread::available_parallelism().map_or(1, core::num::NonZero::get),
            compiler: said("rustc", &["--version"]),
            load: load.split(' ').next().unwrap_or("unknown").to_owned(),
        }
    }
}

/// What a program says, in its first line.
fn said(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    text.lines().next().unwrap_or("unknown").to_owned()
}

impl fmt::Display for Surroundings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { day, processor, cores, compiler, load } = self;
        let (os, target) = (std::env::consts::OS, std::env::consts::ARCH);
        write!(f, "{day}, {processor}, {cores} cores, {os} on {target}, {compiler}, load {load} at the beginning.")
    }
}
