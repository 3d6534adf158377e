//! What a step does, in words, where its author has not said it.

use super::chronicle::Chronicle;
use super::player::Player;
use super::services::wanted;
use super::stage::Stage;
use super::story::{Action, Forged, Meddling, Order, Whom};
use crate::world::Carrier;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

impl<M: Player, C: Carrier<M>> Stage<'_, M, C> {
    /// `None` if it is nothing to be told.
    pub(super) fn announce(&self, action: &Action, chronicle: &Chronicle<M>) -> Option<String> {
        let some =
            |whom: &Whom| self.places(whom, chronicle).map_or_else(|_| String::from("nobody"), |all| self.name(&all));
        let is = |whom: &Whom| match self.places(whom, chronicle) {
            Ok(places) if places.len() == 1 => "is",
            _ => "are",
        };
        let one = |who| self.place(who, chronicle).map_or_else(|_| String::from("nobody"), |place| self.name(&[place]));
        Some(match action {
            Action::Crash(whom) => format!("{} {} switched off", some(whom), is(whom)),
            Action::Start { whom, forgetting: false } => format!("{} {} switched on", some(whom), is(whom)),
            Action::Start { whom, forgetting: true } => {
                format!("{} {} switched on, with nothing in storage", some(whom), is(whom))
            }
            Action::Pause(whom, length) => format!("{} {} paused for {length:?}", some(whom), is(whom)),
            Action::Suspend(whom, length) => {
                format!("{} {} suspended for {length:?}, and the clock with it", some(whom), is(whom))
            }
            Action::Resume(whom) => format!("{} {} let go on", some(whom), is(whom)),
            Action::Cut { from, to } => format!("{} can no longer reach {}", some(from), some(to)),
            Action::Mend { from, to } => format!("{} can reach {} again", some(from), some(to)),
            Action::Isolate(whom) => format!("{} {} cut off from all others", some(whom), is(whom)),
            Action::Split(sides) => {
                let side = |(name, whom): &(String, Whom)| match name.as_str() {
                    "" => some(whom),
                    name => format!("{name}: {}", some(whom)),
                };
                let sides: Vec<String> = sides.iter().map(side).collect();
                format!("the group is split: {}", sides.join(" | "))
            }
            Action::Heal => String::from("all links are whole again"),
            Action::Link { from: Whom::All, to: Whom::All, link } => format!("all links change: {}", link_words(link)),
            Action::Link { from, to, link } => {
                format!("the links from {} to {} change: {}", some(from), some(to), link_words(link))
            }
            Action::Slow(whom, delay) => format!("{} {} slow from now on: {delay:?}", some(whom), is(whom)),
            Action::Disk(whom, disk) if disk.full => format!("the disk of {} is full", some(whom)),
            Action::Disk(whom, disk) => format!("the disk of {} takes {:?}", some(whom), disk.delay),
            Action::Rate(whom, ppm) => format!("the clock of {} goes {ppm:+} millionths fast", some(whom)),
            Action::Forward(whom, by) => format!("the clock of {} is set forward by {by:?}", some(whom)),
            Action::Back(whom, by) => format!("the clock of {} is set back by {by:?}", some(whom)),
            Action::Lies(whom, _) => format!("{} begins to lie", some(whom)),
            Action::Forge { by, claimed, to, what, epoch } => {
                let what = match what {
                    Forged::Coordinator => format!("that it leads epoch {epoch}"),
                    Forged::Election => format!("that it stands for epoch {epoch}"),
                    Forged::Vote => format!("that it votes in epoch {epoch}"),
                    Forged::Acknowledge => format!("that it follows in epoch {epoch}"),
                    Forged::Resign => format!("that it gives up epoch {epoch}"),
                    Forged::Heartbeat => String::from("that it is alive"),
                };
                match claimed {
                    Some(claimed) => format!("{} tells {}, as if it were {}, {what}", one(by), some(to), one(claimed)),
                    None => format!("{} lies to {}: {what}", one(by), some(to)),
                }
            }
            Action::Meddle { kind, from, to, how, next, length } => {
                let kind = if *kind == "any" { "messages".to_string() } else { format!("{kind} messages") };
                let which = match (next, length) {
                    (Some(1), _) => String::from("the next of the "),
                    (Some(next), _) => format!("the next {next} "),
                    (None, Some(length)) => format!("for {length:?} all "),
                    (None, None) => String::new(),
                };
                let fate = match how {
                    Meddling::Lose => String::from("get lost"),
                    Meddling::Delay(by) => format!("take {by:?} longer"),
                    Meddling::Hold => String::from("are held back, and then arrive at once"),
                };
                format!("{which}{kind} from {} to {} {fate}", some(from), some(to))
            }
            Action::Command(whom, order) => match order {
                Order::Resign => format!("{} is asked to resign", some(whom)),
                Order::Transfer(to) => format!("{} is asked to hand over to {}", some(whom), one(to)),
                Order::Release => format!("the work that {} led has stopped", some(whom)),
                Order::Priority(priority) => format!("{} has priority {priority} from now on", some(whom)),
                Order::Eligible(true) => format!("{} may lead from now on", some(whom)),
                Order::Eligible(false) => format!("{} may not lead from now on", some(whom)),
                Order::Wish(wish) => format!("{} {} asked {}", some(whom), is(whom), wanted(wish)),
                Order::Break(resource) => {
                    format!("{} is asked to break all leases of {resource}", some(whom))
                }
                Order::Reset(barrier) => format!("{} is asked to reset {barrier}", some(whom)),
            },
            Action::Call(..) => return None,
        })
    }
}

fn link_words(link: &crate::world::Link) -> String {
    if *link == crate::world::Link::GOOD {
        return String::from("they are good");
    }
    let mut text = format!("{:?} of delay", link.delay);
    for (chance, what) in [(link.loss, "lost"), (link.duplication, "doubled"), (link.corruption, "altered")] {
        if chance > 0 {
            text += &format!(", {}% {what}", f64::from(chance) / 10_000.0);
        }
    }
    text
}
