//! On an etcd cluster.

use crate::service::election;
use crate::{
    BarrierService, ConnectError, ElectionService, ExactFencing, Guarantees, Leader, Linearizable, LockService,
    Service, ServiceError, Settings,
};
use core::time::Duration;
use quorate_etcd::Options;
use quorate_tokio::locks::Rules;
use quorate_tokio::{Barriers, Locks};
use std::sync::Arc;

/// Services on an etcd cluster: see [`quorate_etcd`].
#[derive(Clone, Debug)]
pub struct Etcd {
    engine: Arc<quorate_etcd::Etcd>,
    locks: Locks,
    barriers: Barriers,
    guarantees: Guarantees,
}

impl Etcd {
    /// Connects to the cluster that has these members, `host:port` each, as this user if there is one.
    ///
    /// # Errors
    ///
    /// If the cluster cannot be used, or there can be no lease of this length.
    pub async fn connect(
        endpoints: &[String],
        user: Option<(String, String)>,
        settings: Settings,
    ) -> Result<Self, ConnectError> {
        let rules = Rules::new(settings.timing()).map_err(ConnectError::Timing)?;
        let (lapse, meeting) = settings.meeting()?;
        let Settings { label, lock_delay, answer_within, prefix, .. } = settings;
        let usual = Options::default();
        let options = Options { prefix: prefix.unwrap_or(usual.prefix), label, lock_delay, answer_within };
        let engine = quorate_etcd::Etcd::connect(endpoints, user, options).await.map_err(ConnectError::Etcd)?;
        let lock_delay = Duration::from_secs(lock_delay.as_nanos().div_ceil(1_000_000_000) as u64);
        let guarantees = Guarantees { lock_delay, ..Guarantees::ETCD };
        let (locks, barriers) = (Locks::over(engine.desk(), rules), Barriers::over(engine.registrar(lapse), meeting));
        Ok(Self { engine, locks, barriers, guarantees })
    }
}

impl Service for Etcd {
    fn guarantees(&self) -> Guarantees {
        self.guarantees
    }
}

impl Linearizable for Etcd {}
impl ExactFencing for Etcd {}

impl LockService for Etcd {
    fn locks(&self) -> &Locks {
        &self.locks
    }
}

impl BarrierService for Etcd {
    fn barriers(&self) -> &Barriers {
        &self.barriers
    }
}

impl ElectionService for Etcd {
    async fn leader(&self, name: &str) -> Result<Option<Leader>, ServiceError> {
        let holder = self.engine.holder(&election(name)?).await.map_err(ServiceError::engine)?;
        Ok(holder.map(|(label, token)| Leader { label, token }))
    }
}
