//! quorate's locks and barriers on a Redis server that runs already.
//!
//! A [`Redis`] plays the authority of [leases](quorate::lease) by running scripts inside the server, one round trip each. All else is as
//! on quorate's own cluster: the same machine holds the lease, counts it from when it asked, renews it, doubts it, and knows that it
//! is lost before anybody else can have it.
//!
//! ```no_run
//! use quorate::DriftBound;
//! use quorate::lease::holder::Timing;
//! use quorate_redis::{Options, Redis};
//! use quorate_tokio::Locks;
//! use quorate_tokio::locks::Rules;
//! use std::time::Duration;
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let redis = Redis::connect("redis://localhost", Options::default()).await?;
//! let rules = Rules::new(Timing::for_lease(Duration::from_secs(3), DriftBound::QUARTZ))?;
//! let locks = Locks::over(redis.desk(), rules);
//! let guard = locks.acquire("orders/42").await?;
//! println!("held with the token {}", guard.token());
//! guard.release().await?;
//! # Ok(())
//! # }
//! ```
//!
//! # What is guaranteed
//!
//! | | |
//! |---|---|
//! | L1, one holder at a time | as long as one server has it all, and keeps it. Redis replicates after it has answered: a replica that takes over may not know of the last grants, and a server that has lost its data knows of none |
//! | L2, tokens that grow | best effort. They are counted, by a counter that never expires, and never stay behind the server's clock in microseconds. So they grow as well after a failover or a loss of data, unless the clock of the server that took over is behind by more than was lost |
//! | L4, lost and repeated messages | as everywhere: claims are named, and a release ends the claim that it names and no other |
//! | L5, first come, first served | in the order in which requests reach the server. A waiter that has not been heard of for a lease is passed over |
//! | L6, crashed holders | what they held is free when its key expires, to the millisecond |
//! | lost leases are noticed | yes, before anybody else can have it, by the holder's own clock |
//! | lock-delay | [`Options::lock_delay`] |
//! | B1 to B5, barriers | as long as the server goes back to nothing that it knew before: one that has lost everything is known to be new, a replica that takes over and is behind is not always found out. Who was about to be released when data was lost is told that the outcome is unknown |
//!
//! Whoever must not be wrong when a server fails shows the token at a [fence](quorate::lease::Fence), or asks for an engine that is
//! linearizable. There is no Redlock here: it asks several servers, and rests on their clocks all the same.
//!
//! A server that knows no token of a resource has lost its data, and cannot have granted it since. To it a renewal is the reclaim of what
//! was held, as to any authority that is new; who asks first has it.
//!
//! # How it works
//!
//! All keys of a resource have its name in braces, so that they are in one slot of a Redis cluster. The scripts say what they are for
//! (`src/scripts`). An acquisition that nobody is in the way of is one script of two calls, `SET NX PX` and `INCR`, and a release
//! another one, `GET` and `DEL`. Who waits stands in a sorted set; a release tells the first of them through the server's publish and
//! subscribe, on a channel of the waiting process. A holder that has crashed tells nobody: so the first in line asks again when the
//! lease ends, and everybody now and then in case that a message is lost. Nobody polls otherwise.
//!
//! For a barrier there is one key, whose value is what a coordinator knows of it, as text. It is replaced only by who has seen the
//! latest: see [`quorate_tokio::engine::barrier`]. That a client is there says a key that expires.
//!
//! Of each resource one small key remains for ever, the counter of its tokens; and of each barrier its value.
//!
//! # What it needs
//!
//! Redis 6 or newer, or a server that is compatible and speaks RESP3 (`HELLO 3`), such as Valkey. With access control, the commands
//! `EVALSHA`, `SCRIPT LOAD`, `SUBSCRIBE`, and those that the scripts use, on keys and channels that begin with the
//! [prefix](Options::prefix). `redis+unix:` addresses work as well. One server is asked: of a replicated group, give the address of the
//! one that is written to.
#![forbid(unsafe_code)]

mod connection;
mod engine;
mod error;
mod keys;
mod options;
mod registers;
mod script;
mod turns;

pub use engine::Redis;
pub use error::Error;
pub use options::Options;
