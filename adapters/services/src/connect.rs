//! Whatever engine a URL names.

#[cfg(feature = "cluster")]
use crate::Cluster;
#[cfg(feature = "etcd")]
use crate::Etcd;
#[cfg(feature = "redis")]
use crate::Redis;
use crate::{
    Address, AddressError, BarrierService, ElectionService, Guarantees, Leader, LockService, Requirement, Service,
    ServiceError, Unmet,
};
use core::fmt;
use core::time::Duration;
use quorate::DriftBound;
use quorate::barrier::party;
use quorate::lease::holder::ConfigError;
#[cfg(any(feature = "redis", feature = "etcd"))]
use quorate::lease::holder::Timing;
#[cfg(any(feature = "redis", feature = "etcd"))]
use quorate_tokio::barriers;
use quorate_tokio::{Barriers, Locks};
use std::path::PathBuf;

/// How services are used. What an engine does not have is not set there.
///
/// ```
/// use quorate_services::Settings;
/// use std::time::Duration;
/// let settings = Settings { lease: Some(Duration::from_secs(10)), label: "host 7".into(), ..Settings::default() };
/// assert_eq!(settings.lock_delay, Duration::ZERO);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// For how long locks are held without being renewed: how long others wait for what a process held that has crashed, and on other
    /// engines than a cluster also for a party of a barrier. Unless set, the longest that a cluster grants, and [`Settings::LEASE`]
    /// on other engines.
    pub lease: Option<Duration>,
    /// How far off clock rates are.
    pub drift: DriftBound,
    /// What this process is called where holders and leaders are listed. On a cluster it has no effect: there that is the number
    /// of its node.
    pub label: String,
    /// How long after a lease has run out nobody else is granted what was not released. On a cluster its members are told that, and
    /// to set it here is [an error](ConnectError::Setting).
    pub lock_delay: Duration,
    /// What all keys of another engine begin with, if not with what is usual there. On a cluster each group is for itself, and to
    /// set it is [an error](ConnectError::Setting).
    pub prefix: Option<String>,
    /// How long another engine may take to answer.
    pub answer_within: Duration,
}

impl Settings {
    /// The lease, unless another one is set.
    pub const LEASE: Duration = Duration::from_secs(5);

    /// The timings of holders.
    ///
    /// # Errors
    ///
    /// If there can be no lease of this length.
    #[cfg(any(feature = "redis", feature = "etcd"))]
    pub(crate) fn timing(&self) -> Timing {
        Timing::for_lease(self.lease.unwrap_or(Self::LEASE), self.drift)
    }

    /// How long nothing may be heard of a party of a barrier, which is as long as of a holder, and how parties wait.
    ///
    /// # Errors
    ///
    /// If nobody can wait like that.
    #[cfg(any(feature = "redis", feature = "etcd"))]
    pub(crate) fn meeting(&self) -> Result<(Duration, barriers::Rules), ConnectError> {
        let lapse = self.lease.unwrap_or(Self::LEASE);
        let rules = barriers::Rules::new(party::Timing::for_lapse(lapse)).map_err(ConnectError::Meeting)?;
        Ok((lapse, rules))
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            lease: None,
            drift: DriftBound::QUARTZ,
            label: String::new(),
            lock_delay: Duration::ZERO,
            prefix: None,
            answer_within: Duration::from_secs(1),
        }
    }
}

/// The services of the engine that a URL named. What it guarantees is a value: see [`Service::guarantees`] and
/// [`require`](Self::require).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Services {
    /// Of quorate's own cluster.
    #[cfg(feature = "cluster")]
    Cluster(Cluster),
    /// Of a Redis server.
    #[cfg(feature = "redis")]
    Redis(Redis),
    /// Of an etcd cluster.
    #[cfg(feature = "etcd")]
    Etcd(Etcd),
}

/// Connects to the engine that this [`Address`] names.
///
/// # Errors
///
/// If the address is none, its engine is not built in, cannot be reached or does not let this process in, or the settings do not go
/// together.
///
/// # Panics
///
/// Outside of a tokio runtime with its I/O and time drivers.
pub async fn connect(url: &str, settings: Settings) -> Result<Services, ConnectError> {
    let address: Address = url.parse().map_err(ConnectError::Address)?;
    let _ = &settings;
    match address {
        #[cfg(feature = "cluster")]
        Address::Cluster { members, group, key_file } => {
            Cluster::connect(&members, &group, key_file.as_deref(), settings).await.map(Services::Cluster)
        }
        #[cfg(feature = "redis")]
        Address::Redis { url } => Redis::connect(&url, settings).await.map(Services::Redis),
        #[cfg(feature = "etcd")]
        Address::Etcd { endpoints, user } => Etcd::connect(&endpoints, user, settings).await.map(Services::Etcd),
        #[cfg(not(all(feature = "cluster", feature = "redis", feature = "etcd")))]
        other => Err(ConnectError::NotBuiltIn { feature: other.feature() }),
    }
}

#[cfg(not(all(feature = "cluster", feature = "redis", feature = "etcd")))]
impl Address {
    /// The feature without which it cannot be connected to.
    const fn feature(&self) -> &'static str {
        match self {
            Self::Cluster { .. } => "cluster",
            Self::Redis { .. } => "redis",
            Self::Etcd { .. } => "etcd",
        }
    }
}

/// Does the same for whichever engine it is.
macro_rules! whichever {
    ($services:expr, $one:ident => $does:expr) => {
        match $services {
            #[cfg(feature = "cluster")]
            Services::Cluster($one) => $does,
            #[cfg(feature = "redis")]
            Services::Redis($one) => $does,
            #[cfg(feature = "etcd")]
            Services::Etcd($one) => $does,
        }
    };
}

impl Services {
    /// These services, if they guarantee all of this.
    ///
    /// # Errors
    ///
    /// The first that they do not guarantee.
    pub fn require(self, requirements: &[Requirement]) -> Result<Self, Unmet> {
        self.guarantees().require(requirements).map(|()| self)
    }
}

impl Service for Services {
    fn guarantees(&self) -> Guarantees {
        whichever!(self, one => one.guarantees())
    }
}

impl LockService for Services {
    fn locks(&self) -> &Locks {
        whichever!(self, one => one.locks())
    }
}

impl BarrierService for Services {
    fn barriers(&self) -> &Barriers {
        whichever!(self, one => one.barriers())
    }
}

impl ElectionService for Services {
    async fn leader(&self, election: &str) -> Result<Option<Leader>, ServiceError> {
        let _ = election;
        whichever!(self, one => one.leader(election).await)
    }
}

/// Why an engine cannot be connected to.
#[derive(Debug)]
#[non_exhaustive]
pub enum ConnectError {
    /// The address is none.
    Address(AddressError),
    /// This program was built without the engine.
    NotBuiltIn {
        /// The feature of this crate that it takes.
        feature: &'static str,
    },
    /// The file with the keys cannot be used.
    KeyFile {
        /// The file.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// Something is set that this engine does not have, and without which it would promise less than was asked for.
    Setting {
        /// What is set, as a field of [`Settings`].
        setting: &'static str,
        /// How it is done with this engine.
        instead: &'static str,
    },
    /// The timings do not go together.
    Timing(ConfigError),
    /// The timings of barriers do not.
    Meeting(party::ConfigError),
    /// The cluster cannot be used.
    #[cfg(feature = "cluster")]
    Cluster(quorate_tokio::ConnectError),
    /// The Redis server cannot be used.
    #[cfg(feature = "redis")]
    Redis(quorate_redis::Error),
    /// The etcd cluster cannot be used.
    #[cfg(feature = "etcd")]
    Etcd(quorate_etcd::Error),
}

impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(error) => error.fmt(f),
            Self::NotBuiltIn { feature } => {
                write!(
                    f,
                    "this program was built without the feature `{feature}` of quorate-services, which that takes"
                )
            }
            Self::KeyFile { path, why } => write!(f, "the key file {}: {why}", path.display()),
            Self::Setting { setting, instead } => {
                write!(f, "`{setting}` cannot be set for a client of a cluster: {instead}")
            }
            Self::Timing(error) => error.fmt(f),
            Self::Meeting(error) => error.fmt(f),
            #[cfg(feature = "cluster")]
            Self::Cluster(error) => error.fmt(f),
            #[cfg(feature = "redis")]
            Self::Redis(error) => error.fmt(f),
            #[cfg(feature = "etcd")]
            Self::Etcd(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for ConnectError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Address(error) => Some(error),
            Self::Timing(error) => Some(error),
            Self::Meeting(error) => Some(error),
            Self::NotBuiltIn { .. } | Self::KeyFile { .. } | Self::Setting { .. } => None,
            #[cfg(feature = "cluster")]
            Self::Cluster(error) => Some(error),
            #[cfg(feature = "redis")]
            Self::Redis(error) => Some(error),
            #[cfg(feature = "etcd")]
            Self::Etcd(error) => Some(error),
        }
    }
}
