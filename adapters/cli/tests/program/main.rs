//! The program as its users meet it: real processes, killed and paused, their codes and what they print.
#![cfg(target_os = "linux")]

mod demo;
mod elect;
mod engine;
mod gateway;
mod guard;
mod key;
mod lock;
mod node;
mod process;
mod sim;
mod sim_scenario;
mod status;
