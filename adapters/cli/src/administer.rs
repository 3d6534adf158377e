//! What administrators do: `quorate locks --break` and `quorate barrier --reset`.

use crate::args::{BarrierArgs, LocksArgs};
use crate::engine::Engine;
use crate::failure::{Failure, Outcome};
use crate::paint::print;
use crate::units::brief;
use core::time::Duration;
use quorate::lease::authority::ClaimState;
use quorate::{FencingToken, Name, NodeId};
use quorate_tokio::administration::{self, Ordered};
use quorate_tokio::status::{self, Claims};
use std::io::{IsTerminal, Write, stderr, stdin};
use std::time::Instant;

/// The exit code when there is nothing that could be ended: a temporary failure, as in `sysexits.h`.
const NOTHING: u8 = 75;
/// How often it is looked whether a lease has ended.
const AGAIN: Duration = Duration::from_millis(100);
/// How much longer than the leases can last it is looked.
const SLACK: Duration = Duration::from_secs(2);

/// Ends all leases of a lock, and waits until they have ended.
pub(crate) async fn break_lock(args: &LocksArgs, lock: &str) -> Outcome {
    let name = named(lock)?;
    let engine = Engine::new(&args.engine)?;
    let claims = engine.ask(async |member, group, keys, time| status::claims(member, group, keys, time).await).await?;
    let held = held(&claims, name);
    let Some(latest) = held.iter().map(|(_, token, _)| *token).max() else {
        return Err(Failure::new(format_args!("nobody holds `{name}`")).with_code(NOTHING));
    };
    let longest = held.iter().map(|(.., left)| *left).max().unwrap_or_default();
    if !args.yes {
        for (node, token, left) in &held {
            eprintln!("node {node} holds `{name}` with token {token}; its lease lasts {} yet.", brief(*left));
        }
        confirm("End that? Whoever holds it is told to stop at once, and if it hears nothing, the lease runs out")?;
    }
    let ordered = engine.ask(async |member, group, keys, time| {
        administration::break_leases(member, group, keys, name, latest, time).await
    });
    match ordered.await? {
        Ordered::Done => {}
        Ordered::Nothing => return Err(Failure::new(format_args!("nobody holds `{name}` any more")).with_code(NOTHING)),
        Ordered::Later => {
            let failure = Failure::new(format_args!("somebody else holds `{name}` by now")).with_code(NOTHING);
            return Err(failure.advise("Nothing was ended; `quorate locks` shows who it is."));
        }
    }
    let begun = Instant::now();
    loop {
        let claims =
            engine.ask(async |member, group, keys, time| status::claims(member, group, keys, time).await).await?;
        let still = self::held(&claims, name);
        if !held.iter().any(|(_, token, _)| still.iter().any(|(_, held, _)| held == token)) {
            break;
        }
        if begun.elapsed() > longest + SLACK {
            let failure = Failure::new(format_args!("`{name}` is held by the same as before"));
            return Err(failure.advise("Another leader has taken over meanwhile, perhaps; break it once more."));
        }
        tokio::time::sleep(AGAIN).await;
    }
    let after = begun.elapsed();
    if !args.json {
        return print(&format!("{} of `{name}` ended within {}", count(held.len(), "lease"), brief(after)));
    }
    let ended: Vec<_> =
        held.iter().map(|(node, token, _)| serde_json::json!({ "node": node, "token": token.get() })).collect();
    let after = u64::try_from(after.as_millis()).unwrap_or(u64::MAX);
    print(&serde_json::json!({ "lock": name, "ended": ended, "after_ms": after }).to_string())
}

/// Breaks the generation of a barrier that some have arrived in.
pub(crate) async fn reset(args: &BarrierArgs) -> Outcome {
    let name = named(&args.name)?;
    let engine = Engine::new(&args.engine)?;
    let asked =
        engine.ask(async |member, group, keys, time| administration::barrier(member, group, keys, name, time).await);
    let state = asked.await?.filter(|state| state.arrived > 0);
    let nobody = || Failure::new(format_args!("nobody waits at `{name}`")).with_code(NOTHING);
    let Some(state) = state else { return Err(nobody()) };
    let generation = state.generation;
    if !args.yes {
        eprintln!("{} of {} wait at `{name}`, in generation {generation}.", state.arrived, state.parties);
        confirm("Break that? Each of them is told so")?;
    }
    let ordered = engine.ask(async |member, group, keys, time| {
        administration::reset(member, group, keys, name, generation, time).await
    });
    match ordered.await? {
        Ordered::Done => {}
        Ordered::Nothing => return Err(nobody()),
        Ordered::Later => {
            let failure = Failure::new(format_args!("generation {generation} of `{name}` is over")).with_code(NOTHING);
            return Err(failure.advise("Nothing was broken."));
        }
    }
    if args.json {
        let generation = serde_json::json!({ "epoch": generation.epoch().get(), "number": generation.number() });
        let shown = serde_json::json!({
            "barrier": name, "parties": state.parties, "arrived": state.arrived, "outcome": "reset", "generation": generation
        });
        return print(&shown.to_string());
    }
    print(&format!(
        "generation {generation} of `{name}` is broken, for {} that waited",
        count(state.arrived.into(), "party")
    ))
}

fn named(text: &str) -> Outcome<Name> {
    Name::new(text).map_err(|error| Failure::usage(error).of(format_args!("`{text}`")))
}

/// Who holds a lock, with which token, and how long yet.
fn held(claims: &Claims, name: Name) -> Vec<(NodeId, FencingToken, Duration)> {
    let of_it = claims.claims.iter().filter(|claim| claim.name == name);
    let holding = of_it.filter_map(|claim| match claim.state {
        ClaimState::Holding(token) => Some((claim.node, token, Duration::from_millis(claim.left_ms))),
        ClaimState::Waiting(_) | ClaimState::Delayed(_) => None,
    });
    holding.collect()
}

/// Asks on the terminal.
fn confirm(question: &str) -> Outcome {
    if !stdin().is_terminal() {
        return Err(Failure::usage("this asks first, and there is no terminal to ask on")
            .advise("Say `--yes` if it is to be done without asking."));
    }
    eprint!("{question}. [y/N] ");
    let _ = stderr().flush();
    let mut answer = String::new();
    let read = stdin().read_line(&mut answer);
    match answer.trim() {
        "y" | "Y" | "yes" if read.is_ok() => Ok(()),
        _ => Err(Failure::new("nothing was done")),
    }
}

/// `1 lease`, `2 leases`.
fn count(number: usize, one: &str) -> String {
    match (number, one.strip_suffix('y')) {
        (1, _) => format!("1 {one}"),
        (number, Some(stem)) => format!("{number} {stem}ies"),
        (number, None) => format!("{number} {one}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_agree_with_their_words() {
        assert_eq!([count(1, "lease"), count(2, "lease")], ["1 lease", "2 leases"]);
        assert_eq!([count(1, "party"), count(3, "party")], ["1 party", "3 parties"]);
    }

    #[test]
    fn a_name_that_cannot_be_is_wrong_usage() {
        let failure = named("").unwrap_err().to_string();
        assert!(failure.starts_with("``: "), "{failure}");
    }
}
