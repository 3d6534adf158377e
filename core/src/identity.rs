//! Who is who, since when, and under which leadership.

use core::fmt;

macro_rules! number {
    ($(#[$doc:meta])* $name:ident($inner:ty), $label:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
        #[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
        #[cfg_attr(feature = "serde", serde(transparent))]
        #[cfg_attr(feature = "defmt", derive(defmt::Format))]
        pub struct $name($inner);

        impl $name {
            #[doc = concat!("The ", $label, " with this number.")]
            #[must_use]
            pub const fn new(number: $inner) -> Self {
                Self(number)
            }

            /// The number itself.
            #[must_use]
            pub const fn get(self) -> $inner {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl From<$inner> for $name {
            fn from(number: $inner) -> Self {
                Self(number)
            }
        }

        impl From<$name> for $inner {
            fn from(value: $name) -> $inner {
                value.0
            }
        }
    };
}

number! {
    /// A node's name within its group: any number, the same for as long as the node exists.
    ///
    /// ```
    /// use quorate::NodeId;
    /// assert!(NodeId::new(1) < NodeId::new(2));
    /// assert_eq!(NodeId::new(7).to_string(), "7");
    /// ```
    NodeId(u32), "node"
}

number! {
    /// Which life of a node: a number that grows at every start, and that every frame carries.
    ///
    /// A receiver drops what an older incarnation sent, and forgets what it knew of a peer when a newer one appears. It
    /// has to be stored before it is used; where there is no storage a clock that never goes back can stand in.
    ///
    /// ```
    /// use quorate::Incarnation;
    /// assert_eq!(Incarnation::new(4).next(), Some(Incarnation::new(5)));
    /// assert_eq!(Incarnation::new(u64::MAX).next(), None);
    /// ```
    Incarnation(u64), "incarnation"
}

number! {
    /// The number of a leadership. It grows with every new leader and never goes back; what a leader does carries it,
    /// so that a resource can refuse the late deeds of an older one.
    ///
    /// Compared as a number and never wrapped. It stops at [`Epoch::MAX`]: 2³² − 1, so that an epoch and a sequence
    /// number of 31 bits fit together in a signed 64-bit column of a database, as a [`FencingToken`](crate::FencingToken).
    /// (One election a second uses it up in 136 years; a machine that gets there says so and elects nobody.)
    ///
    /// ```
    /// use quorate::Epoch;
    /// assert_eq!(Epoch::ZERO.next(), Some(Epoch::new(1)));
    /// assert_eq!(Epoch::MAX.next(), None);
    /// ```
    Epoch(u64), "epoch"
}

impl NodeId {
    /// The first number of a client: a node that uses what a group offers and is no member of it. It draws its number from
    /// here on up at each start; members have lower ones.
    pub const FIRST_CLIENT: Self = Self(1 << 31);

    /// Whether this is a client's number.
    ///
    /// ```
    /// use quorate::NodeId;
    /// assert!(NodeId::FIRST_CLIENT.is_client() && !NodeId::new(7).is_client());
    /// ```
    #[must_use]
    pub const fn is_client(self) -> bool {
        self.0 >= Self::FIRST_CLIENT.0
    }
}

impl Incarnation {
    /// The incarnation after this one; `None` when numbers are used up.
    #[must_use]
    pub const fn next(self) -> Option<Self> {
        match self.0.checked_add(1) {
            Some(number) => Some(Self(number)),
            None => None,
        }
    }
}

impl Epoch {
    /// Before any leadership.
    pub const ZERO: Self = Self(0);
    /// The last epoch: 2³² − 1.
    pub const MAX: Self = Self((1 << 32) - 1);

    /// The epoch after this one; `None` at [`Epoch::MAX`] and beyond.
    #[must_use]
    pub const fn next(self) -> Option<Self> {
        if self.0 < Self::MAX.0 { Some(Self(self.0.saturating_add(1))) } else { None }
    }

    /// Whether this is an epoch that a leadership can have: not beyond [`Epoch::MAX`].
    #[must_use]
    pub const fn is_valid(self) -> bool {
        self.0 <= Self::MAX.0
    }
}
