//! Machines of two kinds in one world.

use quorate::{Input, InputOf, Instant, Machine, NodeId, Output, Step, StepOf};

/// One of two kinds: of machine, and of everything that a machine takes and gives.
///
/// `Either<A, B>` is a machine where `A` and `B` are, so that members, clients and watchers can share a world; three kinds
/// are `Either<A, Either<B, C>>`. What a node of the other kind sends is not understood, and changes nothing.
///
/// ```
/// use core::time::Duration;
/// use quorate::clock::{self, LamportClock, Process};
/// use quorate::detector::{Monitor, MonitorConfig, Timeout, TimeoutConfig};
/// use quorate::{Group, Instant, Machine, NodeId};
/// use quorate_sim::world::{self, Either, Settings, World};
///
/// let [one, two] = [1, 2].map(NodeId::new);
/// let monitor = MonitorConfig::new(Duration::from_millis(100))?;
/// let timeout = TimeoutConfig::new(Duration::from_millis(350))?;
/// let subject = world::from_fn(|birth: world::Birth<'_, _>| {
///     if birth.node == one {
///         let group = Group::new(one, &[two]).expect("two nodes");
///         Either::A(Monitor::<Timeout, 8>::new(monitor, timeout, group, birth.incarnation, birth.now))
///     } else {
///         let group = Group::<8>::new(two, &[one]).expect("two nodes");
///         let config = clock::Config::new(group, LamportClock::new(two), 16).expect("a good reserve");
///         Either::B(Process::<LamportClock, (), 8>::new(config, None, (), birth.now))
///     }
/// });
/// let mut world = World::new(subject, Settings { size: 2, ..Settings::default() });
/// world.start_all(&mut ())?;
/// world.run_until(Instant::from_secs(1), &mut ())?;
/// // Node 2 speaks another protocol, so node 1 hears no heartbeat.
/// assert!(matches!(world.machine(0), Some(Either::A(monitor)) if monitor.is_suspected(two)));
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(clippy::exhaustive_enums)]
pub enum Either<A, B> {
    /// Of the first kind.
    A(A),
    /// Of the second kind.
    B(B),
}

impl<A: Machine, B: Machine> Machine for Either<A, B> {
    type Command = Either<A::Command, B::Command>;
    type Message = Either<A::Message, B::Message>;
    type Record = Either<A::Record, B::Record>;
    type Event = Either<A::Event, B::Event>;

    fn step(&mut self, input: InputOf<Self>, now: Instant) -> StepOf<Self> {
        match self {
            Self::A(machine) => {
                let input = match input {
                    Input::Tick => Input::Tick,
                    Input::Command(Either::A(command)) => Input::Command(command),
                    Input::Receive { from, message: Either::A(message) } => Input::Receive { from, message },
                    Input::Command(Either::B(_)) | Input::Receive { message: Either::B(_), .. } => return Step::new(),
                };
                relabel(machine.step(input, now), Either::A, Either::A, Either::A)
            }
            Self::B(machine) => {
                let input = match input {
                    Input::Tick => Input::Tick,
                    Input::Command(Either::B(command)) => Input::Command(command),
                    Input::Receive { from, message: Either::B(message) } => Input::Receive { from, message },
                    Input::Command(Either::A(_)) | Input::Receive { message: Either::A(_), .. } => return Step::new(),
                };
                relabel(machine.step(input, now), Either::B, Either::B, Either::B)
            }
        }
    }

    fn deadline(&self) -> Option<Instant> {
        match self {
            Self::A(machine) => machine.deadline(),
            Self::B(machine) => machine.deadline(),
        }
    }

    fn peers(&self) -> &[NodeId] {
        match self {
            Self::A(machine) => machine.peers(),
            Self::B(machine) => machine.peers(),
        }
    }
}

fn relabel<M, R, E, M2, R2, E2>(
    step: Step<M, R, E>,
    message: impl Fn(M) -> M2,
    record: impl Fn(R) -> R2,
    event: impl Fn(E) -> E2,
) -> Step<M2, R2, E2> {
    let mut relabelled = Step::new();
    for output in step {
        relabelled.push(match output {
            Output::Persist(persist) => Output::Persist(record(persist)),
            Output::Send { to, message: said } => Output::Send { to, message: message(said) },
            Output::Event(told) => Output::Event(event(told)),
        });
    }
    relabelled
}
