//! What a call came back with, whatever the protocol version.

use serde_json::Value;

/// An HTTP answer with its JSON-RPC message.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The JSON-RPC response; null where there was none.
    pub message: Value,
    /// What came before the response on a stream: notifications and requests.
    pub before: Vec<Value>,
}

/// How a person answers a question.
#[derive(Clone, Debug)]
pub enum Answered {
    /// `accept` with `confirm: true`.
    Yes,
    /// `decline`
    No,
    /// `cancel`
    Closed,
    /// `accept` with some other content.
    Content(Value),
}

impl Answered {
    /// The MCP `ElicitResult`.
    pub fn result(&self) -> Value {
        match self {
            Self::Yes => serde_json::json!({"action": "accept", "content": {"confirm": true}}),
            Self::No => serde_json::json!({"action": "decline"}),
            Self::Closed => serde_json::json!({"action": "cancel"}),
            Self::Content(content) => serde_json::json!({"action": "accept", "content": content}),
        }
    }
}

impl Reply {
    /// The JSON-RPC result.
    pub fn result(&self) -> &Value {
        let result = self.message.get("result");
        result.unwrap_or_else(|| panic!("no result in {self:?}"))
    }

    /// The structured content of a call that went well.
    pub fn structured(&self) -> &Value {
        assert!(!self.is_error(), "an error: {self:?}");
        &self.result()["structuredContent"]
    }

    /// The rows of a list.
    pub fn items(&self) -> &Vec<Value> {
        self.structured()["items"].as_array().unwrap_or_else(|| panic!("no items in {self:?}"))
    }

    /// One field of every row.
    pub fn column(&self, field: &str) -> Vec<String> {
        self.items()
            .iter()
            .map(|item| item[field].as_str().unwrap_or_default().to_owned())
            .collect()
    }

    /// The record of a call that shows one.
    pub fn item(&self) -> &Value {
        &self.structured()["item"]
    }

    /// A JSON-RPC error's code.
    pub fn code(&self) -> Option<i64> {
        self.message["error"]["code"].as_i64()
    }

    /// A refusal of either kind: a JSON-RPC error, or a result with `isError`.
    pub fn is_error(&self) -> bool {
        self.message.get("error").is_some()
            || self.message["result"]["isError"] == Value::Bool(true)
    }

    /// The refusal of a tool that isn't there, or isn't for this person.
    pub fn is_unknown_tool(&self) -> bool {
        self.code() == Some(-32602) && self.text().starts_with("Unknown tool: ")
    }

    /// The words of a refusal, or the text of a result.
    pub fn text(&self) -> String {
        let error = self.message["error"]["message"].as_str();
        let content = self.message["result"]["content"].as_array();
        let texts = content.into_iter().flatten().filter_map(|block| block["text"].as_str());
        error.map_or_else(|| texts.collect::<Vec<_>>().join("\n"), str::to_owned)
    }

    /// A refusal without what differs from call to call, to be compared with another.
    pub fn refusal(&self) -> (u16, Option<i64>, String) {
        assert!(self.is_error(), "not a refusal: {self:?}");
        (self.status, self.code(), self.text())
    }

    /// The whole reply without what differs from call to call: its own id and its decision's.
    pub fn bare(&self) -> Value {
        let mut message = self.message.clone();
        let places = ["", "/result/_meta", "/error/data"];
        for (place, key) in places.iter().zip(["id", "osier/decisionId", "osier/decisionId"]) {
            if let Some(Value::Object(fields)) = message.pointer_mut(place) {
                fields.shift_remove(key);
            }
        }
        serde_json::json!({"status": self.status, "message": message, "before": self.before})
    }

    /// The cursor to the next page of a list.
    pub fn next_cursor(&self) -> Option<&str> {
        self.structured()["nextCursor"].as_str()
    }

    /// MCP's `requestState`, where the call ended with a question.
    pub fn state(&self) -> Option<&str> {
        self.message["result"]["requestState"].as_str()
    }

    /// The question's words, where the call ended with one.
    pub fn question(&self) -> &str {
        let requests = &self.message["result"]["inputRequests"];
        requests["confirm"]["params"]["message"]
            .as_str()
            .unwrap_or_else(|| panic!("no question in {self:?}"))
    }
}
