//! The client of services: connections that are kept, and nothing around them. Deadlines, caps and further
//! attempts are the business of whoever calls (`backend::transport`).

use std::time::Duration;

use bytes::Bytes;
use http::header::{Entry, USER_AGENT};
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper_rustls::HttpsConnector;
use hyper_timeout::TimeoutConnector;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::time::Instant;

use super::resolver::Fenced;
use super::send::{Peer, Sending};
use super::{Limits, NoClient, ReadFault, tls};

const OSIER: HeaderValue = HeaderValue::from_static(concat!("osier/", env!("CARGO_PKG_VERSION")));
/// Between the probes of an idle connection.
const KEEPALIVE: Duration = Duration::from_secs(15);

type Connector = TimeoutConnector<HttpsConnector<HttpConnector<Fenced>>>;

/// A client of one service; cheap to clone. It doesn't follow redirects, ask the environment for a proxy
/// or inflate bodies.
#[derive(Clone, Debug)]
pub struct ServiceClient(Client<Connector, Full<Bytes>>);

/// Why there is no answer's head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoAnswer {
    /// No connection stands.
    Unconnected,
    /// It hadn't come by the deadline.
    TooSlow,
    /// The connection broke, or it speaks something else.
    Broken,
}

/// An answer whose body isn't read yet.
#[derive(Debug)]
pub struct Answer(Response<hyper::body::Incoming>);

impl ServiceClient {
    /// A client within these limits; `total` is for its callers to keep to.
    ///
    /// # Errors
    /// Where the machine's certificate store can't be read.
    pub fn new(limits: &Limits) -> Result<Self, NoClient> {
        let mut tcp = HttpConnector::new_with_resolver(Fenced::new(limits.nearest));
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_keepalive(Some(KEEPALIVE));
        let mut connector =
            TimeoutConnector::new(tls::builder()?.enable_http1().wrap_connector(tcp));
        connector.set_connect_timeout(Some(limits.connect));
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(limits.idle)
            .pool_max_idle_per_host(limits.idle_per_host)
            .build(connector);
        Ok(Self(client))
    }

    /// Sends a request, up to the answer's head.
    ///
    /// # Errors
    /// [`NoAnswer`]
    pub async fn send(
        &self,
        mut request: Request<Full<Bytes>>,
        peer: Peer<'_>,
        ends: Instant,
    ) -> Result<Answer, NoAnswer> {
        if let Entry::Vacant(vacant) = request.headers_mut().entry(USER_AGENT) {
            vacant.insert(OSIER);
        }
        let uri = request.uri().clone();
        let port = uri.port_u16().or_else(|| match uri.scheme_str() {
            Some("https") => Some(443),
            _ => Some(80),
        });
        let method = request.method().clone();
        let sending = Sending::begin(peer, &method, (uri.host(), port), request.headers_mut());
        let answered = tokio::time::timeout_at(ends, self.0.request(request)).await;
        let answered = match answered {
            Ok(Ok(response)) => Ok(Answer(response)),
            Ok(Err(error)) if error.is_connect() => Err(NoAnswer::Unconnected),
            Ok(Err(_)) => Err(NoAnswer::Broken),
            Err(_) => Err(NoAnswer::TooSlow),
        };
        sending.end(answered.as_ref().map(Answer::status).map_err(|error| error.name()));
        answered
    }
}

impl NoAnswer {
    /// As metrics and spans say it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unconnected => "connect",
            Self::TooSlow => "timeout",
            Self::Broken => "broken",
        }
    }
}

impl Answer {
    /// The status.
    pub fn status(&self) -> StatusCode {
        self.0.status()
    }

    /// The headers.
    pub fn headers(&self) -> &HeaderMap {
        self.0.headers()
    }

    /// How long the body says that it is.
    pub fn content_length(&self) -> Option<u64> {
        http_body::Body::size_hint(self.0.body()).exact()
    }

    /// The body, as it comes.
    pub fn into_stream(self) -> impl futures::Stream<Item = Result<Bytes, ReadFault>> + Unpin {
        use futures::TryStreamExt as _;
        self.0.into_body().into_data_stream().map_err(|_| ReadFault::Broken)
    }

    /// Reads a body of at most `cap` bytes.
    ///
    /// # Errors
    /// [`ReadFault`]; nothing of a body that failed is handed on.
    pub async fn read_capped(self, cap: usize, within: Duration) -> Result<Bytes, ReadFault> {
        let said = self.content_length();
        super::read_stream(self.into_stream(), said, cap, within).await
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::{TcpSocket, TcpStream};

    use super::*;
    use crate::outbound::Reach;

    #[tokio::test]
    async fn a_connection_that_does_not_stand_is_given_up_before_the_call_is() {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let listener = socket.listen(1).unwrap();
        let address = listener.local_addr().unwrap();
        // Nobody accepts: once these wait, the system answers no more.
        let mut waiting = Vec::new();
        let soon = Duration::from_millis(300);
        while let Ok(connected) = tokio::time::timeout(soon, TcpStream::connect(address)).await {
            waiting.push(connected.unwrap());
        }
        let limits = Limits {
            connect: Duration::from_millis(300),
            ..Limits::calls(Duration::from_mins(1), Reach::Private)
        };
        let client = ServiceClient::new(&limits).unwrap();
        let request = Request::get(format!("http://{address}/")).body(Full::default()).unwrap();
        let (begun, ends) = (Instant::now(), Instant::now() + Duration::from_mins(1));
        let sent = client.send(request, Peer::Backend("slow"), ends).await;
        assert_eq!(sent.map(|answer| answer.status()), Err(NoAnswer::Unconnected));
        assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
    }
}
