//! What is sent for which values: paths that stay where they are, and what goes with an absent value.

use proptest::prelude::*;
use serde_json::json;
use url::Url;

use super::*;
use crate::access::{Place, Scopes};
use crate::catalog::{Dialect, Pointer};
use crate::identity::Identity;
use crate::request::Position;
use crate::target::{Record, Records};

const NAMES: [&str; 4] = ["a", "b", "c", "d"];

/// Values for the holes of a test's request.
struct Values {
    identity: Identity,
    scopes: Scopes,
    arguments: Map<String, Value>,
    records: Records,
    position: Position,
}

impl Values {
    fn of(arguments: &Value) -> Self {
        Self {
            identity: Identity::of_subject("ana"),
            scopes: Scopes::everywhere(),
            arguments: arguments.as_object().cloned().unwrap(),
            records: Records::new(),
            position: Position::start(),
        }
    }

    fn render(&self, request: &HttpRequest) -> Result<Rendering, Refusal> {
        let fill = Fill {
            identity: &self.identity,
            scopes: &self.scopes,
            place: None,
            touched_sites: false,
            arguments: &self.arguments,
            records: &self.records,
            by: None,
            by_all: &[],
            position: &self.position,
        };
        Rendering::of(request, &fill, &Clock::manual())
    }

    fn body(&self, body: Template) -> Option<Value> {
        let request = HttpRequest { body: Some(body), ..request(Method::POST) };
        match self.render(&request).unwrap() {
            Rendering::Ready(filled) => filled.body,
            Rendering::OutOfScope => panic!("out of scope"),
        }
    }
}

fn request(method: Method) -> HttpRequest {
    let path = vec![Template::Literal("things".into())];
    HttpRequest {
        dialect: Dialect::Rest,
        method,
        path,
        query: Vec::new(),
        headers: Vec::new(),
        body: None,
    }
}

fn hole(leaf: Leaf) -> Template {
    Template::Hole(Hole { leaf, only_if: None })
}

fn argument(name: &str) -> Template {
    hole(Leaf::Argument(name.to_owned()))
}

fn object(fields: &[(&str, Template)]) -> Template {
    Template::Object(fields.iter().map(|(key, field)| ((*key).to_owned(), field.clone())).collect())
}

/// The segments of the address that a request with this last segment goes to.
fn segments_of(value: &str, base: &str) -> Option<Vec<String>> {
    let path = vec![Template::Literal("things".into()), argument("a")];
    let request = HttpRequest { path, ..request(Method::GET) };
    let Rendering::Ready(filled) = Values::of(&json!({"a": value})).render(&request).ok()? else {
        return None;
    };
    let mut url = Url::parse(base).unwrap();
    let below = url.path().trim_end_matches('/').to_owned();
    url.set_path(&format!("{below}/{}", filled.path));
    // As the service reads it, not as we wrote it.
    let url = Url::parse(url.as_str()).unwrap();
    assert_eq!(url.origin(), Url::parse(base).unwrap().origin());
    assert_eq!((url.query(), url.fragment()), (None, None));
    let segments = url.path_segments().unwrap();
    let decoded = segments.map(|one| percent_encoding::percent_decode_str(one).decode_utf8());
    Some(decoded.map(|one| one.unwrap().into_owned()).collect())
}

#[test]
fn case_089_path_segments_that_climb_or_split_stay_one_segment() {
    for refused in ["", ".", "..", "a\r\nb", "\0", "\t", "\u{7f}", "\u{85}"] {
        assert_eq!(segments_of(refused, "https://api.example.com/v1"), None, "{refused:?}");
    }
    for taken in [
        "../../admin",
        "..%2f..%2fadmin",
        "%2e%2e",
        "%2E.",
        "..;/admin",
        "a/b",
        "a\\b",
        "a?x=1",
        "a#b",
        "//evil.example.com",
        "https://evil.example.com/",
        "@evil.example.com",
        "...",
        " .. ",
        "\u{2025}",
        "\u{ff0e}\u{ff0e}",
        "60M-T-1234",
    ] {
        let expected = vec!["v1".to_owned(), "things".to_owned(), taken.to_owned()];
        assert_eq!(segments_of(taken, "https://api.example.com/v1"), Some(expected));
    }
}

proptest! {
    #[test]
    fn case_089_any_text_is_one_segment_or_none(text in any::<String>()) {
        if let Some(segments) = segments_of(&text, "https://api.example.com:8443/base/v1/") {
            prop_assert_eq!(segments, ["base", "v1", "things", &text]);
        }
    }

    #[test]
    fn case_089_texts_of_dots_slashes_and_percents_are_one_segment_or_none(
        text in "[.%/\\\\2eEfF;?#@:~ ]{0,12}",
    ) {
        if let Some(segments) = segments_of(&text, "https://api.example.com") {
            prop_assert_eq!(segments, ["things", &text]);
        }
    }

    #[test]
    fn header_values_are_one_line_or_none(text in any::<String>()) {
        let headers = vec![(HeaderName::from_static("x-note"), argument("a"))];
        let request = HttpRequest { headers, ..request(Method::GET) };
        if let Ok(Rendering::Ready(filled)) = Values::of(&json!({"a": text})).render(&request) {
            let sent = filled.headers[0].1.as_bytes();
            prop_assert_eq!(sent, text.as_bytes());
            prop_assert!(!sent.iter().any(|byte| [b'\r', b'\n', 0].contains(byte)));
        }
    }

    /// Rule 2 of the tool format, against its own words.
    #[test]
    fn an_absent_argument_takes_the_nearest_element_else_its_key(
        body in bodies(),
        there in proptest::collection::btree_set(0..NAMES.len(), 0..=NAMES.len()),
    ) {
        let given = there.iter().map(|index| (NAMES[*index].to_owned(), json!(NAMES[*index])));
        let values = Values::of(&Value::Object(given.collect()));
        let body = object(&[("body", body)]);
        prop_assert_eq!(values.body(body.clone()), Some(by_the_rule(&body, &values.arguments)));
    }
}

fn bodies() -> impl Strategy<Value = Template> {
    let leaf = prop_oneof![
        Just(Template::Literal(json!(1))),
        (0..NAMES.len()).prop_map(|index| argument(NAMES[index])),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Template::Array),
            proptest::collection::btree_map("[k-n]", inner, 0..4)
                .prop_map(|fields| Template::Object(fields.into_iter().collect())),
        ]
    })
}

/// First the elements go that hold an absent argument, then the keys that are left with one.
fn by_the_rule(template: &Template, given: &Map<String, Value>) -> Value {
    match template {
        Template::Literal(value) => value.clone(),
        Template::Hole(Hole { leaf: Leaf::Argument(name), .. }) => given[name].clone(),
        Template::Hole(_) => unreachable!(),
        Template::Array(items) => {
            let whole = items.iter().filter(|item| !lacks(item, given));
            whole.map(|item| by_the_rule(item, given)).collect()
        }
        Template::Object(fields) => {
            let bare = |field: &Template| matches!(field, Template::Hole(_)) && lacks(field, given);
            let kept = fields.iter().filter(|(_, field)| !bare(field));
            Value::Object(
                kept.map(|(key, field)| (key.clone(), by_the_rule(field, given))).collect(),
            )
        }
    }
}

/// An element lacks an argument where that isn't inside an element of its own.
fn lacks(element: &Template, given: &Map<String, Value>) -> bool {
    match element {
        Template::Literal(_) | Template::Array(_) => false,
        Template::Hole(Hole { leaf: Leaf::Argument(name), .. }) => !given.contains_key(name),
        Template::Hole(_) => unreachable!(),
        Template::Object(fields) => fields.iter().any(|(_, field)| lacks(field, given)),
    }
}

#[test]
fn the_pushed_sites_are_sent_or_nothing_is() {
    let query = vec![("siteIds".to_owned(), hole(Leaf::Sites { narrow: Some("a".to_owned()) }))];
    let request = HttpRequest { query, ..request(Method::GET) };
    let sent = |scopes: Scopes, arguments: Value| {
        let values = Values { scopes, ..Values::of(&arguments) };
        match values.render(&request).unwrap() {
            Rendering::Ready(filled) => {
                Some(filled.query.into_iter().map(|(_, site)| site).collect::<Vec<_>>())
            }
            Rendering::OutOfScope => None,
        }
    };
    let two = || ["s1", "s2"].map(|site| Place::Site(site.to_owned())).into_iter().collect();
    assert_eq!(sent(two(), json!({})), Some(vec!["s1".to_owned(), "s2".to_owned()]));
    assert_eq!(sent(two(), json!({"a": ["s2", "s3"]})), Some(vec!["s2".to_owned()]));
    assert_eq!(sent(two(), json!({"a": "s1"})), Some(vec!["s1".to_owned()]));
    for nowhere in [json!({"a": ["s3"]}), json!({"a": []}), json!({"a": 3})] {
        assert_eq!(sent(two(), nowhere.clone()), None, "{nowhere}");
    }
    assert_eq!(sent(Scopes::default(), json!({})), None);
    assert_eq!(sent(Scopes::everywhere(), json!({})), Some(Vec::new()));
    assert_eq!(sent(Scopes::everywhere(), json!({"a": []})), None);
    assert_eq!(sent(Scopes::everywhere(), json!({"a": ["s3"]})), Some(vec!["s3".to_owned()]));
}

#[test]
fn what_a_located_record_lacks_is_never_left_out() {
    let found =
        |at: &str| hole(Leaf::Found { argument: "a".to_owned(), at: Pointer::parse(at).unwrap() });
    let etag = hole(Leaf::Etag("a".to_owned()));
    let ask = |template: &Template, record: Option<Record>| {
        let query = vec![("of".to_owned(), template.clone())];
        let request = HttpRequest { query, ..request(Method::GET) };
        let records = record.map(|record| ("a".to_owned(), record)).into_iter().collect();
        match (Values { records, ..Values::of(&json!({})) }).render(&request) {
            Ok(Rendering::Ready(filled)) => Ok(filled.query),
            Ok(Rendering::OutOfScope) => panic!("out of scope"),
            Err(refusal) => Err(refusal),
        }
    };
    let record = || Record::one(json!({"id": "x", "none": null}), None);
    let of = |text: &str| vec![("of".to_owned(), text.to_owned())];
    assert_eq!(ask(&found("/id"), Some(record())).unwrap(), of("x"));
    for lacking in ["/siteId", "/none"] {
        let ended = ask(&found(lacking), Some(record()));
        assert!(matches!(ended, Err(Refusal::Internal)), "{lacking}: {ended:?}");
    }
    assert!(matches!(ask(&etag, Some(record())), Err(Refusal::Internal)));
    let tagged = Record { etag: Some("\"1\"".to_owned()), ..record() };
    assert_eq!(ask(&etag, Some(tagged)).unwrap(), of("\"1\""));
    // An optional argument that wasn't given is another matter.
    assert_eq!(ask(&found("/id"), None).unwrap(), []);
}
