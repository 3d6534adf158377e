//! Reading what scenarios with services have beside the others: clients, a store, the rules of locks, and what clients do.

use super::source::{Entry, Fields};
use super::values::{Names, duration};
use super::{Outcome, list};
use crate::scenario::services::Wish;
use crate::scenario::story::{Action, Machines, Order, Part, Who, Whom};
use alloc::format;
use alloc::vec::Vec;
use core::time::Duration;
use quorate::lease::holder::Patience;
use quorate::lease::{Mode, authority};
use quorate::member::Profile;
use quorate::{DriftBound, Name};

/// What clients do, and what is asked of the leader.
pub(super) const ACTIONS: &[&str] =
    &["acquire", "cancel", "unlock", "drain", "write", "arrive", "depart", "break", "reset"];

/// What kind of node is at each place.
pub(super) fn kinds(fields: &mut Fields<'_>, machines: Machines, size: usize) -> Outcome<Vec<Part>> {
    let mut kinds = Vec::new();
    let names = Names { size, clients: Vec::new(), called: Vec::new() };
    for (key, part) in [("clients", Part::Client), ("store", Part::Store)] {
        let Some(entry) = fields.take(key) else { continue };
        if machines != Machines::Hosts {
            let what = format!("`{key}` is for scenarios of locks and barriers: machines = \"hosts\"");
            return Err(entry.source.at(entry.at, what));
        }
        kinds.resize(size, Part::Member);
        let places = if part == Part::Store { Vec::from([entry]) } else { list(&entry)? };
        for one in places {
            let place = names.place(&one)?;
            if let Some(kind) = kinds.get_mut(place) {
                *kind = part;
            }
        }
        if !kinds.contains(&Part::Member) {
            return Err(entry.source.at(entry.at, "no member is left"));
        }
    }
    Ok(kinds)
}

/// The rules of locks.
pub(super) fn leases(fields: &mut Fields<'_>, profile: &Profile) -> Outcome<authority::Config> {
    let usual = profile.leases();
    let Some(entry) = fields.take("leases") else { return Ok(usual) };
    let mut fields = entry.table("rules of locks such as { longest = \"3s\", lock-delay = \"1s\" }")?;
    let mut time = |key| fields.take(key).map(|entry| duration(&entry)).transpose();
    let (longest, lock_delay, cap) = (time("longest")?, time("lock-delay")?, time("cap")?);
    fields.finish()?;
    let drift: DriftBound = profile.timing.drift;
    let made = authority::Config::new(longest.unwrap_or(usual.longest()), drift).and_then(|config| {
        let config = config.with_lock_delay(lock_delay.unwrap_or(Duration::ZERO))?;
        cap.map_or(Ok(config), |cap| config.with_cap(cap))
    });
    made.map_err(|error| entry.source.at(entry.at, format!("there can be no such leases: {error}")))
}

/// The name of a lock or a barrier.
fn name(entry: &Entry<'_>) -> Outcome<Name> {
    Name::new(entry.text()?).map_err(|error| entry.source.at(entry.at, format!("`{}`: {error}", entry.key)))
}

/// Clients, all of which there are.
fn clients(entry: &Entry<'_>, names: &Names) -> Outcome<Whom> {
    let whom = names.some(entry)?;
    let is_client = |who: &Who| match who {
        Who::Place(place) => names.clients.contains(place),
        Who::Called(_) => true,
        Who::Leader | Who::Follower => false,
    };
    match &whom {
        Whom::These(these) if these.iter().all(is_client) => Ok(whom),
        _ => Err(entry.not("one of the `clients`, a list of some, or \"clients\"")),
    }
}

/// How long somebody waits: for ever unless something is said.
fn wait(fields: &mut Fields<'_>) -> Outcome<Patience> {
    let Some(entry) = fields.take("wait") else { return Ok(Patience::Forever) };
    if entry.as_text() == Some("try") {
        return Ok(Patience::Try);
    }
    duration(&entry).map(Patience::For).map_err(|_| entry.not("\"try\", or a time such as \"2s\""))
}

fn number(fields: &mut Fields<'_>, key: &'static str) -> Outcome<Option<u16>> {
    let number = fields.take(key).map(|entry| entry.number(1..=u64::from(u16::MAX))).transpose()?;
    Ok(number.map(|number| number as u16))
}

fn mode(entry: &Entry<'_>, fields: &mut Fields<'_>) -> Outcome<Mode> {
    let shared = fields.take("shared").map(|entry| entry.flag()).transpose()?.unwrap_or(false);
    let (permits, of) = (number(fields, "permits")?, number(fields, "of")?);
    match (shared, permits, of) {
        (false, None, None) => Ok(Mode::Exclusive),
        (true, None, None) => Ok(Mode::Shared),
        (false, Some(take), Some(of)) => Mode::permits(take, of)
            .ok_or_else(|| entry.source.at(entry.at, format!("nobody can have {take} of {of} permits"))),
        _ => Err(entry
            .source
            .at(entry.at, "it is either `shared`, or `permits` with `of` how many there are, or neither")),
    }
}

/// One of [`ACTIONS`].
pub(super) fn action(what: &'static str, entry: &Entry<'_>, fields: &mut Fields<'_>, names: &Names) -> Outcome<Action> {
    let order = match what {
        "cancel" => return Ok(Action::Command(clients(entry, names)?, Order::Wish(Wish::Cancel))),
        "drain" => return Ok(Action::Command(clients(entry, names)?, Order::Wish(Wish::Drain))),
        "depart" => return Ok(Action::Command(clients(entry, names)?, Order::Wish(Wish::Depart))),
        "unlock" => return Ok(Action::Command(clients(entry, names)?, Order::Wish(Wish::Unlock))),
        "break" | "reset" => {
            let at = fields.take("at-node").map(|entry| names.one(&entry)).transpose()?.unwrap_or(Who::Leader);
            let resource = name(entry)?;
            let order = if what == "break" { Order::Break(resource) } else { Order::Reset(resource) };
            return Ok(Action::Command(Whom::These([at].into()), order));
        }
        "acquire" => Wish::Acquire { resource: name(entry)?, mode: mode(entry, fields)?, patience: wait(fields)? },
        "write" => Wish::Write(name(entry)?),
        _ => {
            let Some(parties) = number(fields, "parties")? else { return Err(fields.lacks("parties")) };
            let last = fields.take("last").map(|entry| entry.flag()).transpose()?.unwrap_or(false);
            let patience = match wait(fields)? {
                Patience::For(time) => Some(time),
                Patience::Try => return Err(entry.source.at(entry.at, "nobody arrives without waiting")),
                Patience::Forever => None,
            };
            Wish::Arrive { barrier: name(entry)?, parties, patience, last }
        }
    };
    Ok(Action::Command(clients(&fields.need("by")?, names)?, Order::Wish(order)))
}
