//! Which engine, and where it is.

use core::fmt;
use percent_encoding::percent_decode_str;
use std::path::PathBuf;

/// Which engine, and where it is: what a URL says.
///
/// ```
/// use quorate_services::Address;
/// let Address::Etcd { endpoints, .. } = "etcd://one:2379,two:2379".parse()? else { unreachable!() };
/// assert_eq!(endpoints, ["one:2379", "two:2379"]);
/// # Ok::<(), quorate_services::AddressError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Address {
    /// `quorate://host:port[,host:port …]/group[?key-file=FILE]`: members of a cluster of quorate's own.
    Cluster {
        /// Some of the members, as `host:port`: the first that answers says who the others are. If the number of each stands before it,
        /// as in `3@host:port`, these are all, and nobody is asked.
        members: Vec<(Option<u32>, String)>,
        /// The name of their group.
        group: String,
        /// The file with the group's key, if it has one.
        key_file: Option<PathBuf>,
    },
    /// `redis://[[user]:password@]host[:port][/database]`, as all clients of Redis take it: one server.
    Redis {
        /// All of it.
        url: String,
    },
    /// `etcd://[user:password@]host:port[,host:port …]`: members of an etcd cluster.
    Etcd {
        /// The members, as `host:port`.
        endpoints: Vec<String>,
        /// As whom, and with which password.
        user: Option<(String, String)>,
    },
}

/// Passwords are not printed.
impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cluster { members, group, key_file } => f
                .debug_struct("Cluster")
                .field("members", members)
                .field("group", group)
                .field("key_file", key_file)
                .finish(),
            Self::Redis { .. } => f.debug_struct("Redis").finish_non_exhaustive(),
            Self::Etcd { endpoints, .. } => {
                f.debug_struct("Etcd").field("endpoints", endpoints).finish_non_exhaustive()
            }
        }
    }
}

/// Why a text is no [`Address`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AddressError {
    /// There is no engine of this name.
    Scheme {
        /// What stands before `://`; nothing if that is not there.
        scheme: String,
    },
    /// There is no host.
    NoHost {
        /// The form that is expected.
        form: &'static str,
    },
    /// A member has no port, or none that can be.
    Port {
        /// The member.
        member: String,
    },
    /// A member has a number that cannot be one, or that another one has.
    Number {
        /// The member.
        member: String,
    },
    /// The group has no name.
    NoGroup,
    /// Something is asked for that this engine does not know.
    Parameter {
        /// Its name.
        name: String,
        /// What the engine knows.
        known: &'static [&'static str],
    },
}

/// The forms that are accepted, for errors.
const FORMS: [&str; 3] = [
    "quorate://host:port,host:port/group?key-file=FILE",
    "redis://[user:password@]host[:port][/database]",
    "etcd://[user:password@]host:port,host:port",
];

impl fmt::Display for AddressError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [cluster, redis, etcd] = FORMS;
        match self {
            Self::Scheme { scheme } if scheme.is_empty() => {
                write!(f, "an engine's address looks like {cluster}, {redis} or {etcd}")
            }
            Self::Scheme { scheme } => {
                write!(f, "there is no engine `{scheme}`: an address looks like {cluster}, {redis} or {etcd}")
            }
            Self::NoHost { form } => write!(f, "the address names no host: it looks like {form}"),
            Self::Port { member } => write!(f, "`{member}` has no port, as in host:7401"),
            Self::Number { member } => write!(
                f,
                "`{member}` does not begin with a number of its own where the others do, as in 3@host:7401, or does where they do not"
            ),
            Self::NoGroup => write!(f, "the address names no group: it looks like {cluster}"),
            Self::Parameter { name, known: [] } => write!(f, "there is nothing to set here, and so no `{name}`"),
            Self::Parameter { name, known } => write!(f, "there is no `{name}` to set here, only {}", known.join(", ")),
        }
    }
}

impl core::error::Error for AddressError {}

impl core::str::FromStr for Address {
    type Err = AddressError;

    fn from_str(url: &str) -> Result<Self, AddressError> {
        let (scheme, rest) = url.split_once("://").ok_or(AddressError::Scheme { scheme: String::new() })?;
        match scheme {
            "quorate" => cluster(rest),
            "redis" | "redis+unix" => {
                if rest.is_empty() {
                    return Err(AddressError::NoHost { form: FORMS[1] });
                }
                Ok(Self::Redis { url: url.to_owned() })
            }
            "etcd" => etcd(rest),
            _ => Err(AddressError::Scheme { scheme: scheme.to_owned() }),
        }
    }
}

fn cluster(rest: &str) -> Result<Address, AddressError> {
    let (rest, parameters) = rest.split_once('?').unwrap_or((rest, ""));
    let (hosts, group) = rest.split_once('/').ok_or(AddressError::NoGroup)?;
    if group.is_empty() {
        return Err(AddressError::NoGroup);
    }
    let mut members: Vec<(Option<u32>, String)> = Vec::new();
    for member in hosts.split(',').filter(|member| !member.is_empty()) {
        let wrong = || AddressError::Number { member: member.to_owned() };
        let (number, host) = match member.split_once('@') {
            Some((number, host)) => (Some(number.parse().map_err(|_| wrong())?), host),
            None => (None, member),
        };
        // All have a number of their own, or none has.
        if members.iter().any(|(other, _)| other.is_some() != number.is_some() || number.is_some() && *other == number)
        {
            return Err(wrong());
        }
        members.push((number, with_port(host)?));
    }
    if members.is_empty() {
        return Err(AddressError::NoHost { form: FORMS[0] });
    }
    let mut key_file = None;
    for parameter in parameters.split('&').filter(|parameter| !parameter.is_empty()) {
        match parameter.split_once('=') {
            Some(("key-file", file)) => key_file = Some(PathBuf::from(decoded(file))),
            other => {
                let name = other.map_or(parameter, |(name, _)| name).to_owned();
                return Err(AddressError::Parameter { name, known: &["key-file"] });
            }
        }
    }
    Ok(Address::Cluster { members, group: decoded(group), key_file })
}

fn etcd(rest: &str) -> Result<Address, AddressError> {
    let (rest, parameters) = rest.split_once('?').unwrap_or((rest, ""));
    if !parameters.is_empty() {
        let name = parameters.split(['=', '&']).next().unwrap_or(parameters).to_owned();
        return Err(AddressError::Parameter { name, known: &[] });
    }
    let (user, hosts) = match rest.rsplit_once('@') {
        Some((user, hosts)) => {
            let (name, password) = user.split_once(':').unwrap_or((user, ""));
            (Some((decoded(name), decoded(password))), hosts)
        }
        None => (None, rest),
    };
    let hosts = hosts.trim_end_matches('/').split(',').filter(|host| !host.is_empty());
    let endpoints: Vec<_> = hosts.map(with_port).collect::<Result<_, _>>()?;
    if endpoints.is_empty() {
        return Err(AddressError::NoHost { form: FORMS[2] });
    }
    Ok(Address::Etcd { endpoints, user })
}

fn with_port(member: &str) -> Result<String, AddressError> {
    match member.rsplit_once(':') {
        Some((host, port)) if !host.is_empty() && port.parse::<u16>().is_ok() => Ok(member.to_owned()),
        _ => Err(AddressError::Port { member: member.to_owned() }),
    }
}

fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(url: &str) -> Result<Address, AddressError> {
        url.parse()
    }

    #[test]
    fn members_of_a_cluster_all_have_numbers_or_none_has() {
        let members = |text: &str| match read(text) {
            Ok(Address::Cluster { members, .. }) => members,
            other => panic!("{other:?}"),
        };
        let two = |a, b| vec![(a, "a:1".to_owned()), (b, "[::1]:2".to_owned())];
        assert_eq!(members("quorate://a:1,[::1]:2/g"), two(None, None));
        assert_eq!(members("quorate://7@a:1,3@[::1]:2/g"), two(Some(7), Some(3)));
        assert_eq!(
            read("quorate://a:1/a%20group?key-file=/etc/key"),
            Ok(Address::Cluster {
                members: vec![(None, "a:1".into())],
                group: "a group".into(),
                key_file: Some("/etc/key".into())
            })
        );
    }

    #[test]
    fn passwords_are_read_and_not_shown() {
        let address = read("etcd://me:se%40cret@a:1,b:2/").unwrap();
        let user = Some(("me".into(), "se@cret".into()));
        assert_eq!(address, Address::Etcd { endpoints: vec!["a:1".into(), "b:2".into()], user });
        assert!(!format!("{address:?}{:?}", read("redis://:secret@a")).contains("secret"));
    }

    #[test]
    fn what_is_wrong_is_told_with_what_would_be_right() {
        let told = |url: &str| read(url).unwrap_err().to_string();
        let forms = FORMS;
        assert!(forms.iter().all(|form| told("localhost:6379").contains(form)));
        assert!(told("mysql://a").starts_with("there is no engine `mysql`: an address looks like quorate://"));
        assert_eq!(told("etcd://a"), "`a` has no port, as in host:7401");
        assert_eq!(told("etcd://"), format!("the address names no host: it looks like {}", forms[2]));
        assert_eq!(told("redis://"), format!("the address names no host: it looks like {}", forms[1]));
        assert_eq!(told("quorate://a:1"), format!("the address names no group: it looks like {}", forms[0]));
        assert_eq!(
            told("quorate://a:1,1@b:2/g"),
            "`1@b:2` does not begin with a number of its own where the others do, as in 3@host:7401, or does where they do not"
        );
        assert!(told("quorate://1@a:1,1@b:2/g").starts_with("`1@b:2` does not"));
        assert_eq!(told("quorate://a:1/g?key=1"), "there is no `key` to set here, only key-file");
        assert_eq!(told("etcd://a:1?x=1"), "there is nothing to set here, and so no `x`");
    }
}
