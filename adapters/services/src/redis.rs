//! On a Redis server.

use crate::service::election;
use crate::{
    BarrierService, ConnectError, ElectionService, Guarantees, Leader, LockService, Service, ServiceError, Settings,
};
use quorate_redis::Options;
use quorate_tokio::locks::Rules;
use quorate_tokio::{Barriers, Locks};
use std::sync::Arc;

/// Services on a Redis server: see [`quorate_redis`].
#[derive(Clone, Debug)]
pub struct Redis {
    engine: Arc<quorate_redis::Redis>,
    locks: Locks,
    barriers: Barriers,
    guarantees: Guarantees,
}

impl Redis {
    /// Connects to the server at this address, `redis://[user:password@]host[:port][/database]`.
    ///
    /// # Errors
    ///
    /// If the server cannot be used, or there can be no lease of this length.
    pub async fn connect(url: &str, settings: Settings) -> Result<Self, ConnectError> {
        let rules = Rules::new(settings.timing()).map_err(ConnectError::Timing)?;
        let (lapse, meeting) = settings.meeting()?;
        let Settings { label, lock_delay, answer_within, prefix, .. } = settings;
        let usual = Options::default();
        let options = Options { prefix: prefix.unwrap_or(usual.prefix), label, lock_delay, answer_within };
        let engine = quorate_redis::Redis::connect(url, options).await.map_err(ConnectError::Redis)?;
        let guarantees = Guarantees { lock_delay, ..Guarantees::REDIS };
        let (locks, barriers) = (Locks::over(engine.desk(), rules), Barriers::over(engine.registrar(lapse), meeting));
        Ok(Self { engine, locks, barriers, guarantees })
    }
}

impl Service for Redis {
    fn guarantees(&self) -> Guarantees {
        self.guarantees
    }
}

impl LockService for Redis {
    fn locks(&self) -> &Locks {
        &self.locks
    }
}

impl BarrierService for Redis {
    fn barriers(&self) -> &Barriers {
        &self.barriers
    }
}

impl ElectionService for Redis {
    async fn leader(&self, name: &str) -> Result<Option<Leader>, ServiceError> {
        let holder = self.engine.holder(&election(name)?).await.map_err(ServiceError::engine)?;
        Ok(holder.map(|(label, token)| Leader { label, token }))
    }
}
