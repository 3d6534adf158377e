//! The settings of a member's builder: one list of them for the faces of all adapters.

/// The methods by which a builder that has a [`Plan`](crate::membership::Plan) in its field `plan` is told what the member is to be. A
/// face adds how the member joins.
#[doc(hidden)]
#[macro_export]
macro_rules! member_settings {
    () => {
        /// The group's name, at most 64 bytes; `quorate` unless set. Groups of different names do not hear each other.
        pub fn group(mut self, name: impl Into<String>) -> Self {
            self.plan.group = name.into();
            self
        }

        /// Where to listen: an address, or `host:port`. On port 0, any that is free.
        pub fn listen(mut self, address: impl ToString) -> Self {
            self.plan.listen = Some(address.to_string());
            self
        }

        /// Another member, and where it listens: an address, or `host:port`, which is looked up again when it stops answering.
        pub fn peer(mut self, id: ::quorate::NodeId, address: impl ToString) -> Self {
            self.plan.peers.push((id, address.to_string()));
            self
        }

        /// Another member that does not vote.
        pub fn observer_peer(mut self, id: ::quorate::NodeId, address: impl ToString) -> Self {
            self.plan.observers.push(id);
            self.peer(id, address)
        }

        /// All timings together; [`Profile::LAN`](quorate::member::Profile::LAN) unless set.
        pub fn profile(mut self, profile: ::quorate::member::Profile) -> Self {
            self.plan.profile = profile;
            self
        }

        /// What the election promises; [`Guarantee::Majority`](quorate::election::Guarantee::Majority) unless set. It has to be the same on all members.
        pub fn guarantee(mut self, guarantee: ::quorate::election::Guarantee) -> Self {
            self.plan.guarantee = guarantee;
            self
        }

        /// This member's part; [`Role::Candidate`](quorate::election::Role::Candidate) unless set. Its peers have to name an observer with
        /// [`observer_peer`](Self::observer_peer).
        pub fn role(mut self, role: ::quorate::election::Role) -> Self {
            self.plan.role = role;
            self
        }

        /// This member's priority, 0 unless set. Rank is (priority, id): the higher leads.
        pub fn priority(mut self, priority: u16) -> Self {
            self.plan.priority = priority;
            self
        }

        /// Whether a higher-ranked member takes over from a leader that does well; as the profile has it unless set. Set it after
        /// the profile.
        pub fn preempt(mut self, preempt: ::quorate::election::Preempt) -> Self {
            self.plan.profile.preempt = preempt;
            self
        }

        /// How failures are detected; [`DetectorKind::Timeout`](quorate::member::DetectorKind::Timeout) unless set.
        pub fn detector(mut self, kind: ::quorate::member::DetectorKind) -> Self {
            self.plan.detector = kind;
            self
        }

        /// The rules of the locks that it grants while it leads, which have to be the same on all members; those that go with the
        /// [profile](quorate::member::Profile::leases) unless set. Under [`Guarantee::PerPartition`](quorate::election::Guarantee::PerPartition) it grants none.
        pub fn leases(mut self, leases: ::quorate::lease::authority::Config) -> Self {
            self.plan.leases = Some(leases);
            self
        }

        /// Keeps what must survive a restart in this directory, which is created if need be. It belongs to this member alone.
        pub fn state_dir(mut self, path: impl Into<::std::path::PathBuf>) -> Self {
            self.plan.state = Some($crate::membership::State::Directory(path.into()));
            self
        }

        /// Keeps nothing. The member takes no part for the length of a lease after each start, and then asks the others how
        /// far they got ([`Start::Forgetful`](quorate::election::Start::Forgetful)): a majority of them has to remember, or all have to start together. Its incarnation
        /// comes from the [wall clock](crate::storage::incarnation_from_clock), which should not be set back by more than restarts take.
        pub fn diskless(mut self) -> Self {
            self.plan.state = Some($crate::membership::State::Nowhere);
            self
        }

        /// Starts as if nothing was remembered, whatever the state directory holds, and keeps records there from now on: for a
        /// member whose directory was lost or damaged. Leave it on until the member has been told how far the others got
        /// ([`Recalled`](quorate::election::Event::Recalled)).
        pub fn forgetful(mut self) -> Self {
            self.plan.forgetful = true;
            self
        }

        /// Seals what members say to each other with these keys, so that only who has one can take part or listen.
        pub fn keyring(mut self, keys: ::quorate_wire::Keyring) -> Self {
            self.plan.keyring = Some(keys);
            self
        }

        /// Allows to listen on other addresses than loopback without a key: anybody who can reach them can take part.
        pub fn insecure(mut self) -> Self {
            self.plan.insecure = true;
            self
        }

        /// Lets every address speak for every member, for networks that change addresses on the way. See [`Udp::lenient`](crate::transport::Udp::lenient).
        pub fn lenient_addresses(mut self) -> Self {
            self.plan.lenient = true;
            self
        }

        /// Where this member's randomness comes from; the operating system's unless set.
        pub fn seed(mut self, seed: ::quorate::Seed) -> Self {
            self.plan.seed = Some(seed);
            self
        }

        /// How many events a receiver may be late before it misses some; 1,024 unless set.
        pub fn event_capacity(mut self, events: usize) -> Self {
            self.plan.events = events.max(1);
            self
        }

        /// The clock to go by; [`clock::System`](crate::clock::System) unless set.
        pub fn clock(mut self, clock: impl $crate::clock::Clock) -> Self {
            self.plan.clock = ::std::sync::Arc::new(clock);
            self
        }

        /// Checks what can be checked without touching anything.
        ///
        /// # Errors
        ///
        /// What is wrong with it, before anything was opened, bound or stored.
        pub fn check(&self) -> Result<(), $crate::membership::JoinError> {
            self.plan.check()
        }
    };
}
