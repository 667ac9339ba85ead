//! `completion/complete`: the values that a definition lists for an argument.

use rmcp::ErrorData;
use rmcp::model::{CompleteRequestParams, CompleteResult, CompletionInfo, Reference};

use super::lists::View;
use super::prompts;
use crate::catalog::prompt::Argument;

/// The values that begin as the person typed, whatever the case; none where none are listed.
pub(super) fn complete(
    view: &View,
    request: &CompleteRequestParams,
) -> Result<CompleteResult, ErrorData> {
    let arguments: &[Argument] = match &request.r#ref {
        Reference::Prompt(prompt) => &prompts::find(view, &prompt.name)?.arguments,
        Reference::Resource(resource) => {
            let template = view.templates().find(|template| template.uri.as_str() == resource.uri);
            let unknown = || {
                let message = format!("Unknown resource template: {}", resource.uri);
                ErrorData::invalid_params(message, None)
            };
            &template.ok_or_else(unknown)?.arguments
        }
        _ => return Err(ErrorData::invalid_params("Unknown kind of reference", None)),
    };
    let typed = request.argument.value.to_lowercase();
    let values: Vec<String> = arguments
        .iter()
        .filter(|argument| argument.name == request.argument.name)
        .flat_map(|argument| &argument.values)
        .filter(|value| value.to_lowercase().starts_with(&typed))
        .cloned()
        .collect();
    let total = u32::try_from(values.len()).ok();
    let shown: Vec<String> = values.into_iter().take(CompletionInfo::MAX_VALUES).collect();
    let more = total.is_some_and(|total| total as usize > shown.len());
    let completion = CompletionInfo::with_pagination(shown, total, more)
        .map_err(|_| ErrorData::internal_error("too many completions", None))?;
    Ok(CompleteResult::new(completion))
}
