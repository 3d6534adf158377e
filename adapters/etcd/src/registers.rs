//! Keeps what is known of barriers.

use crate::engine::Etcd;
use crate::session::Session;
use crate::{Error, keys, watch};
use core::time::Duration;
use etcd_client::{Compare, CompareOp, GetOptions, KeyValue, PutOptions, Txn, TxnOp};
use quorate::Name;
use quorate_tokio::engine::Turn;
use quorate_tokio::engine::barrier::{Attendee, Reading, Registers, Replaced};

impl Etcd {
    fn register(&self, name: &Name) -> String {
        format!("{}barriers/{}", self.options.prefix, keys::escaped(name))
    }

    fn clients(&self) -> String {
        format!("{}clients/", self.options.prefix)
    }

    /// Ends when the key is put after this revision.
    fn changed(&self, key: String, revision: i64) -> Turn {
        Box::pin(watch::until_put(self.client.0.watch_client(), key, revision + 1))
    }

    fn reading(&self, key: String, found: Option<&KeyValue>, revision: i64) -> Reading {
        Reading {
            value: found.map(|found| String::from_utf8_lossy(found.value()).into_owned()),
            revision: found.map_or(0, KeyValue::mod_revision),
            changed: self.changed(key, revision),
        }
    }

    /// Opens a session, on which this client's name hangs.
    async fn come(&self, lasts: Duration) -> Result<Session, Error> {
        let seconds = i64::try_from(lasts.as_nanos().div_ceil(1_000_000_000)).unwrap_or(i64::MAX);
        let session = self.in_time(Session::open(self.client.0.lease_client(), seconds)).await?;
        let mine = [self.clients(), self.instance.clone()].concat();
        let mut client = self.client.0.kv_client();
        let options = PutOptions::new().with_lease(session.id);
        self.in_time(async { Ok(client.put(mine, "", Some(options)).await?) }).await?;
        Ok(session)
    }
}

impl Registers for Etcd {
    type Error = Error;

    fn client(&self) -> u64 {
        self.number
    }

    async fn read(&self, name: &Name, _: Attendee) -> Result<Reading, Error> {
        let key = self.register(name);
        let mut client = self.client.0.kv_client();
        let found = self.in_time(async { Ok(client.get(key.as_str(), None).await?) }).await?;
        let revision = found.header().ok_or(Error::Unexpected { asked: "in which revision" })?.revision();
        Ok(self.reading(key, found.kvs().first(), revision))
    }

    async fn replace(
        &self,
        name: &Name,
        _: Attendee,
        seen: Reading,
        value: String,
        _: &[Attendee], // they watch it
    ) -> Result<Replaced, Error> {
        let key = self.register(name);
        let same = Compare::mod_revision(key.as_str(), CompareOp::Equal, seen.revision);
        let (put, get) = (TxnOp::put(key.as_str(), value, None), TxnOp::get(key.as_str(), None));
        let outcome = self.transact(Txn::new().when([same]).and_then([put]).or_else([get])).await?;
        if outcome.succeeded {
            return Ok(Replaced::Done(self.changed(key, outcome.revision)));
        }
        let found = outcome.gets.first().and_then(|found| found.kvs().first());
        Ok(Replaced::Outrun(self.reading(key, found, outcome.revision)))
    }

    async fn present(&self, _: &Name, lasts: Duration, others: &[u64]) -> Result<Vec<bool>, Error> {
        let mut presence = self.presence.lock().await;
        // Taken out: one that is not renewed in time is not used again.
        let renewed = match presence.take() {
            Some(mut session) => self.renew_session(&mut session).await.is_ok().then_some(session),
            None => None,
        };
        *presence = Some(match renewed {
            Some(session) => session,
            None => self.come(lasts).await?,
        });
        drop(presence);
        if others.is_empty() {
            return Ok(Vec::new());
        }
        let clients = self.clients();
        let mut client = self.client.0.kv_client();
        let names = GetOptions::new().with_prefix().with_keys_only();
        let found = self.in_time(async { Ok(client.get(clients.as_str(), Some(names)).await?) }).await?;
        let is_there = |other: &u64| {
            let name = format!("{clients}{other:016x}");
            found.kvs().iter().any(|there| there.key() == name.as_bytes())
        };
        Ok(others.iter().map(is_there).collect())
    }
}
