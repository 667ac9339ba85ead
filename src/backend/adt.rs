//! `adt`: the data plane of Azure Digital Twins. What a definition asks is made into queries of its
//! query language here, and nowhere is a query's text taken from outside. Twins go on with `id`,
//! `modelId`, `siteId` and `lastUpdateTime` beside the properties that they have.

mod ask;
mod client;
mod condition;
mod models;
mod query;
mod record;
mod relations;
mod search;
mod walk;

use serde_json::{Value, json};

use crate::call::{Refusal, TroubleKind};
use crate::confirm::Yes;
use crate::identity::Identity;
use crate::target::Reply;

use super::render::Filled;
use super::transport::Transport;
use super::{Errand, Sent, rest};

use ask::Ask;
use client::Client;
use condition::Unfit;

/// The version of the data plane that is spoken.
const API_VERSION: &str = "2023-10-31";

/// Why there is no answer.
enum Stopped {
    /// The service's trouble.
    Trouble(TroubleKind),
    /// The call can't be answered as it stands.
    Refused(Refusal),
}

impl From<TroubleKind> for Stopped {
    fn from(kind: TroubleKind) -> Self {
        Self::Trouble(kind)
    }
}

impl From<Unfit> for Stopped {
    fn from(unfit: Unfit) -> Self {
        Self::Refused(Refusal::InvalidArguments(vec![unfit.to_string()]))
    }
}

/// Asks what the body of a request says.
pub(super) async fn read(
    service: &Transport,
    request: Filled,
    errand: &mut Errand<'_>,
) -> Result<Reply, Refusal> {
    let ask = request.body.and_then(|body| serde_json::from_value(body).ok());
    let Some(ask) = ask else {
        // Values that the tool's own schema let through and that fit no question.
        let text = "the arguments don't make a question for the service".to_owned();
        return Err(Refusal::InvalidArguments(vec![text]));
    };
    let mut client = Client { service, errand };
    let body = answer(ask, &mut client).await.map_err(|stopped| match stopped {
        Stopped::Trouble(kind) => service.trouble(kind),
        Stopped::Refused(refusal) => refusal,
    })?;
    let status = client.errand.sent.status.unwrap_or(200);
    Ok(Reply { body, etag: None, partial: false, status })
}

async fn answer(ask: Ask, client: &mut Client<'_, '_>) -> Result<Value, Stopped> {
    match ask {
        Ask::Twins(search) => search::twins(&search, client).await,
        Ask::Count(search) => search::count(&search, client).await,
        Ask::Twin(twin) => {
            let found = client.twin(&twin.id).await?.ok_or(TroubleKind::Gone)?;
            if twin.relationships {
                return relations::beside(found, client).await;
            }
            Ok(found)
        }
        Ask::Relationships(asked) => relations::page(&asked, client).await,
        Ask::Walk(asked) => walk::walk(&asked, client).await,
        Ask::Models(asked) => models::list(&asked, client).await,
        Ask::Model(model) => {
            let found = models::one(&model.id, client).await?;
            Ok(found.unwrap_or(json!({})))
        }
    }
}

/// Sends a request of the data plane as its file says it.
pub(super) async fn read_as_it_stands(
    service: &Transport,
    request: Filled,
    errand: &mut Errand<'_>,
) -> Result<Reply, Refusal> {
    rest::read(service, versioned(request), errand).await
}

/// Sends a change as its file says it, after a yes.
pub(super) async fn write(
    service: &Transport,
    request: Filled,
    yes: &Yes,
    identity: &Identity,
    sent: &mut Sent,
) -> Result<Reply, Refusal> {
    rest::write(service, versioned(request), yes, identity, sent).await
}

fn versioned(mut request: Filled) -> Filled {
    request.query.push(("api-version".to_owned(), API_VERSION.to_owned()));
    request
}
