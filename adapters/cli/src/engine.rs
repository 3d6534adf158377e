//! Connecting to whoever grants locks and coordinates barriers, as `--engine` says.

use crate::args::EngineArgs;
use crate::config::keyring;
use crate::failure::{Failure, Outcome};
use crate::units::brief;
use core::time::Duration;
use quorate_services::{BarrierService, LockService, Services, Settings};
use quorate_tokio::status::AskError;
use quorate_tokio::{Barriers, Client, ConnectError, Locks};
use quorate_wire::Keyring;

/// Who grants if nobody says who: the first member of the examples.
const USUAL: &str = "quorate://127.0.0.1:7401/quorate";

/// Where the engine is, as the command line or the environment says.
fn url(args: &EngineArgs) -> String {
    let said = args.engine.clone().or_else(|| std::env::var("QUORATE_ENGINE").ok().filter(|url| !url.is_empty()));
    said.unwrap_or_else(|| USUAL.to_owned())
}

/// Whoever grants locks and coordinates barriers: a cluster, or a server that runs already.
#[derive(Debug)]
pub(crate) enum Grantor {
    /// quorate's own cluster.
    Cluster(Client),
    /// Redis or etcd.
    Server(Services),
}

impl Grantor {
    /// Connects to what the command line and the environment say, for this command.
    pub(crate) async fn connect(args: &EngineArgs, command: &str) -> Outcome<Self> {
        let url = url(args);
        if !["redis://", "redis+unix://", "rediss://", "etcd://"].iter().any(|scheme| url.starts_with(scheme)) {
            return Engine::new(args)?.connect().await.map(Self::Cluster);
        }
        if args.key_file.is_some() {
            return Err(Failure::usage("a key file is for quorate's own cluster")
                .advise("Write the user and the password into the URL, or leave `--key-file` out."));
        }
        let label = format!("quorate {command}, process {}", std::process::id());
        let connected = quorate_services::connect(&url, Settings { label, ..Settings::default() }).await;
        connected.map(Self::Server).map_err(|error| match error {
            quorate_services::ConnectError::NotBuiltIn { feature } => {
                Failure::usage(format_args!("this program was built without the engine `{feature}`"))
                    .advise(format_args!("Build it with `cargo build --release --features {feature}`."))
            }
            quorate_services::ConnectError::Address(error) => {
                Failure::usage(error).advise("Write it as redis://HOST:PORT or as etcd://HOST:PORT,HOST:PORT.")
            }
            error => Failure::new(error).advise("Check that the server runs, and that the URL names its address."),
        })
    }

    /// The barriers that it coordinates.
    pub(crate) fn barriers(&self) -> &Barriers {
        match self {
            Self::Cluster(client) => client.barriers(),
            Self::Server(services) => services.barriers(),
        }
    }

    /// The locks that it grants.
    pub(crate) fn locks(&self) -> &Locks {
        match self {
            Self::Cluster(client) => client.locks(),
            Self::Server(services) => services.locks(),
        }
    }
}

/// A group, and some of its members.
#[derive(Debug)]
pub(crate) struct Engine {
    pub(crate) members: Vec<String>,
    pub(crate) group: String,
    pub(crate) keyring: Option<Keyring>,
    patience: Duration,
}

impl Engine {
    /// What the command line and the environment say.
    pub(crate) fn new(args: &EngineArgs) -> Outcome<Self> {
        let (members, group, file) = parse(&url(args))?;
        let file = args.key_file.clone().or(file.map(Into::into));
        let (keyring, warning) = keyring(file.as_deref())?;
        if let Some(warning) = warning {
            eprintln!("quorate: {warning}.");
        }
        Ok(Self { members, group, keyring, patience: args.patience })
    }

    /// Asks one member after the other, until one answers.
    pub(crate) async fn ask<T>(
        &self,
        ask: impl AsyncFn(&str, &str, Option<&Keyring>, Duration) -> Result<T, AskError>,
    ) -> Outcome<T> {
        let mut refused = None;
        for member in &self.members {
            match ask(member, &self.group, self.keyring.as_ref(), self.patience).await {
                Ok(answer) => return Ok(answer),
                Err(error) => refused = Some(error),
            }
        }
        Err(match refused {
            Some(error @ AskError::NoAuthority { leader: None, .. }) => {
                Failure::new(error).advise("Ask again in a moment: a leader is being elected, perhaps.")
            }
            Some(error) => self.unanswered(&error),
            None => Failure::usage("no member is named"),
        })
    }

    /// Finds the members.
    pub(crate) async fn connect(&self) -> Outcome<Client> {
        let mut builder = Client::builder(&self.group).patience(self.patience);
        for member in &self.members {
            builder = builder.ask(member);
        }
        if let Some(keyring) = &self.keyring {
            builder = builder.keyring(keyring.clone());
        }
        builder.connect().await.map_err(|error| match &error {
            ConnectError::Ask(error) => self.unanswered(error),
            _ => Failure::new(&error),
        })
    }

    /// Nobody answers.
    pub(crate) fn unanswered(&self, error: &AskError) -> Failure {
        match error {
            AskError::Address(error) => Failure::usage(format_args!("a member cannot be found ({error})"))
                .advise("Name some of them, such as `--engine quorate://127.0.0.1:7401/quorate`."),
            AskError::NobodyListens { address } => Failure::new(format_args!("nobody listens at {address}")).advise(
                "Check that a member of the group runs there (`quorate node`), or name another one with `--engine`.",
            ),
            AskError::NoAnswer { address, timeout, refused: None } => {
                let with = if self.keyring.is_some() { "the key that was given" } else { "no key (`--key-file FILE`)" };
                Failure::new(format_args!("{address} did not answer within {}", brief(*timeout))).advise(format_args!(
                    "A member answers only to its own group and key. This asked in group `{}` with {with}.",
                    self.group
                ))
            }
            _ => Failure::new(error),
        }
    }
}

/// The members, the group and the key file in `quorate://HOST:PORT,…/GROUP[?key-file=FILE]`.
fn parse(url: &str) -> Outcome<(Vec<String>, String, Option<String>)> {
    let wrong = |what: &str| {
        Failure::usage(format_args!("`{url}` names no engine: {what}"))
            .advise("Write it as quorate://HOST:PORT,HOST:PORT/GROUP, with some of the members of a group.")
    };
    let rest = match url.split_once("://") {
        Some(("quorate", rest)) => rest,
        Some((scheme @ ("redis" | "redis+unix" | "rediss" | "etcd"), _)) => {
            return Err(Failure::usage(format_args!(
                "`{scheme}` serves `quorate lock` and `quorate barrier`, and this is of quorate's own cluster"
            ))
            .advise("Name a cluster, such as `--engine quorate://127.0.0.1:7401/quorate`."));
        }
        Some((scheme, _)) => return Err(wrong(&format!("there is no engine `{scheme}` here"))),
        None => return Err(wrong("nothing stands before `://`")),
    };
    let (rest, query) = rest.split_once('?').map_or((rest, None), |(rest, query)| (rest, Some(query)));
    let (hosts, group) = rest.split_once('/').ok_or_else(|| wrong("the group is missing"))?;
    if group.is_empty() {
        return Err(wrong("the group is missing"));
    }
    let members: Vec<String> = hosts.split(',').map(str::to_owned).collect();
    let has_port = |member: &String| {
        member.rsplit_once(':').is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok())
    };
    if let Some(member) = members.iter().find(|member| !has_port(member)) {
        return Err(wrong(&format!("`{member}` is no HOST:PORT")));
    }
    let file = match query.map(|query| query.split_once('=')) {
        None => None,
        Some(Some(("key-file", file))) if !file.is_empty() => Some(file.to_owned()),
        Some(_) => return Err(wrong("only `key-file=FILE` can stand behind `?`")),
    };
    Ok((members, group.to_owned(), file))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_names_members_group_and_key() {
        let (members, group, file) = parse("quorate://one:7401,[::1]:7402/billing?key-file=/etc/group.key").unwrap();
        assert_eq!(members, ["one:7401", "[::1]:7402"]);
        assert_eq!((group.as_str(), file.as_deref()), ("billing", Some("/etc/group.key")));
        assert!(parse(USUAL).is_ok());
    }

    #[test]
    fn what_is_wrong_with_a_url_is_said() {
        for (url, says) in [
            ("127.0.0.1:7401", "nothing stands before"),
            ("zookeeper://one:1/x", "no engine `zookeeper`"),
            ("redis://one:6379", "`redis` serves `quorate lock`"),
            ("quorate://one:7401", "the group is missing"),
            ("quorate://one:7401/", "the group is missing"),
            ("quorate://one/x", "`one` is no HOST:PORT"),
            ("quorate://one:7401,:1/x", "`:1` is no HOST:PORT"),
            ("quorate://one:7401/x?key=1", "only `key-file=FILE`"),
        ] {
            let failure = parse(url).unwrap_err().to_string();
            assert!(failure.contains(says), "{failure}");
        }
    }
}
