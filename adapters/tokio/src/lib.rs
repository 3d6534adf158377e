//! Drives machines on tokio.
