//! The machine that grants, with more and more claims: how the time of a step grows.

use crate::pace::{Pass, ratio};
use crate::report::{Figure, Goal, Report};
use core::time::Duration;
use quorate::lease::authority::{Authority, Command, Config};
use quorate::lease::{ClaimId, Message, Mode};
use quorate::{DriftBound, Epoch, FencingToken, Input, Instant, Machine, NodeId, Output};

/// As many claims as there are in the largest case, and some.
const CLAIMS: usize = 11_264;
const CONFIG: Config = match Config::new(Duration::from_secs(3_600), DriftBound::QUARTZ) {
    Ok(config) => config,
    Err(_) => panic!("an hour is no longer than a day"),
};
const PASSES: usize = 15;
const ROUNDS: u32 = 2_000;

struct Loaded {
    authority: Box<Authority<u32, CLAIMS>>,
    now: Instant,
    claims: u64,
}

impl Loaded {
    /// An authority with so many resources, each of them held, and so many that wait for one of them.
    fn with(resources: u32, waiting: u32) -> Self {
        let now = Instant::ORIGIN;
        let mut loaded = Self { authority: Box::new(Authority::new(CONFIG, now)), now, claims: 0 };
        loaded.step(Input::Command(Command::Open { epoch: Epoch::new(1) }));
        loaded.now = now + CONFIG.grace();
        while loaded.authority.deadline().is_some_and(|deadline| deadline <= loaded.now) {
            loaded.step(Input::Tick);
        }
        for resource in 0..resources {
            loaded.acquire(resource);
        }
        for _ in 0..waiting {
            loaded.acquire(0);
        }
        loaded
    }

    fn step(&mut self, input: Input<Command<u32>, Message<u32>>) -> Option<FencingToken> {
        let step = self.authority.step(input, self.now);
        step.iter().find_map(|output| match output {
            Output::Send { message: Message::Granted { token, .. }, .. } => Some(*token),
            _ => None,
        })
    }

    fn acquire(&mut self, resource: u32) -> (ClaimId, Option<FencingToken>) {
        self.claims += 1;
        self.now = self.now + Duration::from_nanos(100);
        let claim = ClaimId::new(self.claims);
        let (lease, mode) = (CONFIG.longest(), Mode::Exclusive);
        let message = Message::Acquire { claim, resource, mode, wait: true, lease, sent: self.now };
        (claim, self.step(Input::Receive { from: CLIENT, message }))
    }

    /// Acquires what nobody holds, and releases it: two steps.
    fn round(&mut self) {
        let (claim, token) = self.acquire(u32::MAX);
        assert!(token.is_some(), "nobody holds it");
        self.step(Input::Receive { from: CLIENT, message: Message::Release { claim, token } });
    }
}

const CLIENT: NodeId = NodeId::FIRST_CLIENT;

pub(crate) fn measure(report: &mut Report) {
    let mut few = Loaded::with(100, 10);
    let mut many = Loaded::with(10_000, 1_000);
    let (mut of_few, mut of_many) = (Pass::default(), Pass::default());
    for _ in 0..PASSES {
        for (loaded, pass) in [(&mut few, &mut of_few), (&mut many, &mut of_many)] {
            let began = std::time::Instant::now();
            for _ in 0..ROUNDS {
                loaded.round();
            }
            pass.note(began.elapsed(), ROUNDS);
        }
    }
    report.time("acquire and release in the machine, 100 resources held, 10 waiting", &of_few);
    report.time("acquire and release in the machine, 10,000 resources held, 1,000 waiting", &of_many);
    let what = "a step with 10,000 resources and 1,000 waiting to one with 100 and 10 (log n would be 2)";
    report.add(Figure::new("authority_growth", what, ratio(&of_many, &of_few), Goal::AtMost(2.0)));
}
