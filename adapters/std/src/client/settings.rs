//! The settings of a client's builder: one list of them for the faces of all adapters.

/// The methods by which a builder that has a [`Plan`](crate::client::Plan) in its field `plan` is told what the client is to be. A face
/// adds how the client connects.
#[doc(hidden)]
#[macro_export]
macro_rules! client_settings {
    () => {
        /// Asks the member at this address, `host:port`, who the others are. Who names several asks all of them, and goes by who
        /// answers first.
        pub fn ask(mut self, address: impl ToString) -> Self {
            self.plan.ask.push(address.to_string());
            self
        }

        /// Tells it a member, and where that listens. Who tells it any tells it all, and then nobody is asked; unless told otherwise,
        /// the [timing](Self::timing) is that of [`Profile::LAN`](quorate::member::Profile::LAN) then.
        pub fn member(mut self, id: ::quorate::NodeId, address: impl ToString) -> Self {
            self.plan.members.push((id, address.to_string()));
            self
        }

        /// Seals what it says with these keys, which a group has whose members do.
        pub fn keyring(mut self, keys: ::quorate_wire::Keyring) -> Self {
            self.plan.keyring = Some(keys);
            self
        }

        /// How it holds locks; unless set, it asks for the longest lease that the group grants, and renews it four times in that.
        pub fn timing(mut self, timing: ::quorate::lease::holder::Timing) -> Self {
            self.plan.timing = Some(timing);
            self
        }

        /// How it waits at barriers; unless set, as it goes with the group's timings.
        pub fn attending(mut self, timing: ::quorate::barrier::party::Timing) -> Self {
            self.plan.attending = Some(timing);
            self
        }

        /// How long it takes at most to find a member; 5 s unless set.
        pub fn patience(mut self, patience: ::core::time::Duration) -> Self {
            self.plan.patience = patience;
            self
        }

        /// The clock to go by; [`clock::System`](crate::clock::System) unless set.
        pub fn clock(mut self, clock: ::std::sync::Arc<dyn $crate::clock::Clock>) -> Self {
            self.plan.clock = clock;
            self
        }

        /// Where its randomness comes from; the operating system's unless set.
        pub fn seed(mut self, seed: ::quorate::Seed) -> Self {
            self.plan.seed = Some(seed);
            self
        }
    };
}
