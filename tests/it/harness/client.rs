//! A client of Streamable HTTP, small enough to be bent: it speaks each protocol version, holds
//! the session of the older ones, and lets a test write any request.

use std::sync::atomic::{AtomicU64, Ordering};

use futures::StreamExt;
use reqwest::header::HeaderMap;
use serde_json::{Value, json};

use super::reply::{Answered, Reply};

/// The protocol versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    V2025_03_26,
    V2025_06_18,
    V2025_11_25,
    V2026_07_28,
}

impl Version {
    /// All of them.
    pub const ALL: [Self; 4] =
        [Self::V2025_03_26, Self::V2025_06_18, Self::V2025_11_25, Self::V2026_07_28];

    /// As it goes on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::V2025_03_26 => "2025-03-26",
            Self::V2025_06_18 => "2025-06-18",
            Self::V2025_11_25 => "2025-11-25",
            Self::V2026_07_28 => "2026-07-28",
        }
    }

    /// True for the version without sessions.
    pub fn is_stateless(self) -> bool {
        self == Self::V2026_07_28
    }
}

/// One person's client.
pub struct Client {
    http: reqwest::Client,
    url: String,
    /// The person's token; a test may replace it.
    pub token: String,
    /// The version that it speaks.
    pub version: Version,
    /// The session of an older version.
    pub session: Option<String>,
    /// What the client says that it can do.
    pub capabilities: Value,
    next_id: AtomicU64,
}

impl Client {
    /// Connects with form elicitation; opens a session in an older version.
    pub async fn connect(
        http: &reqwest::Client,
        url: &str,
        token: String,
        version: Version,
    ) -> Self {
        Self::connect_with(http, url, token, version, json!({"elicitation": {"form": {}}})).await
    }

    /// Connects with capabilities of the test's own.
    pub async fn connect_with(
        http: &reqwest::Client,
        url: &str,
        token: String,
        version: Version,
        capabilities: Value,
    ) -> Self {
        let url = format!("{url}/mcp");
        let mut client = Self {
            http: http.clone(),
            url,
            token,
            version,
            session: None,
            capabilities,
            next_id: AtomicU64::new(1),
        };
        if !version.is_stateless() {
            client.initialize().await;
        }
        client
    }

    async fn initialize(&mut self) {
        let params = json!({
            "protocolVersion": self.version.name(),
            "capabilities": self.capabilities,
            "clientInfo": {"name": "osier-test", "version": "1"},
        });
        let body = json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params});
        let response = self.post(&body, HeaderMap::new()).await;
        let session = response.headers().get("mcp-session-id");
        self.session = session.map(|id| id.to_str().unwrap().to_owned());
        if self.session.is_none() {
            // Whoever isn't let in has no session; what they get instead is for the test to see.
            return;
        }
        let reply = read(response).await;
        assert_eq!(reply.result()["protocolVersion"], self.version.name());
        let body = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
        self.post(&body, HeaderMap::new()).await;
    }

    /// Sends a request and reads its response; a question on the way stays unanswered.
    pub async fn request(&self, method: &str, params: Value) -> Reply {
        let body = self.envelope(method, params);
        read(self.post(&body, self.headers(&body)).await).await
    }

    /// The JSON-RPC request as this version writes it.
    pub fn envelope(&self, method: &str, mut params: Value) -> Value {
        if self.version.is_stateless() {
            params["_meta"]["io.modelcontextprotocol/protocolVersion"] = self.version.name().into();
            params["_meta"]["io.modelcontextprotocol/clientInfo"] =
                json!({"name": "osier-test", "version": "1"});
            params["_meta"]["io.modelcontextprotocol/clientCapabilities"] =
                self.capabilities.clone();
        }
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params})
    }

    /// The headers that go with a request in this version (SEP-2243).
    pub fn headers(&self, body: &Value) -> HeaderMap {
        let mut headers = HeaderMap::new();
        if self.version.is_stateless() {
            let method = body["method"].as_str().unwrap_or_default();
            headers.insert("mcp-method", method.parse().unwrap());
            let name = body["params"]["name"].as_str().or(body["params"]["uri"].as_str());
            if let Some(name) = name.and_then(|name| name.parse().ok()) {
                headers.insert("mcp-name", name);
            }
        }
        headers
    }

    /// Posts any JSON with this client's token, session and version.
    pub async fn post(&self, body: &Value, headers: HeaderMap) -> reqwest::Response {
        self.post_bytes(body.to_string().into_bytes(), headers).await
    }

    /// Posts any bytes.
    pub async fn post_bytes(&self, body: Vec<u8>, headers: HeaderMap) -> reqwest::Response {
        let mut request = self
            .http
            .post(&self.url)
            .bearer_auth(&self.token)
            .header("content-type", "application/json")
            .header("accept", "application/json, text/event-stream")
            .header("mcp-protocol-version", self.version.name());
        if let Some(session) = &self.session {
            request = request.header("mcp-session-id", session);
        }
        request.headers(headers).body(body).send().await.unwrap()
    }

    /// The names of the tools that the person sees.
    pub async fn tools(&self) -> Vec<String> {
        let reply = self.request("tools/list", json!({})).await;
        let tools = reply.result()["tools"].as_array().unwrap();
        tools.iter().map(|tool| tool["name"].as_str().unwrap().to_owned()).collect()
    }

    /// Calls a tool. In an older version a question on the way is cancelled.
    pub async fn call(&self, tool: &str, arguments: Value) -> Reply {
        if self.version.is_stateless() {
            self.request("tools/call", json!({"name": tool, "arguments": arguments})).await
        } else {
            self.call_answering(tool, arguments, Answered::Closed).await
        }
    }

    /// The rows of every page of a list, in order. The arguments may say how long a page is.
    pub async fn all_rows(&self, tool: &str, mut arguments: Value) -> Vec<Value> {
        /// More pages than any list here has.
        const MOST: usize = 500;
        let mut rows = Vec::new();
        for _ in 0..MOST {
            let page = self.call(tool, arguments.clone()).await;
            rows.extend_from_slice(page.items());
            match page.next_cursor() {
                Some(cursor) => arguments["cursor"] = cursor.into(),
                None => return rows,
            }
        }
        panic!("{tool} never ends");
    }

    /// Calls a tool and answers the question on the way, in this version's manner.
    pub async fn call_answering(&self, tool: &str, arguments: Value, answer: Answered) -> Reply {
        let params = json!({"name": tool, "arguments": arguments});
        if self.version.is_stateless() {
            let asked = self.request("tools/call", params.clone()).await;
            let Some(state) = asked.state().map(str::to_owned) else { return asked };
            return self.answer(tool, arguments, &state, &answer).await;
        }
        let body = self.envelope("tools/call", params);
        let response = self.post(&body, self.headers(&body)).await;
        self.read_answering(response, &answer).await
    }

    /// Repeats a call of 2026-07-28 with the answer to its question.
    pub async fn answer(
        &self,
        tool: &str,
        arguments: Value,
        state: &str,
        answer: &Answered,
    ) -> Reply {
        let params = json!({
            "name": tool,
            "arguments": arguments,
            "inputResponses": {"confirm": answer.result()},
            "requestState": state,
        });
        self.request("tools/call", params).await
    }

    /// Reads a stream to its response, and answers each question on it.
    async fn read_answering(&self, response: reqwest::Response, answer: &Answered) -> Reply {
        let status = response.status().as_u16();
        if !is_stream(&response) {
            return read(response).await;
        }
        let mut events = Events::of(response);
        let mut before = Vec::new();
        while let Some(message) = events.next().await {
            if message.get("method").is_none() {
                return Reply { status, message, before };
            }
            if let Some(id) = message.get("id") {
                let result = json!({"jsonrpc": "2.0", "id": id, "result": answer.result()});
                self.post(&result, HeaderMap::new()).await;
            }
            before.push(message);
        }
        Reply { status, message: Value::Null, before }
    }
}

fn is_stream(response: &reqwest::Response) -> bool {
    let kind = response.headers().get("content-type").and_then(|kind| kind.to_str().ok());
    kind.is_some_and(|kind| kind.starts_with("text/event-stream"))
}

/// Reads an answer to its end, streamed or not.
async fn read(response: reqwest::Response) -> Reply {
    let status = response.status().as_u16();
    if !is_stream(&response) {
        let bytes = response.bytes().await.unwrap();
        let message = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        return Reply { status, message, before: Vec::new() };
    }
    let mut events = Events::of(response);
    let mut before = Vec::new();
    while let Some(message) = events.next().await {
        let is_response = message.get("method").is_none();
        if is_response {
            return Reply { status, message, before };
        }
        before.push(message);
    }
    Reply { status, message: Value::Null, before }
}

/// Server-sent events with JSON in them.
pub struct Events {
    chunks: futures::stream::BoxStream<'static, reqwest::Result<bytes::Bytes>>,
    buffer: String,
    /// The id of the newest event, to go on after it.
    pub last_id: Option<String>,
}

impl Events {
    /// The events of a streamed answer.
    pub fn of(response: reqwest::Response) -> Self {
        Self { chunks: response.bytes_stream().boxed(), buffer: String::new(), last_id: None }
    }

    /// The next message; none once the stream has ended.
    pub async fn next(&mut self) -> Option<Value> {
        loop {
            if let Some(end) = self.buffer.find("\n\n") {
                let event: String = self.buffer.drain(..end + 2).collect();
                let id = event.lines().find_map(|line| line.strip_prefix("id:"));
                self.last_id = id.map(|id| id.trim().to_owned()).or(self.last_id.take());
                let data = event.lines().filter_map(|line| line.strip_prefix("data:"));
                let data: String = data.map(str::trim_start).collect();
                if let Ok(message) = serde_json::from_str(&data) {
                    return Some(message);
                }
                continue;
            }
            let chunk = self.chunks.next().await?.ok()?;
            self.buffer.push_str(&String::from_utf8_lossy(&chunk).replace("\r\n", "\n"));
        }
    }
}
