//! What is left of a request's body once the request is answered. A connection is closed under what still comes,
//! and a client that is still sending would lose the answer: so the rest is let in first, as far as it is little,
//! and none of it is kept. HTTP/2 needs none of this: there one stream ends and the connection goes on.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::response::Response;
use http::header::{CONNECTION, EXPECT};
use http::{HeaderValue, Request, StatusCode, Version};
use http_body::{Frame, SizeHint};
use http_body_util::BodyExt;

/// How much is let in and for how long: of what anybody sends, and of what is too long, which is said to who is
/// known only.
const LITTLE: (usize, Duration) = (64 * 1024, Duration::from_millis(250));
const MUCH: (usize, Duration) = (8 * 1024 * 1024, Duration::from_secs(2));

/// Where a body comes back to that wasn't read to its end.
pub(super) struct Unread<B> {
    left: Arc<Mutex<Option<B>>>,
    /// As [`may_be_left`] tells.
    expects_leave: bool,
}

/// A request's body while the request is answered.
struct Lent<B> {
    body: Option<B>,
    left: Arc<Mutex<Option<B>>>,
}

impl<B> Unread<B>
where
    B: HttpBody<Data = Bytes> + Send + Unpin + 'static,
    B::Error: Into<axum::BoxError>,
{
    /// The request with a body that comes back, where there can be a rest.
    pub(super) fn lend(request: Request<B>) -> (Request<Body>, Option<Self>) {
        let Some(expects_leave) = may_be_left(&request) else {
            return (request.map(Body::new), None);
        };
        let left = Arc::default();
        let lent = |body| Body::new(Lent { body: Some(body), left: Arc::clone(&left) });
        let request = request.map(lent);
        (request, Some(Self { left, expects_leave }))
    }

    /// The answer, once nothing is left; and the connection's last one where something is.
    pub(super) async fn before(self, response: Response) -> Response {
        let left = locked(&self.left).take();
        match left {
            Some(body) => before(body, self.expects_leave, response).await,
            None => response,
        }
    }
}

/// The answer to a request that nobody reads the body of: as [`Unread::before`].
pub(super) async fn let_in<B: HttpBody<Data = Bytes> + Unpin>(
    request: Request<B>,
    response: Response,
) -> Response {
    match may_be_left(&request) {
        Some(expects_leave) => before(request.into_body(), expects_leave, response).await,
        None => response,
    }
}

/// Whether the client waits for leave to send the body (RFC 9110 §10.1.1), which reading it would give; none where
/// nothing can be left of it.
fn may_be_left<B: HttpBody>(request: &Request<B>) -> Option<bool> {
    let can_be = request.version() <= Version::HTTP_11 && !request.body().is_end_stream();
    can_be.then(|| request.headers().contains_key(EXPECT))
}

async fn before<B: HttpBody<Data = Bytes> + Unpin>(
    body: B,
    expects_leave: bool,
    mut response: Response,
) -> Response {
    let too_long = response.status() == StatusCode::PAYLOAD_TOO_LARGE;
    let (bytes, time) = if too_long { MUCH } else { LITTLE };
    let comes = async { tokio::time::timeout(time, comes(body, bytes)).await.unwrap_or(false) };
    if expects_leave || !comes.await {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

/// Whether the rest of a body comes to its end before it is too much.
async fn comes<B: HttpBody<Data = Bytes> + Unpin>(mut body: B, most: usize) -> bool {
    let mut left = most;
    while !body.is_end_stream() {
        let Some(frame) = body.frame().await else { break };
        let came = frame.map(|frame| frame.data_ref().map_or(0, Bytes::len));
        let Some(less) = came.ok().and_then(|came| left.checked_sub(came)) else { return false };
        left = less;
    }
    true
}

impl<B: HttpBody<Data = Bytes> + Unpin> HttpBody for Lent<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let Some(body) = &mut self.body else { return Poll::Ready(None) };
        let frame = ready!(Pin::new(body).poll_frame(cx));
        if !matches!(frame, Some(Ok(_))) {
            self.body = None;
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(B::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map_or_else(|| SizeHint::with_exact(0), B::size_hint)
    }
}

impl<B> Drop for Lent<B> {
    fn drop(&mut self) {
        *locked(&self.left) = self.body.take();
    }
}

fn locked<B>(left: &Mutex<Option<B>>) -> MutexGuard<'_, Option<B>> {
    left.lock().unwrap_or_else(PoisonError::into_inner)
}
