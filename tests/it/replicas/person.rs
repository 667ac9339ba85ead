//! People who make confirmed writes through a balancer while replicas die: their clients try again as
//! the specification says, start a new session where theirs is gone, look up what they are told is
//! unknown, and answer each question by what stands in it.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use osier::demo::SITE_60M;
use serde_json::{Value, json};

use crate::harness::{Answered, Events, Version};

/// For one attempt, a question's wait not included.
const PATIENCE: Duration = Duration::from_secs(20);
/// A write that was on its way when its replica died has ended after this long.
const SETTLED: Duration = Duration::from_millis(1500);
/// No write needs more attempts.
const MOST: usize = 60;

/// What one write is about.
#[derive(Clone, Debug)]
pub struct Write {
    /// Stands in the question and in the record, and nowhere else.
    pub marker: String,
    /// The ticket that it comments on; none for a new ticket.
    pub ticket: Option<String>,
    /// What the person says.
    pub yes: bool,
}

impl Write {
    fn call(&self) -> Value {
        match &self.ticket {
            None => json!({"name": "create_ticket", "arguments": {
                "siteId": SITE_60M, "summary": self.marker, "description": "x", "priority": 3,
            }}),
            Some(ticket) => json!({"name": "add_ticket_comment", "arguments": {
                "ticketId": ticket, "text": self.marker,
            }}),
        }
    }

    fn answer(&self) -> Value {
        if self.yes { Answered::Yes.result() } else { Answered::No.result() }
    }

    /// Whether a question is this write's; another one's must never be answered.
    fn is_asked(&self, message: &str) {
        assert!(message.contains(&self.marker), "{} was asked: {message}", self.marker);
    }
}

/// What happened to all of them.
#[derive(Default)]
pub struct Tally {
    /// Attempts beyond the first.
    pub retries: AtomicUsize,
    /// Sessions that were opened anew.
    pub sessions: AtomicUsize,
    /// Streams that were taken up again.
    pub resumed: AtomicUsize,
    /// Ends that weren't known, and looked up.
    pub lookups: AtomicUsize,
    /// Answers that were told to be used already.
    pub used: AtomicUsize,
    /// Random for the time that people think.
    pub dice: AtomicU64,
}

/// One person's client.
pub struct Person<'a> {
    pub http: reqwest::Client,
    pub url: String,
    pub token: String,
    pub version: Version,
    pub session: tokio::sync::Mutex<Option<String>>,
    pub tally: &'a Tally,
    pub next: AtomicU64,
}

/// How an attempt ended.
enum End {
    /// Carried out, or not, as the person said.
    Done,
    /// Nothing was asked or answered yet; the same again.
    Again,
    /// The session is gone.
    Anew,
    /// Answered, and what came of it isn't known.
    Unknown,
}

impl Person<'_> {
    /// Makes one write to its end; gives how long that took without the time to think.
    pub async fn write(&self, write: &Write) -> Duration {
        let (started, mut thought) = (Instant::now(), Duration::ZERO);
        for attempt in 0..MOST {
            if attempt > 0 {
                self.tally.retries.fetch_add(1, Ordering::Relaxed);
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            let end = match self.version {
                Version::V2026_07_28 => self.by_state(write, &mut thought).await,
                _ => self.in_session(write, &mut thought).await,
            };
            match end {
                End::Done => return started.elapsed().saturating_sub(thought),
                End::Again | End::Anew => {}
                End::Unknown if !write.yes => {
                    // A no that may not have been heard has nothing to look up.
                    return started.elapsed().saturating_sub(thought);
                }
                End::Unknown => {
                    self.tally.lookups.fetch_add(1, Ordering::Relaxed);
                    tokio::time::sleep(SETTLED).await;
                    thought += SETTLED;
                    if self.is_there(write).await {
                        return started.elapsed().saturating_sub(thought);
                    }
                }
            }
        }
        panic!("{} never came to its end", write.marker);
    }

    async fn think(&self, thought: &mut Duration) {
        let dice = self.tally.dice.fetch_add(0x9E37_79B9_7F4A_7C15, Ordering::Relaxed);
        let time = Duration::from_millis(100 + (dice >> 32) % 1900);
        *thought += time;
        tokio::time::sleep(time).await;
    }

    /// 2026-07-28: the question is the result, and its answer may be sent again as it is.
    async fn by_state(&self, write: &Write, thought: &mut Duration) -> End {
        let Some(asked) = self.ask("tools/call", write.call()).await else { return End::Again };
        let result = &asked["result"];
        let Some(state) = result["requestState"].as_str() else {
            return before_question(&asked);
        };
        let message = &result["inputRequests"]["confirm"]["params"]["message"];
        write.is_asked(message.as_str().unwrap());
        self.think(thought).await;
        let mut call = write.call();
        call["requestState"] = state.into();
        call["inputResponses"] = json!({"confirm": write.answer()});
        for attempt in 0..MOST {
            if attempt > 0 {
                self.tally.retries.fetch_add(1, Ordering::Relaxed);
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            if let Some(reply) = self.ask("tools/call", call.clone()).await
                && let Some(end) = self.judge(write, &reply)
            {
                return end;
            }
        }
        panic!("{}: no answer to the answer", write.marker);
    }

    /// What an end says; none where the very same may be sent again.
    fn judge(&self, write: &Write, reply: &Value) -> Option<End> {
        let text = text_of(reply);
        let result = &reply["result"];
        if result["isError"] == false {
            assert!(write.yes, "{}: a no was carried out", write.marker);
            let item = &result["structuredContent"]["item"];
            let told = item["summary"].as_str().or(item["text"].as_str());
            assert_eq!(told, Some(write.marker.as_str()), "another one's answer: {reply}");
            return Some(End::Done);
        }
        if text.starts_with("The person said no") {
            assert!(!write.yes, "{}: a yes was taken for a no", write.marker);
            return Some(End::Done);
        }
        if text.starts_with("This confirmation was already used") {
            self.tally.used.fetch_add(1, Ordering::Relaxed);
            return Some(End::Unknown);
        }
        if text.contains("may have been carried out") {
            return Some(End::Unknown);
        }
        let changed = ["The record changed", "The question was closed", "The requestState isn't"];
        if changed.iter().any(|words| text.starts_with(words)) {
            return Some(End::Again);
        }
        // A replica that is just starting has neither keys nor permissions.
        let passing =
            ["Your permissions can't be read", "Something went wrong here", "doesn't answer"];
        assert!(passing.iter().any(|words| text.contains(words)), "{}: {reply}", write.marker);
        None
    }

    /// An older version: the question comes over the call's stream, and the answer is a POST of its own,
    /// which the balancer sends wherever it likes.
    async fn in_session(&self, write: &Write, thought: &mut Duration) -> End {
        let Some(session) = self.opened().await else { return End::Again };
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let body =
            json!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": write.call()});
        let Some(response) = self.post(&body, Some(&session)).await else { return End::Again };
        match response.status().as_u16() {
            200 => {}
            404 => return self.lost(&session).await,
            _ => return End::Again,
        }
        let mut events = Events::of(response);
        let mut answered = false;
        loop {
            let next = tokio::time::timeout(PATIENCE, events.next()).await.ok().flatten();
            let Some(message) = next else {
                // A stream that broke is taken up again after its last event; not so where the session
                // is gone with its replica.
                let Some(again) = self.resumed(&session, events.last_id.take()).await else {
                    let end = self.lost(&session).await;
                    return if answered { End::Unknown } else { end };
                };
                events = again;
                continue;
            };
            if message["method"] == "elicitation/create" {
                write.is_asked(message["params"]["message"].as_str().unwrap());
                self.think(thought).await;
                let answer =
                    json!({"jsonrpc": "2.0", "id": message["id"], "result": write.answer()});
                answered = true;
                self.answer(&answer, &session).await;
            } else if message["id"] == id {
                if answered {
                    return self.judge(write, &message).unwrap_or(End::Unknown);
                }
                return before_question(&message);
            }
        }
    }

    /// Until it is taken, or the session is known to be gone, which its stream tells too.
    async fn answer(&self, answer: &Value, session: &str) {
        for _ in 0..20 {
            match self.post(answer, Some(session)).await.map(|response| response.status().as_u16())
            {
                Some(202 | 404) => return,
                _ => tokio::time::sleep(Duration::from_millis(100)).await,
            }
            self.tally.retries.fetch_add(1, Ordering::Relaxed);
        }
    }

    async fn resumed(&self, session: &str, last: Option<String>) -> Option<Events> {
        let last = last?;
        for _ in 0..MOST {
            let request = self
                .http
                .get(format!("{}/mcp", self.url))
                .bearer_auth(&self.token)
                .header("accept", "text/event-stream")
                .header("mcp-protocol-version", self.version.name())
                .header("mcp-session-id", session)
                .header("last-event-id", &last);
            match request.send().await.ok().map(|response| (response.status().as_u16(), response)) {
                Some((200, response)) => {
                    self.tally.resumed.fetch_add(1, Ordering::Relaxed);
                    let mut events = Events::of(response);
                    events.last_id = Some(last);
                    return Some(events);
                }
                Some((404, _)) => return None,
                _ => tokio::time::sleep(Duration::from_millis(100)).await,
            }
        }
        None
    }

    async fn lost(&self, session: &str) -> End {
        let mut held = self.session.lock().await;
        if held.as_deref() == Some(session) {
            *held = None;
            self.tally.sessions.fetch_add(1, Ordering::Relaxed);
        }
        End::Anew
    }

    /// The session's name; opens one where there is none.
    async fn opened(&self) -> Option<String> {
        let mut held = self.session.lock().await;
        if let Some(session) = &*held {
            return Some(session.clone());
        }
        let body = json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {
            "protocolVersion": self.version.name(),
            "capabilities": {"elicitation": {"form": {}}},
            "clientInfo": {"name": "osier-test", "version": "1"},
        }});
        let response = self.post(&body, None).await.filter(|response| response.status() == 200)?;
        let session = response.headers().get("mcp-session-id")?.to_str().unwrap().to_owned();
        Events::of(response).next().await?;
        let body = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
        let said = self.post(&body, Some(&session)).await?;
        (said.status() == 202).then(|| held.insert(session).clone())
    }

    /// Looks a write up, as anybody would: through the same door.
    async fn is_there(&self, write: &Write) -> bool {
        let call = match &write.ticket {
            None => json!({"name": "list_tickets", "arguments": {"q": write.marker}}),
            Some(ticket) => json!({"name": "list_ticket_comments", "arguments": {
                "ticketId": ticket, "pageSize": 100,
            }}),
        };
        let mut cursor: Option<String> = None;
        for _ in 0..MOST {
            let mut call = call.clone();
            if let Some(cursor) = &cursor {
                call["arguments"]["cursor"] = cursor.as_str().into();
            }
            let reply = self.ask("tools/call", call).await;
            let Some(content) =
                reply.as_ref().and_then(|reply| reply["result"].get("structuredContent"))
            else {
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            };
            let items = content["items"].as_array().unwrap();
            let is = |item: &Value| item["summary"] == write.marker || item["text"] == write.marker;
            if items.iter().any(is) {
                return true;
            }
            match content["nextCursor"].as_str() {
                Some(next) => cursor = Some(next.to_owned()),
                None => return false,
            }
        }
        panic!("{} can't be looked up", write.marker);
    }

    /// A request of 2026-07-28; none where there was no answer that counts.
    async fn ask(&self, method: &str, mut params: Value) -> Option<Value> {
        params["_meta"] = json!({
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientInfo": {"name": "osier-test", "version": "1"},
            "io.modelcontextprotocol/clientCapabilities": {"elicitation": {"form": {}}},
        });
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let body = json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params});
        let sent = self
            .request(&body, "2026-07-28")
            .header("mcp-method", method)
            .header("mcp-name", body["params"]["name"].as_str().unwrap())
            .send();
        let response = sent.await.ok()?;
        let streamed =
            response.headers().get("content-type")?.as_bytes().starts_with(b"text/event");
        let status = response.status().as_u16();
        let reply: Value = if streamed {
            Events::of(response).next().await?
        } else {
            response.json().await.ok()?
        };
        // 502 of nginx's, 503 of a replica that is just starting.
        if status >= 500 || status == 429 {
            return None;
        }
        assert_eq!(reply["id"], id, "{status}: {reply}");
        Some(reply)
    }

    async fn post(&self, body: &Value, session: Option<&str>) -> Option<reqwest::Response> {
        let mut request = self.request(body, self.version.name());
        if let Some(session) = session {
            request = request.header("mcp-session-id", session);
        }
        request.send().await.ok()
    }

    fn request(&self, body: &Value, version: &str) -> reqwest::RequestBuilder {
        self.http
            .post(format!("{}/mcp", self.url))
            .bearer_auth(&self.token)
            .header("content-type", "application/json")
            .header("accept", "application/json, text/event-stream")
            .header("mcp-protocol-version", version)
            .body(body.to_string())
    }
}

fn text_of(reply: &Value) -> String {
    let content = reply["result"]["content"].as_array();
    let texts = content.into_iter().flatten().filter_map(|block| block["text"].as_str());
    let error = reply["error"]["message"].as_str();
    error.map_or_else(|| texts.collect::<Vec<_>>().join("\n"), str::to_owned)
}

/// An end before there was a question: only what passes by itself.
fn before_question(reply: &Value) -> End {
    let text = text_of(reply);
    let passing = ["Your permissions can't be read", "doesn't answer", "is busy", "Something went"];
    assert!(passing.iter().any(|words| text.contains(words)), "{reply}");
    End::Again
}
