//! Settings, as they are written, read, refused and explained.

use crate::dialogue::{ANN, ME, ms};
use quorate::detector::{
    BertierConfig, ChenConfig, CommandError, ConfigError, MAX_WAIT, MonitorConfig, PhiExponentialConfig,
    PhiNormalConfig, Rejection, Threshold, TimeoutConfig,
};
use quorate::{GroupError, Incarnation};
use serde::Deserialize;
use serde::de::IntoDeserializer;
use serde::de::value::{Error, MapDeserializer};

/// A duration in milliseconds, as it stands in a file.
#[derive(Clone, Copy)]
struct Millis(u64);

impl IntoDeserializer<'static, Error> for Millis {
    type Deserializer = MapDeserializer<'static, core::array::IntoIter<(&'static str, u64), 2>, Error>;

    fn into_deserializer(self) -> Self::Deserializer {
        MapDeserializer::new([("secs", self.0 / 1_000), ("nanos", self.0 % 1_000 * 1_000_000)].into_iter())
    }
}

fn read<T: Deserialize<'static>, const N: usize>(fields: [(&'static str, u64); N]) -> Option<T> {
    let fields = fields.into_iter().map(|(name, millis)| (name, Millis(millis)));
    T::deserialize(MapDeserializer::<_, Error>::new(fields)).ok()
}

#[test]
fn what_is_read_has_passed_validation() {
    let monitor = MonitorConfig::new(ms(100)).and_then(|config| config.with_tolerance(ms(50)));
    assert_eq!(read([("interval", 100), ("tolerance", 50)]), monitor.ok());
    assert_eq!(read::<MonitorConfig, 2>([("interval", 0), ("tolerance", 50)]), None);
    assert_eq!(read::<MonitorConfig, 2>([("interval", 100), ("tolerance", 0)]), None);
    let chen = ChenConfig::new(ms(100), ms(50)).and_then(|config| config.with_longest(ms(400)));
    assert_eq!(read([("interval", 100), ("margin", 50), ("longest", 400)]), chen.ok());
    assert_eq!(read::<ChenConfig, 3>([("interval", 100), ("margin", 50), ("longest", 99)]), None);
    let bertier = BertierConfig::new(ms(100), ms(50)).and_then(|config| config.with_longest(ms(400)));
    assert_eq!(read([("interval", 100), ("floor", 50), ("longest", 400)]), bertier.ok());
    assert_eq!(read::<BertierConfig, 3>([("interval", 100), ("floor", 0), ("longest", 400)]), None);
    let timeout = |millis| TimeoutConfig::deserialize(Millis(millis).into_deserializer()).ok();
    assert_eq!((timeout(250), timeout(0)), (TimeoutConfig::new(ms(250)).ok(), None));
    let threshold = |n: u32| Threshold::deserialize(IntoDeserializer::<Error>::into_deserializer(n)).ok();
    assert_eq!((threshold(8_000), threshold(0)), (Some(Threshold::EIGHT), None));
}

#[test]
fn settings_that_cannot_be_are_refused_with_what_was_asked_for() {
    let (short, zero) = (ms(0), ms(0));
    let long = MAX_WAIT + ms(1);
    let interval = ms(100);
    assert_eq!(MonitorConfig::new(ms(300_001)), Err(ConfigError::Interval { interval: ms(300_001) }));
    let monitor = MonitorConfig::new(interval).expect("good settings");
    assert_eq!(monitor.with_tolerance(zero), Err(ConfigError::Tolerance { tolerance: zero }));
    assert_eq!(TimeoutConfig::new(short), Err(ConfigError::Timeout { timeout: short }));
    assert_eq!(TimeoutConfig::new(long), Err(ConfigError::Timeout { timeout: long }));
    assert_eq!(Threshold::new(1_000_001), Err(ConfigError::Threshold { thousandths: 1_000_001 }));
    let phi = PhiNormalConfig::new(interval, Threshold::EIGHT).expect("good settings");
    assert_eq!(phi.with_floor(long), Err(ConfigError::Floor { floor: long }));
    assert_eq!(phi.with_longest(ms(99)), Err(ConfigError::Longest { longest: ms(99), interval }));
    assert_eq!(PhiExponentialConfig::new(zero, Threshold::ONE), Err(ConfigError::Interval { interval: zero }));
    assert_eq!(ChenConfig::new(interval, zero), Err(ConfigError::Margin { margin: zero }));
    assert_eq!(BertierConfig::new(interval, long), Err(ConfigError::Margin { margin: long }));
    // And what was accepted is there to be seen, in whole microseconds.
    assert_eq!((phi.interval(), phi.floor(), phi.longest()), (interval, ms(25), ms(800)));
    assert_eq!(TimeoutConfig::new(ms(3)).map(|config| config.timeout()), Ok(ms(3)));
}

#[test]
fn errors_are_sentences() {
    let sentences = [
        ConfigError::Interval { interval: ms(0) }.to_string(),
        ConfigError::Longest { longest: ms(99), interval: ms(100) }.to_string(),
        ConfigError::Threshold { thousandths: 0 }.to_string(),
        ConfigError::Tolerance { tolerance: ms(0) }.to_string(),
        ConfigError::Timeout { timeout: ms(0) }.to_string(),
        ConfigError::Margin { margin: ms(0) }.to_string(),
        ConfigError::Floor { floor: MAX_WAIT * 2 }.to_string(),
        CommandError::Watch(GroupError::Myself { me: ME }).to_string(),
        CommandError::Unwatch(GroupError::Unknown { peer: ANN }).to_string(),
        Rejection::Stranger.to_string(),
        Rejection::Myself.to_string(),
        Rejection::OldIncarnation { received: Incarnation::new(3), current: Incarnation::new(4) }.to_string(),
        Rejection::OldSequence { received: 6, latest: 7 }.to_string(),
    ];
    assert_eq!(
        sentences,
        [
            "an interval of 0ns is not between 100µs and 300s",
            "the longest interval that counts, 99ms, is not between the interval, 100ms, and 4294.967295s",
            "a threshold of 0.000 is not between 0.100 and 1000.000",
            "a tolerance of 0ns for late steps is not between 1µs and 4294.967295s",
            "a timeout of 0ns is not between 100µs and 4294.967295s",
            "a margin of 0ns is not between 1µs and 4294.967295s",
            "a floor of 8589.93459s for the deviation is more than 4294.967295s",
            "cannot watch: node 1 is named as a peer of itself",
            "cannot stop watching: node 2 is not in the group",
            "the sender is not watched",
            "the sender bears this node's own id",
            "it is of incarnation 3, and the sender is known to be in incarnation 4",
            "its sequence number 6 is not after 7, which has been received",
        ]
    );
}
