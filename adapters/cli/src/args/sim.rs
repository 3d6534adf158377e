//! What `sim` and its own commands take.

use crate::units;
use clap::builder::{PossibleValue, PossibleValuesParser};
use clap::{Args, Subcommand};
use core::time::Duration;
use quorate_sim::explore::{Explorer, models};
use quorate_sim::lesson::detectors::Behaviour;
use quorate_sim::swarm::{Swarm, trials};
use std::path::PathBuf;

/// Try the protocols in a simulated world, where everything can go wrong
///
/// A scenario is a story in one file: who takes part, what goes wrong when, and what is expected. It is named, or given as a file; without one,
/// those that have a name are listed. The commands below do more than tell one story.
///
/// The machines are those that run on servers and boards; time, network, clocks, storage and all faults are simulated, from one seed. What
/// is found can be had again, in every detail, on any computer.
///
/// The exit code is 1 if a promise was broken or an expectation not met, and 2 if something was asked for that there is not.
#[derive(Args, Clone, Debug)]
#[command(
    args_conflicts_with_subcommands = true,
    subcommand_precedence_over_arg = true,
    disable_help_subcommand = true
)]
#[command(after_help = "\
Examples:
  quorate sim                        which scenarios there are
  quorate sim paused-leader --transcript
  quorate sim paused-leader --svg paused-leader.svg
  quorate sim mine.toml --seeds 1000
  quorate sim swarm                  every protocol over a hundred histories of faults each
  quorate sim explore election       every history of three nodes
  quorate sim clocks                 why a deleted entry can come back
  quorate sim detectors              what it costs to notice a crash soon")]
pub(crate) struct SimArgs {
    #[command(subcommand)]
    pub(crate) command: Option<SimCommand>,

    #[command(flatten)]
    pub(crate) scenario: ScenarioArgs,
}

/// What a scenario takes.
#[derive(Args, Clone, Debug)]
pub(crate) struct ScenarioArgs {
    /// The name of a scenario, or a file
    pub(crate) scenario: Option<String>,

    /// Say which scenarios have a name
    #[arg(long, conflicts_with = "scenario")]
    list: bool,

    /// The seed, or the first of them [default: the scenario's own]
    #[arg(long, value_name = "NUMBER", requires = "scenario")]
    pub(crate) seed: Option<u64>,

    /// How many seeds; the first that fails is shown, or else the first
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..), default_value_t = 1, requires = "scenario")]
    pub(crate) seeds: u64,

    /// For so many hours of simulated time at least; when its steps are over the world goes on
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..=100_000), requires = "scenario")]
    hours: Option<u32>,

    /// Also everything that happens, as a dialogue
    #[arg(long, requires = "scenario", conflicts_with = "json")]
    pub(crate) transcript: bool,

    /// Draw it: a line for each node, messages as arrows, leaderships and leases as bars
    #[arg(long, value_name = "FILE", requires = "scenario")]
    pub(crate) svg: Option<PathBuf>,

    /// One object of JSON at the end, and nothing else
    #[arg(long, requires = "scenario")]
    pub(crate) json: bool,
}

impl ScenarioArgs {
    /// For how long it runs at least.
    pub(crate) fn at_least(&self) -> Duration {
        Duration::from_secs(3_600 * u64::from(self.hours.unwrap_or(0)))
    }
}

#[derive(Clone, Debug, Subcommand)]
pub(crate) enum SimCommand {
    Swarm(SwarmArgs),
    Explore(ExploreArgs),
    Clocks(ClocksArgs),
    Detectors(DetectorsArgs),
}

/// Try protocols over many seeds, each with a configuration and a history of faults of its own
///
/// A seed draws how many nodes there are, how the protocol is configured, which kinds of fault there are at all, and when they
/// come. While they come, safety is checked at every happening; then they stop, and the good state has to be reached within the time that the
/// protocol itself states.
///
/// A seed that fails is made smaller, and printed with the last things that happened and the command that does it again. From 100
/// seeds of ten minutes on it is a failure, too, if there is an interesting state that none of them reached.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  quorate sim swarm
  quorate sim swarm --trial member --seeds 20000
  quorate sim swarm --trial election --minutes 60 --seed 7
  quorate sim swarm --json | jq .events_per_second
  quorate sim swarm --trial canary   a protocol with a planted bug, which must be found

Exit codes: 1 a promise was broken, or an interesting state never reached; 2 wrong usage;
130 interrupted, and nothing found until then")]
pub(crate) struct SwarmArgs {
    /// What to try; several with commas between them
    #[arg(long, value_name = "NAME", value_parser = trial_names(), value_delimiter = ',', default_value = "all")]
    trial: Vec<String>,

    /// How many seeds each is tried with [default: 100, and 1 with --seed]
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..))]
    seeds: Option<u64>,

    /// The first seed, and the only one unless --seeds says otherwise [default: 0]
    #[arg(long, value_name = "NUMBER")]
    seed: Option<u64>,

    /// For how many minutes of simulated time there are faults in each [default: 10]
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    minutes: Option<u64>,

    /// The same, if it is no whole number of minutes
    #[arg(long, value_name = "DURATION", value_parser = units::duration, conflicts_with = "minutes")]
    length: Option<Duration>,

    /// On how many threads [default: as many as there are cores]
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u16).range(1..=1_024))]
    threads: Option<u16>,

    /// One object of JSON at the end, and nothing else
    #[arg(long)]
    pub(crate) json: bool,
}

/// The name that stands for all.
const ALL: &str = "all";

/// A value for each of these names, one for all of them, and one more.
fn names(of: &[(&'static str, &'static str)], more: Option<(&'static str, &'static str)>) -> PossibleValuesParser {
    let all = [(ALL, "all of these")];
    let values = of.iter().chain(&all).copied().chain(more);
    PossibleValuesParser::new(values.map(|(name, about)| PossibleValue::new(name).help(about)))
}

fn trial_names() -> PossibleValuesParser {
    names(trials::NAMES, Some((trials::CANARY, "a protocol with a planted bug, which must be found")))
}

/// The names that were asked for, `all` spelled out and none twice.
fn spelled_out<'a>(asked: &'a [String], all: &'a [(&'static str, &'static str)]) -> Vec<&'a str> {
    let mut names: Vec<&str> = Vec::new();
    let mut add = |name| {
        if !names.contains(&name) {
            names.push(name);
        }
    };
    for name in asked {
        match name.as_str() {
            ALL => all.iter().for_each(|(name, _)| add(name)),
            name => add(name),
        }
    }
    names
}

impl SwarmArgs {
    /// The names of the trials.
    pub(crate) fn trials(&self) -> Vec<&str> {
        spelled_out(&self.trial, trials::NAMES)
    }

    /// How each is tried.
    pub(crate) fn swarm(&self) -> Swarm {
        let usual = Swarm::default();
        let minutes = self.minutes.map(|minutes| Duration::from_secs(60 * minutes));
        Swarm {
            first: self.seed.unwrap_or(usual.first),
            seeds: self.seeds.unwrap_or(if self.seed.is_some() { 1 } else { usual.seeds }),
            length: minutes.or(self.length).unwrap_or(usual.length),
            threads: self.threads.map_or(usual.threads, usize::from),
            ..usual
        }
    }
}

/// Explore every history of a small group, breadth-first
///
/// Messages are delayed as long as they may be, lost and doubled, nodes crash and start again, at any time and in any order, as often as the model
/// allows. No promise may be broken in any state that can be reached, and from each a good state must be within reach.
///
/// What is wrong is shown as a shortest way to it. An exploration that is cut short has shown nothing, and does not pass.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  quorate sim explore --list
  quorate sim explore election
  quorate sim explore election monitor --json | jq '.models[].states'
  quorate sim explore all --most-states 1000000

Exit codes: 1 a promise was broken, there is a trap, or it was cut short; 2 wrong usage; 130 interrupted")]
pub(crate) struct ExploreArgs {
    /// What to explore
    #[arg(value_name = "MODEL", value_parser = names(models::NAMES, None), required_unless_present = "list")]
    model: Vec<String>,

    /// Say which models there are
    #[arg(long, conflicts_with_all = ["model", "json"])]
    pub(crate) list: bool,

    /// After how many states to give up; each takes about a hundred bytes of memory
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..), default_value_t = MOST_STATES)]
    most_states: u32,

    /// On how many threads [default: as many as there are cores]
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u16).range(1..=1_024))]
    threads: Option<u16>,

    /// Draw the way to what was found, if anything was
    #[arg(long, value_name = "FILE")]
    pub(crate) svg: Option<PathBuf>,

    /// One object of JSON at the end, and nothing else
    #[arg(long)]
    pub(crate) json: bool,
}

/// Some gigabytes of memory.
const MOST_STATES: u32 = 50_000_000;

impl ExploreArgs {
    /// The names of the models.
    pub(crate) fn models(&self) -> Vec<&str> {
        spelled_out(&self.model, models::NAMES)
    }

    /// How each is explored.
    pub(crate) fn explorer(&self) -> Explorer {
        let usual = Explorer::default();
        Explorer { most_states: self.most_states as usize, threads: self.threads.map_or(usual.threads, usize::from) }
    }
}

/// Show in which order four kinds of clock put the same events, beside the truth
///
/// Two servers hold copies of a shopping list, and the clock of the first is fast. It updates an entry and tells the second, where
/// somebody reads it and deletes it. The delete comes after the update, and because of it; by the clocks on the walls it comes before.
#[derive(Args, Clone, Copy, Debug)]
#[command(after_help = "\
Examples:
  quorate sim clocks
  quorate sim clocks --apart 100ms
  quorate sim clocks --json | jq '.verdicts[] | {by, is_right}'")]
pub(crate) struct ClocksArgs {
    /// How fast the first server's clock is, at most an hour
    #[arg(long, value_name = "DURATION", value_parser = up_to_an_hour, default_value = "5s")]
    pub(crate) apart: Duration,

    /// One object of JSON instead of tables
    #[arg(long)]
    pub(crate) json: bool,
}

fn up_to_an_hour(text: &str) -> Result<Duration, String> {
    let duration = units::duration(text)?;
    if duration > Duration::from_secs(3_600) {
        return Err(format!("{} is more than an hour", units::brief(duration)));
    }
    Ok(duration)
}

/// Measure every failure detector on the same traces of heartbeats
///
/// A detector that is more patient is wrong less often, and notices a crash later. Each of the five is measured with a dozen settings, on
/// heartbeats that come steadily, with jitter, in bursts, with losses, and ever more slowly: how soon it notices a
/// crash, against how often it suspects somebody who is alive.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  quorate sim detectors
  quorate sim detectors --trace lossy
  quorate sim detectors --svg detectors.svg
  quorate sim detectors --hours 24 --seed 7 --json")]
pub(crate) struct DetectorsArgs {
    /// Also every setting of every detector on this trace
    #[arg(long, value_name = "NAME", value_parser = trace_names())]
    trace: Option<String>,

    /// How long each trace is
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u16).range(1..=1_000), default_value_t = 6)]
    hours: u16,

    /// Where the traces come from
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    pub(crate) seed: u64,

    /// Draw it: a chart for each trace, and in it a curve for each detector
    #[arg(long, value_name = "FILE")]
    pub(crate) svg: Option<PathBuf>,

    /// One object of JSON instead of tables
    #[arg(long)]
    pub(crate) json: bool,
}

fn trace_names() -> PossibleValuesParser {
    names(&Behaviour::ALL.map(|behaviour| (behaviour.name(), behaviour.description())), None)
}

impl DetectorsArgs {
    /// How long each trace is.
    pub(crate) fn length(&self) -> Duration {
        Duration::from_secs(3_600 * u64::from(self.hours))
    }

    /// Whether the details of this trace are wanted.
    pub(crate) fn wants(&self, behaviour: Behaviour) -> bool {
        self.trace.as_deref().is_some_and(|name| name == ALL || name == behaviour.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_spelled_out_once_each() {
        let all = [("a", ""), ("b", "")];
        let spelled = |asked: &[&str]| {
            let asked: Vec<String> = asked.iter().map(|name| (*name).to_owned()).collect();
            spelled_out(&asked, &all).join(" ")
        };
        assert_eq!(spelled(&["all"]), "a b");
        assert_eq!(spelled(&["b", "all", "canary", "b"]), "b a canary");
    }
}
