//! `quorate node`: a member that tells what happens.

use crate::args::NodeArgs;
use crate::config::Settings;
use crate::contend::{Contender, Order};
use crate::failure::{Failure, Outcome};
use crate::line::{Counters, Level, Levels, What};
use crate::member::StopSignals;
use crate::printer::Printer;
use core::time::Duration;
use quorate_tokio::{Member, clock};
use rustix::time::{ClockId, clock_gettime};
use std::process::ExitCode;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::{Interval, MissedTickBehavior, interval};

/// Takes part until it is told to stop.
pub(crate) async fn run(args: NodeArgs) -> Outcome<ExitCode> {
    let settings = Settings::new(args.member, args.config.as_deref())?;
    let mut signals = StopSignals::catch()?;
    let mut orders = args.print.until_stdin_closes.then(watch_parent).transpose()?;
    settings.warn();
    let member = settings.join().await?;
    let mut events = member.events();
    let mut printer = Printer::new(settings.id, args.print.json);
    let (contender, mut told) = match args.print.contend {
        Some(file) => Contender::new(&member, file).await.map(|(contender, told)| (Some(contender), Some(told)))?,
        None => (None, None),
    };
    let mut levels = args.print.levels.map(every);
    let now = || clock::now().as_nanos();
    let mut readers = printer.print(now(), started(&member, &settings));
    let (mut stopping, mut shutdown) = (false, core::pin::pin!(member.shutdown()));
    loop {
        tokio::select! {
            biased;
            event = events.recv() => match event {
                Ok(stamped) => if let Some(what) = What::new(stamped.event) {
                    readers = printer.print(stamped.at.as_nanos(), what);
                },
                Err(RecvError::Lagged(missed)) => {
                    readers = printer.print(now(), What::Notice { text: format!("{missed} events were missed, there were too many at once") });
                }
                Err(RecvError::Closed) => break,
            },
            _ = &mut shutdown, if stopping => break,
            () = signals.recv() => {
                if stopping {
                    break; // Twice means at once.
                }
                stopping = true;
            }
            order = next(&mut orders) => match (order, &contender) {
                (None, _) => return Ok(ExitCode::SUCCESS),
                (Some(line), Some(contender)) => if let Some(order) = Order::parse(&line) {
                    contender.order(order);
                },
                (Some(_), None) => {}
            },
            Some((at, what)) = next(&mut told) => readers = printer.print(at, what),
            () = tick(&mut levels) => readers = printer.print(now(), What::Levels(snapshot(&member))),
        }
        stopping |= !readers;
    }
    loop {
        match events.try_recv() {
            Ok(stamped) => {
                if let Some(what) = What::new(stamped.event) {
                    printer.print(stamped.at.as_nanos(), what);
                }
            }
            Err(TryRecvError::Lagged(_)) => {}
            Err(TryRecvError::Empty | TryRecvError::Closed) => break,
        }
    }
    let counters = snapshot(&member).counters;
    printer.print(now(), What::Stopped { graceful: stopping, counters });
    printer.finish();
    if stopping {
        return Ok(ExitCode::SUCCESS);
    }
    Err(match member.closed().await {
        Err(error) => Failure::new(format_args!("node {} {error}", settings.id)),
        Ok(()) => Failure::new(format_args!("node {} has stopped", settings.id)),
    })
}

fn started(member: &Member, settings: &Settings) -> What {
    let status = member.status();
    What::Started {
        incarnation: status.incarnation.get(),
        listen: member.local_addr().to_string(),
        group: settings.group.clone(),
        guarantee: match status.guarantee {
            quorate::election::Guarantee::Majority => "majority".to_owned(),
            quorate::election::Guarantee::PerPartition => "per-partition".to_owned(),
        },
        state: settings.state.as_ref().map(|folder| folder.display().to_string()),
        pid: std::process::id(),
    }
}

/// How things stand at a member.
fn snapshot(member: &Member) -> Levels {
    let status = member.status();
    let millis = |duration: Duration| duration.as_secs_f64() * 1e3;
    let level = |peer: &quorate_tokio::PeerHealth| Level {
        peer: peer.id.get(),
        level: peer.level,
        suspected: peer.suspected,
        last_heard_ms: peer.last_heard.map(millis),
    };
    let cpu = clock_gettime(ClockId::ProcessCPUTime);
    Levels {
        leader: status.leader.map(quorate::NodeId::get),
        epoch: status.epoch.get(),
        time_left_ms: status.time_left_ms.unwrap_or(0),
        peers: status.peers.iter().map(level).collect(),
        counters: Counters {
            frames_in: status.counters.frames_in,
            frames_out: status.counters.frames_out,
            frames_dropped: status.counters.dropped.values().sum(),
            cpu_ns: cpu.tv_sec.unsigned_abs() * 1_000_000_000 + cpu.tv_nsec.unsigned_abs(),
        },
    }
}

fn every(period: Duration) -> Interval {
    let mut ticks = interval(period.max(Duration::from_millis(1)));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    ticks
}

async fn tick(ticks: &mut Option<Interval>) {
    match ticks {
        Some(ticks) => _ = ticks.tick().await,
        None => core::future::pending().await,
    }
}

/// What comes next; nothing ever, if there is no receiver.
async fn next<T>(receiver: &mut Option<UnboundedReceiver<T>>) -> Option<T> {
    match receiver {
        Some(receiver) => receiver.recv().await,
        None => core::future::pending().await,
    }
}

/// Tells each line of standard input, and that it is closed. On Linux the process also dies with the one that started it, even while it is stopped.
fn watch_parent() -> Outcome<UnboundedReceiver<String>> {
    #[cfg(target_os = "linux")]
    rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL)).map_err(|error| {
        Failure::new(format_args!("this process cannot be bound to the one that started it ({error})"))
    })?;
    let (sender, receiver) = unbounded_channel();
    std::thread::spawn(move || {
        for line in std::io::stdin().lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    Ok(receiver)
}
