//! What happens to a message between two nodes.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::time::Duration;
use quorate::{Instant, Random};

/// How long something takes, drawn anew each time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Delay {
    /// Always so long.
    Fixed(Duration),
    /// Anything in between, all equally likely.
    Uniform {
        /// At least.
        least: Duration,
        /// At most.
        most: Duration,
    },
    /// At least so long, and without a bound: one in `n` takes more than `n` times as long (a Pareto law with exponent 1,
    /// cut off where one in four billion would be).
    HeavyTailed {
        /// At least.
        least: Duration,
    },
}

impl Delay {
    /// No time at all.
    pub const NONE: Self = Self::Fixed(Duration::ZERO);

    /// One drawing.
    #[must_use]
    pub fn draw(self, random: &mut Random) -> Duration {
        Duration::from_nanos(self.draw_nanos(random))
    }

    /// One drawing after `now`. It is drawn for every message, and a [`Duration`] on the way would cost a division and a
    /// multiplication.
    #[inline]
    pub(super) fn after(self, now: Instant, random: &mut Random) -> Instant {
        Instant::from_nanos(now.as_nanos().saturating_add(self.draw_nanos(random)))
    }

    #[inline]
    fn draw_nanos(self, random: &mut Random) -> u64 {
        match self {
            Self::Fixed(delay) => nanos(delay),
            Self::Uniform { least, most } => {
                let (least, most) = (nanos(least), nanos(most));
                least.saturating_add(random.below(most.saturating_sub(least).saturating_add(1)))
            }
            Self::HeavyTailed { least } => {
                let rarity = (random.number() >> 32) + 1; // from 1 to 2³², one in n is at most 2³²/n
                let times = (u128::from(nanos(least)) << 32) / u128::from(rarity);
                u64::try_from(times).unwrap_or(u64::MAX)
            }
        }
    }

    /// The most that it can take; `None` if there is no bound worth the name.
    #[must_use]
    pub const fn most(self) -> Option<Duration> {
        match self {
            Self::Fixed(delay) => Some(delay),
            Self::Uniform { most, .. } => Some(most),
            Self::HeavyTailed { .. } => None,
        }
    }
}

const fn nanos(duration: Duration) -> u64 {
    duration.as_secs().saturating_mul(1_000_000_000).saturating_add(duration.subsec_nanos() as u64)
}

/// How a link treats what is sent over it. Chances are in millionths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(default))]
pub struct Link {
    /// How long a message is on its way. Different delays are what reorders messages.
    pub delay: Delay,
    /// Whether messages arrive in the order in which they were sent, as over a stream.
    pub ordered: bool,
    /// How likely a message is lost.
    pub loss: u32,
    /// How likely it arrives twice.
    pub duplication: u32,
    /// How likely a message begins a burst in which all messages of the link are lost…
    pub burst: u32,
    /// …for up to so long.
    pub burst_length: Duration,
    /// How likely its bytes are altered on the way. It takes a [carrier](super::Carrier) that has bytes to alter.
    pub corruption: u32,
}

impl Link {
    /// Half a millisecond to two, and nothing is lost.
    pub const GOOD: Self = Self {
        delay: Delay::Uniform { least: Duration::from_micros(500), most: Duration::from_millis(2) },
        ordered: false,
        loss: 0,
        duplication: 0,
        burst: 0,
        burst_length: Duration::ZERO,
        corruption: 0,
    };
}

impl Default for Link {
    fn default() -> Self {
        Self::GOOD
    }
}

/// Why a message did not arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "kebab-case"))]
pub enum Loss {
    /// By chance.
    Chance,
    /// In a burst.
    Burst,
    /// The link is cut.
    Cut,
    /// The receiver is down.
    Down,
    /// Too many messages wait for the receiver already, which is paused or slow.
    Overflow,
    /// It was [taken away](super::Subject::intercept) on purpose.
    Intercepted,
    /// What arrived was not what was sent, or not from whom it claims to be, and the carrier noticed.
    Refused,
}

/// What became of one copy of a message when it was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fate {
    /// It will arrive then.
    Arrives(Instant),
    /// It will not.
    Lost(Loss),
}

/// All links between nodes: what they are like, which differ, and which are cut.
#[derive(Clone, Debug)]
pub(super) struct Network {
    size: usize,
    usual: Link,
    special: BTreeMap<(usize, usize), Link>,
    /// One bit for every ordered pair.
    cut: Vec<u64>,
    any_cut: bool,
    /// Until when a burst lasts, or when the last message arrives: only for links that need to know.
    bursts: BTreeMap<(usize, usize), Instant>,
    latest: BTreeMap<(usize, usize), Instant>,
}

const MILLION: u64 = 1_000_000;

impl Network {
    pub(super) fn new(size: usize, usual: Link) -> Self {
        Self {
            size,
            usual,
            special: BTreeMap::new(),
            cut: alloc::vec![0; (size * size).div_ceil(64)],
            any_cut: false,
            bursts: BTreeMap::new(),
            latest: BTreeMap::new(),
        }
    }

    pub(super) const fn usual(&self) -> &Link {
        &self.usual
    }

    pub(super) fn set_usual(&mut self, link: Link) {
        self.usual = link;
        self.bursts.clear();
    }

    pub(super) fn set_link(&mut self, from: usize, to: usize, link: Option<Link>) {
        match link {
            Some(link) => drop(self.special.insert((from, to), link)),
            None => drop(self.special.remove(&(from, to))),
        }
    }

    pub(super) fn usual_everywhere(&mut self) {
        self.special.clear();
    }

    pub(super) fn set_cut(&mut self, from: usize, to: usize, cut: bool) {
        let bit = from * self.size + to;
        let Some(word) = self.cut.get_mut(bit / 64) else { return };
        *word = if cut { *word | 1 << (bit % 64) } else { *word & !(1 << (bit % 64)) };
        self.any_cut = cut || self.cut.iter().any(|word| *word != 0);
    }

    pub(super) fn is_cut(&self, from: usize, to: usize) -> bool {
        let bit = from * self.size + to;
        self.any_cut && self.cut.get(bit / 64).is_some_and(|word| word >> (bit % 64) & 1 == 1)
    }

    pub(super) fn link(&self, from: usize, to: usize) -> &Link {
        link(&self.usual, &self.special, from, to)
    }

    /// What becomes of a message sent now; and of its duplicate, if there is one.
    #[inline]
    pub(super) fn fate(&mut self, from: usize, to: usize, now: Instant, random: &mut Random) -> (Fate, Option<Fate>) {
        if self.is_cut(from, to) {
            return (Fate::Lost(Loss::Cut), None);
        }
        let Self { usual, special, bursts, latest, .. } = self;
        let link = link(usual, special, from, to);
        if link.burst > 0 && is_in_burst(bursts.entry((from, to)).or_insert(Instant::ORIGIN), link, now, random) {
            return (Fate::Lost(Loss::Burst), None);
        }
        let mut arrival = |random: &mut Random| {
            let at = link.delay.after(now, random);
            if !link.ordered {
                return at;
            }
            let latest = latest.entry((from, to)).or_insert(at);
            *latest = at.max(*latest);
            *latest
        };
        if link.loss > 0 && random.below(MILLION) < u64::from(link.loss) {
            return (Fate::Lost(Loss::Chance), None);
        }
        let first = arrival(random);
        let twice = link.duplication > 0 && random.below(MILLION) < u64::from(link.duplication);
        let second = twice.then(|| Fate::Arrives(arrival(random)));
        (Fate::Arrives(first), second)
    }
}

#[inline]
fn link<'a>(usual: &'a Link, special: &'a BTreeMap<(usize, usize), Link>, from: usize, to: usize) -> &'a Link {
    if special.is_empty() { usual } else { special.get(&(from, to)).unwrap_or(usual) }
}

fn is_in_burst(until: &mut Instant, link: &Link, now: Instant, random: &mut Random) -> bool {
    if now >= *until && random.below(MILLION) < u64::from(link.burst) {
        *until = now.after(random.up_to(link.burst_length));
    }
    now < *until
}

#[cfg(test)]
mod tests {
    use super::*;
    use quorate::Seed;

    #[test]
    fn a_heavy_tail_has_one_in_n_beyond_n_times() {
        let mut random = Seed::new(4).random();
        let delay = Delay::HeavyTailed { least: Duration::from_millis(1) };
        let drawn: Vec<Duration> = (0..100_000).map(|_| delay.draw(&mut random)).collect();
        assert!(drawn.iter().all(|delay| *delay >= Duration::from_millis(1)));
        for times in [2_u32, 10, 100] {
            let beyond = drawn.iter().filter(|delay| **delay > Duration::from_millis(1) * times).count();
            let expected = 100_000 / times as usize;
            assert!(beyond.abs_diff(expected) < expected / 5, "{beyond} of 100,000 beyond {times} times");
        }
    }

    #[test]
    fn chances_are_what_they_say() {
        let mut random = Seed::new(5).random();
        let link = Link { loss: 250_000, duplication: 100_000, ..Link::GOOD };
        let mut network = Network::new(2, link);
        let fates: Vec<_> = (0..20_000).map(|_| network.fate(0, 1, Instant::ORIGIN, &mut random)).collect();
        let lost = fates.iter().filter(|(fate, _)| *fate == Fate::Lost(Loss::Chance)).count();
        let twice = fates.iter().filter(|(_, second)| second.is_some()).count();
        assert!((4_700..5_300).contains(&lost) && (1_300..1_700).contains(&twice), "{lost} lost, {twice} twice");
    }

    #[test]
    fn a_cut_is_one_way_and_heals() {
        let mut random = Seed::new(6).random();
        let mut network = Network::new(3, Link::GOOD);
        network.set_cut(2, 1, true);
        assert_eq!(network.fate(2, 1, Instant::ORIGIN, &mut random).0, Fate::Lost(Loss::Cut));
        assert!(matches!(network.fate(1, 2, Instant::ORIGIN, &mut random).0, Fate::Arrives(_)));
        network.set_cut(2, 1, false);
        assert!(matches!(network.fate(2, 1, Instant::ORIGIN, &mut random).0, Fate::Arrives(_)));
    }

    #[test]
    fn an_ordered_link_never_overtakes() {
        let mut random = Seed::new(7).random();
        let mut network = Network::new(2, Link { ordered: true, ..Link::GOOD });
        let mut last = Instant::ORIGIN;
        for at in 0..1_000 {
            let (Fate::Arrives(arrives), _) = network.fate(0, 1, Instant::from_nanos(at * 1_000), &mut random) else {
                panic!("lost")
            };
            assert!(arrives >= last);
            last = arrives;
        }
    }

    #[test]
    fn bursts_take_whole_stretches() {
        let mut random = Seed::new(8).random();
        let link = Link { burst: 10_000, burst_length: Duration::from_millis(100), ..Link::GOOD };
        let mut network = Network::new(2, link);
        let lost = |at| network.fate(0, 1, Instant::from_millis(at), &mut random).0 == Fate::Lost(Loss::Burst);
        let lost: Vec<bool> = (0..20_000).map(lost).collect();
        let (total, runs) =
            (lost.iter().filter(|lost| **lost).count(), lost.windows(2).filter(|w| !w[0] && w[1]).count());
        assert!(runs > 50 && total > runs * 25, "{total} lost in {runs} bursts");
    }
}
