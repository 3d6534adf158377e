//! Reading what is expected.

use super::source::{Entry, Fields};
use super::values::{Names, duration};
use super::{Outcome, PROMISES, list};
use crate::scenario::story::{Expectation, Machines, Who, Whom};
use alloc::string::ToString;
use alloc::vec::Vec;
use core::time::Duration;
use quorate::{Epoch, Instant};

/// All that one `expect = { … }` says.
pub(super) fn expectations(
    entry: &Entry<'_>,
    machines: Machines,
    at: Instant,
    names: &Names,
) -> Outcome<Vec<Expectation>> {
    let mut fields = entry.table("an expectation")?;
    let mut found = Vec::new();
    of_nodes(&mut fields, names, &mut found)?;
    if machines != Machines::Monitors {
        of_leaders(&mut fields, at, names, &mut found)?;
    }
    if let Some(most) = fields.take("wrong-suspicions-at-most") {
        found.push(Expectation::WrongSuspicionsAtMost(most.number(0..=u64::MAX)?));
    }
    if let Some(entry) = fields.take("broken") {
        for one in list(&entry)? {
            found.push(Expectation::Broken(one.choice(PROMISES)?));
        }
    }
    if let Some(entry) = fields.take("kept") {
        for one in list(&entry)? {
            found.push(Expectation::Kept(one.choice(PROMISES)?));
        }
    }
    fields.finish()?;
    if found.is_empty() { Err(entry.source.at(entry.at, "nothing is expected here")) } else { Ok(found) }
}

/// What is expected of `node`.
fn of_nodes(fields: &mut Fields<'_>, names: &Names, found: &mut Vec<Expectation>) -> Outcome<()> {
    let Some(node) = fields.take("node") else { return Ok(()) };
    let whom = names.some(&node)?;
    let before = found.len();
    if let Some(entry) = fields.take("follows") {
        found.push(Expectation::Follows(whom.clone(), names.one(&entry)?));
    }
    if let Some(entry) = fields.take("suspects") {
        found.push(Expectation::Suspects(whom.clone(), names.some(&entry)?));
    }
    if let Some(entry) = fields.take("trusts") {
        found.push(Expectation::Trusts(whom.clone(), names.some(&entry)?));
    }
    if let Some(entry) = fields.take("is") {
        found.push(Expectation::Up(whom.clone(), entry.choice(&[("up", true), ("down", false)])?));
    }
    let since = fields.take("since").map(|entry| duration(&entry)).transpose()?.unwrap_or(Duration::ZERO);
    let since = Instant::ORIGIN.after(since);
    if let Some(entry) = fields.take("told") {
        for one in list(&entry)? {
            found.push(Expectation::Told(whom.clone(), one.text()?.to_string(), since));
        }
    }
    if let Some(entry) = fields.take("never-told") {
        for one in list(&entry)? {
            found.push(Expectation::NeverTold(whom.clone(), one.text()?.to_string(), since));
        }
    }
    if let Some(entry) = fields.take("said") {
        for one in list(&entry)? {
            found.push(Expectation::Said(whom.clone(), one.text()?.to_string(), since));
        }
    }
    if let Some(entry) = fields.take("never-said") {
        for one in list(&entry)? {
            found.push(Expectation::NeverSaid(whom.clone(), one.text()?.to_string(), since));
        }
    }
    if let Some(entry) = fields.take("refuses-frames")
        && entry.flag()?
    {
        found.push(Expectation::Refused(whom));
    }
    if found.len() == before {
        let what = "nothing is expected of this node; say what it `follows`, `suspects`, `trusts`, `is`, was `told` or `never-told`, \
                    `said` or `never-said`, or that it `refuses-frames`";
        return Err(node.source.at(node.at, what));
    }
    Ok(())
}

fn of_leaders(fields: &mut Fields<'_>, at: Instant, names: &Names, found: &mut Vec<Expectation>) -> Outcome<()> {
    if let Some(entry) = fields.take("leader") {
        found.push(match entry.as_text() {
            Some("nobody") => Expectation::Led(false),
            Some("somebody") => Expectation::Led(true),
            _ => match names.some(&entry)? {
                Whom::These(these) if !these.contains(&Who::Leader) => Expectation::Leader(these),
                _ => return Err(entry.not("\"somebody\", \"nobody\", or one of the nodes by number or name")),
            },
        });
    }
    if let Some(entry) = fields.take("agree") {
        found.push(Expectation::Agree(names.some(&entry)?));
    }
    let mut number = |key| fields.take(key).map(|entry| entry.number(0..=u64::MAX)).transpose();
    found.extend(number("epoch")?.map(Epoch::new).map(Expectation::Epoch));
    found.extend(number("epoch-at-most")?.map(Epoch::new).map(Expectation::EpochAtMost));
    found.extend(number("leaderships-at-most")?.map(Expectation::LeadershipsAtMost));
    let mut time = |key| fields.take(key).map(|entry| Ok((entry, duration(&entry)?))).transpose();
    found.extend(time("leaderless-at-most")?.map(|(_, most)| Expectation::LeaderlessAtMost(most)));
    if let Some((entry, since)) = time("same-leader-since")? {
        let since = Instant::ORIGIN.after(since);
        if since >= at {
            return Err(entry.not("a time before this step's"));
        }
        found.push(Expectation::SameLeaderSince(since));
    }
    Ok(())
}
