//! Durations, chances, delays and nodes, as they are written.

use super::source::{Entry, Fields};
use crate::scenario::Error;
use crate::scenario::story::{Who, Whom};
use crate::world::{Delay, Lies, Link};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::time::Duration;

type Outcome<T> = Result<T, Error>;

const A_DURATION: &str = "a time such as \"250ms\", \"1.5s\", \"2m\" or \"1h\"";
const A_CHANCE: &str = "a chance such as \"10%\" or \"0.5%\"";
const A_RATE: &str = "a rate such as \"+200ppm\" or \"-5%\", of at most 50%";
const A_DELAY: &str = "a delay such as \"5ms\", \"1ms to 20ms\" or \"at least 2ms\"";

pub(super) fn duration(entry: &Entry<'_>) -> Outcome<Duration> {
    entry.read(read_duration, A_DURATION)
}

/// `1.5s`.
fn read_duration(text: &str) -> Option<Duration> {
    let text = text.trim();
    let unit_at = text.find(|letter: char| letter.is_ascii_alphabetic())?;
    let (number, unit) = text.split_at(unit_at);
    let nanos = match unit {
        "ns" => 1,
        "us" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" | "min" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        _ => return None,
    };
    Some(Duration::from_nanos(u64::try_from(decimal(number.trim(), nanos)?).ok()?))
}

/// A decimal number times a unit, exactly.
fn decimal(number: &str, unit: u128) -> Option<u128> {
    let (whole, part) = number.split_once('.').unwrap_or((number, "0"));
    let digits = |text: &str| {
        let plain = !text.is_empty() && text.len() <= 18 && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse::<u128>().ok().filter(|_| plain)
    };
    let (whole, fraction) = (digits(whole)?, digits(part)?);
    let ten = 10_u128.checked_pow(u32::try_from(part.len()).ok()?)?;
    whole.checked_mul(unit)?.checked_add(fraction.checked_mul(unit)? / ten)
}

/// In millionths.
fn read_chance(text: &str) -> Option<u32> {
    let millionths = decimal(text.trim().strip_suffix('%')?.trim(), 10_000)?;
    u32::try_from(millionths).ok().filter(|millionths| *millionths <= 1_000_000)
}

pub(super) fn chance(entry: &Entry<'_>) -> Outcome<u32> {
    entry.read(read_chance, A_CHANCE)
}

/// `+200ppm`, in millionths.
pub(super) fn rate(entry: &Entry<'_>) -> Outcome<i32> {
    let read = |text: &str| {
        let text = text.trim();
        let (sign, rest) = match (text.strip_prefix('-'), text.strip_prefix('+')) {
            (Some(rest), _) => (-1, rest),
            (_, Some(rest)) => (1, rest),
            _ => (1, text),
        };
        let millionths = match (rest.strip_suffix("ppm"), rest.strip_suffix('%')) {
            (Some(number), _) => decimal(number.trim(), 1)?,
            (_, Some(number)) => decimal(number.trim(), 10_000)?,
            _ => return None,
        };
        i32::try_from(millionths).ok().filter(|millionths| *millionths <= 500_000).map(|millionths| sign * millionths)
    };
    entry.read(read, A_RATE)
}

pub(super) fn delay(entry: &Entry<'_>) -> Outcome<Delay> {
    let read = |text: &str| {
        if let Some(least) = text.strip_prefix("at least ") {
            return read_duration(least).map(|least| Delay::HeavyTailed { least });
        }
        match text.split_once(" to ") {
            Some((least, most)) => {
                let (least, most) = (read_duration(least)?, read_duration(most)?);
                (least <= most).then_some(Delay::Uniform { least, most })
            }
            None => read_duration(text).map(Delay::Fixed),
        }
    };
    entry.read(read, A_DELAY)
}

/// What a link is like: what is not said is as on a good one.
pub(super) fn link(entry: &Entry<'_>) -> Outcome<Link> {
    if entry.as_text() == Some("good") {
        return Ok(Link::GOOD);
    }
    if !entry.is_table() {
        return Err(
            entry.not("\"good\", or what differs from that, such as { delay = \"5ms to 20ms\", loss = \"10%\" }")
        );
    }
    let mut fields = entry.table("a link")?;
    let mut link = Link::GOOD;
    if let Some(entry) = fields.take("delay") {
        link.delay = delay(&entry)?;
    }
    let part = |key, slot: &mut u32, fields: &mut Fields<'_>| {
        fields.take(key).map(|entry| chance(&entry)).transpose().map(|part| *slot = part.unwrap_or(*slot))
    };
    part("loss", &mut link.loss, &mut fields)?;
    part("duplication", &mut link.duplication, &mut fields)?;
    part("bursts", &mut link.burst, &mut fields)?;
    part("corruption", &mut link.corruption, &mut fields)?;
    let length = fields.take("burst-length").map(|entry| duration(&entry)).transpose()?;
    link.burst_length = length.unwrap_or(Duration::from_secs(1));
    link.ordered = fields.take("ordered").map(|entry| entry.flag()).transpose()?.unwrap_or(false);
    fields.finish()?;
    Ok(link)
}

/// How somebody lies.
pub(super) fn lies(entry: &Entry<'_>) -> Outcome<Lies> {
    let mut fields = entry.table("a way to lie")?;
    let mut lies = Lies::default();
    for (key, slot) in [
        ("lie", &mut lies.lie),
        ("equivocate", &mut lies.equivocate),
        ("impersonate", &mut lies.impersonate),
        ("replay", &mut lies.replay),
        ("corrupt", &mut lies.corrupt),
    ] {
        if let Some(entry) = fields.take(key) {
            *slot = chance(&entry)?;
        }
    }
    fields.finish()?;
    Ok(lies)
}

/// Who can be named in a scenario.
pub(super) struct Names {
    pub(super) size: usize,
    /// The places of those that are clients.
    pub(super) clients: Vec<usize>,
    /// Those that were called something so far.
    pub(super) called: Vec<String>,
}

impl Names {
    fn what(&self, several: bool) -> String {
        let size = self.size;
        let mut what = format!("a node's number from 1 to {size}, \"leader\", \"follower\"");
        for name in &self.called {
            what += &format!(", {name:?}");
        }
        if several {
            what += ", \"followers\", \"all\"";
            what += if self.clients.is_empty() { "" } else { ", \"clients\"" };
            what += " or a list of some of these";
        }
        what
    }

    fn read(&self, entry: &Entry<'_>) -> Option<Who> {
        if let Some(number) = entry.as_number() {
            return (1..=self.size as u64).contains(&number).then(|| Who::Place(number as usize - 1));
        }
        match entry.as_text()? {
            "leader" => Some(Who::Leader),
            "follower" => Some(Who::Follower),
            name if self.called.iter().any(|called| called == name) => Some(Who::Called(name.to_string())),
            _ => None,
        }
    }

    pub(super) fn one(&self, entry: &Entry<'_>) -> Outcome<Who> {
        self.read(entry).ok_or_else(|| entry.not(&self.what(false)))
    }

    pub(super) fn some(&self, entry: &Entry<'_>) -> Outcome<Whom> {
        match entry.as_text() {
            Some("all") => return Ok(Whom::All),
            Some("followers") => return Ok(Whom::Followers),
            Some("clients") if !self.clients.is_empty() => {
                return Ok(Whom::These(self.clients.iter().map(|place| Who::Place(*place)).collect()));
            }
            _ => {}
        }
        if let Some(list) = entry.as_list() {
            return list.iter().map(|one| self.one(one)).collect::<Outcome<_>>().map(Whom::These);
        }
        let one = self.read(entry).ok_or_else(|| entry.not(&self.what(true)))?;
        Ok(Whom::These([one].into()))
    }

    /// A place, for what is settled before anything runs.
    pub(super) fn place(&self, entry: &Entry<'_>) -> Outcome<usize> {
        entry.number(1..=self.size as u64).map(|number| number as usize - 1)
    }

    /// The place that a key names.
    pub(super) fn place_of_key(&self, entry: &Entry<'_>) -> Outcome<usize> {
        let number = entry.key.parse::<usize>().ok().filter(|number| (1..=self.size).contains(number));
        number.map(|number| number - 1).ok_or_else(|| {
            let (key, size) = (entry.key, self.size);
            entry.source.at(entry.at, format!("`{key}` is no node; it has to be a number from 1 to {size}"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_exact() {
        let nanos = |text| read_duration(text).map(|duration| duration.as_nanos());
        assert_eq!(nanos("1.5s"), Some(1_500_000_000));
        assert_eq!(nanos("0.1 ms"), Some(100_000));
        assert_eq!(nanos("2h"), Some(7_200_000_000_000));
        assert_eq!(nanos("1m"), Some(60_000_000_000));
        assert_eq!(nanos("1.000000001s"), Some(1_000_000_001));
        for wrong in ["", "5", "s", "-1s", "1.s", "1e3s", "5 parsecs", "99999999999999999h"] {
            assert_eq!(nanos(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn chances_are_at_most_one() {
        assert_eq!(read_chance("10%"), Some(100_000));
        assert_eq!(read_chance("0.5 %"), Some(5_000));
        assert_eq!(read_chance("100%"), Some(1_000_000));
        assert_eq!((read_chance("101%"), read_chance("0.1"), read_chance("-1%")), (None, None, None));
    }
}
