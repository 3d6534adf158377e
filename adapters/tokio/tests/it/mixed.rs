//! A cluster of members on threads and on tokio, on real sockets.

use crate::sockets::{free_ports, keyring};
use crate::{PATIENCE, node, soon, until};
use quorate_std::locks::AcquireError;
use std::thread;
use tokio::task::spawn_blocking;

#[tokio::test]
async fn a_member_on_a_thread_and_two_on_tokio_elect_and_lock_and_meet_together() {
    let (directory, addresses) = (tempfile::tempdir().unwrap(), free_ports::<3>().await);
    let state = |id: u32| directory.path().join(id.to_string());
    let peers = |id: u32| (1..).zip(addresses).filter(move |(peer, _)| *peer != id);
    let keys = || keyring(1, 7);

    // The highest-ranked one, which leads at first, is on a thread.
    let threaded = quorate_std::Member::builder(node(3)).listen(addresses[2]).state_dir(state(3)).keyring(keys());
    let threaded = peers(3).fold(threaded, |builder, (peer, address)| builder.peer(node(peer), address));
    let threaded = threaded.join().unwrap();
    let mut members = Vec::new();
    for id in [1, 2] {
        let member = quorate_tokio::Member::builder(node(id)).listen(addresses[id as usize - 1]);
        let member = member.state_dir(state(id)).keyring(keys());
        let member = peers(id).fold(member, |builder, (peer, address)| builder.peer(node(peer), address));
        members.push(member.join().await.unwrap());
    }
    let mut agreed = None;
    until("agreement", || {
        agreed = threaded.leader();
        agreed.is_some() && members.iter().all(|member| *member.leader().borrow() == agreed)
    })
    .await;

    // Each by a client of its own kind, of a member of the other kind.
    let on_tokio = quorate_tokio::Client::builder("quorate").ask(threaded.local_addr()).keyring(keys()).connect();
    let on_tokio = soon("a client on tokio", on_tokio).await.unwrap();
    let (asked, keys) = (members[0].local_addr(), keys());
    let connect = move || quorate_std::Client::builder("quorate").ask(asked).keyring(keys).connect();
    let on_threads = spawn_blocking(connect).await.unwrap().unwrap();
    let held = soon("a grant", on_tokio.locks().acquire("a")).await.unwrap();
    let (token, locks) = (held.token(), on_threads.locks().clone());
    let busy = spawn_blocking(move || locks.acquire("a").at_once().wait().unwrap_err()).await.unwrap();
    assert_eq!(busy, AcquireError::Busy);
    let locks = on_threads.locks().clone();
    let next = thread::spawn(move || locks.acquire("a").within(PATIENCE).wait());
    held.release().await.unwrap();
    let next = spawn_blocking(|| next.join().unwrap().unwrap()).await.unwrap();
    assert!(next.token() > token);

    let barriers = on_threads.barriers().clone();
    let there = spawn_blocking(move || barriers.barrier("written", 2).within(PATIENCE).wait());
    let here = soon("the other one", on_tokio.barriers().barrier("written", 2).wait()).await.unwrap();
    assert_eq!(there.await.unwrap().unwrap(), here);

    // Whoever leads gives it up, and what was granted outlives it.
    let before = agreed.unwrap();
    let stopped = threaded.clone();
    spawn_blocking(move || stopped.shutdown()).await.unwrap().unwrap();
    until("another leader", || {
        let leader = *members[0].leader().borrow();
        leader.is_some_and(|leader| leader.id != node(3) && leader.epoch >= before.epoch)
            && members.iter().all(|member| *member.leader().borrow() == leader)
    })
    .await;
    assert!(next.is_valid());
    let released = spawn_blocking(move || next.release()).await.unwrap();
    assert_eq!(released, Ok(()));
}
