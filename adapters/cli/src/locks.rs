//! `quorate locks`: lists who holds locks and who waits for them.

use crate::administer;
use crate::args::LocksArgs;
use crate::engine::Engine;
use crate::failure::{Failure, Outcome};
use crate::paint::{Paint, print};
use crate::units::brief;
use core::fmt;
use core::time::Duration;
use quorate::lease::authority::ClaimState;
use quorate_tokio::status::{self, Claims};
use std::io::stdout;

/// Asks the leader, and prints the answer; or has it break a lock.
pub(crate) async fn run(args: &LocksArgs) -> Outcome {
    if let Some(lock) = &args.break_lock {
        return administer::break_lock(args, lock).await;
    }
    let engine = Engine::new(&args.engine)?;
    let claims = engine.ask(async |member, group, keys, time| status::claims(member, group, keys, time).await).await?;
    if args.json {
        return print(&serde_json::to_string(&claims).map_err(Failure::new)?);
    }
    print(&View { claims: &claims, paint: Paint::for_stream(&stdout()) }.to_string())
}

/// A list for people.
struct View<'a> {
    claims: &'a Claims,
    paint: Paint,
}

impl fmt::Display for View<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { claims, paint } = *self;
        let millis = |millis| brief(Duration::from_millis(millis));
        let epoch = claims.epoch.map_or(0, |epoch| epoch.get());
        write!(f, "{}", paint.bold(format_args!("node {} grants locks in epoch {epoch}", claims.id)))?;
        if claims.grace_left_ms > 0 {
            let left = millis(claims.grace_left_ms);
            write!(
                f,
                "\n  {}",
                paint.warn(format_args!("it is new: holders come back, and nothing new is granted for {left}"))
            )?;
        }
        if claims.claims.is_empty() {
            return write!(f, "\n  nobody holds a lock, and nobody waits for one");
        }
        write!(
            f,
            "\n\n  {}",
            paint.faint(format_args!("{:<24}  {:<12}  {:<22}  {:<14}  {}", "lock", "node", "state", "mode", "left"))
        )?;
        for claim in &claims.claims {
            let left = millis(claim.left_ms);
            write!(f, "\n  {:<24}  {:<12}  ", claim.name, claim.node.to_string())?;
            match claim.state {
                ClaimState::Holding(token) => write!(f, "{:<22}", paint.good(format!("holds, {token}")))?,
                ClaimState::Waiting(ahead) => write!(f, "{:<22}", format!("waits, {ahead} ahead"))?,
                ClaimState::Delayed(token) => write!(f, "{:<22}", paint.warn(format!("ran out, {token}")))?,
            }
            write!(f, "  {:<14}  {left}", claim.mode.to_string())?;
        }
        let shown = claims.claims.len();
        if claims.total as usize > shown {
            write!(f, "\n  and {} more", claims.total as usize - shown)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use quorate::lease::{ClaimId, Mode};
    use quorate::{Epoch, FencingToken, Name, NodeId};
    use quorate_tokio::status::Claim;

    #[test]
    fn a_list_reads_well() {
        let claim = |state, mode| Claim {
            name: Name::new("orders").unwrap(),
            node: NodeId::new(2_147_483_655),
            address: None,
            claim: ClaimId::new(1),
            mode,
            state,
            left_ms: 1_250,
        };
        let holding = ClaimState::Holding(FencingToken::new(Epoch::new(2), 3).unwrap());
        let mut claims = Claims {
            id: NodeId::new(1),
            epoch: Some(Epoch::new(2)),
            grace_left_ms: 0,
            total: 2,
            claims: vec![claim(holding, Mode::Exclusive), claim(ClaimState::Waiting(0), Mode::Shared)],
        };
        let text = View { claims: &claims, paint: Paint::PLAIN }.to_string();
        for line in [
            "node 1 grants locks in epoch 2",
            "  orders                    2147483655    holds, 4294967299       exclusive       1.25 s",
            "  orders                    2147483655    waits, 0 ahead          shared          1.25 s",
        ] {
            assert!(text.lines().any(|shown| shown == line), "{line}\n{text}");
        }
        (claims.claims, claims.total, claims.grace_left_ms) = (Vec::new(), 0, 900);
        let text = View { claims: &claims, paint: Paint::PLAIN }.to_string();
        assert!(text.contains("nothing new is granted for 900 ms") && text.contains("nobody holds a lock"), "{text}");
    }
}
