//! The examples of the papers, as one reads them off their figures.

use crate::node;
use core::time::Duration;
use quorate::clock::{
    Causality, ClockError, HybridClock, HybridStamp, LamportClock, LamportStamp, VectorClock, VectorStamp,
    VersionVector, WallTime,
};

/// Three processes in the manner of Lamport's first figure. What his text says of it holds: p1 → r4; p3 and q3 are
/// concurrent, although q3 is drawn earlier; and P first learns at p4 what Q did at q3.
#[test]
fn lamport_1978_space_and_time() -> Result<(), ClockError> {
    let [mut p, mut q, mut r] = [1, 2, 3].map(|number| LamportClock::new(node(number)));

    let r1 = r.tick()?;
    let q1 = q.tick()?; //         q1 ──▶ p2
    let p1 = p.tick()?; //         p1 ──▶ q2
    let q2 = q.observe(&p1)?;
    let p2 = p.observe(&q1)?;
    let q3 = q.tick()?;
    let q4 = q.tick()?; //         q4 ──▶ r3
    let r2 = r.tick()?;
    let q5 = q.tick()?; //         q5 ──▶ p4
    let p3 = p.tick()?; //         p3 ──▶ q6
    let r3 = r.observe(&q4)?;
    let q6 = q.observe(&p3)?;
    let p4 = p.observe(&q5)?;
    let r4 = r.tick()?; //         r4 ──▶ q7
    let q7 = q.observe(&r4)?;

    assert_eq!([p1, p2, p3, p4].map(|stamp| stamp.time), [1, 2, 3, 6]);
    assert_eq!([q1, q2, q3, q4, q5, q6, q7].map(|stamp| stamp.time), [1, 2, 3, 4, 5, 6, 7]);
    assert_eq!([r1, r2, r3, r4].map(|stamp| stamp.time), [1, 2, 5, 6]);

    assert!(p1 < r4, "p1 → r4");
    assert!(q3 < p4, "q3 → p4");
    assert_eq!(q3.time, p3.time, "which are concurrent, as their equal times happen to show");
    // The total order that Lamport's mutual exclusion stands on: by time, and by process where times are equal.
    let mut all = vec![r1, q1, p1, q2, p2, q3, q4, r2, q5, p3, r3, q6, p4, r4, q7];
    all.sort();
    let told: Vec<_> = all.iter().map(LamportStamp::to_string).collect();
    let order = "1@1 1@2 1@3 2@1 2@2 2@3 3@1 3@2 4@2 5@2 5@3 6@1 6@2 6@3 7@2";
    assert_eq!(told.join(" "), order);
    Ok(())
}

/// The diagram by which vector time is usually taught, after Fidge and Mattern: the causes of b4 and its effects.
#[test]
fn fidge_and_mattern_vector_time() -> Result<(), ClockError> {
    let mut a = VectorClock::<3>::new(0)?;
    let mut b = VectorClock::<3>::new(1)?;
    let mut c = VectorClock::<3>::new(2)?;

    let c1 = c.tick()?; //             c1 ──▶ b1
    let b1 = b.observe(&c1)?;
    let b2 = b.tick()?; //             b2 ──▶ a1
    let a1 = a.observe(&b2)?;
    let b3 = b.tick()?; //             b3 ──▶ c2
    let a2 = a.tick()?; //             a2 ──▶ b4
    let b4 = b.observe(&a2)?;
    let c2 = c.observe(&b3)?;
    let b5 = b.tick()?; //             b5 ──▶ c4
    let c3 = c.tick()?; //             c3 ──▶ a3
    let a3 = a.observe(&c3)?;
    let c4 = c.observe(&b5)?;
    let c5 = c.tick()?; //             c5 ──▶ a4
    let a4 = a.observe(&c5)?;

    let shown = |stamps: &[VectorStamp<3>]| stamps.iter().map(VectorStamp::to_string).collect::<Vec<_>>().join(" ");
    assert_eq!(shown(&[a1, a2, a3, a4]), "[1 2 1] [2 2 1] [3 3 3] [4 5 5]");
    assert_eq!(shown(&[b1, b2, b3, b4, b5]), "[0 1 1] [0 2 1] [0 3 1] [2 4 1] [2 5 1]");
    assert_eq!(shown(&[c1, c2, c3, c4, c5]), "[0 0 1] [0 3 2] [0 3 3] [2 5 4] [2 5 5]");

    for cause in [c1, b1, b2, b3, a1, a2] {
        assert_eq!(cause.compare(&b4), Causality::Before, "{cause}");
    }
    for effect in [b5, c4, c5, a4] {
        assert_eq!(effect.compare(&b4), Causality::After, "{effect}");
    }
    for unrelated in [c2, c3, a3] {
        assert_eq!(unrelated.compare(&b4), Causality::Concurrent, "{unrelated}");
    }

    // Mattern: a cut through a2, b4 and c1 is consistent, for no one there knows more of another than its own event;
    // one through a3, b2 and c3 is not, as a3 knows of b3.
    let mut cut = a2;
    cut.merge(&b4);
    cut.merge(&c1);
    assert_eq!(cut, VectorStamp::new([2, 4, 1]));
    let mut cut = a3;
    cut.merge(&b2);
    cut.merge(&c3);
    assert_ne!(cut, VectorStamp::new([3, 2, 3]));
    Ok(())
}

/// Two sites update copies of a file apart from each other, which Parker et al. set out to detect, and a third resolves.
#[test]
fn parker_1983_mutual_inconsistency() -> Result<(), ClockError> {
    let [a, b, c] = [1, 2, 3].map(node);
    let mut original = VersionVector::<4>::new();
    original.tick(a)?;
    original.tick(a)?;

    // A partition: {A, B} and {C}.
    let (mut left, mut right) = (original.clone(), original.clone());
    left.tick(b)?;
    assert_eq!(right.compare(&left), Causality::Before, "C has the old version, and may just take the new");
    right.tick(c)?;
    assert_eq!((left.to_string(), right.to_string()), ("{1: 2, 2: 1}".into(), "{1: 2, 3: 1}".into()));
    assert_eq!(left.compare(&right), Causality::Concurrent, "a conflict");

    let mut resolved = left.clone();
    resolved.merge(&right)?;
    resolved.tick(a)?;
    assert_eq!(resolved.to_string(), "{1: 3, 2: 1, 3: 1}");
    assert!(resolved > left && resolved > right && resolved > original);
    Ok(())
}

/// Figure 6 of Kulkarni et al.: the chain of messages along which their first, naive attempt drifts away without bound.
/// Process 0 is ahead, at 10, while the others are at 1, 2 and 3; the counter grows and l stays.
#[test]
fn kulkarni_2014_a_chain_of_messages() -> Result<(), ClockError> {
    let mut processes = [HybridClock::new(Duration::from_secs(1)); 4];
    let [zero, one, two, three] = &mut processes;
    let pt = |units| WallTime::new(units).expect("not zero");
    let lc = HybridStamp::new;

    let sent = zero.tick(pt(10))?;
    assert_eq!(sent, lc(10, 0)); //                             0 at 10 ──▶ 1
    assert_eq!(one.observe(&sent, pt(1))?, lc(10, 1));
    let sent = one.tick(pt(2))?;
    assert_eq!(sent, lc(10, 2)); //                             1 at  2 ──▶ 2
    assert_eq!(two.observe(&sent, pt(2))?, lc(10, 3));
    let sent = two.tick(pt(3))?;
    assert_eq!(sent, lc(10, 4)); //                             2 at  3 ──▶ 3
    assert_eq!(three.observe(&sent, pt(3))?, lc(10, 5));

    // On and on: once physical time has come to where l is, the counter starts again from zero.
    let sent = three.tick(pt(4))?;
    assert_eq!(sent, lc(10, 6)); //                             3 at  4 ──▶ 0
    assert_eq!(zero.observe(&sent, pt(13))?, lc(13, 0));
    assert_eq!(three.tick(pt(11))?, lc(11, 0));
    Ok(())
}
