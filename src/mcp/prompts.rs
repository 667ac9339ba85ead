//! `prompts/get`, and prompts as MCP describes them.

use std::collections::BTreeMap;

use rmcp::ErrorData;
use rmcp::model::{
    GetPromptRequestParams, GetPromptResult, Prompt as McpPrompt, PromptArgument, PromptMessage,
};
use serde_json::{Map, Value, json};

use super::lists::View;
use crate::catalog::Prompt;
use crate::catalog::prompt::{Argument, Content, Role};

/// The longest value of one argument, in characters.
const LONGEST: usize = 2_000;

/// A prompt as MCP describes it.
pub(super) fn shown(prompt: &Prompt) -> McpPrompt {
    let arguments = prompt.arguments.iter().map(|argument| {
        PromptArgument::new(argument.name.clone())
            .with_description(argument.description.clone())
            .with_required(argument.required)
    });
    let arguments = Some(arguments.collect::<Vec<_>>()).filter(|arguments| !arguments.is_empty());
    McpPrompt::new(prompt.name.clone(), Some(prompt.description.clone()), arguments)
        .with_title(prompt.title.clone())
}

/// The prompt of that name, for one who may see it: hidden and unknown are alike.
pub(super) fn find<'v>(view: &'v View, name: &str) -> Result<&'v Prompt, ErrorData> {
    let found = view.prompts().find(|prompt| prompt.name == name);
    found
        .map(AsRef::as_ref)
        .ok_or_else(|| ErrorData::invalid_params(format!("Unknown prompt: {name}"), None))
}

/// `prompts/get`
pub(super) fn get(
    prompt: &Prompt,
    request: GetPromptRequestParams,
) -> Result<GetPromptResult, ErrorData> {
    let values = values(&prompt.arguments, request.arguments.unwrap_or_default())?;
    let messages = prompt.messages.iter().map(|message| {
        let role = match message.role {
            Role::User => "user",
            Role::Assistant => "assistant",
        };
        let message = json!({"role": role, "content": content(&message.content, &values)});
        serde_json::from_value::<PromptMessage>(message).map_err(|error| {
            tracing::error!(prompt = %prompt.name, %error, "a message isn't one of MCP's");
            ErrorData::internal_error("the prompt can't be shown", None)
        })
    });
    let messages = messages.collect::<Result<Vec<_>, _>>()?;
    Ok(GetPromptResult::new(messages).with_description(prompt.description.clone()))
}

fn content(content: &Content, values: &BTreeMap<String, String>) -> Value {
    match content {
        Content::Text(text) => json!({"type": "text", "text": text.fill(values)}),
        Content::Image(media) => {
            json!({"type": "image", "data": media.data, "mimeType": media.mime_type})
        }
        Content::Audio(media) => {
            json!({"type": "audio", "data": media.data, "mimeType": media.mime_type})
        }
        Content::Resource { uri, mime_type, text } => {
            let mut resource = json!({"uri": uri.fill(values), "text": text.fill(values)});
            if let (Some(mime_type), Some(resource)) = (mime_type, resource.as_object_mut()) {
                resource.insert("mimeType".to_owned(), mime_type.clone().into());
            }
            json!({"type": "resource", "resource": resource})
        }
    }
}

/// The arguments' values, with all that is wrong with them.
fn values(
    arguments: &[Argument],
    mut given: Map<String, Value>,
) -> Result<BTreeMap<String, String>, ErrorData> {
    let mut values = BTreeMap::new();
    let mut problems = Vec::new();
    for argument in arguments {
        let name = &argument.name;
        match given.remove(name) {
            Some(Value::String(value)) if value.chars().count() > LONGEST => {
                problems.push(format!("{name}: at most {LONGEST} characters"));
            }
            Some(Value::String(value)) => {
                if !argument.values.is_empty() && !argument.values.contains(&value) {
                    problems.push(format!("{name}: one of {}", argument.values.join(", ")));
                }
                values.insert(name.clone(), value);
            }
            Some(_) => problems.push(format!("{name}: must be a string")),
            None if argument.required => problems.push(format!("{name}: must be given")),
            None => {
                values.extend(argument.default.clone().map(|default| (name.clone(), default)));
            }
        }
    }
    problems.extend(given.keys().map(|name| format!("{name}: there is no such argument")));
    if problems.is_empty() {
        return Ok(values);
    }
    let message = format!("Invalid arguments: {}", problems.join("; "));
    Err(ErrorData::invalid_params(message, Some(json!({ "problems": problems }))))
}
