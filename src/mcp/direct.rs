//! The short way of the door: reads and tool lists of 2026-07-28 whose request is regular in every part
//! (`message`). They need no stream, no session and no question, so that nothing of rmcp's machinery is
//! set up for them; the answer is, byte for byte, the one that rmcp would write. Whatever isn't regular,
//! faults included, goes on to rmcp: this page refuses nothing by itself and judges nothing.

mod message;
mod written;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use futures::FutureExt;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, StatusCode};
use rmcp::ErrorData;
use tokio_util::sync::CancellationToken;

use super::Served;
use super::handler::Handler;
use super::lists::View;
use super::span::{self, Target};
use crate::call::{Call, Client, Notes, Refusal};
use crate::identity::Identity;
use crate::middleware::body::Whole;
use crate::pipeline::{Pipeline, Ran};
use crate::telemetry::Trace;

use message::{Asked, Regular};
use written::Written;

/// The answer; none for what is left to rmcp.
pub(super) async fn answer(handler: &Handler, request: &mut Request) -> Option<Response> {
    let Whole(body) = request.extensions_mut().remove::<Whole>()?;
    let identity = Arc::clone(request.extensions().get::<Arc<Identity>>()?);
    let Regular { id, client, asked } = Regular::read(request.headers(), &body)?;
    let around = request.extensions().get::<Trace>().cloned().unwrap_or_default();
    let traces = (Trace::default(), around);
    let version = || Some(message::VERSION.to_owned());
    let served = handler.parts().served.load_full();
    let answered = match asked {
        Asked::Tools => {
            let work = list(handler, &served, &identity);
            span::around_request(traces, version, "tools/list", Target::None, work, |_| false).await
        }
        Asked::Call { name, arguments } => {
            let tool = served.pipeline.catalog().tool(name).filter(|tool| tool.is_plain())?;
            let call = Call {
                tool: name.to_owned(),
                arguments,
                answer: None,
                by_link: false,
                part_of: None,
                client,
                notes: Notes::silent(),
                // It ends with the request: whoever drops this future takes the call back.
                cancel: CancellationToken::new(),
                budget: served.patience.call,
            };
            let target = Target::Tool(Some(&tool.id.name));
            let work = run(&served.pipeline, identity, call);
            let failed = |written: &Written| written.is_error;
            span::around_request(traces, version, "tools/call", target, work, failed).await
        }
    };
    let (status, body) = match answered {
        Ok(written) => (StatusCode::OK, written.response(&id)),
        Err(error) => written::error(&id, error),
    };
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Some(response)
}

async fn list(
    handler: &Handler,
    served: &Served,
    identity: &Arc<Identity>,
) -> Result<Written, ErrorData> {
    let view = View::of(&served.pipeline, identity).await?;
    Ok(Written::json(handler.parts().lists.written(&view).await))
}

async fn run(
    pipeline: &Arc<Pipeline>,
    identity: Arc<Identity>,
    call: Call,
) -> Result<Written, ErrorData> {
    let ran = AssertUnwindSafe(pipeline.run(identity, call)).catch_unwind().await;
    let Ran { decision, end } =
        ran.unwrap_or_else(|_| Ran { decision: String::new(), end: Err(Refusal::Internal.into()) });
    Written::of(end, &decision)
}

impl From<message::ClientInfo<'_>> for Client {
    fn from(info: message::ClientInfo<'_>) -> Self {
        let message::ClientInfo { name, version } = info;
        Self { name: name.into(), version: version.into(), protocol: message::VERSION.to_owned() }
    }
}
