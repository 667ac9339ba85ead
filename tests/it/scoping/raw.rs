//! A service that does to HTTP what no web framework would: bytes as they are told, as slowly and
//! for as long as they are told. It keeps what it was sent.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::AbortHandle;

/// What it answers to every request.
#[derive(Clone)]
pub enum Manner {
    /// These bytes, then the connection is closed.
    Says(Vec<u8>),
    /// These bytes, then nothing, on an open connection.
    Stalls(Vec<u8>),
    /// The first bytes, then the others for ever, with a pause between.
    Repeats(Vec<u8>, Vec<u8>, Duration),
}

impl Manner {
    /// A JSON answer, as it should be.
    pub fn json(body: &str) -> Self {
        let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ";
        Self::Says(format!("{head}{}\r\nConnection: close\r\n\r\n{body}", body.len()).into())
    }

    /// A JSON answer of any bytes.
    pub fn bytes(body: &[u8]) -> Self {
        let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ";
        let head = format!("{head}{}\r\nConnection: close\r\n\r\n", body.len());
        Self::Says([head.as_bytes(), body].concat())
    }
}

#[derive(Default)]
struct Seen {
    requests: Vec<String>,
    connections: usize,
    written: usize,
}

/// The service. It stops when it is dropped.
pub struct Raw {
    /// `http://127.0.0.1:PORT`
    pub url: String,
    seen: Arc<Mutex<Seen>>,
    accepting: AbortHandle,
}

impl Raw {
    /// Starts one with this manner.
    pub async fn new(manner: Manner) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let seen = Arc::new(Mutex::new(Seen::default()));
        let kept = Arc::clone(&seen);
        let accepting = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                kept.lock().unwrap().connections += 1;
                tokio::spawn(serve(stream, manner.clone(), Arc::clone(&kept)));
            }
        });
        Self { url, seen, accepting: accepting.abort_handle() }
    }

    /// Head and body of each request, as text.
    pub fn requests(&self) -> Vec<String> {
        self.seen.lock().unwrap().requests.clone()
    }

    /// How often somebody connected.
    pub fn connections(&self) -> usize {
        self.seen.lock().unwrap().connections
    }

    /// How many bytes it could get rid of.
    pub fn written(&self) -> usize {
        self.seen.lock().unwrap().written
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// Reads a request to the end of its body.
async fn request(stream: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.to_lowercase().lines().find_map(|line| {
                line.strip_prefix("content-length:").and_then(|text| text.trim().parse().ok())
            });
            if body.len() >= length.unwrap_or(0) {
                return Some(text);
            }
        }
        match stream.read(&mut chunk).await {
            Ok(0) | Err(_) => return None,
            Ok(read) => bytes.extend_from_slice(&chunk[..read]),
        }
    }
}

async fn serve(mut stream: TcpStream, manner: Manner, seen: Arc<Mutex<Seen>>) {
    let Some(request) = request(&mut stream).await else { return };
    seen.lock().unwrap().requests.push(request);
    let (first, then) = match manner {
        Manner::Says(bytes) => (bytes, None),
        Manner::Stalls(bytes) => (bytes, Some((Vec::new(), Duration::from_hours(1)))),
        Manner::Repeats(first, again, pause) => (first, Some((again, pause))),
    };
    let mut next = first;
    loop {
        if stream.write_all(&next).await.is_err() {
            return;
        }
        seen.lock().unwrap().written += next.len();
        let Some((again, pause)) = &then else { return };
        next.clone_from(again);
        tokio::time::sleep(*pause).await;
    }
}
