//! Reading the steps.

use super::Outcome;
use super::expect::expectations;
use super::services;
use super::source::{Entry, Fields, ticked};
use super::values::{Names, delay, duration, lies, link, rate};
use crate::scenario::story::{Action, Forged, Machines, Meddling, Order, Step, Who, Whom};
use crate::world::Disk;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::time::Duration;
use quorate::{Epoch, Instant};

/// What a step can do.
const ACTIONS: &[&str] = &[
    "crash",
    "start",
    "pause",
    "suspend",
    "resume",
    "cut",
    "isolate",
    "split",
    "heal",
    "link",
    "slow",
    "fill-disk",
    "clear-disk",
    "slow-disk",
    "clock",
    "liar",
    "forge",
    "lose",
    "delay",
    "hold",
    "resign",
    "transfer",
    "release",
    "priority",
    "veto",
    "allow",
    "acquire",
    "cancel",
    "unlock",
    "drain",
    "write",
    "arrive",
    "depart",
    "break",
    "reset",
    "call",
];

/// What messages are called, in steps that lose or delay some.
const KINDS: &[(&str, &str)] = &[
    ("any", "any"),
    ("heartbeat", "heartbeat"),
    ("pre-vote", "pre-vote"),
    ("election", "election"),
    ("answer", "answer"),
    ("coordinator", "coordinator"),
    ("acknowledge", "acknowledge"),
    ("resign", "resign"),
    ("challenge", "challenge"),
    ("recall", "recall"),
    ("recalled", "recalled"),
    ("request", "request"),
    ("renewal", "renewal"),
    ("release", "release"),
    ("grant", "grant"),
    ("place", "place"),
    ("refusal", "refusal"),
    ("confirmation", "confirmation"),
    ("arrival", "arrival"),
    ("promise", "promise"),
    ("presence", "presence"),
    ("departure", "departure"),
    ("question", "question"),
    ("note", "note"),
    ("preparation", "preparation"),
    ("outcome", "outcome"),
    ("farewell", "farewell"),
    ("write", "write"),
];

const FORGED: &[(&str, Forged)] = &[
    ("coordinator", Forged::Coordinator),
    ("election", Forged::Election),
    ("vote", Forged::Vote),
    ("acknowledge", Forged::Acknowledge),
    ("resign", Forged::Resign),
    ("heartbeat", Forged::Heartbeat),
];

/// Whatever repeats does so at most so often.
const MOST_TIMES: u64 = 100_000;

pub(super) fn steps(entry: &Entry<'_>, machines: Machines, end: Instant, names: &mut Names) -> Outcome<Vec<Step>> {
    let list = entry.as_list().ok_or_else(|| entry.not("a list of steps, each in braces"))?;
    let mut steps = Vec::new();
    for one in &list {
        let mut fields = one.table("a step")?;
        let at = duration(&fields.need("at")?)?;
        let every = fields.take("every").map(|entry| Ok((entry, duration(&entry)?))).transpose()?;
        let times = fields.take("times").map(|entry| entry.number(1..=MOST_TIMES)).transpose()?;
        let step = step(one, fields, machines, at, names)?;
        let (every, times) = match (every, times) {
            (Some((_, every)), Some(times)) => (every, times),
            (None, None) => (Duration::ZERO, 1),
            (Some((entry, _)), None) => return Err(one.source.at(entry.at, "`every` needs `times`: how often in all")),
            (None, Some(_)) => return Err(one.source.at(one.at, "`times` needs `every`: the time in between")),
        };
        let mut at = step.at;
        for _ in 0..times {
            if at > end {
                let what = format!("this step comes at {at}, and the scenario ends at {end}, as `length` says");
                return Err(one.source.at(one.at, what));
            }
            steps.push(Step { at, ..step.clone() });
            at = at.after(every);
        }
    }
    steps.sort_by_key(|step| step.at);
    Ok(steps)
}

fn step<'a>(
    one: &Entry<'a>,
    mut fields: Fields<'a>,
    machines: Machines,
    at: Duration,
    names: &mut Names,
) -> Outcome<Step> {
    let line = one.source.line(one.at);
    let note = fields.take("note").map(|entry| entry.text().map(ToString::to_string)).transpose()?;
    let at = Instant::ORIGIN.after(at);
    let expect = fields.take("expect").map(|entry| expectations(&entry, machines, at, names)).transpose()?;
    let found: Vec<&str> = ACTIONS.iter().copied().filter(|name| fields.has(name)).collect();
    let action = match found[..] {
        [] => None,
        [name] => Some(action(name, &mut fields, machines, names)?),
        _ => {
            let what = format!("a step does one thing at a time, and this one has {}", ticked(&found));
            return Err(one.source.at(one.at, what));
        }
    };
    if action.is_none() {
        // So that a word that is misspelt is compared with those that there are.
        for name in ACTIONS {
            let _ = fields.take(name);
        }
        if note.is_none() && expect.is_none() && !fields.has_left() {
            let what = format!("this step does nothing; it can have `note`, `expect` and one of {}", ticked(ACTIONS));
            return Err(one.source.at(one.at, what));
        }
    }
    fields.finish()?;
    Ok(Step { at, line, note, action, expect: expect.unwrap_or_default() })
}

fn action(name: &'static str, fields: &mut Fields<'_>, machines: Machines, names: &mut Names) -> Outcome<Action> {
    let entry = fields.need(name)?;
    let some = |names: &Names| names.some(&entry);
    let other = |fields: &mut Fields<'_>, key, names: &Names| {
        fields.take(key).map(|entry| names.some(&entry)).transpose().map(|whom| whom.unwrap_or(Whom::All))
    };
    let time = |fields: &mut Fields<'_>, key| duration(&fields.need(key)?);
    if machines == Machines::Monitors
        && matches!(name, "resign" | "transfer" | "release" | "priority" | "veto" | "allow" | "fill-disk" | "slow-disk")
    {
        let what = format!("`{name}` is for members; monitors elect nobody and store nothing");
        return Err(entry.source.at(entry.at, what));
    }
    if services::ACTIONS.contains(&name) {
        if machines != Machines::Hosts {
            let what = format!("`{name}` is for scenarios of locks and barriers: machines = \"hosts\"");
            return Err(entry.source.at(entry.at, what));
        }
        return services::action(name, &entry, fields, names);
    }
    let alone = |who: Who| Whom::These([who].into());
    Ok(match name {
        "crash" => Action::Crash(some(names)?),
        "start" => {
            let storage = fields.take("storage").map(|entry| entry.choice(&[("kept", false), ("lost", true)]));
            Action::Start { whom: some(names)?, forgetting: storage.transpose()?.unwrap_or(false) }
        }
        "pause" => Action::Pause(some(names)?, time(fields, "for")?),
        "suspend" => Action::Suspend(some(names)?, time(fields, "for")?),
        "resume" => Action::Resume(some(names)?),
        "cut" => Action::Cut { from: some(names)?, to: other(fields, "to", names)? },
        "isolate" => Action::Isolate(some(names)?),
        "split" => Action::Split(sides(&entry, names)?),
        "heal" => match (entry.as_text(), fields.take("to")) {
            (Some("all"), None) => Action::Heal,
            (_, to) => {
                let to = to.map(|entry| names.some(&entry)).transpose()?.unwrap_or(Whom::All);
                Action::Mend { from: some(names)?, to }
            }
        },
        "link" => {
            let (from, to) = (other(fields, "from", names)?, other(fields, "to", names)?);
            Action::Link { from, to, link: link(&entry)? }
        }
        "slow" => Action::Slow(some(names)?, delay(&fields.need("by")?)?),
        "fill-disk" => Action::Disk(some(names)?, Disk { full: true, ..Disk::default() }),
        "clear-disk" => Action::Disk(some(names)?, Disk::default()),
        "slow-disk" => Action::Disk(some(names)?, Disk { delay: delay(&fields.need("by")?)?, ..Disk::default() }),
        "clock" => clock(&entry, some(names)?, fields)?,
        "liar" => Action::Lies(some(names)?, lies(&fields.need("lies")?)?),
        "forge" => {
            let by = names.one(&fields.need("by")?)?;
            let claimed = fields.take("as").map(|entry| names.one(&entry)).transpose()?;
            let what = entry.choice(FORGED)?;
            if machines == Machines::Monitors && what != Forged::Heartbeat {
                return Err(entry.not("\"heartbeat\", which is all that monitors say"));
            }
            let epoch = match (what, fields.take("epoch")) {
                (Forged::Heartbeat, None) => 0,
                (_, Some(entry)) => entry.number(0..=u64::MAX)?,
                (_, None) => return Err(fields.lacks("epoch")),
            };
            Action::Forge { by, claimed, to: other(fields, "to", names)?, what, epoch: Epoch::new(epoch) }
        }
        "lose" => meddle(&entry, Meddling::Lose, fields, names)?,
        "delay" => {
            let by = time(fields, "by")?;
            meddle(&entry, Meddling::Delay(by), fields, names)?
        }
        "hold" => {
            let action = meddle(&entry, Meddling::Hold, fields, names)?;
            if matches!(action, Action::Meddle { length: None, .. }) {
                return Err(fields.lacks("for"));
            }
            action
        }
        "resign" => Action::Command(alone(names.one(&entry)?), Order::Resign),
        "transfer" => Action::Command(alone(names.one(&entry)?), Order::Transfer(names.one(&fields.need("to")?)?)),
        "release" => Action::Command(alone(names.one(&entry)?), Order::Release),
        "priority" => {
            let priority = entry.number(0..=u64::from(u16::MAX))? as u16;
            Action::Command(alone(names.one(&fields.need("of")?)?), Order::Priority(priority))
        }
        "veto" => Action::Command(alone(names.one(&entry)?), Order::Eligible(false)),
        "allow" => Action::Command(alone(names.one(&entry)?), Order::Eligible(true)),
        _ => {
            let name = entry.text()?.to_string();
            let who: Who = names.one(&fields.need("node")?)?;
            names.called.push(name.clone());
            Action::Call(who, name)
        }
    })
}

fn clock(entry: &Entry<'_>, whom: Whom, fields: &mut Fields<'_>) -> Outcome<Action> {
    match (fields.take("rate"), fields.take("forward"), fields.take("back")) {
        (Some(by), None, None) => Ok(Action::Rate(whom, rate(&by)?)),
        (None, Some(by), None) => Ok(Action::Forward(whom, duration(&by)?)),
        (None, None, Some(by)) => Ok(Action::Back(whom, duration(&by)?)),
        _ => Err(entry.source.at(entry.at, "`clock` needs one of `rate`, `forward` and `back`")),
    }
}

fn meddle(entry: &Entry<'_>, how: Meddling, fields: &mut Fields<'_>, names: &Names) -> Outcome<Action> {
    let kind = entry.choice(KINDS)?;
    let mut whom = |key| {
        let whom = fields.take(key).map(|entry| names.some(&entry)).transpose();
        whom.map(|whom| whom.unwrap_or(Whom::All))
    };
    let (from, to) = (whom("from")?, whom("to")?);
    let next = fields.take("next").map(|entry| entry.number(1..=u64::from(u32::MAX))).transpose()?;
    let length = fields.take("for").map(|entry| duration(&entry)).transpose()?;
    if next.is_none() && length.is_none() {
        let what = format!("`{}` needs `next`, how many messages, or `for`, how long", entry.key);
        return Err(entry.source.at(entry.at, what));
    }
    Ok(Action::Meddle { kind, from, to, how, next: next.map(|next| next as u32), length })
}

/// `[[1, 2], [3]]`, or `{ left = [1, 2], right = [3] }`.
fn sides(entry: &Entry<'_>, names: &Names) -> Outcome<Vec<(String, Whom)>> {
    let what = "two sides or more, such as [[1, 2], [3, 4, 5]] or { left = [1, 2], right = [3, 4, 5] }";
    let sides: Vec<(String, Whom)> = if let Some(list) = entry.as_list() {
        list.iter().map(|side| Ok((String::new(), names.some(side)?))).collect::<Outcome<_>>()?
    } else if entry.is_table() {
        let sides = entry.table("a split")?.rest();
        sides.iter().map(|side| Ok((side.key.to_string(), names.some(side)?))).collect::<Outcome<_>>()?
    } else {
        return Err(entry.not(what));
    };
    if sides.len() < 2 { Err(entry.not(what)) } else { Ok(sides) }
}
