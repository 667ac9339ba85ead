//! Addresses: whatever the arguments are, a request goes to its service's host, below its path, with
//! one segment or one pair for each argument. The lines are the arguments: JSON, or else texts.

use std::sync::LazyLock;

use osier::backend::fuzzing::Service;
use osier::catalog::{Dialect, Hole, HttpRequest, Leaf, Template};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};
use url::Url;

const BASES: [&str; 3] =
    ["https://api.example.com", "https://api.example.com:8443/base/v1/", "http://[::1]:9/a%20b"];
/// Two of them are segments and two are values of the query.
const ARGUMENTS: [&str; 4] = ["a", "b", "c", "d"];

static SERVICES: LazyLock<Vec<(Url, Service)>> = LazyLock::new(|| {
    let service = |base: &&str| {
        let base = Url::parse(base).unwrap();
        (base.clone(), Service::below(base).unwrap())
    };
    BASES.iter().map(service).collect()
});

static REQUEST: LazyLock<HttpRequest> = LazyLock::new(|| {
    let hole =
        |name: &str| Template::Hole(Hole { leaf: Leaf::Argument(name.to_owned()), only_if: None });
    let literal = |text: &str| Template::Literal(text.into());
    HttpRequest {
        dialect: Dialect::Rest,
        method: http::Method::GET,
        path: vec![literal("things"), hole("a"), literal("parts"), hole("b")],
        query: vec![
            ("c".to_owned(), hole("c")),
            ("fixed".to_owned(), literal("yes&no")),
            ("d".to_owned(), hole("d")),
        ],
        headers: Vec::new(),
        body: None,
    }
});

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

pub(crate) fn run(bytes: &[u8]) {
    let Some((first, rest)) = bytes.split_first() else { return };
    let (base, service) = &SERVICES[usize::from(*first) % BASES.len()];
    let lines = String::from_utf8_lossy(rest);
    let values = lines
        .split('\n')
        .map(|line| serde_json::from_str::<Value>(line).unwrap_or_else(|_| Value::from(line)));
    let arguments: Map<String, Value> =
        ARGUMENTS.iter().map(|name| (*name).to_owned()).zip(values).collect();
    let Some(url) = service.address(&REQUEST, &arguments) else { return };
    // As the service reads it, not as it was built.
    let read = Url::parse(url.as_str()).unwrap();
    assert_eq!(read, url);
    assert_eq!(read.origin(), base.origin(), "{arguments:?}");
    assert_eq!((read.username(), read.password(), read.fragment()), ("", None, None), "{url}");
    let uri: http::Uri = url.as_str().parse().unwrap();
    assert_eq!(uri.host(), base.host_str(), "{url}");
    let decoded = |text: &str| percent_decode_str(text).decode_utf8().unwrap().into_owned();
    let segments: Vec<_> = read.path_segments().unwrap().map(decoded).collect();
    let below = base.path_segments().unwrap().filter(|one| !one.is_empty()).map(decoded);
    let own =
        ["things".to_owned(), text(&arguments["a"]), "parts".to_owned(), text(&arguments["b"])];
    assert_eq!(segments, below.chain(own).collect::<Vec<_>>(), "{arguments:?}");
    let of = |name: &str| match arguments.get(name) {
        None => Vec::new(),
        Some(Value::Array(items)) => items.iter().map(text).collect(),
        Some(value) => vec![text(value)],
    };
    let pair = |name: &str, value: String| (name.to_owned(), value);
    let mut expected: Vec<_> = of("c").into_iter().map(|value| pair("c", value)).collect();
    expected.push(pair("fixed", "yes&no".to_owned()));
    expected.extend(of("d").into_iter().map(|value| pair("d", value)));
    let pairs: Vec<(String, String)> = read.query_pairs().into_owned().collect();
    assert_eq!(pairs, expected, "{arguments:?}");
}
