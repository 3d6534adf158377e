//! Who leads, and for how long.

use crate::boards::{Node, PROFILE, agreed, beside};
use crate::bus::Bus;
use crate::time::{pass, run, seconds, within};
use core::time::Duration;
use embassy_futures::join::join;
use embassy_futures::select::{Either, select};
use quorate::election::{Standing, Start, Why};
use quorate_embassy::StopReason;

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn three_boards_elect_the_highest_and_when_it_falls_silent_the_next() {
    let bus = Bus::new(3);
    let boards = [1, 2, 3].map(|number| Node::new(number, 3));
    let [one, two, three] = &boards;
    run(async {
        // The third is only driven until it is cut off for good.
        let third = [three];
        let before = beside(&third, &bus, pass(5 * SECOND));
        let rest = async {
            let first = within(5 * SECOND, agreed(&[one, two, three])).await.expect("a leader within five seconds");
            assert_eq!(first.id.get(), 3);
            pass(5 * SECOND).await;
            let second = within(10 * SECOND, agreed(&[one, two])).await.expect("another leader");
            assert_eq!(second.id.get(), 2, "at {} s", seconds());
            assert!(second.epoch > first.epoch);
        };
        beside(&[one, two], &bus, join(before, rest)).await;
    });
}

#[test]
fn a_leadership_has_time_left_and_is_doubted_and_lost_when_the_line_is_cut() {
    let bus = Bus::new(3);
    let boards = [1, 2, 3].map(|number| Node::new(number, 3));
    let [one, two, three] = &boards;
    run(beside(&[one, two, three], &bus, async {
        let leadership = within(5 * SECOND, three.member().leadership()).await.expect("the highest leads");
        let validity = PROFILE.timing.lease;
        assert!(leadership.is_valid() && leadership.time_left() < validity);
        assert!(within(SECOND, three.member().leadership()).await.is_none(), "there is one guard for each leadership");
        assert!(within(10 * SECOND, leadership.doubtful()).await.is_none(), "it is renewed all the time");
        assert!(leadership.is_valid());

        bus.cut(2, true);
        let stop = within(SECOND, leadership.doubtful()).await.expect("a renewal is overdue");
        assert_eq!(stop.reason, StopReason::RenewalOverdue);
        assert!(stop.left > Duration::ZERO && leadership.is_valid());
        let why = within(stop.left + SECOND / 100, leadership.lost()).await.expect("it ends in time");
        assert_eq!((why, leadership.time_left()), (Why::LeaseExpired, Duration::ZERO));
        assert_ne!(two.leader(), Some(2), "nobody else leads before that");

        let other = within(10 * SECOND, two.member().leadership()).await.expect("another one leads");
        assert!(other.epoch() > leadership.epoch() && !leadership.is_valid());
    }));
}

#[test]
fn a_guard_that_is_released_lets_another_lead_at_once() {
    let bus = Bus::new(2);
    let boards = [1, 2].map(|number| Node::new(number, 2));
    let [one, two] = &boards;
    run(beside(&[one, two], &bus, async {
        let leadership = within(5 * SECOND, two.member().leadership()).await.expect("the highest leads");
        let epoch = leadership.epoch();
        within(SECOND, leadership.release()).await.expect("it is given up");
        assert_ne!(two.member().standing(), Standing::Leading);
        let next = select(one.member().leadership(), two.member().leadership());
        let next = match within(5 * SECOND, next).await.expect("somebody leads") {
            Either::First(leadership) | Either::Second(leadership) => leadership,
        };
        assert!(next.epoch() > epoch);
    }));
}

#[test]
fn a_change_of_leader_is_waited_for() {
    let bus = Bus::new(1);
    let one = Node::new(1, 1);
    run(beside(&[&one], &bus, async {
        assert_eq!(one.leader(), None);
        let leader = within(SECOND, one.member().leader_other_than(None)).await.expect("alone, it elects itself");
        assert_eq!(leader.map(|leader| leader.id.get()), Some(1));
    }));
}

#[test]
fn a_board_without_memory_joins_again_and_learns_who_leads() {
    let bus = Bus::new(3);
    let boards = [1, 2, 3].map(|number| Node::new(number, 3));
    let [one, two, three] = &boards;
    let again = Node::again(1, 3, 2, Start::Forgetful);
    run(beside(&[two, three], &bus, async {
        beside(&[one], &bus, async {
            within(5 * SECOND, agreed(&[one, two, three])).await.expect("a leader");
        })
        .await;
        beside(&[&again], &bus, async {
            let leader = within(5 * SECOND, agreed(&[&again, two, three])).await.expect("it follows");
            assert_eq!(leader.id.get(), 3);
        })
        .await;
    }));
}
