//! `PerPartition`: E1p, partitions that part and meet.

use super::dialogue::*;
use crate::election::{Command, Config, Event, Gone, Guarantee, Reason, Standing, Start, Why};
use crate::{Instant, Machine};

fn per_partition() -> Config {
    config(Guarantee::PerPartition)
}

#[test]
fn e1p_a_candidate_needs_everybody_whom_it_trusts() {
    let mut three = Dialogue::new(per_partition(), 3, 3, Start::First);
    three.tick(120, &[all(pre_vote(1))]);
    three.hear(121, 1, would(1), &[]); // a majority, but node 2 is trusted as well
    three.ask(130, Command::Suspect(node(2)), &[]);
    three.tick(130, &[vote(1, 3), all(election(1))]);
    let until = Instant::FAR_FUTURE;
    three.hear(131, 1, granted(1), &[tells(Event::Elected { epoch: epoch(1), until }), all(coordinator(1, 131))]);
}

#[test]
fn a_node_that_trusts_nobody_leads_itself() {
    let mut three = Dialogue::new(per_partition(), 3, 3, Start::First);
    three.ask(10, Command::Suspect(node(1)), &[]);
    three.ask(10, Command::Suspect(node(2)), &[]);
    let elected = tells(Event::Elected { epoch: epoch(1), until: Instant::FAR_FUTURE });
    three.tick(120, &[all(pre_vote(1)), vote(1, 3), elected, all(coordinator(1, 120))]);
    three.tick(220, &[all(coordinator(1, 220))]);
    assert_eq!(three.subject.standing(), Standing::Leading, "no lease runs out");
}

#[test]
fn a_suspected_leader_binds_nobody() {
    let mut three = Dialogue::follower(per_partition());
    three.ask(100, Command::Suspect(node(1)), &[]);
    three.tick(100, &[tells(Event::Leaderless { epoch: epoch(1), why: Gone::Suspected })]);
    three.tick(100, &[all(pre_vote(2))]);
}

fn alone(config: Config, me: u32, epochs: u64) -> Dialogue {
    let mut dialogue = Dialogue::new(config, me, 2, Start::First);
    let other = if me == 1 { 2 } else { 1 };
    dialogue.ask(10, Command::Suspect(node(other)), &[]);
    let last = epochs - 1;
    if last > 0 {
        dialogue.hear(11, other, stale(1, last), &[]);
    }
    let elected = tells(Event::Elected { epoch: epoch(epochs), until: Instant::FAR_FUTURE });
    dialogue.tick(120, &[all(pre_vote(epochs)), vote(epochs, me), elected, all(coordinator(epochs, 120))]);
    dialogue
}

#[test]
fn when_partitions_meet_the_lower_epoch_gives_way() {
    let mut one = alone(per_partition(), 1, 5);
    let mut two = alone(per_partition(), 2, 3);
    let reason = Reason::StaleEpoch { claimed: epoch(3), current: epoch(5) };
    one.hear(130, 2, coordinator(3, 125), &[to(2, stale(3, 5)), tells(Event::Rejected { from: node(2), reason })]);
    let lost = tells(Event::Lost { epoch: epoch(3), why: Why::Superseded(epoch(5)), until: at(131) });
    let following = tells(Event::Following { leader: node(1), epoch: epoch(5) });
    two.hear(131, 1, coordinator(5, 128), &[lost, vote(5, 1), following, to(1, acknowledge(5, 128))]);
}

#[test]
fn when_partitions_of_one_epoch_meet_the_lower_rank_gives_way() {
    let mut one = alone(per_partition(), 1, 3);
    let mut two = alone(per_partition(), 2, 3);
    let reason = Reason::SecondLeader { epoch: epoch(3), leader: node(2) };
    two.hear(130, 1, coordinator(3, 125), &[tells(Event::Rejected { from: node(1), reason })]);
    assert_eq!(two.subject.standing(), Standing::Leading);
    let lost = tells(Event::Lost { epoch: epoch(3), why: Why::Merged(node(2)), until: at(131) });
    let following = tells(Event::Following { leader: node(2), epoch: epoch(3) });
    one.hear(131, 2, coordinator(3, 128), &[lost, following, to(2, acknowledge(3, 128))]);
}

/// Found by the swarm: one side's leader of an epoch resigns, then the sides meet.
#[test]
fn a_leader_stands_again_where_its_epoch_is_over() {
    let mut three = Dialogue::follower(per_partition());
    let gone = tells(Event::Leaderless { epoch: epoch(1), why: Gone::Resigned });
    three.hear(60, 1, resign(1, None), &[gone]);
    let reason = Reason::StaleEpoch { claimed: epoch(1), current: epoch(1) };
    three.hear(61, 2, coordinator(1, 60), &[to(2, stale(1, 1)), tells(Event::Rejected { from: node(2), reason })]);

    let mut two = alone(per_partition(), 2, 1);
    two.ask(130, Command::Trust(node(1)), &[]);
    let lost = Event::Lost { epoch: epoch(1), why: Why::Superseded(epoch(1)), until: at(131) };
    two.hear(131, 1, stale(1, 1), &[tells(lost)]);
    two.tick(131, &[all(pre_vote(2))]);
}

#[test]
fn resigning_gives_the_work_the_length_of_a_lease() {
    let mut two = alone(per_partition(), 2, 1);
    let stopping = Event::Stopping { epoch: epoch(1), why: Why::Resigned, until: at(530) };
    two.ask(130, Command::Resign, &[tells(stopping)]);
    two.ask(140, Command::Resign, &[tells(stopping)]);
    for sent in [220, 320, 420, 520] {
        two.tick(sent, &[all(coordinator(1, sent))]); // nobody is to take it for dead meanwhile
    }
    let lost = Event::Lost { epoch: epoch(1), why: Why::Resigned, until: at(530) };
    two.tick(530, &[tells(lost), all(resign(1, None))]);
}

#[test]
fn a_member_without_memory_listens_first() {
    let mut three = Dialogue::new(per_partition(), 3, 3, Start::Forgetful);
    assert_eq!(three.subject.deadline(), Some(at(400)));
    let following = tells(Event::Following { leader: node(1), epoch: epoch(7) });
    three.hear(50, 1, coordinator(7, 45), &[vote(7, 1), following, to(1, acknowledge(7, 45))]);
}
