//! Frames.

use crate::limits::frames as limits;
use crate::ours::frames::{self as ours, Trust};
use crate::peers::foca;
use crate::race::{Contest, Family, Goal};

/// Flat is what grows by less than a timing does by itself.
const FLAT: f64 = 1.2;

pub(super) fn whole() -> Family {
    let mut family = Family::new("frame in, step, frame out");
    let goals = |contest: Contest| contest.goal(Goal::AtMost(90.0));
    family.add(
        goals(Contest::of("frame/whole/3", "3 peers", ours::whole::<3>()))
            .sized("whole", 3)
            .peer("foca", foca::whole(3)),
    );
    family.add(
        goals(Contest::of("frame/whole/64", "64 peers", ours::whole::<64>()))
            .sized("whole", 64)
            .peer("foca", foca::whole(64)),
    );
    family.add(
        goals(Contest::of("frame/whole/1024", "1,024 peers", ours::whole::<1_024>()))
            .sized("whole", 1_024)
            .peer("foca", foca::whole(1_024))
            .goal(Goal::TimesOther(FLAT, "frame/whole/3")),
    );
    family
}

pub(super) fn parts() -> Family {
    let mut family = Family::new("frame with a heartbeat");
    for (trust, is, limit) in
        [(Trust::Plain, "plain", limits::plain as fn() -> crate::Workload), (Trust::Sealed, "sealed", limits::sealed)]
    {
        let encode = Contest::of(format!("frame/encode/{is}"), format!("{is}, made"), ours::encode(trust));
        family.add(encode.limit(limit()));
        let decode = Contest::of(format!("frame/decode/{is}"), format!("{is}, taken"), ours::decode(trust));
        family.add(decode.limit(limit()));
    }
    family
}
