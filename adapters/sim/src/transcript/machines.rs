//! The words of quorate's own machines.

use super::Worded;
use super::worded::{Opinion, node_or};
use alloc::format;
use alloc::string::{String, ToString};
use core::fmt::Debug;
use core::hash::Hash;
use quorate::detector::{self, Detector, Heartbeat, Monitor};
use quorate::election::{self, Command, Election, Record, Verdict};
use quorate::member::{self, Member};
use quorate::{Epoch, Infallible, Instant, NodeId};

impl<const N: usize> Worded for Election<N> {
    fn kind(message: &election::Message) -> &'static str {
        use election::Message::*;
        match message {
            PreVote { .. } => "pre-vote",
            Election { .. } => "election",
            Answer { .. } => "answer",
            Coordinator { .. } => "coordinator",
            Acknowledge { .. } => "acknowledge",
            Resign { .. } => "resign",
            Challenge { .. } => "challenge",
            Recall { .. } => "recall",
            Recalled { .. } => "recalled",
        }
    }

    fn label(message: &election::Message) -> String {
        use election::Message::*;
        let kind = Self::kind(message);
        match message {
            PreVote { epoch, challenge: true, .. } => format!("{kind}, epoch {epoch}, to take over"),
            PreVote { epoch, .. }
            | Election { epoch, .. }
            | Coordinator { epoch, .. }
            | Acknowledge { epoch, .. }
            | Challenge { epoch }
            | Recalled { epoch, .. }
            | Resign { epoch, successor: None } => format!("{kind}, epoch {epoch}"),
            Resign { epoch, successor: Some(next) } => format!("{kind}, epoch {epoch}, for node {next}"),
            Answer { epoch, verdict: Verdict::Would } => format!("{kind}: would, epoch {epoch}"),
            Answer { epoch, verdict: Verdict::Granted } => format!("{kind}: granted, epoch {epoch}"),
            Answer { verdict: Verdict::Higher, .. } => format!("{kind}: higher"),
            Answer { verdict: Verdict::Wait(wait), .. } => format!("{kind}: wait {} ms", wait.as_millis()),
            Answer { verdict: Verdict::Stale(current), .. } => format!("{kind}: stale, epoch {current}"),
            Recall { .. } => kind.to_string(),
        }
    }

    fn says(message: &election::Message) -> String {
        use election::Message::*;
        match message {
            PreVote { epoch, challenge: false, .. } => format!("would you elect me for epoch {epoch}?"),
            PreVote { epoch, challenge: true, .. } => format!("may I take over, in epoch {epoch}?"),
            Election { epoch, .. } => format!("I stand for epoch {epoch}"),
            Answer { epoch, verdict } => match verdict {
                Verdict::Would => format!("I would, for epoch {epoch}"),
                Verdict::Granted => format!("you have my vote for epoch {epoch}"),
                Verdict::Higher => String::from("I rank higher and stand myself"),
                Verdict::Wait(wait) => format!("not for {} ms yet", wait.as_millis()),
                Verdict::Stale(current) => format!("I have been in epoch {current}"),
            },
            Coordinator { epoch, .. } => format!("I lead epoch {epoch}"),
            Acknowledge { epoch, .. } => format!("you lead epoch {epoch}"),
            Resign { epoch, successor: Some(to) } => format!("I give up epoch {epoch}; node {to} is to be next"),
            Resign { epoch, successor: None } => format!("I give up epoch {epoch}"),
            Challenge { epoch } => format!("hand over, leader of epoch {epoch}"),
            Recall { .. } => String::from("how far have you got?"),
            Recalled { epoch, .. } => format!("to epoch {epoch}"),
        }
    }

    fn is_routine(message: &election::Message) -> bool {
        matches!(message, election::Message::Coordinator { .. } | election::Message::Acknowledge { .. })
    }

    fn news(message: &election::Message) -> Option<u64> {
        match message {
            election::Message::Coordinator { epoch, .. } => Some(epoch.get()),
            _ => None,
        }
    }

    fn tells(event: &election::Event) -> Option<String> {
        use election::Event::*;
        Some(match event {
            Elected { epoch, .. } => format!("LEADS epoch {epoch}"),
            Doubtful { epoch, until } => format!("doubts that it leads epoch {epoch}; until {until}"),
            Assured { epoch, .. } => format!("is sure again that it leads epoch {epoch}"),
            Stopping { epoch, why, .. } => format!("is giving up epoch {epoch}: {why}"),
            Lost { epoch, why, until } => format!("LEADS NO MORE, epoch {epoch}: {why}; valid until {until}"),
            Following { leader, epoch } => format!("follows node {leader} in epoch {epoch}"),
            Leaderless { epoch, why } => format!("has no leader, epoch {epoch}: {why}"),
            Recalled { epoch } => format!("has caught up to epoch {epoch}"),
            Rejected { from, reason } => format!("rejects node {from}: {reason}"),
            Refused(error) => format!("refuses: {error}"),
            Exhausted => String::from("has no epochs left"),
        })
    }

    fn stores(record: &Record) -> String {
        format!("writes down: epoch {}, {}", record.epoch, node_or("nobody", record.vote))
    }

    fn asks(command: &Command) -> String {
        match command {
            Command::Suspect(peer) => format!("is told to suspect node {peer}"),
            Command::Trust(peer) => format!("is told to trust node {peer}"),
            Command::Resign => String::from("is asked to resign"),
            Command::Transfer(peer) => format!("is asked to hand over to node {peer}"),
            Command::Release => String::from("has stopped its work"),
            Command::SetEligible(true) => String::from("may lead from now on"),
            Command::SetEligible(false) => String::from("may not lead from now on"),
            Command::SetPriority(priority) => format!("has priority {priority} from now on"),
            Command::AddVoter(peer) => format!("is told that node {peer} is a new voter"),
            Command::AddObserver(peer) => format!("is told that node {peer} is a new observer"),
            Command::Remove(peer) => format!("is told that node {peer} is no longer a member"),
        }
    }

    fn leadership(&self) -> Option<(Epoch, Instant)> {
        self.valid_until().map(|until| (self.record().epoch, until))
    }
}

impl<D, const N: usize> Worded for Monitor<D, N>
where
    D: Detector + Clone + Eq + Hash + Debug,
{
    fn kind(_: &Heartbeat) -> &'static str {
        "heartbeat"
    }

    fn label(message: &Heartbeat) -> String {
        format!("heartbeat {}", message.sequence)
    }

    fn says(_: &Heartbeat) -> String {
        String::from("I am alive")
    }

    fn is_routine(_: &Heartbeat) -> bool {
        true
    }

    fn tells(event: &detector::Event) -> Option<String> {
        use detector::Event::*;
        Some(match event {
            Suspected { peer, .. } => format!("suspects node {peer}"),
            Trusted { peer, .. } => format!("trusts node {peer} again"),
            Restarted { peer, incarnation } => format!("sees that node {peer} has started again, life {incarnation}"),
            Paused { by } => format!("notices a pause of its own: {by:?}"),
            Rejected { from, reason: detector::Rejection::OldSequence { .. } } => {
                format!("rejects a heartbeat of node {from}: it comes late, or twice")
            }
            Rejected { from, reason } => format!("rejects a heartbeat of node {from}: {reason}"),
            Refused(error) => format!("refuses: {error}"),
        })
    }

    fn stores(record: &Infallible) -> String {
        match *record {}
    }

    fn asks(command: &detector::Command) -> String {
        match command {
            detector::Command::Watch(peer) => format!("is told to watch node {peer}"),
            detector::Command::Unwatch(peer) => format!("is told to watch node {peer} no longer"),
        }
    }

    fn opinion(event: &detector::Event) -> Option<(NodeId, Opinion)> {
        match event {
            detector::Event::Suspected { peer, .. } => Some((*peer, Opinion::Suspected)),
            detector::Event::Trusted { peer, .. } => Some((*peer, Opinion::Trusted)),
            _ => None,
        }
    }
}

impl<D, const N: usize> Worded for Member<D, N>
where
    D: Detector + Clone + Eq + Hash + Debug,
{
    fn kind(message: &member::Message) -> &'static str {
        match message {
            member::Message::Heartbeat(heartbeat) => Monitor::<D, N>::kind(heartbeat),
            member::Message::Election(message) => Election::<N>::kind(message),
        }
    }

    fn label(message: &member::Message) -> String {
        match message {
            member::Message::Heartbeat(heartbeat) => Monitor::<D, N>::label(heartbeat),
            member::Message::Election(message) => Election::<N>::label(message),
        }
    }

    fn says(message: &member::Message) -> String {
        match message {
            member::Message::Heartbeat(heartbeat) => Monitor::<D, N>::says(heartbeat),
            member::Message::Election(message) => Election::<N>::says(message),
        }
    }

    fn is_routine(message: &member::Message) -> bool {
        match message {
            member::Message::Heartbeat(heartbeat) => Monitor::<D, N>::is_routine(heartbeat),
            member::Message::Election(message) => Election::<N>::is_routine(message),
        }
    }

    fn news(message: &member::Message) -> Option<u64> {
        match message {
            member::Message::Heartbeat(_) => None,
            member::Message::Election(message) => Election::<N>::news(message),
        }
    }

    fn tells(event: &member::Event) -> Option<String> {
        match event {
            member::Event::Monitor(event) => Monitor::<D, N>::tells(event),
            member::Event::Election(event) => Election::<N>::tells(event),
        }
    }

    fn stores(record: &Record) -> String {
        Election::<N>::stores(record)
    }

    fn asks(command: &Command) -> String {
        Election::<N>::asks(command)
    }

    fn leadership(&self) -> Option<(Epoch, Instant)> {
        self.election().leadership()
    }

    fn opinion(event: &member::Event) -> Option<(NodeId, Opinion)> {
        match event {
            member::Event::Monitor(event) => Monitor::<D, N>::opinion(event),
            member::Event::Election(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use quorate::Epoch;
    use quorate::detector::AnyDetector;

    type Subject = Member<AnyDetector<16>, 8>;

    #[test]
    fn a_member_speaks_as_its_parts_do() {
        let epoch = Epoch::new(3);
        let coordinator = election::Message::Coordinator { epoch, priority: 0, sent: Instant::ORIGIN };
        let coordinator = member::Message::Election(coordinator);
        assert_eq!(Subject::label(&coordinator), "coordinator, epoch 3");
        assert_eq!(Subject::says(&coordinator), "I lead epoch 3");
        assert!(Subject::is_routine(&coordinator) && Subject::news(&coordinator) == Some(3));
        let asks = election::Message::PreVote { epoch, priority: 0, challenge: true };
        let asks = member::Message::Election(asks);
        assert_eq!(Subject::label(&asks), "pre-vote, epoch 3, to take over");
        assert_eq!(Subject::says(&asks), "may I take over, in epoch 3?");
        assert!(!Subject::is_routine(&asks));
        let record = Record { epoch, vote: Some(NodeId::new(2)) };
        assert_eq!(Subject::stores(&record), "writes down: epoch 3, node 2");
        let suspected = detector::Event::Suspected { peer: NodeId::new(2), silence: core::time::Duration::ZERO };
        let suspected = member::Event::Monitor(suspected);
        assert_eq!(Subject::opinion(&suspected), Some((NodeId::new(2), Opinion::Suspected)));
    }
}
