//! What is set, and cannot be had, is told before anybody relies on it.

use core::time::Duration;
use quorate_services::{ConnectError, Settings, connect};

#[tokio::test]
async fn what_a_client_of_a_cluster_cannot_say_is_an_error() {
    let delayed = Settings { lock_delay: Duration::from_secs(1), ..Settings::default() };
    let prefixed = Settings { prefix: Some("orders:".into()), ..Settings::default() };
    for (settings, field) in [(delayed, "lock_delay"), (prefixed, "prefix")] {
        let refused = connect("quorate://127.0.0.1:1/group", settings).await.unwrap_err();
        assert!(matches!(refused, ConnectError::Setting { setting, .. } if setting == field), "{refused}");
        assert!(refused.to_string().starts_with(&format!("`{field}` cannot be set for a client of a cluster: ")));
    }
}
