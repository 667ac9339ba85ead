//! A client of 2026-07-28, with one call for each service, and what of its answers is right.

use std::time::Duration;

use anyhow::Context;
use osier::demo::SITE_60M;
use serde_json::{Value, json};
use tokio::time::Instant;

/// No answer takes longer.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

const VERSION: &str = "2026-07-28";

/// A read of each service: its tool and arguments. The answer is the same each time.
pub(crate) fn call_of(service: &str) -> Option<(&'static str, Value)> {
    Some(match service {
        "sitecore" => ("list_sites", json!({})),
        "workflowcore" => ("list_tickets", json!({"pageSize": 10})),
        "insightcore" => ("list_insights", json!({"pageSize": 10})),
        "livedatacore" => ("list_points", json!({"pageSize": 10})),
        "activate" => ("list_rules", json!({"pageSize": 10})),
        "adt" => ("list_models", json!({"pageSize": 10})),
        "documents" => ("search_documents", json!({"pageSize": 10})),
        "mapped" => ("get_building_topology", json!({"buildingId": SITE_60M, "depth": 1})),
        "reports" => ("list_reports", json!({"pageSize": 10})),
        "snowflake" => ("run_dashboard_query", json!({"queryId": "energy_by_site"})),
        _ => return None,
    })
}

/// How a call ended.
#[derive(Debug)]
pub(crate) enum End {
    /// With this.
    Good(Value),
    /// With words for a person, which name the service.
    Told,
    /// In no way that it may.
    Wrong(String),
}

/// One person's client.
#[derive(Clone)]
pub(crate) struct Caller {
    http: reqwest::Client,
    url: String,
    token: String,
}

impl Caller {
    pub(crate) fn new(http: reqwest::Client, url: String, token: String) -> Self {
        Self { http, url, token }
    }

    /// Calls a service once; how it ended and how long it took.
    pub(crate) async fn call(&self, service: &str) -> anyhow::Result<(End, Duration)> {
        let (tool, arguments) = call_of(service).context("no call of it is known")?;
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {
            "name": tool,
            "arguments": arguments,
            "_meta": {
                "io.modelcontextprotocol/protocolVersion": VERSION,
                "io.modelcontextprotocol/clientInfo": {"name": "osier-load", "version": "1"},
                "io.modelcontextprotocol/clientCapabilities": {},
            },
        }});
        let request = self
            .http
            .post(&self.url)
            .bearer_auth(&self.token)
            .header("accept", "application/json, text/event-stream")
            .header("mcp-protocol-version", VERSION)
            .header("mcp-method", "tools/call")
            .header("mcp-name", tool)
            .json(&body);
        let started = Instant::now();
        let end = match request.send().await {
            Ok(answer) if answer.status() == 200 => match answer.text().await {
                Ok(text) => judge(&text, service),
                Err(error) => End::Wrong(error.to_string()),
            },
            Ok(answer) => End::Wrong(format!("HTTP {}", answer.status())),
            Err(error) => End::Wrong(error.to_string()),
        };
        Ok((end, started.elapsed()))
    }
}

/// An answer without what differs from call to call: cursors are sealed anew each time, and sensors
/// go on measuring.
fn lasting(mut content: Value) -> Value {
    if let Some(fields) = content.as_object_mut() {
        fields.remove("nextCursor");
    }
    for row in content.get_mut("items").and_then(Value::as_array_mut).into_iter().flatten() {
        if let Some(fields) = row.as_object_mut() {
            fields.remove("lastValueTime");
        }
    }
    content
}

fn judge(text: &str, service: &str) -> End {
    // One message, bare or as the data of the stream's last event.
    let bare = text.lines().filter_map(|line| line.strip_prefix("data:")).next_back();
    let message: Value = match serde_json::from_str(bare.unwrap_or(text)) {
        Ok(message) => message,
        Err(error) => return End::Wrong(format!("not JSON: {error}")),
    };
    let result = message.get("result");
    let words = result.and_then(|result| result.pointer("/content/0/text")?.as_str());
    let failed = result.and_then(|result| result.get("isError")).and_then(Value::as_bool);
    match (result.and_then(|result| result.get("structuredContent")), words) {
        (_, Some(words)) if failed == Some(true) && words.contains(service) => End::Told,
        (Some(content), _) if failed != Some(true) => End::Good(lasting(content.clone())),
        _ => End::Wrong(text.chars().take(300).collect()),
    }
}
