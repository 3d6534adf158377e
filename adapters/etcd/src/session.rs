//! A lease of etcd's, on which the keys of one claim hang.

use crate::Error;
use core::time::Duration;
use etcd_client::{LeaseClient, LeaseKeepAliveStream, LeaseKeeper};
use quorate::Instant;
use quorate_tokio::clock;

/// A lease of etcd's that one claim at a time has to itself. When it ends, the cluster deletes its keys.
#[derive(Debug)]
pub(crate) struct Session {
    /// etcd's number of it.
    pub(crate) id: i64,
    /// For how many seconds it was asked for.
    pub(crate) asked: i64,
    /// For how long after it was renewed it lasts.
    lasts: Duration,
    /// When its last renewal that was answered was *sent*.
    renewed: Instant,
    /// The stream on which it is renewed, from the first renewal on. Taken out while an answer is awaited: after one that did not
    /// come, the next would be taken for it, and the lease for younger than it is.
    stream: Option<(LeaseKeeper, LeaseKeepAliveStream)>,
}

impl Session {
    /// Has the cluster grant one. It may last longer than asked for.
    pub(crate) async fn open(mut client: LeaseClient, seconds: i64) -> Result<Self, Error> {
        let sent = clock::now();
        let granted = client.grant(seconds, None).await?;
        let lasts = lasting(granted.ttl()).ok_or(Error::LeaseGone { lease: granted.id() })?;
        Ok(Self { id: granted.id(), asked: seconds, lasts, renewed: sent, stream: None })
    }

    /// Until when it certainly lasts.
    pub(crate) fn until(&self) -> Instant {
        self.renewed + self.lasts
    }

    /// Renews it.
    pub(crate) async fn renew(&mut self, client: &mut LeaseClient) -> Result<(), Error> {
        let sent = clock::now();
        let lasts = match self.stream.take() {
            Some((mut keeper, mut answers)) => {
                keeper.keep_alive().await?;
                let answer = answers.message().await?.ok_or(Error::Unexpected { asked: "to keep a lease alive" })?;
                self.stream = Some((keeper, answers));
                answer.ttl()
            }
            None => {
                let opened = client.keep_alive(self.id).await; // asks once, and awaits the answer
                self.stream = Some(opened.map_err(|error| self.gone_or(error))?);
                self.asked // what is told in that answer is not handed on
            }
        };
        self.lasts = lasting(lasts).ok_or(Error::LeaseGone { lease: self.id })?;
        self.renewed = sent;
        Ok(())
    }

    fn gone_or(&self, error: etcd_client::Error) -> Error {
        match error {
            etcd_client::Error::LeaseKeepAliveError(_) => Error::LeaseGone { lease: self.id },
            error => error.into(),
        }
    }
}

fn lasting(seconds: i64) -> Option<Duration> {
    u64::try_from(seconds).ok().filter(|seconds| *seconds > 0).map(Duration::from_secs)
}
