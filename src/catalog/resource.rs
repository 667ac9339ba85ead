//! Resources and resource templates, as definition files say them
//! (`tools/<service>/resources/*.yaml`) and as the program holds them. They hold words of the
//! definition and never data of a service, so that nothing in them needs a scope.

use std::collections::{BTreeMap, BTreeSet};

use percent_encoding::percent_decode_str;
use regex::Regex;
use schemars::JsonSchema;
use serde::Deserialize;

use super::compile::{requirement, typed};
use super::document::{Document, Spot};
use super::problem::Problems;
use super::prompt::{Argument, check_arguments, check_base64, compile_text};
use super::text::Text;
use super::tool::Requirement;

/// What a resource and a template have in common.
#[derive(Debug)]
pub struct About {
    /// MCP `name`.
    pub name: String,
    /// MCP `title`.
    pub title: String,
    /// MCP `description`.
    pub description: String,
    /// MCP `mimeType`.
    pub mime_type: String,
}

/// A resource.
#[derive(Debug)]
pub struct Resource {
    /// Its URI.
    pub uri: String,
    /// Who is shown it.
    pub permission: Requirement,
    /// How it is described.
    pub about: About,
    /// What it holds.
    pub body: Body,
}

/// What a resource holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// Words.
    Text(String),
    /// base64
    Blob(String),
}

/// A family of resources.
#[derive(Debug)]
pub struct ResourceTemplate {
    /// Their URIs.
    pub uri: UriTemplate,
    /// Who is shown it.
    pub permission: Requirement,
    /// How it is described.
    pub about: About,
    /// The template's variables.
    pub arguments: Vec<Argument>,
    /// What each of them says.
    pub text: Text,
}

/// A URI template of level 1 (RFC 6570 §1.2): `{variable}` only.
#[derive(Clone, Debug)]
pub struct UriTemplate {
    written: String,
    pattern: Regex,
}

/// Either kind of file in `resources/`.
#[derive(Debug)]
pub(super) enum Compiled {
    /// It has a `uri`.
    Resource(Resource),
    /// It has a `uriTemplate`.
    Template(ResourceTemplate),
}

/// A resource's file: `uri` with `text` or `base64`, or `uriTemplate` with `text`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct RawResource {
    /// The resource's name.
    name: String,
    /// A short title for people.
    title: String,
    /// What it holds.
    description: String,
    /// Who is shown it: a permission's name, `{any: […]}`, `{all: […]}` or `{signed_in: REASON}`.
    permission: serde_json::Value,
    /// Its media type.
    mime_type: String,
    /// Its URI.
    uri: Option<String>,
    /// The URIs of a family of resources, with `{variable}`s.
    uri_template: Option<String>,
    /// The template's variables.
    #[serde(default)]
    arguments: Vec<Argument>,
    /// What it says; a template's text has its variables as holes.
    text: Option<String>,
    /// What it holds, if that isn't text.
    base64: Option<String>,
}

/// Reads and checks a resource's file.
pub(super) fn compile(document: &Document, problems: &mut Problems) -> Option<Compiled> {
    let before = problems.count();
    let raw: RawResource = typed(document, problems)?;
    let root = document.root();
    if raw.name.trim().is_empty() {
        root.child("name").problem(problems, "a resource has a name");
    }
    let permission = requirement(&raw.permission, &root.child("permission"), problems);
    let about = About {
        name: raw.name,
        title: raw.title,
        description: raw.description,
        mime_type: raw.mime_type,
    };
    let compiled = match (raw.uri, raw.uri_template) {
        (Some(uri), None) => {
            check_uri(&uri, &root.child("uri"), problems);
            let body = match (raw.text, raw.base64) {
                (Some(text), None) => Body::Text(text),
                (None, Some(data)) => {
                    check_base64(&data, &root.child("base64"), problems);
                    Body::Blob(data)
                }
                _ => {
                    root.problem(problems, "write one of `text` and `base64`");
                    return None;
                }
            };
            Compiled::Resource(Resource { uri, permission: permission?, about, body })
        }
        (None, Some(template)) => {
            check_arguments(&raw.arguments, &root.child("arguments"), problems);
            let names: BTreeSet<&str> =
                raw.arguments.iter().map(|argument| argument.name.as_str()).collect();
            let uri = compile_uri(&template, &names, &root.child("uriTemplate"), problems);
            let Some(text) = &raw.text else {
                root.problem(problems, "a template has a `text`");
                return None;
            };
            let text = compile_text(text, &names, &root.child("text"), problems);
            Compiled::Template(ResourceTemplate {
                uri: uri?,
                permission: permission?,
                about,
                arguments: raw.arguments,
                text: text?,
            })
        }
        _ => {
            root.problem(problems, "write one of `uri` and `uriTemplate`");
            return None;
        }
    };
    (problems.count() == before).then_some(compiled)
}

fn check_uri(uri: &str, spot: &Spot<'_>, problems: &mut Problems) {
    if url::Url::parse(uri).is_err() {
        spot.problem(problems, "it isn't a URI with a scheme (RFC 3986 §3)");
    }
}

fn compile_uri(
    template: &str,
    names: &BTreeSet<&str>,
    spot: &Spot<'_>,
    problems: &mut Problems,
) -> Option<UriTemplate> {
    let text = compile_text(template, names, spot, problems)?;
    let used: BTreeSet<&str> = text.holes().collect();
    let missing: Vec<_> = names.difference(&used).collect();
    if !missing.is_empty() || used.len() != text.holes().count() {
        spot.problem(problems, "each variable occurs once, and each argument is a variable");
        return None;
    }
    // A variable's value is unreserved or percent-encoded (RFC 6570 §3.2.2), so it ends at a `/`.
    let pattern = template.split(['{', '}']).enumerate().fold("^".to_owned(), |mut all, next| {
        match next {
            (index, variable) if index % 2 == 1 => {
                all.extend(["(?P<", variable, ">(?:[A-Za-z0-9._~-]|%[0-9A-Fa-f]{2})+)"]);
            }
            (_, words) => all += &regex::escape(words),
        }
        all
    });
    match Regex::new(&(pattern + "$")) {
        Ok(pattern) if !template.contains("}{") => {
            Some(UriTemplate { written: template.to_owned(), pattern })
        }
        _ => {
            spot.problem(problems, "something must stand between two variables");
            None
        }
    }
}

impl UriTemplate {
    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.written
    }

    /// The variables' values in a URI of this family, decoded.
    pub fn values_in(&self, uri: &str) -> Option<BTreeMap<String, String>> {
        let found = self.pattern.captures(uri)?;
        let names = self.pattern.capture_names().flatten();
        names
            .map(|name| {
                let value = found.name(name)?.as_str();
                let value = percent_decode_str(value).decode_utf8().ok()?;
                Some((name.to_owned(), value.into_owned()))
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn template(uri: &str) -> Result<UriTemplate, Vec<String>> {
        let text = format!(
            "name: n\ntitle: t\ndescription: d\npermission: {{signed_in: test}}\nmimeType: text/plain\n\
             uriTemplate: \"{uri}\"\narguments: [{{name: id, description: i}}]\ntext: \"{{id}}\"\n"
        );
        let mut problems = Problems::default();
        let document = Document::parse(Path::new("r.yaml"), &text, &mut problems).unwrap();
        match compile(&document, &mut problems) {
            Some(Compiled::Template(template)) => Ok(template.uri),
            _ => Err(problems.into_sorted().iter().map(ToString::to_string).collect()),
        }
    }

    #[test]
    fn a_variable_ends_at_a_slash_and_is_decoded() {
        let uri = template("test://a/{id}/b").unwrap();
        assert_eq!(uri.values_in("test://a/x%20y/b").unwrap()["id"], "x y");
        for other in ["test://a/x/y/b", "test://a//b", "test://a/x/b/", "test://a/x%2/b", "x"] {
            assert_eq!(uri.values_in(other), None, "{other}");
        }
    }

    #[test]
    fn each_variable_is_an_argument() {
        let problems = template("test://a/{other}").unwrap_err();
        assert_eq!(problems, ["r.yaml:6: uriTemplate: there is no argument `other`"]);
    }
}
