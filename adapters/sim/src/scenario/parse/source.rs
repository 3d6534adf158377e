//! Keys and values of a file, with where they stand.

use crate::scenario::Error;
use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::ops::RangeInclusive;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

type Outcome<T> = Result<T, Error>;

/// A file, to point into.
#[derive(Clone, Copy)]
pub(super) struct Source<'a> {
    pub(super) file: &'a str,
    pub(super) text: &'a str,
}

impl Source<'_> {
    pub(super) fn line(self, offset: usize) -> usize {
        let before = self.text.as_bytes().get(..offset).unwrap_or(self.text.as_bytes());
        before.iter().filter(|byte| **byte == b'\n').count() + 1
    }

    pub(super) fn at(self, offset: usize, what: impl Into<String>) -> Error {
        Error { file: self.file.to_owned(), line: Some(self.line(offset)), what: what.into() }
    }
}

/// A value, and which key it has.
#[derive(Clone, Copy)]
pub(super) struct Entry<'a> {
    pub(super) source: Source<'a>,
    pub(super) key: &'a str,
    pub(super) at: usize,
    value: &'a DeValue<'a>,
}

impl<'a> Entry<'a> {
    /// Says that the value is not what it should be.
    pub(super) fn not(&self, what: &str) -> Error {
        let is = match self.value {
            DeValue::String(text) => format!("the text {text:?}"),
            DeValue::Integer(number) => number.to_string(),
            DeValue::Float(number) => number.to_string(),
            DeValue::Boolean(flag) => flag.to_string(),
            DeValue::Datetime(_) => "a date".to_owned(),
            DeValue::Array(_) => "a list".to_owned(),
            DeValue::Table(_) => "a table".to_owned(),
        };
        self.source.at(self.at, format!("`{}` is {is}, and has to be {what}", self.key))
    }

    pub(super) fn text(&self) -> Outcome<&'a str> {
        self.as_text().ok_or_else(|| self.not("a text in quotes"))
    }

    pub(super) fn as_text(&self) -> Option<&'a str> {
        self.value.as_str()
    }

    pub(super) fn as_number(&self) -> Option<u64> {
        self.value.as_integer().filter(|integer| integer.radix() == 10)?.as_str().parse().ok()
    }

    pub(super) fn number(&self, range: RangeInclusive<u64>) -> Outcome<u64> {
        let what = || format!("a whole number from {} to {}", range.start(), range.end());
        self.as_number().filter(|number| range.contains(number)).ok_or_else(|| self.not(&what()))
    }

    pub(super) fn flag(&self) -> Outcome<bool> {
        self.value.as_bool().ok_or_else(|| self.not("true or false"))
    }

    /// One of some words.
    pub(super) fn choice<T: Clone>(&self, words: &[(&str, T)]) -> Outcome<T> {
        let found = self.as_text().and_then(|text| words.iter().find(|(word, _)| *word == text));
        found.map(|(_, value)| value.clone()).ok_or_else(|| {
            let words: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            self.not(&format!("one of {}", quoted(&words)))
        })
    }

    /// Something that is written as a text.
    pub(super) fn read<T>(&self, read: impl Fn(&str) -> Option<T>, what: &str) -> Outcome<T> {
        self.as_text().and_then(read).ok_or_else(|| self.not(what))
    }

    /// What stands in a list, if it is one.
    pub(super) fn as_list(&self) -> Option<Vec<Self>> {
        let list = self.value.as_array()?.iter();
        Some(list.map(|value| Self { at: value.span().start, value: value.get_ref(), ..*self }).collect())
    }

    pub(super) fn is_table(&self) -> bool {
        self.value.is_table()
    }

    pub(super) fn table(&self, what: &'static str) -> Outcome<Fields<'a>> {
        let table = self.value.as_table().ok_or_else(|| self.not(&format!("{what}, in braces")))?;
        Ok(Fields::new(self.source, what, self.at, table))
    }
}

/// The keys of a table, each to be taken once.
pub(super) struct Fields<'a> {
    pub(super) source: Source<'a>,
    pub(super) at: usize,
    what: &'static str,
    left: Vec<Entry<'a>>,
    known: Vec<&'static str>,
}

impl<'a> Fields<'a> {
    pub(super) fn new(source: Source<'a>, what: &'static str, at: usize, table: &'a DeTable<'a>) -> Self {
        let entry = |(key, value): (&'a Spanned<_>, &'a Spanned<DeValue<'a>>)| {
            let key: &'a Spanned<alloc::borrow::Cow<'a, str>> = key;
            Entry { source, key: key.get_ref(), at: key.span().start, value: value.get_ref() }
        };
        let mut left: Vec<Entry<'a>> = table.iter().map(entry).collect();
        left.sort_by_key(|entry| entry.at);
        Self { source, at, what, left, known: Vec::new() }
    }

    pub(super) fn take(&mut self, key: &'static str) -> Option<Entry<'a>> {
        self.known.push(key);
        let index = self.left.iter().position(|entry| entry.key == key)?;
        Some(self.left.remove(index))
    }

    pub(super) fn need(&mut self, key: &'static str) -> Outcome<Entry<'a>> {
        self.take(key).ok_or_else(|| self.lacks(key))
    }

    pub(super) fn lacks(&self, what: &str) -> Error {
        self.source.at(self.at, format!("{} needs `{what}`", self.what))
    }

    /// Everything that is left, whatever its key.
    pub(super) fn rest(&mut self) -> Vec<Entry<'a>> {
        core::mem::take(&mut self.left)
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.left.iter().any(|entry| entry.key == key)
    }

    pub(super) const fn has_left(&self) -> bool {
        !self.left.is_empty()
    }

    /// All keys must have been taken.
    pub(super) fn finish(self) -> Outcome<()> {
        let Some(entry) = self.left.first() else { return Ok(()) };
        let Self { what, mut known, source, .. } = self;
        known.sort_unstable();
        known.dedup();
        let near = known.iter().min_by_key(|known| distance(known, entry.key));
        let near = near.filter(|known| distance(known, entry.key) <= 2);
        let hint = near.map_or_else(|| format!("it has {}", ticked(&known)), |near| format!("did you mean `{near}`?"));
        Err(source.at(entry.at, format!("{what} has no `{}` here; {hint}", entry.key)))
    }
}

/// How many letters have to be put in, taken out or changed to make one word of the other.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (index, letter) in one.chars().enumerate() {
        let mut before = index;
        let mut left = index + 1;
        row[0] = left;
        for (column, second) in other.iter().enumerate() {
            let cost = if letter == *second { before } else { before.min(left).min(row[column + 1]) + 1 };
            before = row[column + 1];
            left = cost;
            row[column + 1] = cost;
        }
    }
    row[other.len()]
}

pub(super) fn quoted(words: &[&str]) -> String {
    let words: Vec<String> = words.iter().map(|word| format!("{word:?}")).collect();
    words.join(", ")
}

pub(super) fn ticked(words: &[&str]) -> String {
    let words: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    words.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_near_that_differ_by_a_slip() {
        assert_eq!(distance("crash", "crash"), 0);
        assert_eq!(distance("crash", "crahs"), 2);
        assert_eq!(distance("pause", "pase"), 1);
        assert_eq!(distance("", "ab"), 2);
        assert!(distance("isolate", "pause") > 2);
    }
}
