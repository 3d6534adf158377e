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
    // Election: votes and records.
    VoteNotStored: "E6" in "election":
        "a vote leaves before it is stored, and after a restart the voter gives it again";
    OwnVoteNotStored: "E6" in "election":
        "a candidate stands before its vote for itself is stored";
    VoteForgotten: "E6" | "E1" in "election":
        "a restart keeps the epoch and not the vote in it, so the voter votes twice in it";
    RecordIgnored: "E5" | "E1" | "E6" in "election":
        "a restart begins at epoch zero, whatever was stored";
    StaleCoordinatorAccepted: "E5" in "election":
        "a late coordinator message of an old epoch is followed";
    // Election: majorities.
    HalfIsEnough: "E1" | "E2" in "election":
        "half of the voters pass for a majority";
    OldAnswerCounts: "E1" | "E2" in "election":
        "a vote that was given in an earlier campaign counts in this one";
    ObserverVotes: "E1" | "E2" in "election":
        "an observer answers candidates, and its answer counts";
    AnswerTakenForVote: "E1p" in "election":
        "in a partition, a trusted voter that has answered counts as one that is in favour, whatever its answer";
    // Election: leases.
    LeaseFromReply: "E2" in "election":
        "the lease counts from when the reply arrives, and not from when the question left";
    WonFromReply: "E2" in "election":
        "the first lease counts from when the last vote arrives, and not from when it was asked for";
    DriftForgotten: "E2" in "election":
        "the leader relies on the whole lease by its own clock, which may be slow while a voter's is fast";
    PromiseForgotten: "E2" in "election":
        "a voter elects somebody although it stands by another";
    PromiseTooShort: "E2" in "election":
        "a voter stands by its leader until a renewal is overdue, and not for the lease";
    RenewedWhileStopping: "E2" in "election":
        "acknowledgements that were on their way extend the lease of a leader that is stopping";
    LeadsAfterLease: "E2" in "election":
        "a leader does not notice that its lease is over";
    ReleasedBeforeStopped: "E2" in "election":
        "a leader that is asked to stop frees its voters at once, and its work goes on";
    // Election: without storage.
    ForgetfulDoesNotWait: "E2" in "election":
        "a member without storage votes again at once, although its former life may stand by a leader";
    RecallTooFew: "E1" | "E2" in "election":
        "a member without storage asks one voter too few how far the group has got";
    // Election: liveness.
    CoordinatorOnce: "E4" in "election":
        "a leader says so once, so whoever missed it stays without a leader";
    SilenceUnnoticed: "E4" in "election":
        "a follower waits for ever for a leader that is silent";
    NeverTakesOver: "E3" in "election":
        "the highest rank never asks a lower one to hand over";
    // Barriers: who is released.
    OneNotReady: "B1" in "barrier":
        "all but one are ready, and that is taken for all";
    ReleasedUnasked: "B1" | "B4" in "barrier":
        "all are released as soon as the last one arrives, and nobody is asked whether it is ready";
    BoundPlaceGivenAway: "B5" | "B1" | "B4" in "barrier":
        "one that is bound and falls silent loses its place, and another one arrives in the same generation";
    // Barriers: one outcome.
    BoundTakesBack: "B4" in "barrier":
        "one that is bound decides that its generation broke when its patience ends";
    DoubtGuessedReleased: "B1" | "B4" in "barrier":
        "what nobody can tell is taken for complete";
    DoubtGuessedBroken: "B4" in "barrier":
        "what nobody can tell is taken for broken";
    OldWordCounts: "B4" | "B1" in "barrier":
        "what a party said in an earlier epoch proves that it was never bound, although it has been since";
    DeposedObeyed: "B4" | "B1" | "B3" in "barrier":
        "a party obeys a coordinator whose epoch is over";
    // Barriers: liveness.
    OutcomeToldOnce: "B2" in "barrier":
        "whoever has missed the outcome is not told again";
    // Barriers without a coordinator.
    OldSignalCounts: "B1" in "dissemination":
        "a signal of the generation before counts in this one";
    RoundTooFew: "B1" in "dissemination":
        "one round less is taken for enough";
    NeverAsked: "B2" in "dissemination":
        "a signal that was lost is not asked for";
    // Detectors: who is suspected.
    SilentNeverSuspected: "D1" in "monitor":
        "a peer that never spoke is never suspected";
    FirstHeartbeatIsLife: "D1" in "monitor":
        "one heartbeat, and no interval yet, so there is no deadline: a node that spoke once and died looks alive";
    CopyIsHeartbeat: "D1" in "monitor":
        "a copy of an old heartbeat counts as a new one";
    OwnPauseUnnoticed: "D6" in "monitor":
        "a monitor that was held up blames its peers";
    // Detectors: what is learned.
    LateNoSample: "D4" in "monitor":
        "a heartbeat that comes after the deadline is no sample, so a peer that has become slow is suspected for ever";
    RestartKeepsWindow: "D5" in "monitor":
        "a peer's new life is judged by the rhythm of its old one";
    WindowWrapsWrongly: "D4" in "monitor":
        "the window counts on when it is full, and takes no more samples";
    SumNotDecremented: "D4" in "monitor":
        "samples that leave the window stay in its sums, which grow for ever";
    VarianceNegative: "D1" | "D3" | "D4" in "monitor":
        "the sum of squares does not fit, so the mean of squares is less than the square of the mean";
    LevelWithoutLn10: "D3" in "monitor":
        "the level counts in e-folds and the threshold in powers of ten" ("Cassandra");
    // Clocks.
    LamportReceiptNotCounted: "C1" in "lamport":
        "the receipt of a message takes the sender's time, and not one more";
    LesserCountTaken: "C2" in "vector":
        "a merge takes the lesser of two counts";
    VectorReceiptNotCounted: "C2" in "vector":
        "the receipt of a message is not counted as an event of the receiver";
    VersionNotMerged: "C2" in "version":
        "a receiver does not learn what the sender knew";
    CounterWraps: "C1" in "hybrid":
        "the counter wraps to zero and does not carry over into the time";
    CeilingIgnored: "C1" in "lamport":
        "a restart begins at zero, whatever ceiling was stored";
    CeilingNotStored: "C1" in "lamport":
        "stamps are issued above the ceiling that is stored";
    FutureAccepted: "C4" in "hybrid":
        "a stamp from the far future is believed, and drags the whole group along";
    // Leases: who grants.
    GrantedBesideOthers: "L1" in "lease":
        "the next in line is granted what another one holds";
    RenewalNotCounted: "L1" in "lease":
        "a renewal is answered, and the lease runs out at who grants all the same";
    NoGrace: "L1" in "lease":
        "an authority that has started again grants at once what its former life had granted";
    GraceTooShort: "L1" in "lease" | "hosted":
        "a new authority waits for half of the longest lease";
    EpochNotStored: "L2" in "lease":
        "an authority that starts again grants in the epoch of its former life, with the same tokens";
    TokenRepeated: "L2" in "lease":
        "a token comes twice";
    ReleaseByName: "L4" in "lease":
        "a release ends whatever its sender holds" ("Redis locks that are deleted by key");
    LineJumped: "L5" in "lease":
        "who comes when the lock is free has it, although others wait";
    NobodyNext: "L6" in "lease":
        "nobody is looked for in the line when a lock becomes free";
    LockDelayForgotten: "lock-delay" in "lease":
        "what ran out is granted at once, and the late deeds of its holder meet those of the next";
    BrokenRenewed: "break" in "lease":
        "a lease that an administrator has broken is renewed";
    ReclaimAfterGrace: "grace" in "lease" | "hosted":
        "what a predecessor granted is taken back when new grants have been made";
    HostsPastItsLease: "L1" | "L2" in "hosted":
        "a leader that was stopped for long grants before it has noticed that it leads no more";
    // Leases: who holds.
    HolderIgnoresDrift: "L1" in "lease":
        "a holder relies on the whole lease by its own clock, which may be slow while that of who grants is fast";
    HolderCountsFromReply: "L1" in "lease":
        "a holder counts its lease from when it was granted, and not from when it asked";
    LostTooLate: "L1" in "lease":
        "a holder does not notice that its lease is over";
    RenewalOutlivesRelease: "L1" | "L4" in "lease":
        "the answer to a renewal that was under way makes a holder of who has just released";
    DeadLeaseTaken: "L5" in "lease":
        "a grant that was long on its way is told, although its lease is over";
    DropsOnError: "keep" in "hosted":
        "a holder drops a good lease because one node says that it is not the authority";
    NeverLooksElsewhere: "L6" in "hosted":
        "a client asks the node that was the authority for ever";
    // Leases: the resource.
    FenceOpen: "L3" in "lease":
        "a fence lets every token pass";
    // The laws.
    EarlyTickCounts: "law 3, early tick" in "monitor":
        "a tick before the deadline changes the state";
    DeadlineStays: "law 4, no spin" in "monitor":
        "the deadline is not worked out again after a suspicion, so the driver spins";
    FifthOutput: "law 2, bounded" in "monitor":
        "six peers that are overdue at once are six outputs, of which four fit";
}
