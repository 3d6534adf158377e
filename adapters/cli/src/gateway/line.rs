//! A serial line: which boards are on it, and the task that keeps it open.

use super::endpoint::{Endpoint, Reader, Writer};
use core::time::Duration;
use quorate::NodeId;
use quorate_wire::MAX_DATAGRAM;
use quorate_wire::stream::{Counters, Decoder, Fault, encode, encoded_length};
use std::collections::BTreeSet;
use std::io;
use tokio::sync::mpsc::{Receiver, Sender};
use tokio::time::sleep;

/// How long after a failure it is tried again: a board that is being flashed comes back within seconds.
const AGAIN: Duration = Duration::from_millis(250);

/// A serial line as the command line names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    /// Who is on it; empty for all that are on no other.
    pub(crate) boards: BTreeSet<u32>,
    pub(crate) endpoint: Endpoint,
}

impl Line {
    /// `3,4=/dev/ttyUSB0` or an endpoint alone.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let Some((ids, endpoint)) = text.split_once('=').filter(|(ids, _)| !ids.contains('/')) else {
            return Ok(Self { boards: BTreeSet::new(), endpoint: Endpoint::parse(text)? });
        };
        let mut boards = BTreeSet::new();
        for id in ids.split(',').map(str::trim) {
            let id = id.parse().map_err(|_| {
                format!("`{id}` is no id of a board; write the ids before the endpoint, such as 3,4=/dev/ttyUSB0")
            })?;
            if !boards.insert(id) {
                return Err(format!("board {id} is named twice in `{text}`"));
            }
        }
        Ok(Self { boards, endpoint: Endpoint::parse(endpoint)? })
    }
}

/// What a line tells the gateway.
#[derive(Debug)]
pub(crate) enum Told {
    /// It is open.
    Up,
    /// It is not open any more, or could not be opened; it is tried again.
    Down(io::Error),
    /// A frame came, as far as can be seen without a key.
    Frame(Vec<u8>),
    /// What else came between frames, so far.
    Noise(Noise),
}

/// How often something stood in the stream that is no frame, by its reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Noise(Counters);

impl Noise {
    pub(crate) fn total(self) -> u64 {
        Fault::ALL.iter().map(|&fault| self.0.faults(fault)).sum()
    }

    pub(crate) fn by_reason(self) -> impl Iterator<Item = (&'static str, u64)> {
        Fault::ALL.into_iter().map(move |fault| (fault.name(), self.0.faults(fault)))
    }
}

/// Keeps a line open for ever: what it tells goes to `told` with the line's number, what is to be written comes from `frames`.
pub(crate) async fn keep(
    number: usize,
    endpoint: Endpoint,
    baud: u32,
    told: Sender<(usize, Told)>,
    mut frames: Receiver<Vec<u8>>,
) {
    let mut decoder = Decoder::new();
    // A failure that repeats is told once.
    let mut last = None;
    loop {
        let error = match endpoint.open(baud).await {
            Ok((reader, writer)) => {
                // What waited for the line is old by now.
                while frames.try_recv().is_ok() {}
                last = None;
                if told.send((number, Told::Up)).await.is_err() {
                    return;
                }
                decoder.discard();
                tokio::select! {
                    Err(error) = read(number, reader, &mut decoder, &told) => error,
                    Err(error) = write(writer, &mut frames) => error,
                    else => return,
                }
            }
            Err(error) => error,
        };
        let text = error.to_string();
        if last.as_ref() != Some(&text) && told.send((number, Told::Down(error))).await.is_err() {
            return;
        }
        last = Some(text);
        sleep(AGAIN).await;
    }
}

/// Finds frames until the stream ends; fine, if nobody wants them any more.
async fn read(
    number: usize,
    mut reader: Reader,
    decoder: &mut Decoder<MAX_DATAGRAM>,
    told: &Sender<(usize, Told)>,
) -> io::Result<()> {
    let mut bytes = [0; 4_096];
    let mut noise = Noise(decoder.counters()).total();
    loop {
        let length = reader.read(&mut bytes).await?;
        if length == 0 {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the other side closed it"));
        }
        for &byte in bytes.get(..length).unwrap_or_default() {
            if let Some(frame) = decoder.push(byte) {
                let frame = frame.to_vec();
                if told.send((number, Told::Frame(frame))).await.is_err() {
                    return Ok(());
                }
            }
        }
        let now = Noise(decoder.counters());
        if now.total() != noise {
            noise = now.total();
            if told.send((number, Told::Noise(now))).await.is_err() {
                return Ok(());
            }
        }
    }
}

/// Writes frames until the stream fails; fine, if no more will come.
async fn write(mut writer: Writer, frames: &mut Receiver<Vec<u8>>) -> io::Result<()> {
    let mut buffer = [0; encoded_length(MAX_DATAGRAM)];
    while let Some(frame) = frames.recv().await {
        // Longer ones are not taken from the network.
        if let Ok(bytes) = encode(&frame, &mut buffer) {
            writer.write(bytes).await?;
        }
    }
    Ok(())
}

/// The numbers of boards as people list them.
pub(crate) fn list<'a>(boards: impl IntoIterator<Item = &'a NodeId>) -> String {
    let numbers: Vec<String> = boards.into_iter().map(|id| id.get().to_string()).collect();
    match numbers.as_slice() {
        [] => "no board".to_owned(),
        [one] => format!("board {one}"),
        [rest @ .., last] => format!("boards {} and {last}", rest.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_names_its_boards_or_none() {
        let device = || Endpoint::Device("/dev/ttyUSB0".into());
        assert_eq!(Line::parse("/dev/ttyUSB0"), Ok(Line { boards: BTreeSet::new(), endpoint: device() }));
        assert_eq!(Line::parse("3,4=/dev/ttyUSB0"), Ok(Line { boards: BTreeSet::from([3, 4]), endpoint: device() }));
        // Devices have names with an equals sign in them.
        assert_eq!(Line::parse("/dev/by-id/a=b").unwrap().endpoint, Endpoint::Device("/dev/by-id/a=b".into()));
        for (text, says) in
            [("x=/dev/ttyUSB0", "`x` is no id"), ("3,3=/dev/ttyUSB0", "twice"), ("3=tcp://nowhere", "port")]
        {
            assert!(Line::parse(text).unwrap_err().contains(says), "{text}");
        }
    }
}
