//! A cluster of one's own, in this process.

use crate::Failure;
use core::time::Duration;
use quorate::NodeId;
use quorate_tokio::Member;

/// A cluster of one member, which leads: what a client pays does not depend on how many others there are.
pub(crate) struct Group {
    member: Member,
}

impl Group {
    pub(crate) async fn start() -> Result<Self, Failure> {
        let builder = Member::builder(NodeId::new(1)).group("ratios").listen("127.0.0.1:0").diskless();
        let member = builder.join().await?;
        let leads = member.leader();
        tokio::time::timeout(Duration::from_secs(30), async {
            let mut leads = leads;
            leads.wait_for(Option::is_some).await.map(drop)
        })
        .await??;
        Ok(Self { member })
    }

    pub(crate) fn url(&self) -> String {
        format!("quorate://{}/ratios", self.member.local_addr())
    }
}
