//! What a caller is shown of the catalog. Lists are built once for each set of things that somebody
//! may see, not for each person, and in the catalog's order, which is by name.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use moka::future::Cache;
use rmcp::ErrorData;
use rmcp::model::{
    CacheScope, ListPromptsResult, ListResourceTemplatesResult, ListResourcesResult,
    ListToolsResult, PaginatedRequestParams, Tool as McpTool, ToolAnnotations,
};

use super::render;
use crate::access::{self, Snapshot};
use crate::call::Refusal;
use crate::catalog::{Catalog, Effect, Prompt, Resource, ResourceTemplate, Tool};
use crate::identity::{Identity, PersonKey, Principal};
use crate::pipeline::Pipeline;

/// How long a client may keep a list: as old as the permissions behind it may be.
pub(super) const TTL_MS: u64 = 60_000;
/// How many different sets are remembered.
const SETS: u64 = 1_000;
/// How many callers' choices are remembered: as many as there are answers about callers.
const CALLERS: u64 = 10_000;
/// How long one is that nobody asks for.
const KEPT: Duration = Duration::from_hours(1);

/// The tool lists that were built.
pub(super) struct Lists {
    tools: Cache<String, Built>,
    chosen: Cache<PersonKey, Chosen>,
}

#[derive(Clone)]
struct Built {
    /// The definitions that it was built from; a reload makes others.
    from: Arc<Catalog>,
    list: Arc<ListToolsResult>,
    json: Bytes,
}

/// Which list a caller was shown, and what that followed from.
#[derive(Clone)]
struct Chosen {
    from: Arc<Catalog>,
    by: Arc<Snapshot>,
    principal: Principal,
    json: Bytes,
}

/// What one caller may see, at one moment.
pub(super) struct View {
    catalog: Arc<Catalog>,
    identity: Arc<Identity>,
    snapshot: Arc<Snapshot>,
}

impl View {
    pub(super) async fn of(
        pipeline: &Pipeline,
        identity: &Arc<Identity>,
    ) -> Result<Self, ErrorData> {
        let snapshot = pipeline.permissions(identity).await;
        let snapshot = snapshot.map_err(|refusal| render::list_refusal(&refusal))?;
        Ok(Self {
            catalog: Arc::clone(pipeline.catalog()),
            identity: Arc::clone(identity),
            snapshot,
        })
    }

    pub(super) fn prompts(&self) -> impl Iterator<Item = &Arc<Prompt>> {
        self.catalog
            .prompts()
            .filter(|prompt| access::may(&prompt.permission, &self.snapshot).is_ok())
    }

    pub(super) fn resources(&self) -> impl Iterator<Item = &Arc<Resource>> {
        self.catalog
            .resources()
            .filter(|resource| access::may(&resource.permission, &self.snapshot).is_ok())
    }

    pub(super) fn templates(&self) -> impl Iterator<Item = &Arc<ResourceTemplate>> {
        self.catalog
            .templates()
            .filter(|template| access::may(&template.permission, &self.snapshot).is_ok())
    }
}

impl Lists {
    pub(super) fn new() -> Self {
        let tools = Cache::builder().max_capacity(SETS).time_to_idle(KEPT).build();
        let chosen = Cache::builder().max_capacity(CALLERS).time_to_idle(KEPT).build();
        Self { tools, chosen }
    }

    /// `tools/list`, as JSON. Which list is a caller's is remembered for as long as the answer that it
    /// follows from.
    pub(super) async fn written(&self, view: &View) -> Bytes {
        let person = view.identity.person_key();
        if let Some(chosen) = self.chosen.get(&person).await
            && Arc::ptr_eq(&chosen.from, &view.catalog)
            && Arc::ptr_eq(&chosen.by, &view.snapshot)
            && chosen.principal == view.identity.principal()
        {
            return chosen.json;
        }
        let json = self.built(view).await.json;
        let (from, by) = (Arc::clone(&view.catalog), Arc::clone(&view.snapshot));
        let principal = view.identity.principal();
        self.chosen.insert(person, Chosen { from, by, principal, json: json.clone() }).await;
        json
    }

    /// `tools/list`
    pub(super) async fn tools(&self, view: &View) -> ListToolsResult {
        ListToolsResult::clone(&self.built(view).await.list)
    }

    async fn built(&self, view: &View) -> Built {
        let tools = access::visible(&view.catalog, &view.identity, &view.snapshot);
        let set = tools.iter().map(|tool| tool.id.name.as_str()).collect::<Vec<_>>().join("\n");
        if let Some(built) = self.tools.get(&set).await
            && Arc::ptr_eq(&built.from, &view.catalog)
        {
            return built;
        }
        let list = ListToolsResult::with_all_items(tools.iter().map(|tool| shown(tool)).collect());
        let list = Arc::new(list.with_ttl_ms(TTL_MS).with_cache_scope(CacheScope::Private));
        let json = serde_json::to_vec(&*list).unwrap_or_default().into();
        let built = Built { from: Arc::clone(&view.catalog), list, json };
        self.tools.insert(set, built.clone()).await;
        built
    }
}

/// `prompts/list`
pub(super) fn prompts(view: &View) -> ListPromptsResult {
    let prompts = view.prompts().map(|prompt| super::prompts::shown(prompt)).collect();
    ListPromptsResult::with_all_items(prompts)
        .with_ttl_ms(TTL_MS)
        .with_cache_scope(CacheScope::Private)
}

/// `resources/list`
pub(super) fn resources(view: &View) -> ListResourcesResult {
    let resources = view.resources().map(|resource| super::resources::shown(resource)).collect();
    ListResourcesResult::with_all_items(resources)
        .with_ttl_ms(TTL_MS)
        .with_cache_scope(CacheScope::Private)
}

/// `resources/templates/list`
pub(super) fn templates(view: &View) -> ListResourceTemplatesResult {
    let shown = |template: &Arc<ResourceTemplate>| super::resources::shown_template(template);
    ListResourceTemplatesResult::with_all_items(view.templates().map(shown).collect())
        .with_ttl_ms(TTL_MS)
        .with_cache_scope(CacheScope::Private)
}

/// How many bytes of compact JSON the list of all these tools has, without output schemas, which
/// clients keep from their models.
pub fn listed_bytes(catalog: &Catalog) -> usize {
    let tools: Vec<McpTool> = catalog
        .tools()
        .map(|tool| {
            let mut shown = shown(tool);
            shown.output_schema = None;
            shown
        })
        .collect();
    serde_json::to_string(&tools).map_or(0, |text| text.len())
}

/// Lists come whole, so that any cursor is one that we never gave out.
pub(super) fn refuse_cursor(request: Option<PaginatedRequestParams>) -> Result<(), ErrorData> {
    match request.and_then(|request| request.cursor) {
        Some(_) => Err(render::list_refusal(&Refusal::InvalidCursor)),
        None => Ok(()),
    }
}

/// A tool as MCP describes it.
pub(super) fn shown(tool: &Tool) -> McpTool {
    let mut shown = McpTool::new(
        tool.id.name.clone(),
        tool.description.clone(),
        Arc::clone(&tool.input.schema),
    )
    .with_title(tool.title.clone())
    .with_annotations(annotations(tool.effect));
    shown.output_schema.clone_from(&tool.output_schema);
    shown.meta = tool.meta.clone().map(rmcp::model::MetaObject);
    shown
}

/// Hints for the client's eyes. What needs a yes is decided by the plan, never by these. The world
/// of every tool is the customer's own, hence never open.
fn annotations(effect: Effect) -> ToolAnnotations {
    let (read_only, destructive, idempotent) = match effect {
        Effect::Read => (true, false, true),
        Effect::Create => (false, false, false),
        Effect::Update | Effect::Delete => (false, true, true),
    };
    ToolAnnotations::new()
        .read_only(read_only)
        .destructive(destructive)
        .idempotent(idempotent)
        .open_world(false)
}
