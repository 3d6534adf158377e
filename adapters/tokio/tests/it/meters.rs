//! What operators see: every metric of the list is there, with its value.

use crate::{node, soon, until};
use metrics::{Counter, CounterFn, Gauge, GaugeFn, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit};
use quorate_tokio::Member;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

/// What is shown, by name and peer or reason.
type Shown = Arc<Mutex<BTreeMap<String, f64>>>;

#[derive(Debug)]
struct Board(Shown);

struct Entry(Shown, String);

impl CounterFn for Entry {
    fn increment(&self, value: u64) {
        *self.0.lock().unwrap().entry(self.1.clone()).or_default() += value as f64;
    }

    fn absolute(&self, value: u64) {
        self.0.lock().unwrap().insert(self.1.clone(), value as f64);
    }
}

impl GaugeFn for Entry {
    fn increment(&self, value: f64) {
        *self.0.lock().unwrap().entry(self.1.clone()).or_default() += value;
    }

    fn decrement(&self, value: f64) {
        *self.0.lock().unwrap().entry(self.1.clone()).or_default() -= value;
    }

    fn set(&self, value: f64) {
        self.0.lock().unwrap().insert(self.1.clone(), value);
    }
}

impl Board {
    fn entry(&self, key: &Key) -> Arc<Entry> {
        let labels: BTreeMap<_, _> = key.labels().map(|label| (label.key(), label.value())).collect();
        assert_eq!((labels["group"], labels["node"]), ("meters", "1"), "{key}");
        let more = labels.get("peer").or(labels.get("reason")).map_or(String::new(), |value| format!(" {value}"));
        Arc::new(Entry(self.0.clone(), format!("{}{more}", key.name())))
    }
}

impl Recorder for Board {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(self.entry(key))
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::from_arc(self.entry(key))
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        panic!("{key} is none of the list")
    }
}

#[test]
fn every_metric_is_shown() {
    let shown = Shown::default();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    metrics::with_local_recorder(&Board(shown.clone()), || runtime.block_on(lead_alone(&shown)));
    let shown = shown.lock().unwrap();
    for name in [
        "quorate_leads",
        "quorate_leader",
        "quorate_epoch",
        "quorate_lease_seconds",
        "quorate_elections_won_total",
        "quorate_leader_changes_total",
        "quorate_suspicions_total",
        "quorate_pauses_total",
        "quorate_peer_level 2",
        "quorate_peer_suspected 2",
        "quorate_frames_in_total",
        "quorate_frames_out_total",
        "quorate_frames_unsent_total",
        "quorate_dropped_total truncated",
        "quorate_messages_rejected_total",
        "quorate_records_persisted_total",
        "quorate_steps_total",
        "quorate_step_nanoseconds_total",
        "quorate_step_longest_seconds",
        "quorate_clients",
        "quorate_locks_held",
        "quorate_locks_waiting",
        "quorate_locks_granted_total",
        "quorate_locks_reclaimed_total",
        "quorate_locks_expired_total",
    ] {
        assert!(shown.contains_key(name), "{name} is missing of {:?}", shown.keys());
    }
    assert_eq!(shown.len(), 25, "and no others: {:?}", shown.keys());
    let positive = ["epoch", "lease_seconds", "elections_won_total", "frames_out_total", "steps_total"];
    assert!(positive.iter().all(|name| shown[&format!("quorate_{name}")] > 0.0), "{shown:?}");
    assert_eq!((shown["quorate_leads"], shown["quorate_leader"]), (1.0, 1.0));
    assert_eq!((shown["quorate_peer_suspected 2"], shown["quorate_suspicions_total"]), (1.0, 1.0));
}

/// A member that leads, has a silent observer, and is sent a bad datagram.
async fn lead_alone(shown: &Shown) {
    let directory = tempfile::tempdir().unwrap();
    let observer = tokio::net::UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let member = Member::builder(node(1)).group("meters").listen("127.0.0.1:0").state_dir(directory.path());
    let member = member.observer_peer(node(2), observer.local_addr().unwrap()).join().await.unwrap();
    let leadership = soon("the leadership", member.leadership()).await.unwrap();
    observer.send_to(b"", member.local_addr()).await.unwrap();
    until("the meters", || {
        let shown = shown.lock().unwrap();
        let is = |name: &str| shown.get(name).is_some_and(|value| *value > 0.0);
        is("quorate_leads") && is("quorate_peer_suspected 2") && is("quorate_dropped_total truncated")
    })
    .await;
    assert!(leadership.is_valid());
}
