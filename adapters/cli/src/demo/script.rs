//! What is played: agreement, then rounds in which the leader fails, then a contest for a lock, and meetings at a barrier.

use super::cluster::{Cluster, Heard, Said};
use super::history::{most_leaders, overlaps, shared_epochs};
use super::lock::{BarrierSummary, LockSummary};
use super::round::{Fault, Round};
use super::stage::Stage;
use super::summary::{RoundSummary, Spread, Summary};
use crate::args::DemoArgs;
use crate::contend::is_in_order;
use crate::failure::{Failure, Outcome};
use crate::member::StopSignals;
use crate::units::{brief, millis};
use crate::view::View;
use clap::ValueEnum;
use core::time::Duration;
use quorate::member::Profile;
use quorate::{Instant, Random, Seed};
use quorate_tokio::clock;
use std::collections::BTreeMap;
use tokio::sync::mpsc::Receiver;
use tokio::time::{Interval, MissedTickBehavior, interval, sleep};

/// Why it was not played to its end.
#[derive(Debug)]
pub(crate) enum Stop {
    /// The user asked for that.
    Interrupted,
    /// It took too long, which is a broken promise and in the summary.
    Late,
    /// It could not go on, and that says nothing about promises.
    Failed(Failure),
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

/// How long the rounds may take, unless there are so many, or such slow ones, that it cannot be done.
const LONGEST: Duration = Duration::from_secs(27);
/// How many leases of a lock what comes after them may take.
const LEASES: u32 = 5;

/// The demonstration under way.
#[derive(Debug)]
pub(crate) struct Script {
    args: DemoArgs,
    profile: Profile,
    seed: u64,
    random: Random,
    pub(super) cluster: Cluster,
    heard: Receiver<Heard>,
    pub(super) stage: Stage,
    view: View,
    redraw: Interval,
    signals: StopSignals,
    /// When members were killed that have not ended yet.
    pub(super) killed: BTreeMap<u32, u64>,
    /// The last thing for people that each member printed.
    muttered: BTreeMap<u32, String>,
    pub(super) broken: Vec<String>,
    agreed: bool,
    /// When it has to be over.
    end: Instant,
}

impl Script {
    /// Prepares everything.
    pub(crate) fn new(args: &DemoArgs, seed: u64, view: View) -> Outcome<Self> {
        let signals = StopSignals::catch()?;
        let levels = if view.is_live() { "100ms" } else { "500ms" };
        let (cluster, heard) = Cluster::new(args, seed, levels)?;
        let profile = args.profile.timings();
        let round = (profile.detection + profile.timing.lease).saturating_mul(4);
        let contest = profile.leases().longest().saturating_mul(LEASES);
        let end = clock::now() + LONGEST.max(round.saturating_mul(args.rounds())) + contest;
        let mut redraw = interval(Duration::from_millis(if view.is_live() { 50 } else { 500 }));
        redraw.set_missed_tick_behavior(MissedTickBehavior::Skip);
        Ok(Self {
            args: args.clone(),
            profile,
            end,
            seed,
            random: Seed::new(seed).random(),
            cluster,
            heard,
            stage: Stage::new(args.nodes, clock::now().as_nanos()),
            view,
            redraw,
            signals,
            killed: BTreeMap::new(),
            muttered: BTreeMap::new(),
            broken: Vec::new(),
            agreed: true,
        })
    }

    /// Plays it all. A broken promise that leaves nothing to go on with ends it early, and is in the summary.
    pub(crate) async fn play(&mut self) -> Result<(), Stop> {
        let lease = self.profile.timing.lease;
        self.scene(format!("{} members start", self.args.nodes));
        for node in 1..=self.args.nodes {
            self.cluster.start(node)?;
            self.stage.started(node);
        }
        if !self.agreement("at the start").await? {
            return Ok(());
        }
        for number in 1..=self.args.rounds() {
            // Long enough for levels and counters to settle, and at any phase of heartbeats and renewals.
            let quiet = self.profile.interval.saturating_mul(3) + self.random.up_to(lease);
            self.quiet(quiet).await?;
            if !self.round(number).await? {
                return Ok(());
            }
        }
        if !self.contest().await? {
            return Ok(());
        }
        self.scene("all is played".to_owned());
        self.quiet(self.profile.interval.saturating_mul(2).max(Duration::from_millis(600))).await
    }

    /// The leader fails, another takes its place, and the first comes back. Whether there is something to go on with.
    async fn round(&mut self, number: u32) -> Result<bool, Stop> {
        let Some((victim, epoch)) = self.stage.agreement(&self.cluster.running()) else {
            // It changed just now, by itself.
            return self.agreement(&format!("before round {number}")).await;
        };
        let fault = Fault::of_round(number);
        let at = match fault {
            Fault::Kill => self.cluster.kill(victim)?,
            Fault::Pause => self.cluster.pause(victim)?,
        };
        match fault {
            Fault::Kill => _ = self.killed.insert(victim, at),
            Fault::Pause => self.stage.paused(victim, true),
        }
        self.stage.round = Some(Round::new(victim, epoch, at, self.args.nodes));
        let signal = if fault == Fault::Kill { "SIGKILL" } else { "SIGSTOP" };
        self.happened(at, format!("round {number}: {signal} to node {victim}, which leads epoch {epoch}"));
        self.scene(format!(
            "round {number}: node {victim} is {}; the others have to notice, and elect another",
            fault.done()
        ));

        let limit = self.patience();
        let done = |stage: &Stage, _: &Cluster| {
            stage.round.as_ref().is_some_and(|round| round.successor().is_some() && round.detection_ns().is_some())
        };
        let replaced = self.wait(limit, done).await?;
        let seen = self.stage.round.take();
        let (detection, failover) =
            seen.as_ref().map_or((None, None), |round| (round.detection_ns(), round.failover_ns()));
        let successor = seen.as_ref().and_then(Round::successor);
        self.stage.rounds.push(RoundSummary {
            round: number,
            fault,
            victim,
            epoch,
            leader: successor.map(|successor| successor.node),
            new_epoch: successor.map(|successor| successor.epoch),
            detection_ms: detection.map(millis),
            failover_ms: failover.map(millis),
        });
        if !replaced {
            self.broken.push(format!(
                "round {number}: node {victim} was {}, and no other leader was followed by a majority within {}",
                fault.done(),
                brief(limit)
            ));
            return Ok(false);
        }
        if let (Some(successor), Some(detection), Some(failover)) = (successor, detection, failover) {
            self.happened(
                clock::now().as_nanos(),
                format!(
                    "round {number}: noticed after {:.0} ms; after {:.0} ms a majority followed node {} in epoch {}",
                    millis(detection),
                    millis(failover),
                    successor.node,
                    successor.epoch
                ),
            );
        }
        match fault {
            Fault::Kill => {
                if !self.wait(limit, move |_, cluster| !cluster.is_alive(victim)).await? {
                    return Err(Failure::new(format_args!("node {victim} was killed and does not end")).into());
                }
                self.scene(format!("round {number}: node {victim} comes back, with what it remembers"));
                self.happened(clock::now().as_nanos(), format!("round {number}: node {victim} is started anew"));
                self.cluster.start(victim)?;
                self.stage.started(victim);
            }
            Fault::Pause => {
                // Well beyond the lease, as any clock counts.
                let over = Instant::from_nanos(at) + self.profile.timing.lease.saturating_mul(3) / 2;
                self.scene(format!("round {number}: node {victim} sleeps on, beyond the end of its lease"));
                self.quiet(over.since(clock::now())).await?;
                let at = self.cluster.resume(victim)?;
                self.stage.paused(victim, false);
                self.happened(
                    at,
                    format!("round {number}: SIGCONT to node {victim}, which does not know that it slept"),
                );
                self.scene(format!("round {number}: node {victim} wakes up, and has to see that it leads no longer"));
            }
        }
        self.agreement(&format!("after round {number}")).await
    }

    /// Waits until all members agree on a leader. Whether they did.
    pub(super) async fn agreement(&mut self, when: &str) -> Result<bool, Stop> {
        let limit = self.patience();
        let all = self.args.nodes as usize;
        let agreed = |stage: &Stage, cluster: &Cluster| {
            let running = cluster.running();
            running.len() == all && stage.agreement(&running).is_some()
        };
        let agreed = self.wait(limit, agreed).await?;
        if let (true, Some((leader, epoch))) = (agreed, self.stage.agreement(&self.cluster.running())) {
            let text = format!("all {all} members agree: node {leader} leads epoch {epoch}");
            self.scene(text.clone());
            self.happened(clock::now().as_nanos(), text);
        } else {
            self.agreed = false;
            self.broken.push(format!("the members did not agree on a leader within {} {when}", brief(limit)));
        }
        Ok(agreed)
    }

    /// How long anything may take that takes a lease or two, on a machine that is busy.
    pub(super) fn patience(&self) -> Duration {
        (self.profile.detection + self.profile.timing.lease).saturating_mul(4).max(Duration::from_secs(4))
    }

    /// Lets time pass.
    pub(super) async fn quiet(&mut self, time: Duration) -> Result<(), Stop> {
        self.wait(time, |_, _| false).await.map(drop)
    }

    /// Listens to the members until `done`, at most for `limit`. Whether it is done.
    pub(super) async fn wait(
        &mut self,
        limit: Duration,
        done: impl Fn(&Stage, &Cluster) -> bool,
    ) -> Result<bool, Stop> {
        let timeout = sleep(limit);
        tokio::pin!(timeout);
        loop {
            if done(&self.stage, &self.cluster) {
                return Ok(true);
            }
            if clock::now() >= self.end {
                let took = brief(self.end.since(Instant::from_nanos(self.stage.began)));
                self.broken.push(format!(
                    "not all rounds could be played within {took}: this machine is too busy, or members hang"
                ));
                return Err(Stop::Late);
            }
            tokio::select! {
                biased;
                () = self.signals.recv() => return Err(Stop::Interrupted),
                Some(heard) = self.heard.recv() => self.hear(heard).await?,
                _ = self.redraw.tick() => {
                    if self.view.wants_to_end() {
                        return Err(Stop::Interrupted);
                    }
                    self.view.draw(&self.stage, clock::now().as_nanos());
                }
                () = &mut timeout => return Ok(false),
            }
        }
    }

    async fn hear(&mut self, Heard { node, said }: Heard) -> Result<(), Stop> {
        match said {
            Said::Line(line) => {
                if let Some(sentence) = self.stage.hear(&line) {
                    self.view.say(line.at_ns.saturating_sub(self.stage.began), &sentence);
                }
            }
            Said::Text(text) => _ = self.muttered.insert(node, text),
            Said::End => {
                self.cluster.reap(node).await?;
                let Some(at) = self.killed.remove(&node) else {
                    let failure = Failure::new(format_args!("node {node} ended by itself"));
                    return Err(Stop::Failed(match self.muttered.get(&node) {
                        Some(text) => failure.advise(format_args!("It said: {text}")),
                        None => failure,
                    }));
                };
                self.stage.died(node, at);
            }
        }
        Ok(())
    }

    pub(super) fn scene(&mut self, text: String) {
        self.stage.scene = text;
        self.view.draw(&self.stage, clock::now().as_nanos());
    }

    /// How many members there are.
    pub(super) fn nodes(&self) -> u32 {
        self.args.nodes
    }

    /// For how long a lock is granted.
    pub(super) fn lease(&self) -> Duration {
        self.profile.leases().longest()
    }

    pub(super) fn happened(&mut self, at: u64, text: String) {
        self.view.say(at.saturating_sub(self.stage.began), &text);
        self.stage.tell(at, text);
    }

    /// Ends all members, gives the terminal back, and says what came out.
    pub(crate) async fn end(self) -> Summary {
        let now = clock::now().as_nanos();
        let file = is_in_order(&self.cluster.file());
        self.cluster.end().await;
        drop(self.view);
        let stage = self.stage;
        let reigns = stage.history.reigns(now);
        let (overlapping, shared) = (overlaps(&reigns), shared_epochs(&reigns));
        let mut broken = self.broken;
        let seconds = |at: u64| at.saturating_sub(stage.began) as f64 / 1e9;
        broken.extend(overlapping.iter().map(|(first, second)| {
            format!(
                "two led at once: node {} led epoch {} from {:.3} s to {:.3} s, node {} led epoch {} from {:.3} s on",
                first.node,
                first.epoch,
                seconds(first.from),
                seconds(first.until),
                second.node,
                second.epoch,
                seconds(second.from)
            )
        }));
        broken.extend(shared.iter().map(|(epoch, nodes)| {
            let nodes: Vec<_> = nodes.iter().map(u32::to_string).collect();
            format!("epoch {epoch} had more than one leader: nodes {}", nodes.join(" and "))
        }));
        broken.extend(stage.history.contradictions().iter().map(|text| format!("a member contradicts itself: {text}")));
        let overlapping_holds = stage.lock.overlaps(now);
        broken.extend(overlapping_holds.iter().map(|(first, second)| {
            format!(
                "two held the lock at once: node {} from {:.3} s to {:.3} s, node {} from {:.3} s on",
                first.node,
                seconds(first.from),
                seconds(first.until),
                second.node,
                seconds(second.from)
            )
        }));
        broken.extend(stage.lock.tokens_went_back().map(|(first, second)| {
            format!("tokens went back: {} after {}, which node {} had", second.token, first.token, first.node)
        }));
        match file {
            Ok((true, _)) => {}
            Ok((false, _)) => broken.push("a write with an older token came after one with a later".to_owned()),
            Err(error) => broken.push(format!("what the holders wrote cannot be read ({error})")),
        }
        let members = self.args.nodes as usize;
        let barrier = BarrierSummary { rounds: stage.meetings.passed(members), early: stage.meetings.early(members) };
        if barrier.early > 0 {
            broken.push(format!("{} times a member passed the barrier before all had arrived", barrier.early));
        }
        let contended = Duration::from_nanos(stage.contended_ns).as_secs_f64();
        let lock = LockSummary {
            acquired: stage.lock.acquired,
            per_second: if contended > 0.0 { stage.lock.acquired as f64 / contended } else { 0.0 },
            overlaps: overlapping_holds.len(),
            rejected_by_fence: stage.lock.rejected,
            max_wait_ms: stage.lock.longest_wait_ms,
        };
        let figures =
            |figure: fn(&RoundSummary) -> Option<f64>| -> Vec<_> { stage.rounds.iter().filter_map(figure).collect() };
        let (frames_per_second, cpu_percent_per_member) = stage.load();
        Summary {
            nodes: self.args.nodes,
            rounds: stage.rounds.len() as u32,
            profile: self
                .args
                .profile
                .to_possible_value()
                .map_or_else(String::new, |value| value.get_name().to_owned()),
            seed: self.seed,
            agreed: self.agreed,
            failover_ms: Spread::of(&figures(|round| round.failover_ms)),
            detection_ms: Spread::of(&figures(|round| round.detection_ms)),
            max_leaders_per_epoch: most_leaders(&reigns),
            overlaps: overlapping.len(),
            leaderships: reigns.len(),
            lock,
            barrier,
            frames_per_second,
            cpu_percent_per_member,
            seconds: seconds(now),
            history: stage.rounds,
            broken,
        }
    }
}
