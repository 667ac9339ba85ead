//! One service of the configuration: what it speaks, and the transport to it.

use std::sync::Arc;

use crate::call::Refusal;
use crate::catalog::{Dialect, SafeRequest, TextAnswer};
use crate::clock::Clock;
use crate::confirm::Yes;
use crate::identity::Identity;
use crate::target::Reply;

use super::render::{Filled, Rendering};
use super::snowflake::{self, Snowflake};
use super::transport::Transport;
use super::{Errand, Sent, Streamed, adt, graphql, rest, text};

/// One service.
pub struct Service {
    kind: Kind,
    transport: Arc<Transport>,
}

/// What a service speaks: `[backends.NAME] kind`.
#[derive(Clone, Debug)]
pub enum Kind {
    /// JSON over HTTP, a request as its file says it.
    Rest,
    /// GraphQL over HTTP.
    Graphql,
    /// The data plane of Azure Digital Twins.
    Adt,
    /// Snowflake's SQL API, for saved queries.
    Snowflake(Snowflake),
}

impl Service {
    /// A service that speaks this.
    pub fn new(kind: Kind, transport: Transport) -> Self {
        Self { kind, transport: Arc::new(transport) }
    }

    /// Sends a request that only reads; nothing where the pushed scope met nothing of what was
    /// asked for.
    pub(super) async fn read(
        &self,
        request: &SafeRequest,
        clock: &Clock,
        errand: &mut Errand<'_>,
    ) -> Result<Option<Reply>, Refusal> {
        let dialect = request.http().dialect;
        let Rendering::Ready(request) = Rendering::of(request.http(), errand.fill, clock)? else {
            return Ok(None);
        };
        match (&self.kind, dialect) {
            (Kind::Rest, Dialect::Rest) => rest::read(&self.transport, request, errand).await,
            // Boxed, so that the common way doesn't carry the room of the rarer ones around.
            (Kind::Adt, Dialect::Adt) => {
                Box::pin(adt::read(&self.transport, request, errand)).await
            }
            (Kind::Adt, Dialect::Rest) => {
                Box::pin(adt::read_as_it_stands(&self.transport, request, errand)).await
            }
            (Kind::Graphql, Dialect::Graphql) => {
                Box::pin(graphql::read(&self.transport, request, errand)).await
            }
            (Kind::Snowflake(snowflake), Dialect::Snowflake) => {
                Box::pin(snowflake::read(snowflake, &self.transport, request, clock, errand)).await
            }
            // `check` and the start tell of definitions that don't go with their backend.
            _ => Err(Refusal::Internal),
        }
        .map(Some)
    }

    /// Reads a part of a text; nothing where the pushed scope met nothing of what was asked for.
    pub(super) async fn text(
        &self,
        request: &SafeRequest,
        answer: &TextAnswer,
        clock: &Clock,
        errand: &mut Errand<'_>,
    ) -> Result<Option<Streamed>, Refusal> {
        let Rendering::Ready(filled) = Rendering::of(request.http(), errand.fill, clock)? else {
            return Ok(None);
        };
        if !matches!((&self.kind, request.http().dialect), (Kind::Rest, Dialect::Rest)) {
            return Err(Refusal::Internal);
        }
        let arguments = errand.fill.arguments;
        text::read(&self.transport, filled, answer, arguments, errand).await.map(Some)
    }

    /// Sends a request that changes something, after a yes.
    pub(super) async fn write(
        &self,
        request: Filled,
        yes: &Yes,
        identity: &Identity,
        sent: &mut Sent,
    ) -> Result<Reply, Refusal> {
        match &self.kind {
            Kind::Rest => rest::write(&self.transport, request, yes, identity, sent).await,
            Kind::Adt => adt::write(&self.transport, request, yes, identity, sent).await,
            // Queries only read.
            Kind::Graphql | Kind::Snowflake(_) => Err(Refusal::Internal),
        }
    }
}
