//! One connection, to its end: how requests on it are read and answered, what it may take, and when
//! it is ended. The accept loop calls [`serve`] for each; `watch` tells when a client is too slow.

mod unread;
mod watch;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::ConnectInfo;
use futures::future::{BoxFuture, Either};
use http::header::{CONNECTION, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, Request, Response, StatusCode, Version};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use self::unread::Unread;
use self::watch::{Verdict, Watch, Watched};
use super::Limits;
use crate::telemetry::{Limit, meters};

/// Between the pings of an HTTP/2 connection, and until one must be answered.
const PING: Duration = Duration::from_secs(15);
/// How long a connection that is asked to end may take to do so.
const LEAVING: Duration = Duration::from_secs(5);
/// What one HTTP/2 connection may send ahead in all, and what waits to be sent on one stream.
const H2_CONNECTION_WINDOW: u32 = 1024 * 1024;
const H2_SEND_BUFFER: usize = 64 * 1024;
/// HTTP/2: streams that we reset for a client's own mistakes, before the connection is ended.
const H2_MISTAKES: usize = 100;
/// How long a connection beyond all that there may be has for its one question.
const SPARE: Duration = Duration::from_secs(2);

/// What a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    /// Anything.
    Any,
    /// There are as many as may be: this one may only ask how the process is.
    HealthOnly,
}

/// Who answers the requests of connections.
pub(super) trait Answer: Send + Sync + 'static {
    /// What a request is answered that nothing is to be done for.
    fn turn_away<B>(&self, request: &Request<B>) -> Option<Response<Body>>;

    /// What any other is answered.
    fn answer(self: &Arc<Self>, request: Request<Body>) -> BoxFuture<'static, Response<Body>>;
}

/// Serves one connection until its client is done, is too slow, or `shutdown`.
pub(super) async fn serve(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    (peer, for_what): (SocketAddr, Use),
    answers: Arc<impl Answer>,
    limits: Limits,
    shutdown: CancellationToken,
) {
    let mut deadlines = limits.connections;
    if for_what == Use::HealthOnly {
        deadlines.header_deadline = deadlines.header_deadline.min(SPARE);
        deadlines.idle = deadlines.idle.min(SPARE);
        deadlines.reader_deadline = deadlines.reader_deadline.min(SPARE);
    }
    let watch = Arc::new(Watch::new(deadlines));
    let builder = builder(&limits, for_what);
    let watched = Arc::clone(&watch);
    let service = service_fn(move |mut request: Request<_>| {
        let begun = watched.begins(request.version() == Version::HTTP_2);
        let away = match for_what {
            Use::HealthOnly if !is_health(&request) => Some(full(request.version())),
            _ => answers.turn_away(&request),
        };
        let response = if let Some(away) = away {
            Either::Left(unread::let_in(request, away))
        } else {
            request.extensions_mut().insert(ConnectInfo(peer));
            let (request, unread) = Unread::lend(request);
            let response = answers.answer(request);
            Either::Right(async move {
                match unread {
                    Some(unread) => unread.before(response.await).await,
                    None => response.await,
                }
            })
        };
        async move { Ok::<_, Infallible>(response.await.map(|body| begun.around(body))) }
    });
    let stream = TokioIo::new(Watched::new(stream, Arc::clone(&watch)));
    let mut serving = pin!(builder.serve_connection(stream, service));
    let (mut stopping, mut leaving) = (false, None);
    loop {
        let (verdict, look_again) = watch.verdict(Instant::now());
        let look_again = match (verdict, leaving) {
            (Verdict::Cut(limit), _) => {
                meters().shed(limit);
                return tracing::debug!(?limit, "a connection was cut");
            }
            (Verdict::Idle, None) => {
                serving.as_mut().graceful_shutdown();
                let until = Instant::now() + LEAVING;
                leaving = Some(until);
                until
            }
            (Verdict::Idle, Some(until)) if until <= Instant::now() => return,
            (Verdict::Idle, Some(until)) => until,
            (Verdict::Fine, _) => look_again,
        };
        tokio::select! {
            biased;
            ended = &mut serving => {
                if let Err(error) = ended {
                    tracing::debug!(%error, "a connection ended early");
                }
                return;
            }
            () = shutdown.cancelled(), if !stopping => {
                stopping = true;
                serving.as_mut().graceful_shutdown();
            }
            () = sleep_until(look_again) => {}
        }
    }
}

fn builder(limits: &Limits, for_what: Use) -> Builder<TokioExecutor> {
    let deadlines = limits.connections;
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .keep_alive(for_what == Use::Any)
        // The watch sees to it, without a timer set anew for each request.
        .header_read_timeout(None)
        .max_buf_size(limits.header_bytes);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_header_list_size(u32::try_from(limits.header_bytes).unwrap_or(u32::MAX))
        .max_concurrent_streams(deadlines.h2_streams)
        .initial_stream_window_size(deadlines.h2_window)
        .initial_connection_window_size(H2_CONNECTION_WINDOW.max(deadlines.h2_window))
        .max_send_buf_size(H2_SEND_BUFFER)
        .max_pending_accept_reset_streams(deadlines.h2_resets)
        .max_local_error_reset_streams(H2_MISTAKES)
        .keep_alive_interval(PING)
        .keep_alive_timeout(PING);
    builder
}

fn is_health<B>(request: &Request<B>) -> bool {
    matches!(request.uri().path(), "/livez" | "/readyz")
}

/// What a connection too many is answered.
fn full(version: Version) -> Response<Body> {
    const BODY: &str = r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32603,"message":"Osier has as many connections as it can. Try again in a few seconds."}}"#;
    meters().shed(Limit::Connections);
    let mut response = Response::new(Body::from(BODY));
    *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(RETRY_AFTER, HeaderValue::from_static("5"));
    if version <= Version::HTTP_11 {
        headers.insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}
