//! The customer's services, from their settings: a client, a transport and what token goes out.
//! `assembly` calls it once.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use tokio_util::task::TaskTracker;

use super::reach;
use crate::backend::{
    self, Backends, Bounds, OnBehalf, OutgoingToken, Service, ServiceSettings, Snowflake,
    SnowflakeSession, Transport,
};
use crate::clock::Clock;
use crate::config::{self, Backend, Config};
use crate::entra::TokenEndpoint;
use crate::identity::Authenticator;
use crate::outbound::{Limits, ServiceClient};

/// What the end of a call is sooner than that of its last request.
const SOONER: Duration = Duration::from_millis(50);

/// The services, each with a client of its own.
pub(super) fn backends(
    config: &Config,
    authenticator: &Arc<Authenticator>,
    running: &TaskTracker,
    clock: &Clock,
) -> anyhow::Result<Backends> {
    let exchange = on_behalf(config, authenticator, clock)?;
    let mut services = BTreeMap::new();
    for (name, backend) in &config.backends {
        let Some(rest) = backend.http() else { continue };
        // One request can't take longer than the call that it is made for. The call's own end comes first:
        // it is that which was too long.
        let deadline = rest.deadline.min(config.limits.call_deadline + SOONER);
        let limits = Limits::calls(deadline, reach(rest.allow_private_network));
        let client =
            ServiceClient::new(&limits).with_context(|| format!("the client of {name}"))?;
        let config::Resilience { max_in_flight, max_wait, retries, failures_to_open, open } =
            rest.resilience;
        let settings = ServiceSettings {
            name: name.clone(),
            base_url: rest.base_url.clone(),
            token: outgoing(&rest.token, exchange.as_ref())
                .with_context(|| format!("backends.{name}.token"))?,
            deadline,
            max_answer: rest.max_response_bytes,
            bounds: Bounds {
                in_flight: max_in_flight,
                wait: max_wait,
                retries,
                failures_to_open,
                open,
            },
        };
        let transport = Transport::new(settings, client, clock.clone());
        services.insert(name.clone(), Service::new(kind(backend, running), transport));
    }
    Ok(Backends::new(services, clock.clone()))
}

/// What a service speaks.
fn kind(backend: &Backend, running: &TaskTracker) -> backend::Kind {
    match backend {
        Backend::Graphql(_) => backend::Kind::Graphql,
        Backend::Adt(_) => backend::Kind::Adt,
        Backend::Snowflake(settings) => {
            let session = SnowflakeSession {
                database: settings.database.clone(),
                schema: settings.schema.clone(),
                warehouse: settings.warehouse.clone(),
                role: settings.role.clone(),
            };
            backend::Kind::Snowflake(Snowflake::new(session, running.clone()))
        }
        _ => backend::Kind::Rest,
    }
}

/// The exchange of people's tokens for those of other audiences, where a service needs it.
fn on_behalf(
    config: &Config,
    authenticator: &Arc<Authenticator>,
    clock: &Clock,
) -> anyhow::Result<Option<Arc<OnBehalf>>> {
    let mut services = config.backends.values().filter_map(Backend::http);
    let asks = |rest: &config::Rest| matches!(rest.token, config::OutgoingToken::OnBehalfOf { .. });
    let (true, Some((client_id, credential))) = (services.any(asks), config.auth.registration())
    else {
        return Ok(None);
    };
    let keys = Arc::clone(authenticator);
    let endpoint = TokenEndpoint::new(client_id, credential, keys, clock.clone())?;
    Ok(Some(Arc::new(OnBehalf::new(endpoint, clock.clone()))))
}

fn outgoing(
    token: &config::OutgoingToken,
    exchange: Option<&Arc<OnBehalf>>,
) -> anyhow::Result<OutgoingToken> {
    Ok(match token {
        config::OutgoingToken::Forward => OutgoingToken::Forward,
        config::OutgoingToken::None => OutgoingToken::None,
        config::OutgoingToken::Service { scheme, token } => {
            OutgoingToken::Service { scheme: scheme.as_str(), token: token.clone() }
        }
        config::OutgoingToken::OnBehalfOf { scope } => {
            let exchange = exchange.context("there is no credential to ask Entra with")?;
            OutgoingToken::OnBehalfOf { scope: scope.clone(), exchange: Arc::clone(exchange) }
        }
    })
}
