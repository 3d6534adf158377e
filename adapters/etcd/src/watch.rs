//! Waiting for a claim to go.

use crate::line::Until;
use core::sync::atomic::{AtomicBool, Ordering};
use core::time::Duration;
use etcd_client::{EventType, WatchClient, WatchFilterType, WatchOptions};
use std::sync::Arc;
use tokio::sync::Notify;
use tokio::task::JoinHandle;

/// Watches a claim, or all of a line, until one is gone or cannot be watched any more. Dropped, it does not watch any more.
#[derive(Debug)]
pub(crate) struct Watch {
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

#[derive(Debug, Default)]
struct Shared {
    ended: AtomicBool,
    changed: Notify,
}

impl Watch {
    /// Watches from this revision on.
    pub(crate) fn from(client: WatchClient, line: &str, until: Until, revision: i64) -> Self {
        let shared = Arc::new(Shared::default());
        let (key, options) = match until {
            Until::Claim(key) => (key, WatchOptions::new()),
            Until::Any => (line.into(), WatchOptions::new().with_prefix()),
        };
        let options = options.with_start_revision(revision).with_filters([WatchFilterType::NoPut]);
        let watcher = Arc::clone(&shared);
        let task = tokio::spawn(async move {
            if let Err(error) = until_deleted(client, key, options).await {
                tracing::debug!(%error, "a claim is not watched any more");
            }
            watcher.ended.store(true, Ordering::Release);
            watcher.changed.notify_one();
        });
        Self { shared, task }
    }

    /// Whether something is gone, or nothing is watched any more.
    pub(crate) fn has_ended(&self) -> bool {
        self.shared.ended.load(Ordering::Acquire)
    }

    /// Ends when something is gone, or nothing is watched any more.
    pub(crate) fn end(&self) -> impl Future<Output = ()> + Send + use<> {
        let shared = Arc::clone(&self.shared);
        async move {
            while !shared.ended.load(Ordering::Acquire) {
                shared.changed.notified().await;
            }
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Ends when this key is put in this revision or a later one; or a little later than it cannot be watched any more, so that whoever
/// asks again then does not ask without a pause.
pub(crate) async fn until_put(mut client: WatchClient, key: String, revision: i64) {
    const PAUSE: Duration = Duration::from_millis(100);
    let watched = async {
        let mut stream = client.watch(key, Some(WatchOptions::new().with_start_revision(revision))).await?;
        while let Some(answer) = stream.message().await? {
            if !answer.events().is_empty() {
                return Ok(true);
            }
            if answer.canceled() {
                break;
            }
        }
        Ok::<_, etcd_client::Error>(false)
    };
    match watched.await {
        Ok(true) => return,
        Ok(false) => {}
        Err(error) => tracing::debug!(%error, "a barrier is not watched any more"),
    }
    tokio::time::sleep(PAUSE).await;
}

async fn until_deleted(mut client: WatchClient, key: Vec<u8>, options: WatchOptions) -> Result<(), etcd_client::Error> {
    let mut stream = client.watch(key, Some(options)).await?;
    while let Some(answer) = stream.message().await? {
        if answer.canceled() || answer.events().iter().any(|event| event.event_type() == EventType::Delete) {
            break;
        }
    }
    Ok(())
}
