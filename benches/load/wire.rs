//! HTTP/1.1 as the load program speaks it: requests that were written down once, over connections that are
//! kept, and answers read to their last byte. It does little, so that what is measured is the other end.

pub(crate) mod answer;
pub(crate) mod load;
pub(crate) mod pass_on;

use anyhow::{Context, bail, ensure};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// No message is longer.
const MOST: usize = 16 * 1024 * 1024;

/// A connection that is kept.
pub(crate) struct Connection {
    stream: TcpStream,
    /// What was read and not used yet.
    read: Vec<u8>,
    body: Vec<u8>,
}

/// The head of a message.
pub(crate) struct Head {
    /// The first line.
    pub(crate) line: String,
    /// The fields; names in small letters.
    fields: Vec<(String, String)>,
}

impl Head {
    /// A field's value.
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    /// An answer's status.
    pub(crate) fn status(&self) -> u16 {
        self.line.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default()
    }

    fn read(text: &[u8]) -> anyhow::Result<Self> {
        let text = std::str::from_utf8(text)?;
        let mut lines = text.split("\r\n");
        let line = lines.next().unwrap_or_default().to_owned();
        let fields = lines.filter_map(|line| line.split_once(':'));
        let fields =
            fields.map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()));
        Ok(Self { line, fields: fields.collect() })
    }
}

impl Connection {
    /// To a port of 127.0.0.1.
    pub(crate) async fn open(port: u16) -> std::io::Result<Self> {
        Self::of(TcpStream::connect(("127.0.0.1", port)).await?)
    }

    fn of(stream: TcpStream) -> std::io::Result<Self> {
        stream.set_nodelay(true)?;
        Ok(Self { stream, read: Vec::with_capacity(16 * 1024), body: Vec::new() })
    }

    /// Sends a request and reads its answer.
    pub(crate) async fn call(&mut self, request: &[u8]) -> anyhow::Result<(Head, &[u8])> {
        self.stream.write_all(request).await?;
        self.message().await?.context("the connection was closed")
    }

    /// The next message; none where the connection ends between two.
    async fn message(&mut self) -> anyhow::Result<Option<(Head, &[u8])>> {
        let end = loop {
            if let Some(at) = find(&self.read, b"\r\n\r\n") {
                break at;
            }
            if self.more().await? == 0 {
                ensure!(self.read.is_empty(), "the connection was closed in a head");
                return Ok(None);
            }
        };
        let head = Head::read(self.read.get(..end).unwrap_or_default())?;
        self.read.drain(..end + 4);
        self.body.clear();
        if head.field("transfer-encoding").is_some() {
            self.chunks().await?;
        } else {
            let length = head.field("content-length").map_or(Ok(0), str::parse::<usize>)?;
            self.take(length).await?;
        }
        Ok(Some((head, &self.body)))
    }

    /// Moves this many bytes into the body.
    async fn take(&mut self, length: usize) -> anyhow::Result<()> {
        ensure!(length <= MOST, "a message is too long");
        while self.read.len() < length {
            ensure!(self.more().await? > 0, "the connection was closed in a body");
        }
        self.body.extend(self.read.drain(..length));
        Ok(())
    }

    /// RFC 9112 §7.1, without trailers.
    async fn chunks(&mut self) -> anyhow::Result<()> {
        loop {
            let end = loop {
                if let Some(at) = find(&self.read, b"\r\n") {
                    break at;
                }
                ensure!(self.more().await? > 0, "the connection was closed in a chunk");
            };
            let size = std::str::from_utf8(self.read.get(..end).unwrap_or_default())?;
            let size = usize::from_str_radix(size.trim(), 16)?;
            self.read.drain(..end + 2);
            self.take(size).await?;
            let kept = self.body.len();
            self.take(2).await?;
            self.body.truncate(kept);
            if size == 0 {
                return Ok(());
            }
        }
    }

    async fn more(&mut self) -> anyhow::Result<usize> {
        if self.read.len() > MOST {
            bail!("a message is too long");
        }
        Ok(self.stream.read_buf(&mut self.read).await?)
    }
}

/// Where the one begins in the other.
pub(crate) fn find(all: &[u8], wanted: &[u8]) -> Option<usize> {
    memchr::memmem::find(all, wanted)
}

/// A POST as it goes over the wire.
pub(crate) fn post(path: &str, fields: &[(&str, &str)], port: u16, body: &str) -> Vec<u8> {
    let mut text = format!(
        "POST {path} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n",
        body.len()
    );
    for (name, value) in fields {
        text.extend([name, ": ", value, "\r\n"]);
    }
    text.push_str("\r\n");
    text.push_str(body);
    text.into_bytes()
}
