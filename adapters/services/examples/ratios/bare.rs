//! What is measured against: the same with nothing around it.

use crate::Failure;
use core::net::SocketAddr;
use core::time::Duration;
use etcd_client::{Compare, CompareOp, PutOptions, Txn, TxnOp};
use tokio::net::UdpSocket;

/// As long as what an acquisition takes on the wire.
const DATAGRAM: usize = 160;

/// A socket that asks, and a task in the same process that answers.
pub(crate) struct Udp {
    socket: UdpSocket,
}

impl Udp {
    pub(crate) async fn open() -> Result<Self, Failure> {
        let (socket, echo) = (UdpSocket::bind("127.0.0.1:0").await?, UdpSocket::bind("127.0.0.1:0").await?);
        socket.connect(echo.local_addr()?).await?;
        tokio::spawn(async move {
            let mut buffer = [0; DATAGRAM];
            while let Ok((length, from)) = echo.recv_from(&mut buffer).await {
                let _ = echo.send_to(&buffer[..length], from).await;
            }
        });
        Ok(Self { socket })
    }

    pub(crate) async fn two_trips(&mut self) -> Result<(), Failure> {
        let mut buffer = [0; DATAGRAM];
        for _ in 0..2 {
            self.socket.send(&buffer).await?;
            self.socket.recv(&mut buffer).await?;
        }
        Ok(())
    }
}

/// What people write by hand: SET NX PX, and a script that deletes what has this value.
pub(crate) struct Redis {
    connection: redis::aio::MultiplexedConnection,
    delete: redis::Script,
}

impl Redis {
    pub(crate) async fn open(address: SocketAddr) -> Result<Self, Failure> {
        let client = redis::Client::open(format!("redis://{address}"))?;
        let delete = redis::Script::new(
            "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) else return 0 end",
        );
        Ok(Self { connection: client.get_multiplexed_async_connection().await?, delete })
    }

    pub(crate) async fn two_calls(&mut self) -> Result<(), Failure> {
        let (key, owner) = ("bare/orders/42", "1d4f2a7b9c0e6835:1");
        let mut set = redis::cmd("SET");
        let set = set.arg(key).arg(owner).arg("NX").arg("PX").arg(10_000);
        let held: bool = set.query_async(&mut self.connection).await?;
        let deleted: i64 = self.delete.key(key).arg(owner).invoke_async(&mut self.connection).await?;
        if held && deleted == 1 { Ok(()) } else { Err("the bare lock was not held".into()) }
    }
}

/// What people write by hand: a transaction that puts the key if it is not there, on a lease that is kept, and another one that deletes it.
pub(crate) struct Etcd {
    client: etcd_client::Client,
    lease: i64,
}

impl Etcd {
    pub(crate) async fn open(address: SocketAddr) -> Result<Self, Failure> {
        let mut client = etcd_client::Client::connect([address.to_string()], None).await?;
        let lease = client.lease_grant(Duration::from_secs(3_600).as_secs() as i64, None).await?.id();
        Ok(Self { client, lease })
    }

    pub(crate) async fn two_calls(&mut self) -> Result<(), Failure> {
        let key = "bare/orders/42";
        let free = Compare::create_revision(key, CompareOp::Equal, 0);
        let put = TxnOp::put(key, "x", Some(PutOptions::new().with_lease(self.lease)));
        let put = self.client.txn(Txn::new().when([free]).and_then([put]).or_else([TxnOp::get(key, None)])).await?;
        let revision = put.header().map(etcd_client::ResponseHeader::revision).unwrap_or_default();
        let mine = Compare::create_revision(key, CompareOp::Equal, revision);
        let deleted = self.client.txn(Txn::new().when([mine]).and_then([TxnOp::delete(key, None)])).await?;
        if put.succeeded() && deleted.succeeded() { Ok(()) } else { Err("the bare lock was not held".into()) }
    }
}
