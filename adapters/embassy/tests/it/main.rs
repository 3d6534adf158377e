//! Boards that talk to each other, on a simulated clock: no test waits.

mod boards;
mod bus;
mod cluster;
mod flash;
mod hostile;
mod laws;
mod locks;
mod time;
mod udp;
