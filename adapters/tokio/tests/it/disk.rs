//! Real files that cannot be written.

#![cfg(target_os = "linux")]

use crate::{node, soon};
use quorate_tokio::storage::StorageError;
use quorate_tokio::{Closed, Error, JoinError, Member};
use std::fs;
use std::io;

#[tokio::test]
async fn a_full_disk_stops_the_member_before_it_promises_anything() {
    let directory = tempfile::tempdir().unwrap();
    // Whatever is written to this device fails as on a disk that is full.
    std::os::unix::fs::symlink("/dev/full", directory.path().join("record.new")).unwrap();
    let member = Member::builder(node(1)).listen("127.0.0.1:0").state_dir(directory.path()).join().await.unwrap();
    let leader = member.leader();

    // Alone, it would elect itself as soon as its vote is durable.
    let error = soon("the end", member.closed()).await.unwrap_err();
    match &error {
        Error::Storage(error) => match &**error {
            StorageError::Io { error, .. } => assert_eq!(error.kind(), io::ErrorKind::StorageFull),
            other => panic!("{other}"),
        },
        other => panic!("{other}"),
    }
    assert!(error.to_string().contains(&directory.path().display().to_string()), "{error}");
    assert_eq!(*leader.borrow(), None);
    assert_eq!(member.leadership().await.unwrap_err(), Closed);
    assert_eq!(member.status().tallies.elections_won, 0);
    assert!(!directory.path().join("record").exists());
    drop(member);

    let restarted = Member::builder(node(1)).listen("127.0.0.1:0").state_dir(directory.path()).join().await.unwrap();
    let leadership = soon("the leadership", restarted.leadership()).await.unwrap();
    assert!(leadership.is_valid(), "with room on the disk again, all is well");
}

#[tokio::test]
async fn a_directory_that_cannot_be_used_is_named_and_left_as_it_is() {
    let directory = tempfile::tempdir().unwrap();
    let record = directory.path().join("record");
    fs::write(&record, "quorate 1 00000000\n{\"epoch\":7,\"vote\":1}\n").unwrap();
    let join = || Member::builder(node(1)).listen("127.0.0.1:0").state_dir(directory.path()).join();
    let error = join().await.unwrap_err();
    assert!(matches!(&error, JoinError::Storage(StorageError::Corrupt { path, .. }) if *path == record), "{error}");
    assert!(fs::read_to_string(&record).unwrap().contains("00000000"));

    fs::remove_file(&record).unwrap();
    let member = join().await.unwrap();
    let error = join().await.unwrap_err();
    assert!(
        matches!(&error, JoinError::Storage(StorageError::InUse { process, .. }) if *process == Some(std::process::id()))
    );
    member.shutdown().await.unwrap();
    drop(member);
    join().await.unwrap();
}
