//! Processes that exchange messages at random and crash now and then, and the graph of the events that happened.

use core::time::Duration;
use quorate::clock::{Clock, Command, Config, Event, Message, Process};
use quorate::{Group, Input, Instant, Machine, NodeId, Output, Random, To};

/// How many processes there are: nodes 1, 2 …, one for each.
pub(crate) const PROCESSES: usize = 4;

/// An event that happened.
#[derive(Debug)]
pub(crate) struct Happened<C: Clock> {
    pub(crate) process: usize,
    pub(crate) stamp: C::Stamp,
    pub(crate) physical: C::Physical,
    /// The event before it in its process, and the send if it is a receipt.
    causes: Vec<usize>,
}

/// What a world is made of.
pub(crate) struct World<C, W> {
    pub(crate) events: usize,
    pub(crate) crashes: bool,
    pub(crate) reserve: u32,
    pub(crate) clock: fn(&Group<PROCESSES>) -> C,
    /// What the clock on the wall of a process shows, so many 65,536ths of a second after the world began.
    pub(crate) wall: W,
}

type Machines<C> = Vec<Process<C, usize, PROCESSES>>;

impl<C: Clock, W: FnMut(usize, u64) -> C::Physical> World<C, W> {
    /// Lets it happen. Messages are lost, repeated and reordered; a crash comes in the middle of a step's outputs.
    pub(crate) fn run(mut self, random: &mut Random) -> Vec<Happened<C>> {
        let mut history: Vec<Happened<C>> = Vec::new();
        let mut in_flight: Vec<(NodeId, To, Message<C::Stamp, usize>)> = Vec::new();
        let mut durable: Vec<Option<C::Stamp>> = vec![None; PROCESSES];
        let mut elapsed = 0;
        let mut machines: Machines<C> =
            (0..PROCESSES).map(|process| self.start(process, None, Instant::ORIGIN)).collect();

        while history.len() < self.events {
            elapsed += random.below(1_000);
            let now = Instant::ORIGIN + Duration::from_nanos((elapsed * 1_000_000_000) >> 16);
            let process = random.below(PROCESSES as u64) as usize;
            let machine = &mut machines[process];
            let physical = (self.wall)(process, elapsed);
            assert!(machine.step(Input::Command(Command::Physical(physical)), now).is_empty());

            let mut send = None;
            let input = match random.below(3) {
                0 => Input::Command(Command::Local),
                1 => {
                    let to = match random.below(PROCESSES as u64) as usize {
                        other if other != process => To::Node(name(other)),
                        _ => To::Peers,
                    };
                    Input::Command(Command::Send { to, payload: history.len() })
                }
                _ => {
                    let me = name(process);
                    let mine = |(from, to, _): &&(NodeId, To, _)| *from != me && to.includes(me);
                    let waiting: Vec<_> = in_flight.iter().filter(mine).collect();
                    let Some((from, _, message)) = waiting.get(random.below(waiting.len() as u64) as usize) else {
                        continue;
                    };
                    send = Some(message.payload);
                    Input::Receive { from: *from, message: message.clone() }
                }
            };

            let step = machine.step(input, now);
            let crash = (self.crashes && random.below(8) == 0).then(|| random.below(4) as usize);
            if crash != Some(0) {
                // It happened: from its first output on it leaves a trace, be it only in the process's own record.
                let last = history.iter().rposition(|event| event.process == process);
                let causes = last.into_iter().chain(send).collect();
                history.push(Happened { process, stamp: machine.clock().latest(), physical, causes });
            }
            for output in step.into_iter().take(crash.unwrap_or(usize::MAX)) {
                match output {
                    Output::Persist(record) => durable[process] = Some(record),
                    Output::Send { to, message } => in_flight.push((name(process), to, message)),
                    Output::Event(Event::Local { stamp } | Event::Sent { stamp } | Event::Received { stamp, .. }) => {
                        assert_eq!(Some(&stamp), history.last().map(|event| &event.stamp));
                    }
                    Output::Event(refused) => panic!("nothing here is to be refused: {refused:?}"),
                }
            }
            if crash.is_some() {
                machines[process] = self.start(process, durable[process].as_ref(), now);
            }
        }
        history
    }

    fn start(&mut self, process: usize, record: Option<&C::Stamp>, now: Instant) -> Process<C, usize, PROCESSES> {
        let peers: Vec<_> = (0..PROCESSES).filter(|other| *other != process).map(name).collect();
        let group = Group::new(name(process), &peers).expect("a good group");
        let clock = (self.clock)(&group);
        let config = Config::new(group, clock, self.reserve).expect("a good configuration");
        Process::new(config, record, (self.wall)(process, 0), now)
    }
}

fn name(process: usize) -> NodeId {
    NodeId::new(process as u32 + 1)
}

/// For each event, those from which it can be reached, by walking the graph backwards.
pub(crate) fn happened_before<C: Clock>(history: &[Happened<C>]) -> Vec<Vec<bool>> {
    let walk = |event: usize| {
        let mut reached = vec![false; history.len()];
        let mut open = history[event].causes.clone();
        while let Some(cause) = open.pop() {
            if !core::mem::replace(&mut reached[cause], true) {
                open.extend(&history[cause].causes);
            }
        }
        reached
    };
    (0..history.len()).map(walk).collect()
}
