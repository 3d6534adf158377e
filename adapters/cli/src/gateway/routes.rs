//! Where a frame goes, by what its header says about itself.
//!
//! The header is not known to be genuine: a gateway has no key. What it gets wrong, its receivers drop.

use core::net::SocketAddr;
use quorate::{NodeId, To};
use quorate_wire::Header;
use std::collections::HashMap;

/// How many clients are remembered.
const CLIENTS: usize = 4_096;

/// Who is where.
#[derive(Debug)]
pub(crate) struct Routes {
    boards: Vec<Board>,
    peers: Vec<(NodeId, SocketAddr)>,
    clients: HashMap<NodeId, Client>,
    /// Counts what was heard of clients, so that the one that was silent for longest can make room.
    heard: u64,
}

/// A board. Its number among the boards is that of the socket which speaks for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Board {
    pub(crate) id: NodeId,
    /// The number of its line.
    pub(crate) line: usize,
}

/// Where a client was heard last.
#[derive(Clone, Copy, Debug)]
struct Client {
    place: Place,
    heard: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Line(usize),
    Network(SocketAddr),
}

/// One way that a frame takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// Onto this line.
    Line(usize),
    /// From the socket of this number, to this address.
    Network { socket: usize, to: SocketAddr },
}

/// Why a frame goes nowhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Astray {
    /// Its sender is nobody who can be where it came from.
    Stranger(NodeId),
    /// Nobody knows where its recipient is.
    Unknown(NodeId),
}

impl Routes {
    pub(crate) fn new(boards: Vec<Board>, peers: Vec<(NodeId, SocketAddr)>) -> Self {
        Self { boards, peers, clients: HashMap::new(), heard: 0 }
    }

    /// Where a frame goes that came from `from` at the socket of this number.
    ///
    /// A member that speaks to all its peers says so once to each. On a line with several boards, all hear what is said once.
    pub(crate) fn leaving_network(
        &mut self,
        socket: usize,
        from: SocketAddr,
        header: &Header,
    ) -> Result<Option<Way>, Astray> {
        let sender = header.sender;
        if sender >= NodeId::FIRST_CLIENT {
            self.remember(sender, Place::Network(from));
        } else if !self.peers.contains(&(sender, from)) {
            return Err(Astray::Stranger(sender));
        }
        let line = self.boards.get(socket).map(|board| board.line);
        let first = self.boards.iter().position(|board| Some(board.line) == line);
        let already = header.to == To::Peers && first != Some(socket);
        Ok(line.filter(|_| !already).map(Way::Line))
    }

    /// Where a frame goes that came from this line.
    pub(crate) fn leaving_line(&mut self, line: usize, header: &Header) -> Result<Vec<Way>, Astray> {
        let sender = header.sender;
        let on_line = |board: &Board| board.line == line;
        let socket = if sender >= NodeId::FIRST_CLIENT {
            self.remember(sender, Place::Line(line));
            self.boards.iter().position(on_line)
        } else {
            self.boards.iter().position(|board| board.id == sender && on_line(board))
        };
        let socket = socket.ok_or(Astray::Stranger(sender))?;
        match header.to {
            To::Peers => {
                let mut lines: Vec<usize> =
                    self.boards.iter().map(|board| board.line).filter(|&other| other != line).collect();
                lines.sort_unstable();
                lines.dedup();
                let peers = self.peers.iter().map(|&(_, to)| Way::Network { socket, to });
                Ok(lines.into_iter().map(Way::Line).chain(peers).collect())
            }
            To::Node(recipient) => {
                let place = self.place(recipient).ok_or(Astray::Unknown(recipient))?;
                Ok(match place {
                    // Who is on the same line has heard it.
                    Place::Line(other) if other == line => Vec::new(),
                    Place::Line(other) => vec![Way::Line(other)],
                    Place::Network(to) => vec![Way::Network { socket, to }],
                })
            }
        }
    }

    fn place(&self, id: NodeId) -> Option<Place> {
        let board = || self.boards.iter().find(|board| board.id == id).map(|board| Place::Line(board.line));
        let peer = || self.peers.iter().find(|(peer, _)| *peer == id).map(|&(_, address)| Place::Network(address));
        let client = || self.clients.get(&id).map(|client| client.place);
        board().or_else(peer).or_else(client)
    }

    fn remember(&mut self, client: NodeId, place: Place) {
        self.heard += 1;
        if self.clients.len() >= CLIENTS && !self.clients.contains_key(&client) {
            let silent = self.clients.iter().min_by_key(|(_, client)| client.heard).map(|(&id, _)| id);
            silent.and_then(|id| self.clients.remove(&id));
        }
        self.clients.insert(client, Client { place, heard: self.heard });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use quorate::Incarnation;
    use quorate_wire::{GroupId, Roster};

    const CLIENT: NodeId = NodeId::new(NodeId::FIRST_CLIENT.get() + 7);

    fn at(port: u16) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], port))
    }

    fn id(number: u32) -> NodeId {
        NodeId::new(number)
    }

    fn header(sender: NodeId, to: To) -> Header {
        let (key, sequence) = (0, 1);
        Header {
            key,
            roster: Roster::new(0),
            group: GroupId::new(0),
            sender,
            incarnation: Incarnation::new(1),
            to,
            sequence,
        }
    }

    /// Members 1 and 2 on the network, boards 3 and 4 on line 0, board 5 on line 1.
    fn routes() -> Routes {
        let board = |number, line| Board { id: id(number), line };
        Routes::new(vec![board(3, 0), board(4, 0), board(5, 1)], vec![(id(1), at(1)), (id(2), at(2))])
    }

    #[test]
    fn what_a_board_says_to_all_goes_to_members_and_other_lines_and_not_back() {
        let ways = routes().leaving_line(0, &header(id(4), To::Peers)).unwrap();
        assert_eq!(ways, [Way::Line(1), Way::Network { socket: 1, to: at(1) }, Way::Network { socket: 1, to: at(2) }]);
    }

    #[test]
    fn what_a_board_says_to_one_goes_there_alone() {
        let mut routes = routes();
        let mut say = |to| routes.leaving_line(0, &header(id(3), To::Node(to)));
        assert_eq!(say(id(2)), Ok(vec![Way::Network { socket: 0, to: at(2) }]));
        assert_eq!(say(id(5)), Ok(vec![Way::Line(1)]));
        assert_eq!(say(id(4)), Ok(vec![]), "it is on the same line");
        assert_eq!(say(id(9)), Err(Astray::Unknown(id(9))));
    }

    #[test]
    fn what_a_member_says_to_all_is_said_once_on_a_line() {
        let mut routes = routes();
        let mut hear = |socket, to| routes.leaving_network(socket, at(1), &header(id(1), to)).unwrap();
        assert_eq!(hear(0, To::Peers), Some(Way::Line(0)));
        assert_eq!(hear(1, To::Peers), None, "the copy for board 4, which hears the one for board 3");
        assert_eq!(hear(2, To::Peers), Some(Way::Line(1)));
        assert_eq!(hear(1, To::Node(id(4))), Some(Way::Line(0)));
    }

    #[test]
    fn nobody_speaks_for_another() {
        let mut routes = routes();
        let stranger = |number| Err(Astray::Stranger(id(number)));
        assert_eq!(
            routes.leaving_network(0, at(2), &header(id(1), To::Peers)),
            stranger(1),
            "from the address of another member"
        );
        assert_eq!(
            routes.leaving_network(0, at(9), &header(id(3), To::Peers)),
            stranger(3),
            "a board is not on the network"
        );
        assert_eq!(
            routes.leaving_line(1, &header(id(3), To::Peers)),
            Err(Astray::Stranger(id(3))),
            "from another line"
        );
        assert_eq!(
            routes.leaving_line(1, &header(id(1), To::Peers)),
            Err(Astray::Stranger(id(1))),
            "a member is not on a line"
        );
    }

    #[test]
    fn clients_are_answered_where_they_were_heard_last() {
        let mut routes = routes();
        assert_eq!(routes.leaving_line(0, &header(id(3), To::Node(CLIENT))), Err(Astray::Unknown(CLIENT)));
        assert_eq!(routes.leaving_network(0, at(77), &header(CLIENT, To::Node(id(3)))), Ok(Some(Way::Line(0))));
        assert_eq!(
            routes.leaving_line(0, &header(id(3), To::Node(CLIENT))),
            Ok(vec![Way::Network { socket: 0, to: at(77) }])
        );
        // The same on a board: it asks from the first socket of its line.
        let asks = routes.leaving_line(1, &header(CLIENT, To::Node(id(1))));
        assert_eq!(asks, Ok(vec![Way::Network { socket: 2, to: at(1) }]));
        assert_eq!(routes.leaving_network(2, at(1), &header(id(1), To::Node(CLIENT))), Ok(Some(Way::Line(1))));
        assert_eq!(routes.leaving_line(0, &header(id(3), To::Node(CLIENT))), Ok(vec![Way::Line(1)]));
    }

    #[test]
    fn of_too_many_clients_the_one_that_was_silent_for_longest_is_forgotten() {
        let mut routes = routes();
        let client = |number: u32| NodeId::new(NodeId::FIRST_CLIENT.get() + number);
        for number in 0..=CLIENTS as u32 {
            assert!(routes.leaving_network(0, at(77), &header(client(number), To::Node(id(3)))).is_ok());
            assert!(routes.leaving_network(0, at(77), &header(client(0), To::Node(id(3)))).is_ok());
        }
        assert_eq!(routes.clients.len(), CLIENTS);
        assert!(routes.place(client(0)).is_some());
        assert!(routes.place(client(1)).is_none());
    }
}
