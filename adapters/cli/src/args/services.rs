//! What `lock`, `locks`, `barrier` and `fence` take.

use crate::units;
use clap::Args;
use core::time::Duration;
use std::ffi::OsString;
use std::path::PathBuf;

/// Where locks and barriers come from.
#[derive(Args, Clone, Debug)]
pub(crate) struct EngineArgs {
    /// Who grants: quorate://HOST:PORT,…/GROUP, some of the members of a group (`quorate node`); for `quorate lock` and `quorate
    /// barrier` also redis://HOST:PORT or etcd://HOST:PORT,…. Unless said here, QUORATE_ENGINE says it, and at last
    /// quorate://127.0.0.1:7401/quorate
    #[arg(long, value_name = "URL")]
    pub(crate) engine: Option<String>,

    /// The group's secret, if it has one
    #[arg(long, value_name = "FILE")]
    pub(crate) key_file: Option<PathBuf>,

    /// How long it may take to find a member
    #[arg(long, value_name = "DURATION", value_parser = units::duration, default_value = "5s")]
    pub(crate) patience: Duration,
}

/// Run a command only while this machine holds a lock
///
/// It waits until the lock is granted, and starts the command, in a process group of its own and without standard input, with
/// QUORATE_LOCK, QUORATE_TOKEN (which every later holder of the lock has a higher one of) and QUORATE_VALID_FOR_MS (how long the
/// lease holds at the start if nobody renews it) in its environment.
///
/// When the renewal of the lease is overdue, the group gets SIGTERM. Whoever is left of it gets SIGKILL before the lease can end:
/// --kill-margin before, or --grace after SIGTERM, whichever is earlier. Only then may anybody else hold the lock. A process of its
/// own watches over that, so it holds also when this one is killed or paused. For what may reach a resource late, hand QUORATE_TOKEN
/// to the resource, and let it refuse lower ones, as `quorate fence` does.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  quorate lock nightly -- backup --all
  quorate lock reports --shared --wait 10s -- make-report
  quorate lock orders --engine redis://localhost:6379 -- import-orders
  quorate lock licences --permits 3 --try -- compile    one of three at a time, or not at all
  quorate lock orders --engine quorate://10.0.0.1:7400,10.0.0.2:7400/billing --key-file group.key -- \\
    sh -c 'quorate fence --file /srv/orders.fence -- import-orders'

Exit codes: the command's; 75 the lock was not granted in time, or was lost before the command ended; 126 and 127 \
the command cannot be run or found; 1 no lock can be had; 2 wrong usage; 0 asked to stop before the command ran")]
pub(crate) struct LockArgs {
    /// The lock's name: up to 47 bytes of text
    #[arg(value_name = "NAME")]
    pub(crate) name: String,

    /// Hold it together with others that want it shared, as to read
    #[arg(long, conflicts_with = "permits")]
    pub(crate) shared: bool,

    /// Hold one of so many permits; all who use the name must say the same number
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) permits: Option<u16>,

    /// Take so many of the permits together
    #[arg(long, value_name = "N", requires = "permits", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) take: u16,

    /// Wait for so long at most, and then end with 75
    #[arg(long, value_name = "DURATION", value_parser = units::duration, conflicts_with = "try")]
    pub(crate) wait: Option<Duration>,

    /// Do not wait for who holds it, but end with 75
    #[arg(long = "try")]
    pub(crate) r#try: bool,

    /// How long the command may take to stop after SIGTERM, as far as the lease allows
    #[arg(long, value_name = "DURATION", value_parser = units::duration, default_value = "10s")]
    pub(crate) grace: Duration,

    /// How long before the lease can end SIGKILL comes: for the system to carry it out
    #[arg(long, value_name = "DURATION", value_parser = units::duration, default_value = "50ms")]
    pub(crate) kill_margin: Duration,

    /// Say nothing but errors
    #[arg(long, short)]
    pub(crate) quiet: bool,

    #[command(flatten)]
    pub(crate) engine: EngineArgs,

    /// The command and its arguments
    #[arg(last = true, required = true, value_name = "COMMAND")]
    pub(crate) command: Vec<OsString>,
}

/// List who holds locks and who waits for them
///
/// The answer is the leader's. Nothing is known of what was granted by a leader before, until its holders have come back.
///
/// With --break it ends what is held: whoever holds the lock is told to stop, and gets no renewal. The next one has the lock as soon
/// as all of them have said that they have stopped, or their leases have run out; nothing can make that shorter and stay safe.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  quorate locks
  quorate locks --engine quorate://10.0.0.2:7400/billing --key-file group.key --json
  quorate locks --break nightly          shows who holds it, and asks before it does so
  quorate locks --break nightly --yes --json

Exit codes: 0 listed, or all leases have ended; 75 asked to break a lock that nobody holds, or that somebody else holds by \
now; 1 nobody answers; 2 wrong usage")]
pub(crate) struct LocksArgs {
    /// End all leases of this lock
    #[arg(long = "break", value_name = "NAME")]
    pub(crate) break_lock: Option<String>,

    /// Do not ask whether to break it
    #[arg(long, short, requires = "break_lock")]
    pub(crate) yes: bool,

    #[command(flatten)]
    pub(crate) engine: EngineArgs,

    /// One object of JSON instead of words
    #[arg(long)]
    pub(crate) json: bool,
}

/// Wait until so many have come this far
///
/// It ends when all parties have arrived, for each of them.
///
/// With --reset it takes no part: the generation that some have arrived in is broken, which each of them is told. A barrier that breaks
/// goes on by itself with the next generation; this is for one that would wait for ever.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  quorate barrier deployed --parties 3 && start-traffic
  quorate barrier loaded --parties 5 --timeout 2min --json
  quorate barrier loaded --parties 5 --engine redis://localhost:6379
  quorate barrier loaded --reset         shows who waits, and asks before it does so

Exit codes: 0 all have arrived, or it is reset; 75 not all did in time, or one left, or nobody waits who could be told of a \
reset; 70 all had arrived, but the leader failed at that moment, and whether the others went on cannot be learnt; 1 it cannot \
take part; 2 wrong usage")]
pub(crate) struct BarrierArgs {
    /// The barrier's name: up to 47 bytes of text
    #[arg(value_name = "NAME")]
    pub(crate) name: String,

    /// How many parties there are, this one among them
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..), required_unless_present = "reset")]
    pub(crate) parties: Option<u16>,

    /// Wait for so long at most; then it is broken for all who wait
    #[arg(long, value_name = "DURATION", value_parser = units::duration)]
    pub(crate) timeout: Option<Duration>,

    /// Break the generation that some have arrived in, and take no part
    #[arg(long, conflicts_with_all = ["parties", "timeout"])]
    pub(crate) reset: bool,

    /// Do not ask whether to reset it
    #[arg(long, short, requires = "reset")]
    pub(crate) yes: bool,

    #[command(flatten)]
    pub(crate) engine: EngineArgs,

    /// One object of JSON on standard output when it is over
    #[arg(long)]
    pub(crate) json: bool,
}

/// Run a command at a resource, unless its token is too old
///
/// This is the resource's side of a lock, for shell scripts: whoever lost the lock while its work was under way is refused here as
/// soon as a later holder has come. The highest token that was seen is kept in a file. The file is locked while the command runs, so
/// commands run one after another; and the mark is on the disk before its command is started.
///
/// The command takes this program's place, with QUORATE_TOKEN in its environment; whoever it leaves running keeps the file locked.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  quorate fence --file /srv/orders.fence --token 4294967297 -- import-orders
  quorate lock orders -- quorate fence --file /srv/orders.fence -- import-orders    takes QUORATE_TOKEN
  quorate fence --file /srv/orders.fence --show     prints the highest token that was seen

Exit codes: the command's; 77 a later token has been seen, and the command was not run; 126 and 127 the command \
cannot be run or found; 1 the file cannot be used; 2 wrong usage")]
pub(crate) struct FenceArgs {
    /// Where the highest token that was seen is kept
    #[arg(long, value_name = "FILE")]
    pub(crate) file: PathBuf,

    /// The token to show; QUORATE_TOKEN unless it is said
    #[arg(long, value_name = "TOKEN")]
    pub(crate) token: Option<u64>,

    /// Print the highest token that was seen, and run nothing
    #[arg(long, conflicts_with = "command")]
    pub(crate) show: bool,

    /// The command and its arguments
    #[arg(last = true, required_unless_present = "show", value_name = "COMMAND")]
    pub(crate) command: Vec<OsString>,
}
