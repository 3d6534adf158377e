//! Frames, and the form of every message.

use crate::roots;
use quorate::clock::{HybridStamp, LamportStamp, Message as Stamped, VectorStamp, VersionVector};
use quorate::{Group, GroupError, Incarnation, Name, NodeId, To, barrier, detector, election, host, lease, member};
use quorate_wire::stream::{self, Decoder, NoRoom};
use quorate_wire::{
    Admission, Codec, Difference, Draft, Entry, Frame, GroupId, Key, KeyError, Keyring, Payload, Receiver, Rejected, Roster,
    SendError, Sender, Writer,
};

macro_rules! messages {
    ($($write:ident $read:ident: $message:ty;)*) => { roots! {$(
        fn $write(message: &$message, room: &mut [u8]) -> usize {
            let mut writer = Writer::new(room);
            message.write(&mut writer);
            writer.written()
        }
        fn $read(entry: &Entry<'_>) -> Result<$message, Rejected> {
            entry.decode()
        }
    )*} };
}

messages! {
    root_heartbeat_write root_heartbeat_read: detector::Heartbeat;
    root_election_write root_election_read: election::Message;
    root_member_write root_member_read: member::Message;
    root_lease_write root_lease_read: lease::Message<Name>;
    root_barrier_write root_barrier_read: barrier::Message<Name>;
    root_lamport_write root_lamport_read: Stamped<LamportStamp, u32>;
    root_hybrid_write root_hybrid_read: Stamped<HybridStamp, u32>;
    root_vector_write root_vector_read: Stamped<VectorStamp<8>, u32>;
    root_version_write root_version_read: Stamped<VersionVector<8>, u32>;
}

// Of a group with keys, or of one without: what these do depends on the codec.
roots! {
    fn sealed_receive<'a>(
        receiver: &mut Receiver<8>, codec: &Codec, datagram: &'a mut [u8],
    ) -> Result<(Frame<'a>, Admission), Rejected> {
        receiver.receive(codec, datagram)
    }
    fn sealed_open<'a>(codec: &Codec, datagram: &'a mut [u8]) -> Result<Frame<'a>, Rejected> {
        codec.open(datagram)
    }
    fn root_entries(frame: &Frame<'_>, take: &mut dyn FnMut(Entry<'_>)) {
        frame.entries().for_each(take);
    }
    fn root_admit(receiver: &mut Receiver<8>, frame: &Frame<'_>) -> Result<Admission, Rejected> {
        receiver.admit(&frame.header())
    }
    fn root_receiver(
        group: &Group<8>, roster: Roster, made: &mut Receiver<8>,
    ) {
        *made = Receiver::new(group.clone(), roster);
    }
    fn root_receiver_add(receiver: &mut Receiver<8>, peer: NodeId) -> Result<(), GroupError> {
        receiver.add(peer)
    }
    fn root_receiver_remove(receiver: &mut Receiver<8>, peer: NodeId) -> Result<(), GroupError> {
        receiver.remove(peer)
    }
    fn sealed_send<'a>(
        sender: &mut Sender, codec: &Codec, to: To, messages: &[member::Message], buffer: &'a mut [u8],
    ) -> Result<&'a [u8], SendError> {
        let mut draft = Draft::with_limit(buffer, codec.limit());
        for message in messages {
            draft.push(message)?;
        }
        sender.close(codec, to, draft)
    }
    fn root_sender(codec: &Codec, roster: Roster, node: NodeId, life: Incarnation, made: &mut Sender) {
        *made = Sender::new(codec, roster, node, life);
    }
    fn sealed_codec(group: GroupId, id: u8, other: u8, key: &str, made: &mut Option<Codec>) -> Result<(), KeyError> {
        let key = Key::from_hex(key)?;
        let keyring = Keyring::new(id, key.clone())?.accept(other, key)?;
        *made = Some(Codec::sealed(group, &keyring));
        Ok(())
    }
    fn root_group_id(name: &str) -> GroupId {
        GroupId::from_name(name)
    }
    fn root_roster(members: &[(NodeId, bool)], other: Roster) -> Option<Difference> {
        Roster::digest(members.iter().copied()).difference(other)
    }
    fn root_stream_encode<'a>(frame: &[u8], buffer: &'a mut [u8]) -> Result<&'a [u8], NoRoom> {
        stream::encode(frame, buffer)
    }
    fn root_stream_decode<'a>(decoder: &'a mut Decoder<1_200>, byte: u8) -> Option<&'a mut [u8]> {
        decoder.push(byte)
    }
    fn root_stream_discard(decoder: &mut Decoder<1_200>) -> stream::Counters {
        decoder.discard();
        decoder.counters()
    }
    fn root_host_message(message: &host::Message<Name>) -> host::Message<Name> {
        *message
    }
}
