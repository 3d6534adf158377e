//! The machines of scenarios with locks and barriers: members that host them, clients that use them, and a store behind a fence.

mod client;
mod judge;
mod node;
mod player;
mod store;
mod words;

pub use node::ServiceNode;
pub(super) use node::Wish;
pub(super) use words::wanted;
