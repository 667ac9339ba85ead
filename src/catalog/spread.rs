//! Places in JSON, of which one may stand for many: JSON Pointers (RFC 6901) in which the segment `*`
//! means every element of a list. Lists find their rows with them, rows their keys.

use std::fmt;

use serde_json::Value;

use super::pointer::Pointer;

/// A JSON Pointer with `*` for the elements of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spread {
    /// Each but the last leads to a list.
    steps: Vec<Pointer>,
}

/// A text that a record holds, such as its site's id: at one place or in one of several elements,
/// and behind a prefix where `after` names one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// Where it is.
    pub at: Spread,
    /// What the text begins with; texts that don't are another key's.
    pub after: Option<String>,
}

impl fmt::Display for Spread {
    /// As it is written.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let steps: Vec<&str> = self.steps.iter().map(Pointer::as_str).collect();
        f.write_str(&steps.join("/*"))
    }
}

/// What lies at a spread's end, and the elements on the way there, outermost first.
pub(super) type Reached<'a> = (Vec<&'a Value>, &'a Value);

impl Spread {
    /// Takes a JSON Pointer, in which `*` may be a segment.
    pub fn parse(text: &str) -> Option<Self> {
        let mut steps = vec![String::new()];
        for segment in text.strip_prefix('/').map(|rest| rest.split('/')).into_iter().flatten() {
            match (segment, steps.last_mut()) {
                ("*", _) => steps.push(String::new()),
                (segment, Some(step)) => {
                    step.push('/');
                    step.push_str(segment);
                }
                _ => {}
            }
        }
        if !text.is_empty() && !text.starts_with('/') {
            return None;
        }
        let steps: Option<Vec<Pointer>> = steps.iter().map(|step| Pointer::parse(step)).collect();
        steps.map(|steps| Self { steps })
    }

    /// Everything that it names, with the elements on the way.
    pub fn reach<'a>(&self, value: &'a Value) -> Vec<Reached<'a>> {
        let mut reached = vec![(Vec::new(), value)];
        for (index, step) in self.steps.iter().enumerate() {
            let last = index + 1 == self.steps.len();
            let mut further = Vec::new();
            for (way, value) in reached {
                let Some(found) = step.of(value) else { continue };
                if last {
                    further.push((way, found));
                    continue;
                }
                for element in found.as_array().into_iter().flatten() {
                    let mut way = way.clone();
                    way.push(element);
                    further.push((way, element));
                }
            }
            reached = further;
        }
        reached
    }

    /// True where the first list on the way, or the only value, is a list indeed.
    pub fn begins_with_a_list(&self, value: &Value) -> bool {
        self.steps.first().and_then(|step| step.of(value)).is_some_and(Value::is_array)
    }

    /// True where what it names lies inside elements of what `other` names.
    pub fn lies_in(&self, other: &Self) -> bool {
        self.steps.len() > other.steps.len() && self.steps.starts_with(&other.steps)
    }
}

impl Key {
    /// The texts that a record holds there.
    pub fn texts_of<'a>(&'a self, record: &'a Value) -> impl Iterator<Item = &'a str> {
        let found = self.at.reach(record).into_iter().filter_map(|(_, value)| value.as_str());
        found.filter_map(|text| match &self.after {
            None => Some(text),
            Some(prefix) => text.strip_prefix(prefix.as_str()).filter(|rest| !rest.is_empty()),
        })
    }

    /// The one text that a record holds there. Several that differ say nothing that could be held
    /// on to.
    pub fn text_of<'a>(&'a self, record: &'a Value) -> Option<&'a str> {
        let mut texts = self.texts_of(record);
        let first = texts.next()?;
        texts.all(|text| text == first).then_some(first)
    }

    /// True where it is this one place.
    pub fn is(&self, pointer: &Pointer) -> bool {
        self.after.is_none() && self.at.steps.as_slice() == [pointer.clone()]
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn spread(text: &str) -> Spread {
        Spread::parse(text).unwrap()
    }

    #[test]
    fn a_star_names_every_element_with_the_way_there() {
        let value = json!({"a": [{"b": [1, 2]}, {"b": null}, {}, {"b": [3]}], "*": 1});
        let reached = |text: &str| -> Vec<Value> {
            spread(text).reach(&value).into_iter().map(|(_, found)| found.clone()).collect()
        };
        assert_eq!(reached("/a/*/b"), [json!([1, 2]), json!(null), json!([3])]);
        assert_eq!(reached("/a/*/b/*"), [1, 2, 3]);
        assert!(reached("/a/b").is_empty());
        assert_eq!(reached(""), std::slice::from_ref(&value));
        assert_eq!(spread("/a/*/b/*").reach(&value)[2].0, [&value["a"][3], &json!(3)]);
        assert!(spread("/a/*/b").lies_in(&spread("/a")));
        assert!(
            !spread("/a").lies_in(&spread("/a/*/b")) && !spread("/c/*/b").lies_in(&spread("/a"))
        );
        assert!(Spread::parse("a/*").is_none() && Spread::parse("/a~/*").is_none());
    }

    #[test]
    fn a_key_is_one_text_or_none() {
        let key = |after: Option<&str>| Key {
            at: spread("/identities/*/value"),
            after: after.map(str::to_owned),
        };
        let of = |values: &[&str]| {
            let values: Vec<Value> = values.iter().map(|value| json!({"value": value})).collect();
            json!({"identities": values})
        };
        let site = key(Some("site:"));
        assert_eq!(site.text_of(&of(&["twin:b", "site:a"])), Some("a"));
        assert_eq!(site.text_of(&of(&["site:a", "site:a"])), Some("a"));
        for none in [of(&["site:a", "site:b"]), of(&["site:"]), of(&["a"]), of(&[]), json!({})] {
            assert_eq!(site.text_of(&none), None, "{none}");
        }
        assert_eq!(key(None).text_of(&of(&["a"])), Some("a"));
        let place = Key { at: spread("/siteId"), after: None };
        assert!(place.is(&Pointer::parse("/siteId").unwrap()) && !site.is(&Pointer::default()));
    }
}
