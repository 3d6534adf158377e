//! `quorate status`: asks a member what it sees.

use crate::args::StatusArgs;
use crate::config::keyring;
use crate::failure::{Failure, Outcome};
use crate::paint::{Paint, print};
use crate::units::brief;
use core::fmt;
use core::time::Duration;
use quorate::election::{Guarantee, Standing};
use quorate_tokio::status::{self, AskError, Status};
use std::io::stdout;

/// Asks, and prints the answer.
pub(crate) async fn run(args: &StatusArgs) -> Outcome {
    let (keyring, warning) = keyring(args.key_file.as_deref())?;
    if let Some(warning) = warning {
        eprintln!("quorate: {warning}.");
    }
    let answer = status::ask(args.address.as_str(), &args.group, keyring.as_ref(), args.timeout).await;
    let status = answer.map_err(|error| unanswered(args, &error))?;
    let text = if args.json {
        serde_json::to_string(&status).map_err(Failure::new)?
    } else {
        View { status: &status, paint: Paint::for_stream(&stdout()) }.to_string()
    };
    print(&text)
}

fn unanswered(args: &StatusArgs, error: &AskError) -> Failure {
    let StatusArgs { address, group, .. } = args;
    match error {
        AskError::Address(error) => Failure::usage(format_args!("`{address}` cannot be found ({error})"))
            .advise("Name a host and a port, such as 127.0.0.1:7401."),
        AskError::NobodyListens { address } => Failure::new(format_args!("nobody listens at {address}")).advise(
            "Check that the member runs, and that this is the address and port that it was given with `--listen`.",
        ),
        AskError::NoAnswer { address, timeout, refused: Some(refused) } => Failure::new(format_args!(
            "{address} did not answer within {} in a way that can be read: {refused}",
            brief(*timeout)
        ))
        .advise("Check that the member and this program have the same version."),
        AskError::NoAnswer { address, timeout, refused: None } => {
            let key = match &args.key_file {
                Some(file) => format!("the key in {}", file.display()),
                None => "no key (`--key-file FILE`)".to_owned(),
            };
            Failure::new(format_args!("{address} did not answer within {}", brief(*timeout))).advise(format_args!(
                "A member answers only to its own group and key. This asked in group `{group}` (`--group NAME`) with {key}; \
                 otherwise the member does not run, or datagrams do not get through."
            ))
        }
        _ => Failure::new(error),
    }
}

/// A status for people.
struct View<'a> {
    status: &'a Status,
    paint: Paint,
}

impl fmt::Display for View<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { status, paint } = *self;
        let title = format!("node {} of group `{}`", status.id, status.group);
        writeln!(f, "{}", paint.bold(title))?;
        let row = |f: &mut fmt::Formatter<'_>, name: &str, value: &dyn fmt::Display| writeln!(f, "  {name:<13}{value}");
        let says = standing(status);
        match status.standing {
            Standing::Leading => row(f, "now", &paint.good(says))?,
            Standing::Following => row(f, "now", &says)?,
            _ => row(f, "now", &paint.warn(says))?,
        }
        let guarantee = match status.guarantee {
            Guarantee::Majority => "majority: at most one leader at any instant",
            Guarantee::PerPartition => "per-partition: at most one leader in each partition",
        };
        row(f, "guarantee", &guarantee)?;
        let uptime = brief(Duration::from_millis(status.uptime_ms));
        row(f, "running for", &format_args!("{uptime}, incarnation {}", status.incarnation))?;
        let (tallies, counters) = (&status.tallies, &status.counters);
        row(
            f,
            "has seen",
            &format_args!(
                "leader changes {}, elections won {}, suspicions {}, pauses of its own {}",
                tallies.leader_changes, tallies.elections_won, tallies.suspicions, tallies.pauses
            ),
        )?;
        if tallies.locks_granted + tallies.locks_reclaimed > 0 {
            row(
                f,
                "locks",
                &format_args!(
                    "granted {}, taken over from a leader before {}, run out {}",
                    tallies.locks_granted, tallies.locks_reclaimed, tallies.locks_expired
                ),
            )?;
        }
        row(
            f,
            "frames",
            &format_args!("{} in, {} out, {} unsent", counters.frames_in, counters.frames_out, counters.unsent),
        )?;
        if !counters.dropped.is_empty() {
            let dropped: Vec<_> =
                counters.dropped.iter().map(|(why, count)| format!("{count} {}", why.replace('_', " "))).collect();
            row(f, "dropped", &paint.warn(dropped.join(", ")))?;
        }
        let mean =
            counters.step_time.checked_div(u32::try_from(counters.steps).unwrap_or(u32::MAX)).unwrap_or_default();
        row(
            f,
            "steps",
            &format_args!("{}, {} each, the longest {}", counters.steps, brief(mean), brief(counters.longest_step)),
        )?;
        writeln!(f)?;
        let heads = ["peer", "address", "heard", "level"];
        write!(
            f,
            "  {}",
            paint.faint(format_args!("{:<10}  {:<24}  {:<12}  {:>5}", heads[0], heads[1], heads[2], heads[3]))
        )?;
        for peer in &status.peers {
            let address = peer.address.map_or("not found yet".to_owned(), |address| address.to_string());
            let heard = peer.last_heard.map_or("never".to_owned(), |ago| format!("{} ago", brief(ago)));
            write!(f, "\n  {:<10}  {address:<24}  {heard:<12}  {:>5.2}", peer.id.to_string(), peer.level.min(99.99))?;
            if peer.suspected {
                write!(f, "  {}", paint.bad("suspected"))?;
            }
            if !peer.votes {
                write!(f, "  {}", paint.faint("observer"))?;
            }
        }
        if status.omitted > 0 {
            write!(f, "\n  and {} more that did not fit into the answer", status.omitted)?;
        }
        Ok(())
    }
}

/// What a member is doing, in words.
fn standing(status: &Status) -> String {
    let epoch = status.epoch;
    match (status.standing, status.leader) {
        (Standing::Leading, _) => match status.time_left_ms {
            Some(left) => {
                format!("leads epoch {epoch}; without renewal for {} more", brief(Duration::from_millis(left)))
            }
            None => format!("leads epoch {epoch}"),
        },
        (Standing::Stopping, _) => format!("is about to give up epoch {epoch}"),
        (Standing::Following, Some(leader)) => format!("follows node {leader} in epoch {epoch}"),
        (Standing::Following | Standing::Leaderless, _) => format!("has no leader; the last epoch it knows is {epoch}"),
        (Standing::PreVoting, _) => format!("has no leader, and asks whether it would be elected after epoch {epoch}"),
        (Standing::Standing, _) => format!("stands for election in epoch {epoch}"),
        (Standing::Recalling, _) => "has started without memory, and asks the others before it takes part".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use quorate::{Epoch, Incarnation, NodeId};
    use quorate_tokio::PeerHealth;

    fn status() -> Status {
        let peer = |id, suspected| PeerHealth {
            id: NodeId::new(id),
            address: (id == 2).then(|| "10.0.0.2:7400".parse().unwrap()),
            votes: id == 2,
            suspected,
            level: 0.25,
            last_heard: (id == 2).then_some(Duration::from_millis(40)),
            incarnation: None,
        };
        Status {
            id: NodeId::new(1),
            incarnation: Incarnation::new(3),
            group: "billing".into(),
            guarantee: Guarantee::Majority,
            standing: Standing::Leading,
            leader: Some(NodeId::new(1)),
            epoch: Epoch::new(7),
            time_left_ms: Some(312),
            uptime_ms: 61_000,
            peers: vec![peer(2, false), peer(3, true)],
            omitted: 0,
            tallies: Default::default(),
            counters: Default::default(),
        }
    }

    #[test]
    fn a_status_reads_well() {
        let mut status = status();
        status.counters.dropped.insert("wrong_group".into(), 4);
        let text = View { status: &status, paint: Paint::PLAIN }.to_string();
        for line in [
            "node 1 of group `billing`",
            "  now          leads epoch 7; without renewal for 312 ms more",
            "  running for  61 s, incarnation 3",
            "  dropped      4 wrong group",
            "  steps        0, 0 each, the longest 0",
            "  2           10.0.0.2:7400             40 ms ago      0.25",
            "  3           not found yet             never          0.25  suspected  observer",
        ] {
            assert!(text.lines().any(|shown| shown == line), "{line}\n{text}");
        }
    }

    #[test]
    fn silence_says_what_was_asked_with() {
        let args = StatusArgs {
            address: "a:1".into(),
            group: "billing".into(),
            key_file: None,
            timeout: Duration::from_secs(2),
            json: false,
        };
        let address = "127.0.0.1:1".parse().unwrap();
        let error = AskError::NoAnswer { address, timeout: args.timeout, refused: None };
        let says = unanswered(&args, &error).to_string();
        assert!(says.contains("within 2 s") && says.contains("group `billing`") && says.contains("no key"), "{says}");
        assert!(unanswered(&args, &AskError::NobodyListens { address }).to_string().contains("nobody listens"));
    }
}
