//! The requests of a person's client, written down once: both eras, calls and lists.

use anyhow::{Context, ensure};
use osier::demo::BEN;
use serde_json::{Value, json};

use super::{OWN, PEOPLE, World};
use crate::wire::load::Right;
use crate::wire::{Connection, find, post};

/// The tool that is called.
const TOOL: &str = "list_sites";
const MODERN: &str = "2026-07-28";
const OLDER: &str = "2025-11-25";
const ACCEPT: (&str, &str) = ("accept", "application/json, text/event-stream");

/// Which protocol a client speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Era {
    /// 2026-07-28, without sessions.
    Stateless,
    /// 2025-11-25, in one.
    Sessions,
}

/// A session of 2025-11-25.
pub(crate) struct Session {
    /// A call in it.
    pub(crate) call: Vec<u8>,
    /// Its end.
    pub(crate) end: Vec<u8>,
}

impl World {
    /// A call of 2026-07-28.
    pub(crate) fn call(&self, port: u16) -> Vec<u8> {
        let params = json!({"name": TOOL, "arguments": {"pageSize": 10, "status": "Operations"}});
        self.modern(port, "tools/call", Some(TOOL), params)
    }

    /// `tools/list` of 2026-07-28.
    pub(crate) fn list(&self, port: u16) -> Vec<u8> {
        self.modern(port, "tools/list", None, json!({}))
    }

    fn modern(&self, port: u16, method: &str, name: Option<&str>, mut params: Value) -> Vec<u8> {
        if let Some(params) = params.as_object_mut() {
            let meta = json!({
                "io.modelcontextprotocol/protocolVersion": MODERN,
                "io.modelcontextprotocol/clientInfo": {"name": "osier-load", "version": "1"},
                "io.modelcontextprotocol/clientCapabilities": {},
            });
            params.insert("_meta".to_owned(), meta);
        }
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        let bearer = format!("Bearer {}", self.token(&BEN));
        let mut fields = vec![
            ACCEPT,
            ("authorization", bearer.as_str()),
            ("mcp-protocol-version", MODERN),
            ("mcp-method", method),
        ];
        fields.extend(name.map(|name| ("mcp-name", name)));
        post("/mcp", &fields, port, &body.to_string())
    }

    /// Opens a session of 2025-11-25, in turns of the people: nobody may have very many.
    pub(crate) async fn session(&self, port: u16, turn: usize) -> anyhow::Result<Session> {
        let person = PEOPLE.iter().cycle().nth(turn % PEOPLE.len()).unwrap_or(&BEN);
        let bearer = format!("Bearer {}", self.token(person));
        let fields = [ACCEPT, ("authorization", bearer.as_str())];
        let params = json!({
            "protocolVersion": OLDER, "capabilities": {},
            "clientInfo": {"name": "osier-load", "version": "1"},
        });
        let body = json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params});
        let mut connection = Connection::open(port).await?;
        let opening = post("/mcp", &fields, port, &body.to_string());
        let (head, _) = connection.call(&opening).await?;
        let id = head.field("mcp-session-id").context("no session was opened")?.to_owned();
        let mut fields = fields.to_vec();
        fields.extend([("mcp-protocol-version", OLDER), ("mcp-session-id", id.as_str())]);
        let told = json!({"jsonrpc": "2.0", "method": "notifications/initialized"}).to_string();
        connection.call(&post("/mcp", &fields, port, &told)).await?;
        let params = json!({"name": TOOL, "arguments": {"pageSize": 10, "status": "Operations"}});
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params});
        let end = post("/mcp", &fields, port, "");
        let end = String::from_utf8_lossy(&end).replacen("POST ", "DELETE ", 1).into_bytes();
        Ok(Session { call: post("/mcp", &fields, port, &body.to_string()), end })
    }
}

/// One answer, checked in every part; by it the others are checked.
pub(crate) async fn first(port: u16, request: &[u8], era: Era) -> anyhow::Result<(Vec<u8>, Right)> {
    let mut connection = Connection::open(port).await?;
    let (head, body) = connection.call(request).await?;
    let text = std::str::from_utf8(body)?;
    ensure!(head.status() == 200, "{}: {text}", head.line);
    let bare = text.lines().filter_map(|line| line.strip_prefix("data:")).next_back();
    let message: Value = serde_json::from_str(bare.unwrap_or(text))?;
    let rows = message.pointer("/result/structuredContent/items").and_then(Value::as_array);
    let ids = rows.into_iter().flatten().filter_map(|row| row.get("id")?.as_str());
    let (mut ids, mut own) = (ids.collect::<Vec<_>>(), OWN.to_vec());
    ids.sort_unstable();
    own.sort_unstable();
    ensure!(ids == own, "the answer has the wrong rows: {text}");
    let length = (era == Era::Stateless).then_some(body.len());
    Ok((body.to_vec(), Right { length, holds: marker() }))
}

/// What an answer with the caller's rows has in it, beside its length.
fn marker() -> Vec<u8> {
    format!("\"structuredContent\":{{\"items\":[{{\"id\":\"{}\"", OWN.first().unwrap_or(&"")).into()
}

/// One list, with this many tools at least.
pub(crate) async fn first_list(
    port: u16,
    request: &[u8],
    least: usize,
) -> anyhow::Result<(Vec<u8>, Right)> {
    let mut connection = Connection::open(port).await?;
    let (head, body) = connection.call(request).await?;
    let message: Value = serde_json::from_slice(body)?;
    let tools = message.pointer("/result/tools").and_then(Value::as_array).map_or(0, Vec::len);
    ensure!(head.status() == 200 && tools >= least, "{}: {tools} tools", head.line);
    let holds = b"\"list_sites".to_vec();
    ensure!(find(body, &holds).is_some(), "the list lacks the tool that is called");
    Ok((body.to_vec(), Right { length: Some(body.len()), holds }))
}
