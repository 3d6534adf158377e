//! The second part: all contend for one lock while holders and leaders fail, and then meet at a barrier.

use super::cluster::Cluster;
use super::script::{Script, Stop};
use super::stage::Stage;
use crate::contend::Order;
use crate::failure::Failure;
use crate::units::brief;
use core::time::Duration;
use quorate::Instant;
use quorate_tokio::clock;

/// How long they contend undisturbed, each time.
const UNDISTURBED: Duration = Duration::from_millis(500);
/// How often it is tried to catch a member while it holds the lock.
const TRIES: u32 = 50;
/// How often all meet.
const MEETINGS: u32 = 3;

impl Script {
    /// Plays it. Whether there is something to go on with.
    pub(super) async fn contest(&mut self) -> Result<bool, Stop> {
        let (began, nodes) = (clock::now(), self.nodes());
        self.scene(format!("all {nodes} members contend for one lock, and write to a file that a fence guards"));
        self.happened(began.as_nanos(), format!("all {nodes} members contend for one lock"));
        for node in 1..=nodes {
            self.cluster.order(node, Order::Contend).await?;
        }
        let went_on = self.goes_on("at the start").await?
            && self.holder_dies().await?
            && self.leader_dies().await?
            && self.holder_sleeps().await?;
        self.stage.contended_ns = clock::now().since(began).as_nanos() as u64;
        if !went_on {
            return Ok(false);
        }
        for node in 1..=nodes {
            self.cluster.order(node, Order::Rest).await?;
        }
        self.meetings().await
    }

    /// Waits until the lock goes round again, and lets it. Whether it does.
    async fn goes_on(&mut self, when: &str) -> Result<bool, Stop> {
        let (before, limit) = (self.stage.lock.acquired, self.lease().saturating_mul(4).max(Duration::from_secs(5)));
        let goes_on = self.wait(limit, move |stage, _| stage.lock.acquired >= before + 5).await?;
        if !goes_on {
            self.broken.push(format!("nobody was granted the lock within {} {when}", brief(limit)));
            return Ok(false);
        }
        self.quiet(UNDISTURBED).await?;
        Ok(true)
    }

    /// Stops a holder that does not lead in its tracks, and says when. What it has printed by then is heard first: it may have
    /// given the lock up just before, and then it goes on, and the next one is tried.
    async fn holder(&mut self) -> Result<(u32, u64), Stop> {
        let held = |stage: &Stage, cluster: &Cluster| {
            let leader = stage.agreement(&cluster.running()).map(|(leader, _)| leader);
            stage.lock.holder().filter(|holder| leader.is_some() && Some(*holder) != leader)
        };
        for _ in 0..TRIES {
            self.wait(self.patience(), move |stage, cluster| held(stage, cluster).is_some()).await?;
            let Some(victim) = held(&self.stage, &self.cluster) else { break };
            let at = self.cluster.pause(victim)?;
            self.quiet(Duration::from_millis(30)).await?;
            if self.stage.lock.holds(victim) {
                return Ok((victim, at));
            }
            self.cluster.resume(victim)?;
        }
        Err(Failure::new("no member could be caught while it held the lock").into())
    }

    async fn holder_dies(&mut self) -> Result<bool, Stop> {
        let (victim, _) = self.holder().await?;
        let at = self.cluster.kill(victim)?;
        self.scene(format!("node {victim} is killed while it holds the lock; the others have to wait for its lease"));
        self.happened(at, format!("SIGKILL to node {victim}, which holds the lock"));
        self.dead_and_back(victim, at).await?;
        self.goes_on(&format!("after its holder, node {victim}, was killed")).await
    }

    async fn leader_dies(&mut self) -> Result<bool, Stop> {
        let Some((victim, epoch)) = self.stage.agreement(&self.cluster.running()) else {
            return self.agreement("before the leader was killed that grants the lock").await;
        };
        let at = self.cluster.kill(victim)?;
        self.scene(format!("node {victim} is killed, which grants the lock; the next leader knows of no lock yet"));
        self.happened(at, format!("SIGKILL to node {victim}, which leads epoch {epoch} and grants the lock"));
        self.dead_and_back(victim, at).await?;
        let goes_on = self.goes_on(&format!("after the leader, node {victim}, was killed")).await?;
        Ok(goes_on && self.agreement("after the leader was killed that granted the lock").await?)
    }

    async fn holder_sleeps(&mut self) -> Result<bool, Stop> {
        let (victim, at) = self.holder().await?;
        self.stage.paused(victim, true);
        self.scene(format!("node {victim} is paused while it holds the lock, with a write under way"));
        self.happened(at, format!("SIGSTOP to node {victim}, which holds the lock and is about to write"));
        let goes_on = self.goes_on(&format!("while node {victim} was paused")).await?;
        self.quiet((Instant::from_nanos(at) + self.lease()).since(clock::now())).await?;
        let at = self.cluster.resume(victim)?;
        self.stage.paused(victim, false);
        self.happened(at, format!("SIGCONT to node {victim}, which writes as if nothing had happened"));
        Ok(goes_on && self.agreement("after a holder was paused").await?)
    }

    /// A member that was killed is started anew, and contends again.
    async fn dead_and_back(&mut self, victim: u32, at: u64) -> Result<(), Stop> {
        self.killed.insert(victim, at);
        if !self.wait(self.patience(), move |_, cluster| !cluster.is_alive(victim)).await? {
            return Err(Failure::new(format_args!("node {victim} was killed and does not end")).into());
        }
        self.cluster.start(victim)?;
        self.stage.started(victim);
        self.cluster.order(victim, Order::Contend).await?;
        Ok(())
    }

    async fn meetings(&mut self) -> Result<bool, Stop> {
        let nodes = self.nodes();
        self.scene(format!("all {nodes} members meet at a barrier, {MEETINGS} times"));
        self.happened(clock::now().as_nanos(), format!("all {nodes} members meet at a barrier"));
        let parties = u16::try_from(nodes).unwrap_or(u16::MAX);
        for node in 1..=nodes {
            self.cluster.order(node, Order::Meet { parties, rounds: MEETINGS }).await?;
        }
        let (limit, all) = (self.patience(), nodes as usize);
        let met = move |stage: &Stage, _: &Cluster| {
            stage.meetings.passed(all) == MEETINGS as usize || !stage.meetings.failed.is_empty()
        };
        if !self.wait(limit, met).await? {
            let passed = self.stage.meetings.passed(all);
            self.broken
                .push(format!("all had passed the barrier {passed} times of {MEETINGS} within {}", brief(limit)));
        }
        self.broken.extend(self.stage.meetings.failed.iter().cloned());
        Ok(true)
    }
}
