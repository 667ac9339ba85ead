//! The limits of requests, calls, tokens and sessions, from their settings. What is taken of them
//! outlives a change of other settings: a reload gives nobody a new burst.

use std::sync::Arc;

use crate::admission::{Headroom, Places};
use crate::clock::Clock;
use crate::config;
use crate::mcp;
use crate::middleware::limits::{Admission, Settings};
use crate::oauth::pace::{Budget, Pace};
use crate::pipeline;

/// What is taken of the limits.
#[derive(Clone)]
pub(super) struct Taken {
    pub(super) requests: Arc<Admission>,
    pub(super) calls: Arc<pipeline::Admission>,
    pub(super) strangers: Arc<Pace>,
}

impl Taken {
    /// Nothing yet.
    pub(super) fn new(limits: &config::Limits, clock: &Clock) -> Self {
        let config::Limits { person, overall, tool, in_flight, in_flight_per_person, .. } = *limits;
        let config::Limits { streams_per_person, streams, .. } = *limits;
        let requests =
            Settings { person, overall, in_flight_per_person, streams_per_person, streams };
        let headroom = Arc::new(Headroom::new(in_flight.most));
        let at_once = || Arc::new(Places::new(in_flight, Arc::clone(&headroom)));
        let (requests_at_once, calls_at_once) = (at_once(), at_once());
        let places = (requests_at_once, Arc::clone(&calls_at_once));
        let calls =
            pipeline::Admission::new(calls_at_once, in_flight_per_person, tool, clock.clone());
        let budget =
            Budget { each: limits.tokens_per_minute, all: limits.tokens_per_minute_overall };
        Self {
            requests: Arc::new(Admission::new(requests, places, clock.clone())),
            calls: Arc::new(calls),
            strangers: Arc::new(Pace::new(budget, clock.clone())),
        }
    }
}

/// How many sessions and subscriptions there may be, for as long as the process runs.
pub(super) fn sessions(limits: &config::Limits) -> (mcp::Limits, mcp::Subscriptions) {
    let sessions = mcp::Limits {
        per_person: limits.sessions_per_person,
        overall: limits.sessions,
        ..mcp::Limits::default()
    };
    let subscriptions =
        mcp::Subscriptions { per_person: limits.subscriptions_per_person, overall: limits.streams };
    (sessions, subscriptions)
}
