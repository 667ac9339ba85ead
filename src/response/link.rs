//! Links to records in the customer's own app: `tools.app_url` and the segments of a definition.

use serde_json::Value;
use url::Url;

use crate::catalog::{Link, LinkSegment};
use crate::scope::Scoped;

use super::Bounds;

/// Adds a row's link to what is shown of it. Only values of the row as the caller may see it make
/// the link; without an app, or where one of them is missing, there is none.
pub(super) fn add(scoped: &Scoped, bounds: &Bounds, row: &Value, shown: Value) -> Value {
    let link = scoped.checked().permit().tool().link.as_ref();
    match (shown, &bounds.app_url, link) {
        (Value::Object(mut shown), Some(base), Some(link)) => {
            if let Some(url) = of(base, link, row) {
                shown.insert("url".to_owned(), url.as_str().into());
            }
            Value::Object(shown)
        }
        (shown, ..) => shown,
    }
}

fn of(base: &Url, link: &Link, row: &Value) -> Option<Url> {
    let mut url = base.clone();
    let Link(segments) = link;
    let mut path = url.path_segments_mut().ok()?;
    path.pop_if_empty();
    for segment in segments {
        match segment {
            LinkSegment::Text(text) => path.push(text),
            // A URL's path drops these two, and with them what the link is of.
            LinkSegment::At(at) => {
                path.push(at.text_of(row).filter(|text| !matches!(*text, "" | "." | ".."))?)
            }
        };
    }
    drop(path);
    Some(url)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::catalog::Pointer;

    #[test]
    fn a_link_stays_below_its_base() {
        let id = Pointer::parse("/id").unwrap();
        let link = Link(vec![LinkSegment::Text("tickets".into()), LinkSegment::At(id)]);
        let url = |base: &str, id: &str| {
            of(&Url::parse(base).unwrap(), &link, &json!({"id": id})).map(String::from)
        };
        let base = "https://app.example.com/building/";
        let at = |end: &str| Some(format!("https://app.example.com/building/tickets/{end}"));
        assert_eq!(url(base, "7"), at("7"));
        assert_eq!(url(base, "a/../b?x#y"), at("a%2F..%2Fb%3Fx%23y"));
        assert_eq!(
            url("https://app.example.com", "7").unwrap(),
            "https://app.example.com/tickets/7"
        );
        for nothing in ["", ".", ".."] {
            assert_eq!(url(base, nothing), None);
        }
    }
}
