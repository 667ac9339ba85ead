//! The source's feed of changes (`GET …?since=VERSION`, as server-sent events or one answer at a time):
//! what it tells counts at once. It only makes answers count for less time than their age allows;
//! while it is away the ages hold as ever.

use std::time::Duration;

use ::http::{StatusCode, header};
use futures::StreamExt;
use reqwest::Client;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::outbound;

use super::adapter::Access;
use super::changes::Altered;

/// The longest news.
const LONGEST: usize = 1024 * 1024;
/// A long poll or a stream is asked for anew after this long.
const ONCE: Duration = Duration::from_mins(5);
/// How long to wait after a failure, at first and at most.
const RETRY: (Duration, Duration) = (Duration::from_secs(1), Duration::from_mins(1));

/// Where the source tells of changes.
#[derive(Debug)]
pub struct Feed {
    /// Made for it, with a patience of minutes.
    pub client: Client,
    /// The full URL, without `since`.
    pub url: Url,
    /// What goes out in `Authorization`, if anything.
    pub token: Option<SecretString>,
}

/// One piece of news.
#[derive(Debug, Deserialize)]
struct News {
    version: String,
    subjects: Subjects,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Subjects {
    These(Vec<String>),
    All(All),
}

#[derive(Debug, Deserialize)]
enum All {
    #[serde(rename = "all")]
    All,
}

/// Why a turn of the feed ended other than well.
enum Ended {
    /// The version isn't known there any more: what has changed since can't be said.
    Forgotten,
    /// Anything else.
    Failed(&'static str),
}

impl Access {
    /// Follows the source's feed of changes, if it has one, until `stop`.
    pub async fn follow(&self, stop: CancellationToken) {
        let Some(feed) = &self.feed else { return };
        let mut since = None;
        let mut wait = RETRY.0;
        let follow = async {
            loop {
                let began = Instant::now();
                match self.read_on(feed, &mut since).await {
                    Ok(()) => wait = RETRY.0,
                    Err(Ended::Forgotten) => {
                        tracing::warn!("the feed of changes forgot our place: nothing is believed");
                        since = None;
                        self.purge(&Altered::Everybody).await;
                    }
                    Err(Ended::Failed(why)) => {
                        tracing::warn!(why, "the feed of changes broke off; ages hold meanwhile");
                        tokio::time::sleep(wait).await;
                        wait = RETRY.1.min(wait * 2);
                        continue;
                    }
                }
                // A service that answers at once, and has nothing to say, isn't asked all the time.
                tokio::time::sleep(RETRY.0.saturating_sub(began.elapsed())).await;
            }
        };
        tokio::select! {
            () = stop.cancelled() => {}
            () = follow => {}
        }
    }

    async fn read_on(&self, feed: &Feed, since: &mut Option<String>) -> Result<(), Ended> {
        let mut url = feed.url.clone();
        if let Some(version) = since.as_ref() {
            url.query_pairs_mut().append_pair("since", version);
        }
        let accept = "text/event-stream, application/json;q=0.9";
        let mut request = feed.client.get(url).header(header::ACCEPT, accept);
        if let Some(token) = &feed.token {
            request = request.bearer_auth(token.expose_secret());
        }
        let response = request.send().await.map_err(|_| Ended::Failed("no answer"))?;
        match response.status() {
            StatusCode::OK => {}
            StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED => return Ok(()),
            StatusCode::BAD_REQUEST | StatusCode::GONE if since.is_some() => {
                return Err(Ended::Forgotten);
            }
            _ => return Err(Ended::Failed("another status than 200")),
        }
        let kind = response.headers().get(header::CONTENT_TYPE);
        if kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream")) {
            return self.stream(response, since).await;
        }
        let body = outbound::read_capped(response, LONGEST, ONCE).await;
        let body = body.map_err(|_| Ended::Failed("no whole answer"))?;
        self.tell(&body, since).await
    }

    /// Events of a stream; each `data:` line is one piece of news (WHATWG HTML §9.2.6).
    async fn stream(
        &self,
        response: reqwest::Response,
        since: &mut Option<String>,
    ) -> Result<(), Ended> {
        let mut chunks = response.bytes_stream();
        let mut buffer: Vec<u8> = Vec::new();
        while let Some(chunk) = chunks.next().await {
            // A stream that lasted as long as one may ends here too, and is taken up again.
            let Ok(chunk) = chunk else { return Ok(()) };
            buffer.extend_from_slice(&chunk);
            while let Some(end) = buffer.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = buffer.drain(..=end).collect();
                if let Some(data) = line.trim_ascii().strip_prefix(b"data:") {
                    self.tell(data.trim_ascii(), since).await?;
                }
            }
            if buffer.len() > LONGEST {
                return Err(Ended::Failed("news that has no end"));
            }
        }
        Ok(())
    }

    /// News that can't be read may be about anybody.
    async fn tell(&self, news: &[u8], since: &mut Option<String>) -> Result<(), Ended> {
        let Ok(News { version, subjects }) = serde_json::from_slice(news) else {
            self.purge(&Altered::Everybody).await;
            return Err(Ended::Failed("news that can't be read"));
        };
        match subjects {
            Subjects::These(people) if people.is_empty() => {}
            Subjects::These(people) => self.purge(&Altered::People(&people)).await,
            Subjects::All(All::All) => self.purge(&Altered::Everybody).await,
        }
        *since = Some(version);
        Ok(())
    }
}
