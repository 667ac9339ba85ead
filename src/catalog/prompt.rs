//! Prompts, as definition files say them (`tools/<service>/prompts/*.yaml`) and as the program
//! holds them. The loader compiles them; `mcp` shows and fills them for those who may see them.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Deserialize;

use super::compile::{requirement, typed};
use super::document::{Document, Spot};
use super::problem::Problems;
use super::text::Text;
use super::tool::Requirement;

/// A prompt: messages that a person can start a conversation with.
#[derive(Debug)]
pub struct Prompt {
    /// MCP `name`.
    pub name: String,
    /// MCP `title`.
    pub title: String,
    /// MCP `description`.
    pub description: String,
    /// Who is shown it.
    pub permission: Requirement,
    /// Its arguments.
    pub arguments: Vec<Argument>,
    /// Its messages.
    pub messages: Vec<Message>,
    /// What it asks before it is given: the conformance suite's way to ask from a prompt.
    #[cfg(feature = "conformance")]
    pub script: Option<serde_json::Value>,
}

/// An argument of a prompt or of a resource template.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Argument {
    /// Its name, as the holes write it.
    pub name: String,
    /// What it is for, in a few words.
    pub description: String,
    /// It must be given.
    #[serde(default)]
    pub required: bool,
    /// The only values that it may have; they are offered as completions.
    #[serde(default)]
    pub values: Vec<String>,
    /// What stands in its holes when it isn't given. Without it they stay empty.
    #[serde(default)]
    pub default: Option<String>,
}

/// One message of a prompt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Who says it.
    pub role: Role,
    /// What is said.
    pub content: Content,
}

/// Who says a message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The person.
    #[default]
    User,
    /// The model.
    Assistant,
}

/// The content of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// Words.
    Text(Text),
    /// A picture.
    Image(Media),
    /// A sound.
    Audio(Media),
    /// A resource that is part of the message.
    Resource {
        /// Its URI.
        uri: Text,
        /// Its media type.
        mime_type: Option<String>,
        /// What it says.
        text: Text,
    },
}

/// A picture or a sound.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Media {
    /// base64
    pub data: String,
    /// Its media type, such as `image/png`.
    pub mime_type: String,
}

/// A prompt's file.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawPrompt {
    /// The prompt's name: lower case, digits and `_`.
    name: String,
    /// A short title for people.
    title: String,
    /// What it is good for.
    description: String,
    /// Who is shown it: a permission's name, `{any: […]}`, `{all: […]}` or `{signed_in: REASON}`.
    permission: serde_json::Value,
    /// Its arguments.
    #[serde(default)]
    arguments: Vec<Argument>,
    /// Its messages, in order.
    messages: Vec<RawMessage>,
    /// Questions that are asked first.
    #[cfg(feature = "conformance")]
    #[serde(default)]
    script: Option<serde_json::Value>,
}

/// A message: its role, and one of `text`, `image`, `audio` and `resource`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RawMessage {
    #[serde(default)]
    role: Role,
    text: Option<String>,
    image: Option<Media>,
    audio: Option<Media>,
    resource: Option<RawEmbedded>,
}

/// A resource inside a message.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RawEmbedded {
    uri: String,
    mime_type: Option<String>,
    text: String,
}

/// Reads and checks a prompt's file.
pub(super) fn compile(document: &Document, problems: &mut Problems) -> Option<Prompt> {
    let before = problems.count();
    let raw: RawPrompt = typed(document, problems)?;
    let root = document.root();
    check_name(&raw.name, document, problems);
    let permission = requirement(&raw.permission, &root.child("permission"), problems);
    check_arguments(&raw.arguments, &root.child("arguments"), problems);
    let names: BTreeSet<&str> =
        raw.arguments.iter().map(|argument| argument.name.as_str()).collect();
    let spot = root.child("messages");
    if raw.messages.is_empty() {
        spot.problem(problems, "a prompt has at least one message");
    }
    let mut messages = Vec::new();
    for (index, message) in raw.messages.into_iter().enumerate() {
        messages.extend(compile_message(message, &names, &spot.child(index), problems));
    }
    (problems.count() == before).then_some(Prompt {
        name: raw.name,
        title: raw.title,
        description: raw.description,
        permission: permission?,
        arguments: raw.arguments,
        messages,
        #[cfg(feature = "conformance")]
        script: raw.script,
    })
}

fn compile_message(
    raw: RawMessage,
    names: &BTreeSet<&str>,
    spot: &Spot<'_>,
    problems: &mut Problems,
) -> Option<Message> {
    let content = match (raw.text, raw.image, raw.audio, raw.resource) {
        (Some(text), None, None, None) => {
            Content::Text(compile_text(&text, names, &spot.child("text"), problems)?)
        }
        (None, Some(image), None, None) => Content::Image(image),
        (None, None, Some(audio), None) => Content::Audio(audio),
        (None, None, None, Some(resource)) => {
            let spot = spot.child("resource");
            let uri = compile_text(&resource.uri, names, &spot.child("uri"), problems);
            let text = compile_text(&resource.text, names, &spot.child("text"), problems);
            Content::Resource { uri: uri?, mime_type: resource.mime_type, text: text? }
        }
        _ => {
            spot.problem(problems, "write one of `text`, `image`, `audio` and `resource`");
            return None;
        }
    };
    if let Content::Image(media) | Content::Audio(media) = &content {
        check_base64(&media.data, spot, problems);
    }
    Some(Message { role: raw.role, content })
}

/// A text whose holes are all among these names.
pub(super) fn compile_text(
    text: &str,
    names: &BTreeSet<&str>,
    spot: &Spot<'_>,
    problems: &mut Problems,
) -> Option<Text> {
    match Text::parse(text) {
        Ok(text) => {
            let unknown: Vec<&str> = text.holes().filter(|hole| !names.contains(hole)).collect();
            for hole in &unknown {
                spot.problem(problems, format_args!("there is no argument `{hole}`"));
            }
            unknown.is_empty().then_some(text)
        }
        Err(error) => {
            spot.problem(problems, error);
            None
        }
    }
}

fn check_name(name: &str, document: &Document, problems: &mut Problems) {
    let fits = |sign: char| sign.is_ascii_lowercase() || sign.is_ascii_digit() || sign == '_';
    let spot = document.root().child("name");
    if name.is_empty() || name.len() > 40 || !name.chars().all(fits) {
        spot.problem(problems, "a-z, 0-9 and _, at most 40 long");
    } else if document.path().file_stem().and_then(|stem| stem.to_str()) != Some(name) {
        spot.problem(problems, "the name is the file's name without .yaml");
    }
}

pub(super) fn check_arguments(arguments: &[Argument], spot: &Spot<'_>, problems: &mut Problems) {
    let mut seen = BTreeMap::new();
    for (index, argument) in arguments.iter().enumerate() {
        let spot = spot.child(index);
        if Text::parse(&format!("{{{}}}", argument.name)).is_err() || argument.name.is_empty() {
            spot.child("name").problem(problems, "a name is made of `a-z`, `A-Z`, `0-9` and `_`");
        }
        if seen.insert(&argument.name, index).is_some() {
            spot.child("name").problem(problems, "there is another argument of this name");
        }
        let Some(default) = &argument.default else { continue };
        if argument.required {
            spot.child("default")
                .problem(problems, "an argument that must be given has no default");
        }
        if !argument.values.is_empty() && !argument.values.contains(default) {
            spot.child("default").problem(problems, "it isn't one of `values`");
        }
    }
}

pub(super) fn check_base64(data: &str, spot: &Spot<'_>, problems: &mut Problems) {
    if data_encoding::BASE64.decode(data.as_bytes()).is_err() {
        spot.problem(problems, "the data isn't base64 (RFC 4648 §4)");
    }
}

#[cfg(test)]
mod tests;
