//! From settings to what a member starts with.

use super::Layer;
use crate::failure::{Failure, Outcome};
use crate::keys::KeyFile;
use core::net::SocketAddr;
use quorate_wire::Keyring;
use std::env::var_os;
use std::path::{Path, PathBuf};

/// The group's name, if nothing else is said.
const GROUP: &str = "quorate";

/// Settings that suffice to start a member.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// All settings, the command line's over the file's.
    pub(crate) layer: Layer,
    pub(crate) id: u32,
    pub(crate) listen: String,
    pub(crate) group: String,
    pub(crate) keyring: Option<Keyring>,
    /// Where the member remembers; `None` without memory.
    pub(crate) state: Option<PathBuf>,
    /// What the user should know and need not change.
    pub(crate) warnings: Vec<String>,
}

impl Settings {
    /// The settings of the command line over those of `file`.
    pub(crate) fn new(line: Layer, file: Option<&Path>) -> Outcome<Self> {
        let layer = match file {
            Some(file) => line.over(Layer::read(file)?),
            None => line,
        };
        let id = layer.id.ok_or_else(|| {
            Failure::usage("this member has no id").advise("Give it one that no other member has, such as `--id 1`.")
        })?;
        let listen = layer.listen.clone().ok_or_else(|| {
            Failure::usage("it is not said where this member receives")
                .advise("Say it with `--listen ADDRESS:PORT`, such as `--listen 127.0.0.1:7401`.")
        })?;
        for (at, peer) in layer.peers.iter().chain(&layer.observers).enumerate() {
            if peer.id == id {
                return Err(Failure::usage(format_args!("node {id} is named as a peer of itself"))
                    .advise("Name the other members only, each with its own id."));
            }
            if layer.peers.iter().chain(&layer.observers).skip(at + 1).any(|other| other.id == peer.id) {
                return Err(Failure::usage(format_args!("node {} is named twice among the peers", peer.id))
                    .advise("Give each member its own id, and name it once, as `--peer` or as `--observer`."));
            }
        }
        let group = layer.group.clone().unwrap_or_else(|| GROUP.to_owned());
        if group.is_empty() {
            return Err(Failure::usage("the group's name is empty"));
        }
        let (keyring, warning) = keyring(layer.key_file.as_deref())?;
        check_reach(&listen, keyring.is_some(), layer.insecure)?;
        let state = match (&layer.state_dir, layer.diskless) {
            (_, true) => None,
            (Some(folder), false) => Some(folder.clone()),
            (None, false) => Some(default_state(&group, id)?),
        };
        let first = state.as_ref().filter(|folder| !layer.forgetful && !folder.exists()).map(|folder| {
            format!(
                "node {id} takes part for the first time, as far as it knows, and remembers in {} from now on; if it has \
                 taken part before, stop it and start it with `--forgetful`",
                folder.display()
            )
        });
        let warnings = warning.into_iter().chain(first).collect();
        Ok(Self { layer, id, listen, group, keyring, state, warnings })
    }
}

/// The keys in a key file, if one is named, and a warning about it.
pub(crate) fn keyring(path: Option<&Path>) -> Outcome<(Option<Keyring>, Option<String>)> {
    match path {
        None => Ok((None, None)),
        Some(path) => {
            let (file, warning) = KeyFile::read(path)?;
            Ok((Some(file.keyring()?), warning))
        }
    }
}

/// Refuses to be heard beyond this machine without a key. (A name is resolved later, and checked then.)
fn check_reach(listen: &str, has_key: bool, insecure: bool) -> Outcome {
    match listen.parse::<SocketAddr>() {
        Ok(address) if !address.ip().is_loopback() && !has_key && !insecure => Err(Failure::usage(format_args!(
            "{address} can be reached from other machines, and without a key anybody there can disturb the group"
        ))
        .advise("Make a key with `quorate key FILE`, give it to every member and name it with `--key-file FILE`; or say `--insecure`.")),
        _ => Ok(()),
    }
}

/// The usual place for what a program remembers: what systemd gives it, or the user's own.
fn default_state(group: &str, id: u32) -> Outcome<PathBuf> {
    let folder = |name: &str| var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let base = folder("STATE_DIRECTORY")
        .or_else(|| folder("XDG_STATE_HOME").map(|home| home.join("quorate")))
        .or_else(|| folder("HOME").map(|home| home.join(".local/state/quorate")))
        .ok_or_else(|| {
            Failure::usage("there is no home folder to remember votes in")
                .advise("Name a folder with `--state-dir FOLDER`, or say `--diskless`.")
        })?;
    Ok(base.join(file_name(group)).join(id.to_string()))
}

/// A group's name as the name of a folder; different groups have different ones.
fn file_name(group: &str) -> String {
    let mut name = String::new();
    for byte in group.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' => name.push(char::from(byte)),
            _ => name.push_str(&format!("%{byte:02x}")),
        }
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Peer;

    fn settings(change: impl FnOnce(&mut Layer)) -> Outcome<Settings> {
        let mut layer =
            Layer { id: Some(1), listen: Some("127.0.0.1:7401".into()), diskless: true, ..Layer::default() };
        change(&mut layer);
        Settings::new(layer, None)
    }

    #[test]
    fn what_is_missing_or_wrong_is_said_with_what_to_do() {
        fn peer(id: u32) -> Peer {
            Peer { id, address: "127.0.0.1:1".into() }
        }
        type Change = fn(&mut Layer);
        let cases: [(Change, &str); 6] = [
            (|layer| layer.id = None, "this member has no id. Give it one"),
            (|layer| layer.listen = None, "`--listen ADDRESS:PORT`"),
            (|layer| layer.peers = vec![peer(1)], "node 1 is named as a peer of itself"),
            (|layer| (layer.peers, layer.observers) = (vec![peer(2)], vec![peer(2)]), "node 2 is named twice"),
            (|layer| layer.listen = Some("0.0.0.0:1".into()), "0.0.0.0:1 can be reached from other machines"),
            (|layer| layer.group = Some(String::new()), "name is empty"),
        ];
        for (change, says) in cases {
            let failure = settings(change).unwrap_err().to_string();
            assert!(failure.contains(says), "{failure}");
        }
    }

    #[test]
    fn beyond_this_machine_only_with_a_key_or_on_request() {
        assert!(settings(|layer| layer.listen = Some("[::1]:1".into())).is_ok());
        assert!(settings(|layer| (layer.listen, layer.insecure) = (Some("0.0.0.0:1".into()), true)).is_ok());
        assert!(check_reach("192.0.2.1:1", true, false).is_ok());
    }

    #[test]
    fn groups_have_folders_of_their_own() {
        assert_eq!(file_name("quorate"), "quorate");
        assert_eq!(file_name("../a b"), "%2e%2e%2fa%20b");
        assert_ne!(file_name("a/b"), file_name("a%2fb"));
    }
}
