//! The call itself: sends a consented call's request to the customer's service.
//!
//! A safe request needs only a located call; a write can't be sent without the yes inside a
//! [`Consent`]. Bodies of services never leave as they came: trouble is told in words of ours.

mod adt;
mod circuit;
mod ended;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod graphql;
mod on_behalf;
mod render;
mod rest;
mod retry;
mod retry_after;
#[cfg(feature = "conformance")]
pub(crate) mod scripted;
mod service;
mod snowflake;
mod text;
mod token;
mod transport;

pub use on_behalf::OnBehalf;
pub use render::arguments;
pub use service::{Kind, Service};
pub use snowflake::{Snowflake, SnowflakeSession};
pub use text::Streamed;
pub use token::{Origin, OutgoingToken};
pub use transport::{Bounds, ServiceSettings, Transport};

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use serde_json::Value;

use crate::call::{Notes, Refusal, Stop};
use crate::catalog::{Answer, Plan, ReadPlan, SafeRequest};
use crate::clock::Clock;
use crate::confirm::{Confirmations, Consent};
use crate::private::Private;
use crate::request::Position;
use crate::target::{Fill, Reply, Source};

use render::Rendering;

/// The customer's services by their names in the configuration.
pub struct Backends {
    services: BTreeMap<String, Service>,
    clock: Clock,
}

/// A service's answer, not yet held inside the scope. Only [`Backends::execute`] makes one.
#[derive(Debug)]
pub struct RawResult {
    consent: Consent,
    at: Position,
    body: Private<Body>,
}

/// What came back. Never formatted.
pub enum Body {
    /// A service's JSON.
    Json {
        /// The answer.
        value: Value,
        /// The service said that parts of it are missing.
        partial: bool,
    },
    /// A part of a text that a service streams.
    Text(Streamed),
    /// Nothing was sent, since nothing of what was asked for lies inside the scope.
    Nothing,
    /// Content blocks of a backend that makes its own, and whether they tell of an error.
    Content {
        /// MCP content blocks.
        blocks: Vec<Value>,
        /// MCP `isError`.
        is_error: bool,
    },
}

/// One request of a call on its way: what fills it, and where word of it goes.
pub(crate) struct Errand<'a> {
    /// What fills its holes.
    pub(crate) fill: &'a Fill<'a>,
    /// Progress, for what takes long.
    pub(crate) notes: &'a Notes,
    /// What it did at the service.
    pub(crate) sent: &'a mut Sent,
}

/// What a call did at its service, for the audit record.
#[derive(Clone, Debug, Default)]
pub struct Sent {
    /// The service's last HTTP status.
    pub status: Option<u16>,
    /// How long the service took.
    pub took: Duration,
}

impl Backends {
    /// The services, each under its name.
    pub fn new(services: BTreeMap<String, Service>, clock: Clock) -> Self {
        Self { services, clock }
    }

    /// Carries a consented call out.
    ///
    /// # Errors
    /// [`Refusal::Service`] in words that a person can act on; [`Stop::Ask`] for a service's own
    /// question.
    pub async fn execute(
        &self,
        consent: Consent,
        confirmations: &Confirmations,
        notes: &Notes,
        sent: &mut Sent,
    ) -> Result<RawResult, Stop> {
        let tool = consent.located().checked().permit().tool().clone();
        let mut at = consent.located().checked().position().clone();
        let body = match &tool.plan {
            Plan::Read(ReadPlan::Request(request)) => match &tool.answer {
                Answer::Text(answer) => {
                    let fill = consent.located().fill();
                    let service = self.service(&tool.backend)?;
                    let mut errand = Errand { fill: &fill, notes, sent };
                    let text = service.text(request, answer, &self.clock, &mut errand);
                    Box::pin(text).await?.map_or(Body::Nothing, Body::Text)
                }
                _ => self.page(&consent, request, &mut at, notes, sent).await?,
            },
            Plan::Read(ReadPlan::Found(argument)) => {
                let record = consent.located().records().get(argument).ok_or(Refusal::Internal)?;
                Body::Json { value: record.value.clone(), partial: false }
            }
            Plan::Read(ReadPlan::Caller) => Body::Json { value: caller(&consent), partial: false },
            #[cfg(feature = "conformance")]
            Plan::Read(ReadPlan::Script(script)) => {
                scripted::run(script, &consent, confirmations, notes).await?
            }
            // Its parts are calls of their own: `pipeline` runs them.
            Plan::Compose(_) => return Err(Refusal::Internal.into()),
            Plan::Write { write, .. } => {
                let yes = consent.yes().ok_or(Refusal::Internal)?;
                let service = self.service(&tool.backend)?;
                match Rendering::of(write.http(), &consent.located().fill(), &self.clock)? {
                    // None of the sites that it names is the person's.
                    Rendering::OutOfScope => {
                        let argument = "siteIds".to_owned();
                        return Err(Refusal::NotFound { argument }.into());
                    }
                    Rendering::Ready(request) => {
                        let identity = consent.located().checked().permit().identity();
                        let reply = Box::pin(service.write(request, yes, identity, sent)).await?;
                        Body::Json { value: reply.body, partial: reply.partial }
                    }
                }
            }
        };
        // Questions of a service's own: only scripts have them as yet.
        let _ = confirmations;
        Ok(RawResult { consent, at, body: body.into() })
    }

    /// Reads another page of a list that is being read, for the same consented call.
    ///
    /// # Errors
    /// [`Refusal::Service`], as for the first page.
    pub async fn read_on(
        &self,
        page: RawResult,
        mut at: Position,
        notes: &Notes,
        sent: &mut Sent,
    ) -> Result<RawResult, Refusal> {
        let RawResult { consent, .. } = page;
        let tool = consent.located().checked().permit().tool().clone();
        let Plan::Read(ReadPlan::Request(request)) = &tool.plan else {
            return Err(Refusal::Internal);
        };
        let body = self.page(&consent, request, &mut at, notes, sent).await?;
        Ok(RawResult { consent, at, body: body.into() })
    }

    /// Reads the page at this position, and tells where the service has it again.
    async fn page(
        &self,
        consent: &Consent,
        request: &SafeRequest,
        at: &mut Position,
        notes: &Notes,
        sent: &mut Sent,
    ) -> Result<Body, Refusal> {
        let checked = consent.located().checked();
        let mut arguments = Cow::Borrowed(checked.arguments());
        let longest = checked.permit().tool().input.longest_page();
        if let (true, Some(longest)) = (checked.permit().scopes().is_partial(), longest) {
            // Few of the rows may lie inside: fewer requests find them in longer pages. It follows
            // from the scope alone, so that a cursor finds the same pages again.
            arguments.to_mut().insert("pageSize".to_owned(), longest.into());
        }
        let fill = consent.located().fill();
        let fill = Fill { position: at, arguments: &arguments, ..fill };
        let service = self.service(&checked.permit().tool().backend)?;
        let mut errand = Errand { fill: &fill, notes, sent };
        Ok(match service.read(request, &self.clock, &mut errand).await? {
            Some(reply) => {
                if reply.again.is_some() {
                    at.token = reply.again;
                }
                Body::Json { value: reply.body, partial: reply.partial }
            }
            None => Body::Nothing,
        })
    }

    fn service(&self, name: &str) -> Result<&Service, Refusal> {
        self.services.get(name).ok_or(Refusal::Internal)
    }
}

impl Source for Backends {
    fn read<'a>(
        &'a self,
        backend: &'a str,
        request: &'a SafeRequest,
        fill: Fill<'a>,
    ) -> BoxFuture<'a, Result<Reply, Refusal>> {
        async move {
            let mut sent = Sent::default();
            let mut errand = Errand { fill: &fill, notes: &Notes::silent(), sent: &mut sent };
            let reply = self.service(backend)?.read(request, &self.clock, &mut errand).await?;
            Ok(reply.unwrap_or_default())
        }
        .boxed()
    }
}

/// The caller's own record: who they are, and what they may do where.
fn caller(consent: &Consent) -> Value {
    let permit = consent.located().checked().permit();
    let identity = permit.identity();
    let permissions: Vec<Value> = permit
        .snapshot()
        .permissions()
        .map(|(name, scopes)| {
            let locations: Vec<&str> = scopes.locations().map(|(id, _)| id).collect();
            serde_json::json!({
                "name": name,
                "global": scopes.is_global(),
                "siteIds": scopes.sites().collect::<Vec<_>>(),
                "locationIds": locations,
            })
        })
        .collect();
    serde_json::json!({
        "id": identity.subject(),
        "email": identity.email(),
        "permissions": permissions,
    })
}

impl RawResult {
    /// The consented call.
    pub fn consent(&self) -> &Consent {
        &self.consent
    }

    /// Where in the list this page lies.
    pub fn position(&self) -> &Position {
        &self.at
    }

    /// What came back.
    pub fn body(&self) -> &Body {
        &self.body
    }
}
