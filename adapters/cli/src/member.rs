//! Starting a member from its settings, and being told to stop.

use crate::config::Settings;
use crate::failure::{Failure, Outcome};
use quorate::member::Profile;
use quorate::{DriftBound, NodeId, Seed};
use quorate_tokio::storage::StorageError;
use quorate_tokio::{Builder, JoinError, Member};
use tokio::signal::unix::{Signal, SignalKind, signal};

impl Settings {
    /// All timings, checked together.
    pub(crate) fn profile(&self) -> Outcome<Profile> {
        let mut profile = self.layer.profile.unwrap_or_default().timings();
        let timings = &self.layer.timings;
        for (setting, to) in [
            (timings.interval, &mut profile.interval),
            (timings.detection, &mut profile.detection),
            (timings.lease, &mut profile.timing.lease),
            (timings.renew, &mut profile.timing.renew),
            (timings.timeout, &mut profile.timing.timeout),
            (timings.jitter, &mut profile.timing.jitter),
            (timings.margin, &mut profile.timing.margin),
        ] {
            *to = setting.unwrap_or(*to);
        }
        if let Some(ppm) = timings.drift_ppm {
            profile.timing.drift = DriftBound::new(ppm).map_err(Failure::usage)?;
        }
        if let Some(preempt) = self.layer.preempt {
            profile.preempt = preempt.into();
        }
        Ok(profile)
    }

    fn builder(&self) -> Outcome<Builder> {
        let layer = &self.layer;
        let mut builder = Member::builder(NodeId::new(self.id))
            .group(&self.group)
            .listen(&self.listen)
            .profile(self.profile()?)
            .priority(layer.priority.unwrap_or(0));
        for peer in &layer.peers {
            builder = builder.peer(NodeId::new(peer.id), &peer.address);
        }
        for peer in &layer.observers {
            builder = builder.observer_peer(NodeId::new(peer.id), &peer.address);
        }
        if let Some(guarantee) = layer.guarantee {
            builder = builder.guarantee(guarantee.into());
        }
        if let Some(role) = layer.role {
            builder = builder.role(role.into());
        }
        if let Some(detector) = layer.detector {
            builder = builder.detector(detector.into());
        }
        if let Some(keyring) = &self.keyring {
            builder = builder.keyring(keyring.clone());
        }
        if layer.forgetful {
            builder = builder.forgetful();
        }
        if layer.insecure {
            builder = builder.insecure();
        }
        if let Some(seed) = layer.seed {
            builder = builder.seed(Seed::new(seed).for_node(NodeId::new(self.id)));
        }
        Ok(match &self.state {
            Some(folder) => builder.state_dir(folder),
            None => builder.diskless(),
        })
    }

    /// Shows what the user should know, and need not change.
    pub(crate) fn warn(&self) {
        self.warnings.iter().for_each(|warning| eprintln!("quorate: {warning}."));
    }

    /// Joins the group.
    pub(crate) async fn join(&self) -> Outcome<Member> {
        self.builder()?.join().await.map_err(|error| self.refused(&error))
    }

    fn refused(&self, error: &JoinError) -> Failure {
        match error {
            JoinError::Config(error) => Failure::usage(format_args!("these timings do not go together: {error}"))
                .advise("Change them, or leave them to a profile (`--profile lan`, `wan` or `bus`)."),
            JoinError::Insecure { address } => {
                Failure::usage(format_args!("{address} can be reached from other machines, and without a key anybody there can disturb the group"))
                    .advise("Make a key with `quorate key FILE`, give it to every member and name it with `--key-file FILE`; or say `--insecure`.")
            }
            JoinError::Group(_) | JoinError::GroupName { .. } | JoinError::ReservedId { .. } => Failure::usage(error),
            JoinError::Bind(_) => {
                Failure::new(error).advise("Name an address and a port of this machine that are free with `--listen`.")
            }
            JoinError::Storage(StorageError::Io { .. }) => {
                Failure::new(error).advise("Name a folder that can be written to with `--state-dir`, or say `--diskless`.")
            }
            JoinError::Storage(StorageError::InUse { .. }) => {
                Failure::new(error).advise("Stop the other one, or give each its own id and folder (`--state-dir`).")
            }
            JoinError::Storage(StorageError::WrongOwner { .. }) => {
                Failure::new(error).advise("Name this member's own folder with `--state-dir`.")
            }
            JoinError::Storage(StorageError::Corrupt { path, what }) => Failure::new(format_args!(
                "{} is damaged: {what}; it was left as it is",
                path.display()
            ))
            .advise("Restore it; or move the folder away, and start this member with `--forgetful`, once."),
            JoinError::Storage(StorageError::UnknownFormat { .. }) => {
                Failure::new(error).advise("Run that version, or a later one.")
            }
            JoinError::Address { .. } => {
                Failure::new(error).advise("Name an address of this machine and a port, such as `--listen 127.0.0.1:7401`.")
            }
            _ => Failure::new(error),
        }
    }
}

/// The signals that ask a program to stop.
#[derive(Debug)]
pub(crate) struct StopSignals([Signal; 3]);

impl StopSignals {
    /// From now on they are caught.
    pub(crate) fn catch() -> Outcome<Self> {
        let listen =
            |kind| signal(kind).map_err(|error| Failure::new(format_args!("signals cannot be caught ({error})")));
        Ok(Self([listen(SignalKind::interrupt())?, listen(SignalKind::terminate())?, listen(SignalKind::hangup())?]))
    }

    /// Waits for one. Cancel-safe.
    pub(crate) async fn recv(&mut self) {
        let [interrupt, terminate, hangup] = &mut self.0;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
    }
}
