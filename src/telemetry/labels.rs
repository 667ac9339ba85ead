//! The closed sets of values that attributes have. Each is written as it stands here, in metrics and
//! in spans; a series exists for each from the start.

/// A closed set of an attribute's values.
pub trait Label: Copy + 'static {
    /// All of them.
    const ALL: &'static [Self];
    /// As it is written.
    fn name(self) -> &'static str;
    /// Its place in [`Label::ALL`].
    fn place(self) -> usize;
}

/// Writes an enum down as a closed set.
macro_rules! labels {
    ($(#[$about:meta])* $set:ident { $($(#[$says:meta])* $value:ident = $name:literal,)+ }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $set {
            $($(#[$says])* $value,)+
        }

        impl $set {
            /// How many there are.
            pub const COUNT: usize = [$(Self::$value),+].len();
        }

        impl Label for $set {
            const ALL: &'static [Self] = &[$(Self::$value),+];

            fn name(self) -> &'static str {
                match self {
                    $(Self::$value => $name,)+
                }
            }

            fn place(self) -> usize {
                self as usize
            }
        }
    };
}

labels! {
    /// How a call ended: the words of audit records.
    CallStatus {
        /// With an outcome.
        Ok = "ok",
        /// With an outcome that tells of an error, or a service's trouble.
        ToolError = "toolError",
        /// Denied by a rule.
        Denied = "denied",
        /// Ended by a guard, or by the person's no.
        Blocked = "blocked",
        /// With a question.
        Asked = "asked",
        /// Not begun: there are more calls than may be.
        Limited = "limited",
        /// With a fault of ours or of what we depend on.
        Error = "error",
        /// A write went out and its end isn't known.
        Unknown = "unknown",
        /// Taken back before anything was written.
        Cancelled = "cancelled",
    }
}

labels! {
    /// A question before a write, and what became of it.
    Answer {
        /// It was asked.
        Asked = "asked",
        /// A yes.
        Yes = "yes",
        /// A no.
        No = "no",
        /// Closed without an answer.
        Closed = "closed",
        /// An answer that holds nothing: too old, used, or of another call.
        Invalid = "invalid",
    }
}

labels! {
    /// Whether something was done.
    Done {
        /// It was.
        Ok = "ok",
        /// It wasn't.
        Failed = "failed",
    }
}

labels! {
    /// Whether a cache had it.
    Cached {
        /// It had.
        Hit = "hit",
        /// It hadn't.
        Miss = "miss",
    }
}

labels! {
    /// What became of the question what somebody may do.
    Looked {
        /// A snapshot that is fresh enough was at hand.
        Hit = "hit",
        /// The permission service was asked and answered.
        Miss = "miss",
        /// The permission service was asked and gave no usable answer.
        Failed = "failed",
    }
}

labels! {
    /// Which limit turned a request away.
    Limit {
        /// Calls of one person.
        Person = "person",
        /// Calls of one tool.
        Tool = "tool",
        /// Calls of all together.
        Overall = "overall",
        /// Calls at once.
        Concurrency = "concurrency",
        /// Sessions that are open.
        Sessions = "sessions",
        /// Streams that are open.
        Streams = "streams",
        /// Connections that are open.
        Connections = "connections",
        /// How long a head may take.
        HeaderTime = "header_time",
        /// How long an answer waits for its reader.
        ReaderTime = "reader_time",
        /// How long a body may take.
        BodyTime = "body_time",
        /// How long a body may be.
        BodySize = "body_size",
        /// Tokens, sign-ins and registrations from one address.
        Address = "address",
    }
}

labels! {
    /// What is exported.
    Signal {
        /// Spans.
        Traces = "traces",
        /// Measurements.
        Metrics = "metrics",
        /// Log lines.
        Logs = "logs",
        /// Copies of audit records.
        Audit = "audit",
    }
}
