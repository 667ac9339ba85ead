//! What a connection's client is doing, seen from its bytes and from its answers: whether it takes too
//! long over a request's head, hasn't asked anything for too long, or doesn't read what it asked for.
//! Only this knows all three, in both HTTP versions; it ends nothing itself.

use std::collections::HashMap;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

use axum::body::{Body, Bytes, HttpBody};
use http_body::{Frame, SizeHint};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Instant;

use crate::config::Connections;
use crate::telemetry::Limit;

/// An HTTP/2 answer is handed on in such pieces: one that is handed on whole waits where nobody sees
/// that its reader doesn't read.
const PIECE: usize = 16 * 1024;

/// What is to be done about a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Nothing.
    Fine,
    /// It may go when it is done.
    Idle,
    /// It is to be closed now.
    Cut(Limit),
}

/// One connection's client.
pub(super) struct Watch {
    seen: Mutex<Seen>,
    limits: Connections,
}

struct Seen {
    phase: Phase,
    is_h2: bool,
    /// Requests whose answers aren't sent to their end.
    open: usize,
    /// Answers of which a piece was handed on then, and nothing more was wanted since.
    unread: HashMap<u64, Instant>,
    /// Since when the system takes no more bytes for the client.
    stalled: Option<Instant>,
    next: u64,
}

#[derive(Clone, Copy)]
enum Phase {
    /// A request's head began to arrive, or the connection was made.
    Head(Instant),
    /// A request is being answered.
    Busy,
    /// Nothing is asked.
    Idle(Instant),
}

impl Watch {
    pub(super) fn new(limits: Connections) -> Self {
        let seen = Seen {
            phase: Phase::Head(Instant::now()),
            is_h2: false,
            open: 0,
            unread: HashMap::new(),
            stalled: None,
            next: 0,
        };
        Self { seen: Mutex::new(seen), limits }
    }

    /// What is to be done, and when to look again.
    pub(super) fn verdict(&self, now: Instant) -> (Verdict, Instant) {
        let Connections { header_deadline, idle, reader_deadline, .. } = self.limits;
        let seen = self.lock();
        // Whatever begins after this look takes at least as long before it is too late.
        let soon = now + header_deadline.min(reader_deadline);
        let unread = seen.unread.values().copied().chain(seen.stalled).min();
        let unread = unread.map(|since| since + reader_deadline);
        let (until, verdict) = match (unread, seen.phase) {
            (Some(until), _) if until <= now => (until, Verdict::Cut(Limit::ReaderTime)),
            (_, Phase::Head(since)) => (since + header_deadline, Verdict::Cut(Limit::HeaderTime)),
            (_, Phase::Idle(since)) => (since + idle, Verdict::Idle),
            (unread, Phase::Busy) => (unread.unwrap_or(soon).max(now), Verdict::Fine),
        };
        if until <= now { (verdict, soon) } else { (Verdict::Fine, until.min(soon)) }
    }

    /// A request's head has come. It is open until what this gives is dropped.
    pub(super) fn begins(self: &Arc<Self>, is_h2: bool) -> Begun {
        let mut seen = self.lock();
        seen.is_h2 = is_h2;
        seen.open += 1;
        seen.phase = Phase::Busy;
        seen.next += 1;
        Begun { watch: Arc::clone(self), id: seen.next, is_h2 }
    }

    fn came(&self) {
        let mut seen = self.lock();
        // Between requests HTTP/2 has much to say that is none.
        if let (Phase::Idle(_), false) = (seen.phase, seen.is_h2) {
            seen.phase = Phase::Head(Instant::now());
        }
    }

    fn went<T>(&self, written: &Poll<io::Result<T>>) {
        let mut seen = self.lock();
        match (written, seen.stalled) {
            (Poll::Pending, None) => seen.stalled = Some(Instant::now()),
            (Poll::Pending, Some(_)) => {}
            (Poll::Ready(_), _) => seen.stalled = None,
        }
    }

    fn wanted(&self, id: u64) {
        self.lock().unread.remove(&id);
    }

    fn handed(&self, id: u64) {
        self.lock().unread.insert(id, Instant::now());
    }

    fn ends(&self, id: u64) {
        let mut seen = self.lock();
        seen.unread.remove(&id);
        seen.open = seen.open.saturating_sub(1);
        if seen.open == 0 {
            seen.phase = Phase::Idle(Instant::now());
        }
    }

    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request that isn't answered to its end yet.
pub(super) struct Begun {
    watch: Arc<Watch>,
    id: u64,
    is_h2: bool,
}

impl Begun {
    /// The answer's body, watched until it is sent or given up.
    pub(super) fn around(self, body: Body) -> WatchedBody {
        WatchedBody { body, rest: Bytes::new(), begun: self }
    }
}

impl Drop for Begun {
    fn drop(&mut self) {
        self.watch.ends(self.id);
    }
}

/// A body whose pieces are seen on their way.
pub(super) struct WatchedBody {
    body: Body,
    /// What is left of a piece that was too long.
    rest: Bytes,
    begun: Begun,
}

impl HttpBody for WatchedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let this = &mut *self;
        this.begun.watch.wanted(this.begun.id);
        if this.rest.is_empty() {
            match ready!(Pin::new(&mut this.body).poll_frame(cx)) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => this.rest = data,
                    Err(other) => return Poll::Ready(Some(Ok(other))),
                },
                ended => return Poll::Ready(ended),
            }
        }
        let most = if this.begun.is_h2 { PIECE } else { usize::MAX };
        let piece = this.rest.split_to(this.rest.len().min(most));
        this.begun.watch.handed(this.begun.id);
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let rest = u64::try_from(self.rest.len()).unwrap_or(u64::MAX);
        let inner = self.body.size_hint();
        let mut hint = SizeHint::new();
        hint.set_lower(inner.lower().saturating_add(rest));
        if let Some(upper) = inner.upper() {
            hint.set_upper(upper.saturating_add(rest));
        }
        hint
    }
}

/// The connection's bytes, seen on their way.
pub(super) struct Watched<S> {
    stream: S,
    watch: Arc<Watch>,
}

impl<S> Watched<S> {
    pub(super) fn new(stream: S, watch: Arc<Watch>) -> Self {
        Self { stream, watch }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = into.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(cx, into);
        if into.filled().len() > before {
            self.watch.came();
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.watch.went(&written);
        written
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, bytes);
        self.watch.went(&written);
        written
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const CUT_HEAD: Verdict = Verdict::Cut(Limit::HeaderTime);

    fn after(watch: &Watch, seconds: u64) -> Verdict {
        watch.verdict(Instant::now() + Duration::from_secs(seconds)).0
    }

    #[test]
    fn heads_idleness_and_readers_have_each_their_deadline() {
        let watch = Arc::new(Watch::new(Connections::default()));
        assert_eq!((after(&watch, 9), after(&watch, 10)), (Verdict::Fine, CUT_HEAD));
        let begun = watch.begins(false);
        assert_eq!(after(&watch, 1000), Verdict::Fine, "an answer may take its time");
        watch.handed(begun.id);
        assert_eq!(after(&watch, 29), Verdict::Fine);
        assert!(matches!(after(&watch, 30), Verdict::Cut(_)));
        watch.wanted(begun.id);
        assert_eq!(after(&watch, 1000), Verdict::Fine);
        drop(begun);
        assert_eq!((after(&watch, 74), after(&watch, 75)), (Verdict::Fine, Verdict::Idle));
        watch.came();
        assert_eq!(after(&watch, 10), CUT_HEAD);
        watch.went::<()>(&Poll::Pending);
        drop(watch.begins(true));
        assert!(matches!(after(&watch, 30), Verdict::Cut(_)));
        watch.went(&Poll::Ready(Ok(())));
        watch.came();
        assert_eq!(after(&watch, 10), Verdict::Fine, "a ping of HTTP/2 is no request");
    }

    #[test]
    fn a_look_is_never_later_than_what_it_looks_for() {
        let watch = Arc::new(Watch::new(Connections::default()));
        let now = Instant::now();
        assert!(watch.verdict(now).1 <= now + Duration::from_secs(10));
        drop(watch.begins(false));
        assert!(watch.verdict(now).1 <= now + Duration::from_secs(10));
        let _begun = watch.begins(false);
        assert!(watch.verdict(now).1 <= now + Duration::from_secs(10));
    }
}
