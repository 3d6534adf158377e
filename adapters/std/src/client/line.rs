//! The thread that receives for a client, and looks after its deadlines.

use super::{Intake, Post};
use crate::barriers::{self, Barriers};
use crate::carrier::{Answers, Carrier, MAX_AUTHORITIES};
use crate::clock::LONGEST_SLEEP;
use crate::locks::{self, Locks};
use crate::shared::{LookedAfter, Machines, Shared};
use crate::transport::{Incoming, Transport, Waker};
use core::ops::ControlFlow;
use core::time::Duration;
use quorate::{Group, Name, NodeId, To, barrier, lease};
use std::io;
use std::sync::Arc;
use std::thread;
use std::time::Instant;

/// How long nobody may answer before members are looked for elsewhere.
const SILENCE: Duration = Duration::from_secs(3);

/// Carries messages to the members and back.
#[derive(Clone, Debug)]
pub(super) struct Line {
    post: Arc<Post>,
}

impl Line {
    pub(super) fn new(post: Arc<Post>) -> Self {
        Self { post }
    }

    pub(super) fn locks(&self, rules: &locks::Rules, waker: Waker) -> Locks {
        Locks::looked_after(Box::new(self.clone()), rules, LookedAfter::Woken(waker))
    }

    pub(super) fn barriers(&self, rules: &barriers::Rules, waker: Waker) -> Barriers {
        Barriers::looked_after(Box::new(self.clone()), rules, LookedAfter::Woken(waker))
    }
}

impl Carrier for Line {
    fn group(&self) -> Group<MAX_AUTHORITIES> {
        self.post.group().clone()
    }

    fn attach(&self, answers: Answers<lease::Message<Name>>) {
        self.post.deliver_leases(Box::new(answers));
    }

    fn send(&self, to: To, message: lease::Message<Name>) {
        self.post.send(to, &message);
    }
}

impl Carrier<barrier::Message<Name>> for Line {
    fn group(&self) -> Group<MAX_AUTHORITIES> {
        self.post.group().clone()
    }

    fn attach(&self, answers: Answers<barrier::Message<Name>>) {
        self.post.deliver_barriers(Box::new(answers));
    }

    fn send(&self, to: To, message: barrier::Message<Name>) {
        self.post.send(to, &message);
    }
}

/// Starts the thread. It ends when nobody has the locks and the barriers any more, and nothing is under way.
pub(super) fn start(transport: impl Transport, intake: Intake, locks: &Locks, barriers: &Barriers) -> io::Result<()> {
    let (locks, barriers) = (locks.machines(), barriers.machines());
    let receive = move || {
        if let Err(error) = receive(transport, intake, &locks, &barriers) {
            tracing::error!(%error, "nothing can be received any more: what is held will be lost");
            look_on(&locks, &barriers);
        }
    };
    thread::Builder::new().name("quorate-client".to_owned()).spawn(receive).map(|_| ())
}

fn receive(
    mut transport: impl Transport,
    mut intake: Intake,
    locks: &Shared<impl Machines>,
    barriers: &Shared<impl Machines>,
) -> io::Result<()> {
    let mut buffer = vec![0; intake.limit().saturating_add(1)];
    let mut heard = Instant::now();
    while let ControlFlow::Continue(left) = look_after(locks, barriers) {
        match transport.receive(&mut buffer, left)? {
            Some(Incoming::Datagram { length, from }) => {
                heard = Instant::now();
                let length = length.min(buffer.len());
                intake.take(&mut buffer[..length], from);
            }
            Some(Incoming::Notice(notice)) => notice.log(),
            None => {}
        }
        if heard.elapsed() >= SILENCE {
            heard = Instant::now();
            let members: Vec<NodeId> = intake.members().collect();
            members.into_iter().for_each(|member| transport.silent(member));
        }
    }
    Ok(())
}

/// Serves what is due, and says for how long there is nothing to do; `Break` when nobody needs anything any more.
fn look_after(locks: &Shared<impl Machines>, barriers: &Shared<impl Machines>) -> ControlFlow<(), Duration> {
    let (locked, met) = (locks.look_after(), barriers.look_after());
    if locked.is_break() && met.is_break() {
        return ControlFlow::Break(());
    }
    let left = [(locked, locks.now()), (met, barriers.now())].into_iter().filter_map(|(due, now)| match due {
        ControlFlow::Continue(due) => due.map(|due| due.since(now)),
        ControlFlow::Break(()) => None,
    });
    ControlFlow::Continue(left.min().unwrap_or(LONGEST_SLEEP).min(LONGEST_SLEEP))
}

/// What is left to do when nothing can be received any more: leases run out, and those who wait learn it.
fn look_on(locks: &Shared<impl Machines>, barriers: &Shared<impl Machines>) {
    while let ControlFlow::Continue(left) = look_after(locks, barriers) {
        thread::sleep(left.max(Duration::from_millis(1)));
    }
}
