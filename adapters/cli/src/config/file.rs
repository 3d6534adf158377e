//! Settings from a TOML file, with errors that name the file, the line and the key.

use super::{Layer, Peer, Timings};
use crate::failure::{Failure, Outcome};
use crate::units;
use clap::ValueEnum;
use core::str::FromStr;
use core::time::Duration;
use std::borrow::Cow;
use std::path::{Path, PathBuf};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

const KEYS: &[&str] = &[
    "id",
    "listen",
    "peers",
    "observers",
    "group",
    "profile",
    "priority",
    "role",
    "guarantee",
    "preempt",
    "detector",
    "state-dir",
    "diskless",
    "key-file",
    "insecure",
    "seed",
    "timings",
];
const TIMINGS: &[&str] = &["interval", "detection", "lease", "renew", "timeout", "jitter", "margin", "drift-ppm"];

impl Layer {
    /// The settings in the file at `path`. Paths in it are relative to its folder.
    pub(crate) fn read(path: &Path) -> Outcome<Self> {
        let name = path.display();
        let text = std::fs::read_to_string(path)
            .map_err(|error| Failure::new(format_args!("the settings in {name} cannot be read ({error})")))?;
        Self::parse(&text, &name.to_string(), path.parent().unwrap_or(Path::new("")))
    }

    /// The settings in `text`, which the user knows as `name`.
    pub(crate) fn parse(text: &str, name: &str, folder: &Path) -> Outcome<Self> {
        let source = Source { text, name };
        let table = DeTable::parse(text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            source.at(at, format_args!("this is not TOML: {}", error.message()))
        })?;
        let mut layer = Self::default();
        for (key, value) in table.get_ref() {
            let entry = Entry { source, table: "", key: key.get_ref(), at: key.span().start, value };
            match entry.key {
                "id" => layer.id = Some(entry.number()?),
                "listen" => layer.listen = Some(entry.text()?.to_owned()),
                "peers" => layer.peers = entry.peers()?,
                "observers" => layer.observers = entry.peers()?,
                "group" => layer.group = Some(entry.text()?.to_owned()),
                "profile" => layer.profile = Some(entry.choice()?),
                "priority" => layer.priority = Some(entry.number()?),
                "role" => layer.role = Some(entry.choice()?),
                "guarantee" => layer.guarantee = Some(entry.choice()?),
                "preempt" => layer.preempt = Some(entry.parsed(FromStr::from_str)?),
                "detector" => layer.detector = Some(entry.choice()?),
                "state-dir" => layer.state_dir = Some(entry.path(folder)?),
                "diskless" => layer.diskless = entry.flag()?,
                "key-file" => layer.key_file = Some(entry.path(folder)?),
                "insecure" => layer.insecure = entry.flag()?,
                "seed" => layer.seed = Some(entry.number()?),
                "timings" => layer.timings = entry.timings()?,
                _ => return Err(entry.unknown(KEYS)),
            }
        }
        if layer.diskless && layer.state_dir.is_some() {
            return Err(Failure::usage("`diskless` and `state-dir` exclude each other").of(name));
        }
        Ok(layer)
    }
}

/// A file, to point into.
#[derive(Clone, Copy)]
struct Source<'a> {
    text: &'a str,
    name: &'a str,
}

impl Source<'_> {
    fn at(self, offset: usize, what: impl core::fmt::Display) -> Failure {
        let before = self.text.as_bytes().get(..offset).unwrap_or(self.text.as_bytes());
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        Failure::usage(what).of(format_args!("{}, line {line}", self.name))
    }
}

/// A key with its value, and where they stand.
struct Entry<'a> {
    source: Source<'a>,
    table: &'static str,
    key: &'a str,
    at: usize,
    value: &'a Spanned<DeValue<'a>>,
}

impl<'a> Entry<'a> {
    fn name(&self) -> Cow<'a, str> {
        if self.table.is_empty() { self.key.into() } else { format!("{}.{}", self.table, self.key).into() }
    }

    /// Says that the value is not what it should be.
    fn not(&self, what: &str) -> Failure {
        let is = match self.value.get_ref() {
            DeValue::String(text) => format!("the text {text:?}"),
            DeValue::Integer(number) => number.to_string(),
            DeValue::Float(number) => number.to_string(),
            DeValue::Boolean(flag) => flag.to_string(),
            DeValue::Datetime(_) => "a date".to_owned(),
            DeValue::Array(_) => "a list".to_owned(),
            DeValue::Table(_) => "a table".to_owned(),
        };
        self.source.at(self.at, format_args!("`{}` is {is}, and has to be {what}", self.name()))
    }

    fn text(&self) -> Outcome<&'a str> {
        self.value.get_ref().as_str().ok_or_else(|| self.not("a text in quotes"))
    }

    fn number<T: FromStr>(&self) -> Outcome<T> {
        let bits = size_of::<T>() * 8;
        let greatest = u64::MAX >> (64 - bits.min(64));
        let integer = self.value.get_ref().as_integer().filter(|integer| integer.radix() == 10);
        integer
            .and_then(|integer| integer.as_str().parse().ok())
            .ok_or_else(|| self.not(&format!("a whole number from 0 to {greatest}")))
    }

    fn flag(&self) -> Outcome<bool> {
        self.value.get_ref().as_bool().ok_or_else(|| self.not("true or false"))
    }

    fn choice<T: ValueEnum>(&self) -> Outcome<T> {
        let found = self.value.get_ref().as_str().and_then(|text| T::from_str(text, false).ok());
        found.ok_or_else(|| {
            let names: Vec<_> = T::value_variants().iter().filter_map(T::to_possible_value).collect();
            let names: Vec<_> = names.iter().map(|name| format!("\"{}\"", name.get_name())).collect();
            self.not(&format!("one of {}", names.join(", ")))
        })
    }

    fn parsed<T>(&self, parse: impl FnOnce(&str) -> Result<T, String>) -> Outcome<T> {
        parse(self.text()?).map_err(|error| self.source.at(self.at, format_args!("`{}`: {error}", self.name())))
    }

    fn path(&self, folder: &Path) -> Outcome<PathBuf> {
        Ok(folder.join(self.text()?))
    }

    fn table(&self, name: &'static str, what: &str) -> Outcome<impl Iterator<Item = Entry<'a>>> {
        let table = self.value.get_ref().as_table().ok_or_else(|| self.not(what))?;
        let source = self.source;
        Ok(table.iter().map(move |(key, value)| Entry {
            source,
            table: name,
            key: key.get_ref(),
            at: key.span().start,
            value,
        }))
    }

    fn peers(&self) -> Outcome<Vec<Peer>> {
        let name = if self.key == "peers" { "peers" } else { "observers" };
        self.table(name, "a table with a line such as 2 = \"10.0.0.2:7400\" for each")?
            .map(|peer| peer.parsed(|address| Peer::new(peer.key, address)))
            .collect()
    }

    fn timings(&self) -> Outcome<Timings> {
        let mut timings = Timings::default();
        for entry in self.table("timings", "a table")? {
            let duration = || -> Outcome<Option<Duration>> { entry.parsed(units::duration).map(Some) };
            match entry.key {
                "interval" => timings.interval = duration()?,
                "detection" => timings.detection = duration()?,
                "lease" => timings.lease = duration()?,
                "renew" => timings.renew = duration()?,
                "timeout" => timings.timeout = duration()?,
                "jitter" => timings.jitter = duration()?,
                "margin" => timings.margin = duration()?,
                "drift-ppm" => timings.drift_ppm = Some(entry.number()?),
                _ => return Err(entry.unknown(TIMINGS)),
            }
        }
        Ok(timings)
    }

    fn unknown(&self, known: &[&str]) -> Failure {
        let failure = self.source.at(self.at, format_args!("there is no setting `{}`", self.name()));
        if self.table.is_empty() && TIMINGS.contains(&self.key) {
            return failure.advise(format_args!("It belongs below `[timings]`."));
        }
        let nearest = known.iter().map(|known| (distance(known, self.key), known)).min();
        match nearest {
            Some((far, name)) if far <= 2 || name.replace('-', "_") == self.key => {
                failure.advise(format_args!("Did you mean `{name}`?"))
            }
            _ => failure.advise(format_args!("There are: {}.", known.join(", "))),
        }
    }
}

/// How many letters have to be put in, taken out or changed to make `a` into `b` (Levenshtein 1966).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let change = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = change.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Detector, Guarantee, Preempt, Profile, Role};

    fn parse(text: &str) -> Outcome<Layer> {
        Layer::parse(text, "a.toml", Path::new("/etc/q"))
    }

    #[test]
    fn every_setting_can_stand_in_a_file() {
        let layer = parse(
            r#"
            id = 1
            listen = "0.0.0.0:7400"
            group = "billing"
            profile = "wan"
            priority = 10
            role = "voter"
            guarantee = "per-partition"
            preempt = "30s"
            detector = "phi-normal"
            state-dir = "state"
            key-file = "/run/key"
            insecure = true
            seed = 18446744073709551615
            [peers]
            2 = "b.example:7400"
            3 = "[::1]:7400"
            [observers]
            4 = "10.0.0.4:7400"
            [timings]
            interval = "50ms"
            detection = "200ms"
            lease = "1.5s"
            renew = "100ms"
            timeout = "60ms"
            jitter = "0"
            margin = "20ms"
            drift-ppm = 500
            "#,
        )
        .unwrap();
        let millis = |millis| Some(Duration::from_millis(millis));
        let peer = |id, address: &str| Peer { id, address: address.into() };
        assert_eq!(
            layer,
            Layer {
                id: Some(1),
                listen: Some("0.0.0.0:7400".into()),
                peers: vec![peer(2, "b.example:7400"), peer(3, "[::1]:7400")],
                observers: vec![peer(4, "10.0.0.4:7400")],
                group: Some("billing".into()),
                profile: Some(Profile::Wan),
                priority: Some(10),
                role: Some(Role::Voter),
                guarantee: Some(Guarantee::PerPartition),
                preempt: Some(Preempt(millis(30_000))),
                detector: Some(Detector::PhiNormal),
                state_dir: Some("/etc/q/state".into()),
                diskless: false,
                forgetful: false,
                key_file: Some("/run/key".into()),
                insecure: true,
                seed: Some(u64::MAX),
                timings: Timings {
                    interval: millis(50),
                    detection: millis(200),
                    lease: millis(1_500),
                    renew: millis(100),
                    timeout: millis(60),
                    jitter: millis(0),
                    margin: millis(20),
                    drift_ppm: Some(500),
                },
            }
        );
    }

    #[test]
    fn mistakes_name_file_line_and_key() {
        for (text, says) in [
            ("id = 1\nlisten = \"a:1\"\nid = 2", "a.toml, line 3: this is not TOML"),
            ("id = 1\n\nlistn = \"x\"", "a.toml, line 3: there is no setting `listn`. Did you mean `listen`?"),
            ("colour = 1", "a.toml, line 1: there is no setting `colour`. There are: id, listen"),
            ("lease = \"1s\"", "there is no setting `lease`. It belongs below `[timings]`."),
            ("[timings]\nleese = \"1s\"", "line 2: there is no setting `timings.leese`. Did you mean `lease`?"),
            ("state_dir = \"x\"", "Did you mean `state-dir`?"),
            ("id = \"one\"", "`id` is the text \"one\", and has to be a whole number from 0 to 4294967295"),
            ("id = -1", "`id` is -1, and has to be a whole number from 0 to 4294967295"),
            ("priority = 70000", "`priority` is 70000, and has to be a whole number from 0 to 65535"),
            ("profile = \"moon\"", "`profile` is the text \"moon\", and has to be one of \"lan\", \"wan\", \"bus\""),
            ("diskless = \"yes\"", "`diskless` is the text \"yes\", and has to be true or false"),
            ("group = 7", "`group` is 7, and has to be a text in quotes"),
            ("peers = [1]", "`peers` is a list, and has to be a table"),
            ("[peers]\ntwo = \"a:1\"", "line 2: `peers.two`: `two` is no id"),
            ("[peers]\n2 = \"a\"", "line 2: `peers.2`: `a` is no address"),
            ("[timings]\nlease = \"5\"", "line 2: `timings.lease`: `5` is no duration"),
            ("preempt = \"soon\"", "`preempt`: `soon` is neither `never` nor a duration"),
            ("diskless = true\nstate-dir = \"x\"", "a.toml: `diskless` and `state-dir` exclude each other"),
        ] {
            let failure = parse(text).unwrap_err().to_string();
            assert!(failure.contains(says), "{text}\n{failure}");
        }
    }

    #[test]
    fn distances() {
        assert_eq!((distance("", "abc"), distance("listen", "listn"), distance("lease", "leese")), (3, 1, 1));
        assert_eq!(distance("kitten", "sitting"), 3);
    }
}
