//! Explores a model by name: `explore election`.

use quorate_sim::explore::{Explorer, models};

fn main() {
    for name in std::env::args().skip(1) {
        let explorer = Explorer { most_states: 6_000_000, ..Explorer::default() };
        match models::explore(&name, &explorer, |states| eprint!("\r{states} ")) {
            Some(report) => println!("\r{report}"),
            None => println!("there is no model {name}; there are {:?}", models::NAMES),
        }
    }
}
