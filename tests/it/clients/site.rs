//! A server of documents under a certificate of the test's own authority, which can answer in any
//! way; and a resolver that says what the test wants.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use rustls::pki_types::PrivateKeyDer;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// What a site answers.
#[derive(Clone)]
pub(crate) enum Answer {
    /// 200 with this document.
    Document(Value),
    /// These bytes, and the end.
    Bytes(Vec<u8>),
    /// These bytes, and then one more again and again, with a pause between them.
    Forever { first: Vec<u8>, more: Vec<u8>, pause: Duration },
    /// The answer, once somebody has called [`Site::release`].
    Held(Box<Answer>),
}

impl Answer {
    /// 200 with headers and a body of the test's own.
    pub(crate) fn with(headers: &str, body: &[u8]) -> Self {
        let length = body.len();
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n{headers}\r\n");
        Self::Bytes([head.as_bytes(), body].concat())
    }

    /// 200 as JSON.
    pub(crate) fn json(body: &[u8]) -> Self {
        Self::with("content-type: application/json\r\n", body)
    }

    /// Any status, without a body.
    pub(crate) fn status(line: &str, headers: &str) -> Self {
        Self::Bytes(format!("HTTP/1.1 {line}\r\ncontent-length: 0\r\n{headers}\r\n").into_bytes())
    }
}

/// A good document for an address.
pub(crate) fn document(id: &str) -> Value {
    json!({
        "client_id": id,
        "client_name": "Example",
        "redirect_uris": ["http://127.0.0.1/callback", "https://claude.ai/api/mcp/auth_callback"],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "none",
    })
}

type Answering = Box<dyn Fn(&str) -> Answer + Send + Sync>;

/// A running server of documents.
#[derive(Clone)]
pub(crate) struct Site {
    pub(crate) address: SocketAddr,
    pub(crate) authority: reqwest::Certificate,
    heads: Arc<Mutex<Vec<String>>>,
    answering: Arc<Mutex<Answering>>,
    release: Arc<tokio::sync::Semaphore>,
}

impl Site {
    /// Answers each address of `client.example` with its good document.
    pub(crate) async fn start() -> Self {
        osier::outbound::install_crypto();
        let (authority, tls) = certificates();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let site = Self {
            address: listener.local_addr().unwrap(),
            authority,
            heads: Arc::default(),
            answering: Arc::new(Mutex::new(Box::new(|id| Answer::Document(document(id))))),
            release: Arc::new(tokio::sync::Semaphore::new(0)),
        };
        let serving = site.clone();
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (site, tls) = (serving.clone(), tls.clone());
                tokio::spawn(async move {
                    if let Ok(stream) = tls.accept(stream).await {
                        site.serve(stream).await;
                    }
                });
            }
        });
        site
    }

    /// From now on, whatever is asked for.
    pub(crate) fn answers(&self, answer: Answer) {
        self.answers_by(move |_| answer.clone());
    }

    /// From now on, by the address that is asked for.
    pub(crate) fn answers_by(&self, by: impl Fn(&str) -> Answer + Send + Sync + 'static) {
        *self.answering.lock().unwrap() = Box::new(by);
    }

    /// How many requests came.
    pub(crate) fn requests(&self) -> usize {
        self.heads.lock().unwrap().len()
    }

    /// The newest request's head.
    pub(crate) fn head(&self) -> String {
        self.heads.lock().unwrap().last().cloned().unwrap()
    }

    /// Lets a held answer go.
    pub(crate) fn release(&self) {
        self.release.add_permits(1);
    }

    /// Waits until so many requests have come.
    pub(crate) async fn asked(&self, requests: usize) {
        while self.requests() < requests {
            tokio::task::yield_now().await;
        }
    }

    async fn serve<S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin>(self, mut stream: S) {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            match stream.read_u8().await {
                Ok(byte) => head.push(byte),
                Err(_) => return,
            }
        }
        let head = String::from_utf8(head).unwrap();
        let path = head.split(' ').nth(1).unwrap().to_owned();
        let host = head.lines().find_map(|line| line.strip_prefix("host: ")).unwrap().to_owned();
        self.heads.lock().unwrap().push(head);
        let mut answer = (self.answering.lock().unwrap())(&format!("https://{host}{path}"));
        if let Answer::Held(held) = answer {
            self.release.acquire().await.unwrap().forget();
            answer = *held;
        }
        let (first, rest) = match answer {
            Answer::Document(document) => {
                let Answer::Bytes(bytes) = Answer::json(document.to_string().as_bytes()) else {
                    unreachable!()
                };
                (bytes, None)
            }
            Answer::Bytes(bytes) => (bytes, None),
            Answer::Forever { first, more, pause } => (first, Some((more, pause))),
            Answer::Held(_) => unreachable!("held twice"),
        };
        // Whoever asked may be gone already.
        let _ = stream.write_all(&first).await;
        let _ = stream.flush().await;
        while let Some((more, pause)) = &rest {
            tokio::time::sleep(*pause).await;
            if stream.write_all(more).await.is_err() || stream.flush().await.is_err() {
                return;
            }
        }
        let _ = stream.shutdown().await;
    }
}

/// The authority's certificate, and a server's that it signed.
fn certificates() -> (reqwest::Certificate, TlsAcceptor) {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = params.self_signed(&key).unwrap();
    let issuer = Issuer::new(params, key);
    let key = KeyPair::generate().unwrap();
    let names = vec!["client.example".to_owned(), "xn--clint-esa.example".to_owned()];
    let mut params = CertificateParams::new(names).unwrap();
    params.is_ca = IsCa::NoCa;
    let certificate = params.signed_by(&key, &issuer).unwrap();
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let config = rustls::ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .unwrap();
    let authority = reqwest::Certificate::from_der(authority.der()).unwrap();
    (authority, TlsAcceptor::from(Arc::new(config)))
}

/// A resolver that tells what the test says, and counts.
#[derive(Default)]
pub(crate) struct Names {
    known: Mutex<HashMap<String, Vec<Vec<IpAddr>>>>,
    asked: Mutex<Vec<String>>,
}

impl Names {
    /// The addresses of a name, one list for each time it is asked for; the last one stays.
    pub(crate) fn tell(&self, name: &str, lists: &[&[&str]]) {
        let read = |list: &&[&str]| list.iter().map(|ip| ip.parse().unwrap()).collect();
        let lists = lists.iter().map(read).collect();
        self.known.lock().unwrap().insert(name.to_owned(), lists);
    }

    /// How often anything was asked for.
    pub(crate) fn asked(&self) -> usize {
        self.asked.lock().unwrap().len()
    }
}

impl Resolve for Names {
    fn resolve(&self, name: Name) -> Resolving {
        self.asked.lock().unwrap().push(name.as_str().to_owned());
        let mut known = self.known.lock().unwrap();
        let lists = known.get_mut(name.as_str());
        let found =
            lists.map(|lists| if lists.len() > 1 { lists.remove(0) } else { lists[0].clone() });
        Box::pin(async move {
            let found = found.ok_or("no such name")?;
            // Another port than the scheme's must make no difference.
            let addresses: Addrs = Box::new(found.into_iter().map(|ip| SocketAddr::new(ip, 1)));
            Ok(addresses)
        })
    }
}
