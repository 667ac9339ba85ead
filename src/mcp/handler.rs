//! The methods of MCP, each a line or two: who asks, and which page answers. rmcp makes one handler
//! for each session and each request, so it is one pointer.

#![expect(deprecated, reason = "SEP-2577 takes logging away; the older versions still have it")]

use std::borrow::Cow;
use std::sync::Arc;

use arc_swap::ArcSwap;
use rmcp::model::{
    CacheScope, CallToolRequestParams, CallToolResponse, CompleteRequestParams, CompleteResult,
    CustomRequest, CustomResult, DiscoverResult, ErrorCode, GetPromptRequestParams,
    GetPromptResponse, Implementation, ListPromptsResult, ListResourceTemplatesResult,
    ListResourcesResult, ListToolsResult, PaginatedRequestParams, ProtocolVersion,
    ReadResourceRequestParams, ReadResourceResponse, ServerCapabilities, ServerConfig,
    SetLevelRequestParams, SubscribeRequestParams, SubscriptionFilter, Tool,
    UnsubscribeRequestParams,
};
use rmcp::service::{NotificationContext, RequestContext, RoleServer, SubscriptionContext};
use rmcp::{ErrorData, ServerHandler};

use super::Served;
use super::ask::One;
use super::caller::Caller;
use super::changes::Changes;
use super::lists::{self, Lists, TTL_MS, View};
#[cfg(feature = "conformance")]
use super::prompt_script;
use super::span::{self, Target};
use super::{complete, prompts, resources};

/// The protocol versions that are served, the oldest first.
const VERSIONS: &[ProtocolVersion] = &[
    ProtocolVersion::V_2025_03_26,
    ProtocolVersion::V_2025_06_18,
    ProtocolVersion::V_2025_11_25,
    ProtocolVersion::V_2026_07_28,
];

/// What a client's model is told of the whole server.
const INSTRUCTIONS: &str = "Osier answers from the building-operations services of one \
    organisation, as the person who is signed in: it shows what that person may see. Look ids up \
    with the list and search tools; don't make them up. A change is carried out only after the \
    person has said yes to a question that Osier itself asks.";

/// The handler; cheap to clone.
#[derive(Clone)]
pub(super) struct Handler(Arc<Parts>);

pub(super) struct Parts {
    pub(super) served: Arc<ArcSwap<Served>>,
    pub(super) changes: Changes,
    pub(super) lists: Lists,
}

impl Handler {
    pub(super) fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }

    /// What the door's pages share.
    pub(super) fn parts(&self) -> &Parts {
        &self.0
    }

    async fn view(&self, cx: &RequestContext<RoleServer>) -> Result<View, ErrorData> {
        let caller = Caller::of(&cx.extensions)?;
        let served = self.0.served.load_full();
        View::of(&served.pipeline, &caller.identity).await
    }
}

/// True for a tool's result that tells of an error.
fn is_error(response: &CallToolResponse) -> bool {
    matches!(response, CallToolResponse::Complete(result) if result.is_error == Some(true))
}

type Cx = RequestContext<RoleServer>;
type Page = Option<PaginatedRequestParams>;

impl ServerHandler for Handler {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder()
            .enable_logging()
            .enable_completions()
            .enable_prompts()
            .enable_prompts_list_changed()
            .enable_resources()
            .enable_resources_list_changed()
            .enable_resources_subscribe()
            .enable_tools()
            .enable_tool_list_changed()
            .build();
        let server = Implementation::new("osier", env!("CARGO_PKG_VERSION")).with_title("Osier");
        ServerConfig::new(capabilities).with_server_info(server).with_instructions(INSTRUCTIONS)
    }

    fn supported_protocol_versions(&self) -> Cow<'static, [ProtocolVersion]> {
        Cow::Borrowed(VERSIONS)
    }

    async fn discover(&self, _: Cx) -> Result<DiscoverResult, ErrorData> {
        let discovered = DiscoverResult::from_server_info(VERSIONS.to_vec(), self.get_info());
        Ok(discovered.with_ttl_ms(TTL_MS).with_cache_scope(CacheScope::Private))
    }

    /// Any tool of the catalog: rmcp checks `Mcp-Param-*` headers against its schema (SEP-2243),
    /// before it is known who calls. The catalog lets only tools that everybody sees want one.
    fn get_tool(&self, name: &str) -> Option<Tool> {
        self.0.served.load().pipeline.catalog().tool(name).map(|tool| lists::shown(tool))
    }

    async fn list_tools(&self, page: Page, cx: Cx) -> Result<ListToolsResult, ErrorData> {
        let listed = async {
            lists::refuse_cursor(page)?;
            Ok(self.0.lists.tools(&self.view(&cx).await?).await)
        };
        span::within(&cx, "tools/list", Target::None, listed, |_| false).await
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        cx: Cx,
    ) -> Result<CallToolResponse, ErrorData> {
        let (served, changes) = (self.0.served.load_full(), &self.0.changes);
        let caller = Caller::of(&cx.extensions)?;
        let Served { pipeline, patience, links } = &*served;
        let (patience, links) = (*patience, links.as_deref());
        let one = One { pipeline, changes, patience, links, cx: &cx, caller: &caller };
        let tool = pipeline.catalog().tool(&request.name);
        let target = Target::Tool(tool.map(|tool| tool.id.name.as_str()));
        let called = Box::pin(one.call(request));
        span::within(&cx, "tools/call", target, called, is_error).await
    }

    async fn list_prompts(&self, page: Page, cx: Cx) -> Result<ListPromptsResult, ErrorData> {
        lists::refuse_cursor(page)?;
        Ok(lists::prompts(&self.view(&cx).await?))
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        cx: Cx,
    ) -> Result<GetPromptResponse, ErrorData> {
        let view = self.view(&cx).await?;
        let prompt = prompts::find(&view, &request.name)?;
        #[cfg(feature = "conformance")]
        if let Some(script) = &prompt.script {
            let Caller { identity, .. } = Caller::of(&cx.extensions)?;
            let served = self.0.served.load_full();
            return prompt_script::get(&served.pipeline, &identity, prompt, script, request);
        }
        Ok(prompts::get(prompt, request)?.into())
    }

    async fn list_resources(&self, page: Page, cx: Cx) -> Result<ListResourcesResult, ErrorData> {
        lists::refuse_cursor(page)?;
        Ok(lists::resources(&self.view(&cx).await?))
    }

    async fn list_resource_templates(
        &self,
        page: Page,
        cx: Cx,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        lists::refuse_cursor(page)?;
        Ok(lists::templates(&self.view(&cx).await?))
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        cx: Cx,
    ) -> Result<ReadResourceResponse, ErrorData> {
        let read = async { Ok(resources::read(&self.view(&cx).await?, &request.uri)?.into()) };
        span::within(&cx, "resources/read", Target::None, read, |_| false).await
    }

    async fn complete(
        &self,
        request: CompleteRequestParams,
        cx: Cx,
    ) -> Result<CompleteResult, ErrorData> {
        complete::complete(&self.view(&cx).await?, &request)
    }

    /// The level of a session's log messages. 2026-07-28 has no such method: there each request
    /// names its level.
    async fn set_level(&self, request: SetLevelRequestParams, cx: Cx) -> Result<(), ErrorData> {
        match Caller::of(&cx.extensions)?.session {
            Some(session) => {
                session.set_level(request.level as usize);
                Ok(())
            }
            None => Err(ErrorData::new(ErrorCode::METHOD_NOT_FOUND, "logging/setLevel", None)),
        }
    }

    /// Resources don't change while the server runs, so that there is never anything to tell.
    async fn subscribe(&self, request: SubscribeRequestParams, cx: Cx) -> Result<(), ErrorData> {
        if resources::exists(&self.view(&cx).await?, &request.uri) {
            return Ok(());
        }
        Err(ErrorData::resource_not_found("Resource not found", None))
    }

    async fn unsubscribe(&self, _: UnsubscribeRequestParams, _: Cx) -> Result<(), ErrorData> {
        Ok(())
    }

    /// All that is asked for; it says nothing of which resources there are.
    fn accepted_subscription_filter(
        &self,
        wanted: &SubscriptionFilter,
    ) -> Option<SubscriptionFilter> {
        Some(wanted.clone())
    }

    async fn listen(&self, subscription: SubscriptionContext) -> Result<(), ErrorData> {
        let caller = Caller::of(&subscription.request_context().extensions)?;
        let who = caller.identity.person_key();
        let Some(_subscribed) = self.0.changes.subscribe(who, subscription.sink().clone()) else {
            return Err(ErrorData::internal_error("too many subscriptions are open", None));
        };
        subscription.cancelled().await;
        Ok(())
    }

    async fn on_initialized(&self, cx: NotificationContext<RoleServer>) {
        let caller = Caller::of(&cx.extensions);
        if let Some(session) = caller.ok().and_then(|caller| caller.session) {
            session.set_peer(cx.peer);
        }
    }

    /// What rmcp couldn't read as the method that it names, or a method that isn't known.
    async fn on_custom_request(
        &self,
        request: CustomRequest,
        cx: Cx,
    ) -> Result<CustomResult, ErrorData> {
        let method = request.method.as_str();
        let is_modern = cx.protocol_version() >= Some(ProtocolVersion::V_2026_07_28);
        if METHODS.contains(&method) || (!is_modern && OLDER_METHODS.contains(&method)) {
            return Err(ErrorData::invalid_params(format!("Invalid params of {method}"), None));
        }
        Err(ErrorData::new(ErrorCode::METHOD_NOT_FOUND, request.method, None))
    }
}

/// The methods with parameters that every version has.
const METHODS: [&str; 8] = [
    "completion/complete",
    "prompts/get",
    "prompts/list",
    "resources/list",
    "resources/read",
    "resources/templates/list",
    "tools/call",
    "tools/list",
];

/// Those that 2026-07-28 has no more.
const OLDER_METHODS: [&str; 4] =
    ["initialize", "logging/setLevel", "resources/subscribe", "resources/unsubscribe"];
