//! For fuzz targets: the address that a request with arguments goes to, made as a call makes it and
//! sent nowhere. Compiled with the feature `fuzzing` alone.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};
use url::Url;

use crate::access::Scopes;
use crate::catalog::{Catalog, HttpRequest};
use crate::clock::Clock;
use crate::identity::Identity;
use crate::outbound::{Limits, Reach, ServiceClient};
use crate::request::Position;
use crate::target::{Fill, Records};

use super::render::Rendering;
use super::{Bounds, OutgoingToken, ServiceSettings, Transport};

/// A service below a base URL, which is never called.
pub struct Service(Transport);

impl Service {
    /// None where this machine can make no HTTP client.
    pub fn below(base_url: Url) -> Option<Self> {
        let patience = Duration::from_secs(1);
        let bounds = Bounds {
            in_flight: 1,
            wait: patience,
            retries: 0,
            failures_to_open: 0,
            open: patience,
        };
        let settings = ServiceSettings {
            name: "fuzzed".to_owned(),
            base_url,
            token: OutgoingToken::None,
            deadline: patience,
            max_answer: 1,
            bounds,
        };
        let client = ServiceClient::new(&Limits::calls(patience, Reach::Public)).ok()?;
        Some(Self(Transport::new(settings, client, Clock::manual())))
    }

    /// The address for these arguments; none where they are refused.
    pub fn address(&self, request: &HttpRequest, arguments: &Map<String, Value>) -> Option<Url> {
        let fill = Fill {
            identity: &Arc::new(Identity::of_subject("somebody")),
            catalog: &Catalog::default(),
            scopes: &Scopes::everywhere(),
            place: None,
            touched_sites: false,
            arguments,
            records: &Records::new(),
            by: None,
            by_all: &[],
            position: &Position::start(),
        };
        match Rendering::of(request, &fill, &Clock::manual()).ok()? {
            Rendering::Ready(filled) => self.0.url(&filled).ok(),
            Rendering::OutOfScope => None,
        }
    }
}
