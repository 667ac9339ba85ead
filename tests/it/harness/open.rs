//! A call of an older version whose question is still open, held so that a test can answer it when
//! and how it likes.

use reqwest::header::HeaderMap;
use serde_json::{Value, json};

use super::client::{Client, Events};
use super::reply::{Answered, Reply};

/// Such a call.
pub struct Open {
    events: Events,
    /// The JSON-RPC id of the call.
    pub call: Value,
    /// The JSON-RPC id of the question.
    pub id: Value,
    /// Its words.
    pub question: String,
}

impl Open {
    /// Calls a tool and reads up to its question.
    pub async fn call(client: &Client, tool: &str, arguments: &Value) -> Self {
        let body = client.envelope("tools/call", json!({"name": tool, "arguments": arguments}));
        let response = client.post(&body, client.headers(&body)).await;
        let mut events = Events::of(response);
        let asked = events.next().await.unwrap();
        assert_eq!(asked["method"], "elicitation/create", "{asked}");
        let question = asked["params"]["message"].as_str().unwrap().to_owned();
        let call = body["id"].clone();
        Self { events, call, id: asked["id"].clone(), question }
    }

    /// The end of the call.
    pub async fn end(mut self) -> Reply {
        let message = self.events.next().await.unwrap_or(Value::Null);
        Reply { status: 200, message, before: Vec::new() }
    }

    /// True while the call waits.
    pub async fn waits(&mut self) -> bool {
        let next = self.events.next();
        tokio::time::timeout(std::time::Duration::from_millis(200), next).await.is_err()
    }
}

impl Client {
    /// Sends an answer to the question with this id; gives the HTTP status.
    pub async fn answer_question(&self, id: &Value, answered: &Answered) -> u16 {
        let body = json!({"jsonrpc": "2.0", "id": id, "result": answered.result()});
        self.post(&body, HeaderMap::new()).await.status().as_u16()
    }
}
