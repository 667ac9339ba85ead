//! Requests at the MCP door, through every layer and rmcp: lines `name: value`, an empty line, and
//! the body. `:method: GET` is another method, `-name` leaves a usual header out. The person may do
//! everything, so that what is refused is refused for its form; and nothing is written without a yes.

use std::collections::BTreeSet;
use std::fmt;

use axum::body::Body;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode};
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::world::{HOST, WORLD};

const USUAL: [(&str, &str); 4] = [
    ("host", HOST),
    ("content-type", "application/json"),
    ("accept", "application/json, text/event-stream"),
    ("mcp-protocol-version", "2026-07-28"),
];
/// The Inspector's page, which the settings name.
const GUESTS: [&str; 2] = ["localhost:6274", "127.0.0.1:6274"];
const OWN_NAMES: [&str; 3] = ["127.0.0.1:8080", "localhost:8080", "[::1]:8080"];

struct Asked<'a> {
    method: Method,
    headers: HeaderMap,
    body: &'a [u8],
}

fn read(bytes: &[u8]) -> Asked<'_> {
    let (head, body) = match bytes.windows(2).position(|pair| pair == b"\n\n") {
        Some(end) => (&bytes[..end], &bytes[end + 2..]),
        None => (&bytes[..0], bytes),
    };
    let usual =
        USUAL.map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
    let mut asked = Asked { method: Method::POST, headers: HeaderMap::from_iter(usual), body };
    let mut given = HeaderMap::new();
    for line in head.split(|byte| *byte == b'\n') {
        if let Some(method) = line.strip_prefix(b":method: ") {
            asked.method = Method::from_bytes(method).unwrap_or(Method::POST);
        } else if let Some(name) = line.strip_prefix(b"-") {
            HeaderName::from_bytes(name).map(|name| asked.headers.remove(name)).ok();
        } else if let Some(colon) = line.iter().position(|byte| *byte == b':') {
            let value = line[colon + 1..].trim_ascii();
            let name = HeaderName::from_bytes(&line[..colon]);
            if let (Ok(name), Ok(value)) = (name, HeaderValue::from_bytes(value)) {
                given.append(name, value);
            }
        }
    }
    asked.headers.extend(given);
    asked.headers.remove("authorization");
    asked
}

pub(crate) fn run(bytes: &[u8]) {
    let world = &*WORLD;
    let Asked { method, headers, body } = read(bytes);
    let mut request = Request::new(Body::from(body.to_vec()));
    *request.uri_mut() = "/mcp".parse().unwrap();
    request.method_mut().clone_from(&method);
    request.headers_mut().clone_from(&headers);
    let bearer = format!("Bearer {}", world.token);
    request.headers_mut().insert("authorization", bearer.parse().unwrap());
    let answer = world.answer(request);
    let status = answer.status();
    // A panic becomes a 500; nothing of ours is away.
    assert!(!status.is_server_error(), "{status}: {}", answer.body());
    if [Method::POST, Method::GET, Method::DELETE].contains(&method) {
        ours(&headers, status);
    }
    if method == Method::POST && status.is_success() {
        well_formed(&headers, body, answer.body());
    }
    let said = answer.body().to_string();
    assert!(!said.contains("osier::") && !said.contains(".rs:"), "{said}");
    let wire = world.around.services().wire();
    assert!(wire.writes().is_empty(), "written without a yes: {:?}", wire.writes());
    wire.forget();
}

/// JSON whose objects have no key twice.
struct Once;

impl<'de> Deserialize<'de> for Once {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Self)
    }
}

impl<'de> Visitor<'de> for Once {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_str<E>(self, _: &str) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self, A::Error> {
        while items.next_element::<Self>()?.is_some() {}
        Ok(self)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self, A::Error> {
        let mut keys = BTreeSet::new();
        while let Some((key, _)) = members.next_entry::<String, Self>()? {
            if !keys.insert(key) {
                return Err(A::Error::custom("twice"));
            }
        }
        Ok(self)
    }
}

/// Whoever names another host or origin gets nothing.
fn ours(headers: &HeaderMap, status: StatusCode) {
    let all = |name: &str| {
        headers.get_all(name).iter().map(|value| value.to_str().unwrap_or("?").to_lowercase())
    };
    let own_host = all("host").count() == 1 && all("host").all(|host| OWN_NAMES.contains(&&*host));
    let known = |name: &str| OWN_NAMES.contains(&name) || GUESTS.contains(&name);
    let own_origin = all("origin").all(|origin| origin.strip_prefix("http://").is_some_and(known));
    let single = all("origin").count() < 2;
    assert!(
        own_host && own_origin && single || status == StatusCode::FORBIDDEN,
        "{status}: {headers:?}"
    );
}

/// What was acted on is one message, of which all readers read the same, and its headers say so.
fn well_formed(headers: &HeaderMap, body: &[u8], answer: &Value) {
    assert!(!headers.contains_key("content-encoding"));
    let message: Value = serde_json::from_slice(body).unwrap();
    assert_eq!(message["jsonrpc"], "2.0", "{message}");
    let id = &message["id"];
    assert!(
        id.is_null() && message.get("id").is_none() || id.is_i64() || id.is_string(),
        "{message}"
    );
    assert!(serde_json::from_slice::<Once>(body).is_ok(), "a key comes twice: {message}");
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let version = "io.modelcontextprotocol/protocolVersion";
    let newest = message["params"]["_meta"][version] == "2026-07-28";
    if let (true, Some(method)) = (newest, message["method"].as_str()) {
        assert_eq!(header("mcp-protocol-version"), Some("2026-07-28"), "{message}");
        assert_eq!(header("mcp-method"), Some(method), "{message}");
        let is_plain = header("mcp-name").is_some_and(|name| !name.starts_with("=?"));
        // A call that names no tool is refused for that.
        if method == "tools/call" && is_plain && answer.get("error").is_none() {
            assert_eq!(header("mcp-name"), message["params"]["name"].as_str(), "{message}");
        }
    }
}
