//! The bugs that can be planted. A new one joins with an entry here, and `planted!(Name)` where it does its harm.

/// `Name: "promises" in "trials": "what goes wrong" (where it was seen);`. A bug counts as caught if one of these trials finds
/// one of these promises broken.
macro_rules! bugs {
    ($($name:ident: $($promise:literal)|+ in $($trial:literal)|+: $story:literal $(($seen:literal))?;)*) => {
        /// A bug that can be planted.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Bug {
            $(#[doc = $story] $name,)*
        }

        impl Bug {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// Its name.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$name => stringify!($name),)*
                }
            }

            /// The promises that it breaks: it is caught when one of them is found broken.
            #[must_use]
            pub const fn breaks(self) -> &'static [&'static str] {
                match self {
                    $(Self::$name => &[$($promise),+],)*
                }
            }

            /// The trials that are to catch it, one after the other.
            #[must_use]
            pub const fn tried_in(self) -> &'static [&'static str] {
                match self {
                    $(Self::$name => &[$($trial),+],)*
                }
            }

            /// What goes wrong.
            #[must_use]
            pub const fn story(self) -> &'static str {
                match self {
                    $(Self::$name => $story,)*
                }
            }

            /// Where such a bug has been seen, if that is known.
            #[must_use]
            pub const fn seen(self) -> &'static str {
                match self {
                    $(Self::$name => concat!($($seen)?),)*
                }
            }
        }
    };
}

bugs! {
    VoteNotStored: "E6" in "election":
        "a vote leaves before it is stored, and after a restart the voter gives it again";
    LeaseFromReply: "E2" in "election":
        "the lease counts from when the reply arrives, and not from when the question left";
    RecordIgnored: "E5" | "E1" | "E6" in "election":
        "a restart begins at epoch zero, whatever was stored";
    SilentNeverSuspected: "D1" in "monitor":
        "a peer that never spoke is never suspected";
    LamportReceiptNotCounted: "C1" in "lamport":
        "the receipt of a message takes the sender's time, and not one more";
}
