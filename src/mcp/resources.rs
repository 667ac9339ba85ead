//! `resources/read`, and resources as MCP describes them.

use rmcp::ErrorData;
use rmcp::model::{
    CacheScope, ReadResourceResult, Resource as McpResource, ResourceContents,
    ResourceTemplate as McpTemplate,
};
use serde_json::json;

use super::lists::{TTL_MS, View};
use crate::catalog::resource::Body;
use crate::catalog::{Resource, ResourceTemplate};

/// A resource as MCP describes it.
pub(super) fn shown(resource: &Resource) -> McpResource {
    let about = &resource.about;
    McpResource::new(resource.uri.clone(), about.name.clone())
        .with_title(about.title.clone())
        .with_description(about.description.clone())
        .with_mime_type(about.mime_type.clone())
}

/// A resource template as MCP describes it.
pub(super) fn shown_template(template: &ResourceTemplate) -> McpTemplate {
    let about = &template.about;
    McpTemplate::new(template.uri.as_str(), about.name.clone())
        .with_title(about.title.clone())
        .with_description(about.description.clone())
        .with_mime_type(about.mime_type.clone())
}

/// `resources/read`, for one who may see it: hidden and unknown are alike.
pub(super) fn read(view: &View, uri: &str) -> Result<ReadResourceResult, ErrorData> {
    let contents = fixed(view, uri).or_else(|| from_template(view, uri));
    let contents = contents.ok_or_else(|| {
        ErrorData::resource_not_found("Resource not found", Some(json!({ "uri": uri })))
    })?;
    Ok(ReadResourceResult::new(vec![contents])
        .with_ttl_ms(TTL_MS)
        .with_cache_scope(CacheScope::Private))
}

/// May this person read something at that URI?
pub(super) fn exists(view: &View, uri: &str) -> bool {
    fixed(view, uri).is_some() || from_template(view, uri).is_some()
}

fn fixed(view: &View, uri: &str) -> Option<ResourceContents> {
    let resource = view.resources().find(|resource| resource.uri == uri)?;
    let contents = match &resource.body {
        Body::Text(text) => ResourceContents::text(text.clone(), uri),
        Body::Blob(data) => ResourceContents::blob(data.clone(), uri),
    };
    Some(contents.with_mime_type(resource.about.mime_type.clone()))
}

fn from_template(view: &View, uri: &str) -> Option<ResourceContents> {
    view.templates().find_map(|template| {
        let values = template.uri.values_in(uri)?;
        for argument in &template.arguments {
            let value = values.get(&argument.name)?;
            if !argument.values.is_empty() && !argument.values.contains(value) {
                return None;
            }
        }
        let contents = ResourceContents::text(template.text.fill(&values), uri);
        Some(contents.with_mime_type(template.about.mime_type.clone()))
    })
}
