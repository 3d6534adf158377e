//! An attendance as text: what stands in the register of a barrier.
//!
//! ```text
//! quorate-barrier 1
//! epoch 1795538000 generation 7 parties 3
//! place 6f1d8f3a94a1c2b0:81 arrival 2 arrived stays 6
//! place 0b7c11d2e3f40516:12 arrival 1 present leaves 0
//! ended 6 released
//! ended 5 broken left 2147483650 from 0b7c11d2e3f40516:11@1
//! ```

use super::attendance::{Attendance, Attendee, Ended, Place, Stands};
use core::fmt;
use core::num::ParseIntError;
use quorate::barrier::{Cause, Outcome, PartyId};
use quorate::{Epoch, NodeId};
use std::collections::VecDeque;

const HEAD: &str = "quorate-barrier 1";

/// What stands in the register is no attendance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoAttendance {
    /// The line that cannot be read.
    pub line: String,
}

impl fmt::Display for NoAttendance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "what is kept for the barrier is not from this version of quorate: `{}`", self.line)
    }
}

impl core::error::Error for NoAttendance {}

impl fmt::Display for Attendance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { epoch, number, parties, places, ended } = self;
        write!(f, "{HEAD}\nepoch {epoch} generation {number} parties {parties}\n")?;
        for Place { who, arrival, stands, leaves, settled } in places {
            let stands = match stands {
                Stands::Present => "present",
                Stands::Arrived => "arrived",
                Stands::Ready => "ready",
            };
            let leaves = if *leaves { "leaves" } else { "stays" };
            writeln!(f, "place {who} arrival {arrival} {stands} {leaves} {settled}")?;
        }
        for Ended { number, outcome, left } in ended {
            write!(f, "ended {number} ")?;
            match outcome {
                Outcome::Released => write!(f, "released")?,
                Outcome::Unknown => write!(f, "unknown")?,
                Outcome::Broken(Cause::TimedOut(node)) => write!(f, "broken timed-out {node}")?,
                Outcome::Broken(Cause::Lapsed(node)) => write!(f, "broken lapsed {node}")?,
                Outcome::Broken(Cause::Left(node)) => write!(f, "broken left {node}")?,
                Outcome::Broken(Cause::Reset) => write!(f, "broken reset")?,
                Outcome::Broken(Cause::Formerly) => write!(f, "broken formerly")?,
            }
            if !left.is_empty() {
                write!(f, " from")?;
                left.iter().try_for_each(|(who, arrival)| write!(f, " {who}@{arrival}"))?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}

impl core::str::FromStr for Attendance {
    type Err = NoAttendance;

    fn from_str(text: &str) -> Result<Self, NoAttendance> {
        let wrong = |line: &str| NoAttendance { line: line.chars().take(80).collect() };
        let mut lines = text.lines();
        let head = lines.next().unwrap_or_default();
        if head != HEAD {
            return Err(wrong(head));
        }
        let first = lines.next().unwrap_or_default();
        let mut read = attendance(first).ok_or_else(|| wrong(first))?;
        for line in lines {
            let taken = match line.split_once(' ') {
                Some(("place", rest)) => place(rest).map(|place| read.places.push(place)),
                Some(("ended", rest)) => ended(rest).map(|ended| read.ended.push_back(ended)),
                _ => None,
            };
            taken.ok_or_else(|| wrong(line))?;
        }
        Ok(read)
    }
}

fn attendance(line: &str) -> Option<Attendance> {
    let ["epoch", epoch, "generation", number, "parties", parties] = words(line)? else { return None };
    let epoch = Some(Epoch::new(epoch.parse().ok()?)).filter(|epoch| epoch.is_valid())?;
    let (number, parties) = (number.parse().ok().filter(|number| *number > 0)?, parties.parse().ok()?);
    Some(Attendance { epoch, number, parties, places: Vec::new(), ended: VecDeque::new() })
}

fn place(line: &str) -> Option<Place> {
    let [who, "arrival", arrival, stands, leaves, settled] = words(line)? else { return None };
    let stands = match stands {
        "present" => Stands::Present,
        "arrived" => Stands::Arrived,
        "ready" => Stands::Ready,
        _ => return None,
    };
    let leaves = match leaves {
        "leaves" => true,
        "stays" => false,
        _ => return None,
    };
    Some(Place {
        who: who.parse().ok()?,
        arrival: arrival.parse().ok()?,
        stands,
        leaves,
        settled: settled.parse().ok()?,
    })
}

fn ended(line: &str) -> Option<Ended> {
    let (line, left) = line.split_once(" from ").unwrap_or((line, ""));
    let departure = |text: &str| {
        let (who, arrival) = text.split_once('@')?;
        Some((who.parse().ok()?, arrival.parse().ok()?))
    };
    let left = left.split_whitespace().map(departure).collect::<Option<_>>()?;
    let (number, outcome) = line.split_once(' ')?;
    let node = |number: &str| number.parse().ok().map(NodeId::new);
    let outcome = match (outcome, outcome.split_once(' ').and_then(|(_, cause)| cause.split_once(' '))) {
        ("released", _) => Outcome::Released,
        ("unknown", _) => Outcome::Unknown,
        ("broken reset", _) => Outcome::Broken(Cause::Reset),
        ("broken formerly", _) => Outcome::Broken(Cause::Formerly),
        (_, Some(("timed-out", who))) => Outcome::Broken(Cause::TimedOut(node(who)?)),
        (_, Some(("lapsed", who))) => Outcome::Broken(Cause::Lapsed(node(who)?)),
        (_, Some(("left", who))) => Outcome::Broken(Cause::Left(node(who)?)),
        _ => return None,
    };
    Some(Ended { number: number.parse().ok()?, outcome, left })
}

fn words<const N: usize>(line: &str) -> Option<[&str; N]> {
    line.split(' ').collect::<Vec<_>>().try_into().ok()
}

impl fmt::Display for Attendee {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}:{}", self.client, self.party)
    }
}

impl core::str::FromStr for Attendee {
    type Err = Option<ParseIntError>;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (client, party) = text.split_once(':').ok_or(None)?;
        Ok(Self { client: u64::from_str_radix(client, 16)?, party: PartyId::new(party.parse()?) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_can_be_read() {
        let who = |party| Attendee { client: 0x00ff_1234_5678_9abc, party: PartyId::new(party) };
        let place = |party, stands, leaves| Place { who: who(party), arrival: 3, stands, leaves, settled: 6 };
        let node = NodeId::new(2_147_483_650);
        let outcomes = [
            Outcome::Released,
            Outcome::Unknown,
            Outcome::Broken(Cause::TimedOut(node)),
            Outcome::Broken(Cause::Lapsed(node)),
            Outcome::Broken(Cause::Left(node)),
            Outcome::Broken(Cause::Reset),
            Outcome::Broken(Cause::Formerly),
        ];
        let ended = outcomes.into_iter().zip(1..).map(|(outcome, number)| {
            let left = (0..u64::from(number) % 3).map(|party| (who(party), number)).collect();
            Ended { number, outcome, left }
        });
        let written = Attendance {
            epoch: Epoch::new(1_795_538_000),
            number: 8,
            parties: 3,
            places: vec![
                place(1, Stands::Present, false),
                place(2, Stands::Arrived, true),
                place(u64::MAX, Stands::Ready, false),
            ],
            ended: ended.collect(),
        };
        assert_eq!(written.to_string().parse(), Ok(written));
    }

    #[test]
    fn what_is_no_attendance_is_told_by_its_line() {
        let told = |text: &str| text.parse::<Attendance>().unwrap_err().line;
        assert_eq!(told(""), "");
        assert_eq!(told("quorate-barrier 2\n"), "quorate-barrier 2");
        let head = "quorate-barrier 1\nepoch 1 generation 1 parties 2\n";
        for line in ["epoch 1 generation 0 parties 2", "epoch 99999999999 generation 1 parties 2"] {
            assert_eq!(told(&format!("quorate-barrier 1\n{line}\n")), line);
        }
        for line in [
            "place 1:1 arrival 1 absent stays 0",
            "place 1 arrival 1 present stays 0",
            "place x:1 arrival 1 present stays 0",
            "ended 1 broken bored 7",
            "ended 1 released from 1:1",
            "beginning",
        ] {
            assert_eq!(told(&format!("{head}{line}\n")), line);
        }
    }
}
