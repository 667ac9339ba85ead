//! Definition files as they are written. The JSON Schema for editors is generated from these types.
//!
//! What holds requests (`request`, `body`) stays JSON here; `compile` reads its leaves, so that each
//! fault is told with its own place and words.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::tool::Effect;

/// `_service.yaml`: what the tools of one service share.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "What the tools of one service share: tools/SERVICE/_service.yaml")]
pub(super) struct RawService {
    /// The backend that the service's requests go to: a `[backends.NAME]` of the configuration.
    pub backend: String,
    /// From an id that a person or a model names to one record.
    #[serde(default)]
    pub resolve: BTreeMap<String, RawResolver>,
    /// The rows of the service: field name to `string`, `integer`, `number`, `boolean`, `time`,
    /// `date`, `uuid`, a list of one shape or an object of fields; `!` after a type demands it.
    #[serde(default)]
    pub rows: BTreeMap<String, Map<String, Value>>,
}

/// How one kind of record is found.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawResolver {
    /// The ways to find it; the first whose `matches` fits the id is taken.
    pub when: Option<Vec<RawWay>>,
    /// How many of them are found by one request, which asks `{by: ids}` and is answered with
    /// `record: {in: POINTER, where: POINTER}`; an id without a row finds nothing.
    pub all: Option<RawWay>,
    /// The one way to find it, where there is only one.
    #[serde(flatten)]
    pub way: RawWay,
    /// Where the record's entity tag is: `header`, or a JSON Pointer into the record.
    pub etag: Option<String>,
    /// Arguments of the tool whose records are located before this one: `{found: NAME, at: POINTER}`
    /// may stand in the request and the scope.
    #[serde(default)]
    pub beside: Vec<String>,
    /// What holds the record inside the caller's scope: `push`, `filter`, or `none` with the reason.
    pub scope: RawScope,
}

/// One way to find a record.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawWay {
    /// Which ids it takes: `uuid`, or a regular expression that starts with `^`.
    pub matches: Option<String>,
    /// GET: the path's segments.
    pub get: Option<Vec<Value>>,
    /// POST: the path's segments; the way must say `safe: true`.
    pub post: Option<Vec<Value>>,
    /// This POST only reads.
    #[serde(default)]
    pub safe: bool,
    /// The query's pairs.
    #[serde(default)]
    pub query: Map<String, Value>,
    /// The JSON body.
    pub body: Option<Value>,
    /// A GraphQL query, instead of a method and its path.
    pub graphql: Option<String>,
    /// What its variables are filled with.
    #[serde(default)]
    pub variables: Map<String, Value>,
    /// What is asked of a backend of kind `adt`: `{twin: {id: {by: id}}}`.
    pub adt: Option<Value>,
    /// A saved query: `{find: {by: id}}`.
    pub snowflake: Option<Map<String, Value>>,
    /// Where in the answer the record is: a JSON Pointer, or `{where: POINTER}` for the element of
    /// a list (`in: POINTER`) whose id is the one that was named; `where: {at: POINTER, after:
    /// PREFIX}` for a text that begins so.
    pub record: Option<Value>,
    /// A list that must have exactly one element: the record.
    pub single: Option<String>,
    /// Where in the record its own id is, by which it is read once more the first way.
    pub again: Option<String>,
}

/// A tool.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "A tool: tools/SERVICE/NAME.yaml")]
pub(super) struct RawTool {
    /// The tool's name, which is the file's without `.yaml`.
    pub name: String,
    /// What people see.
    pub title: String,
    /// What an assistant reads to pick the tool.
    pub description: String,
    /// A permission's name, `{any: […]}`, `{all: […]}` or `{signed_in: REASON}`.
    pub permission: Value,
    /// What the tool does to the service's data.
    pub effect: Effect,
    /// Its arguments.
    #[serde(default)]
    pub input: RawInput,
    /// What it sends.
    pub request: RawRequest,
    /// What the person is asked before a write.
    pub question: Option<RawQuestion>,
    /// What its answer looks like.
    pub answer: RawAnswer,
    /// What holds its answer inside the caller's scope: `push`, `filter`, `resolved`, several of
    /// them, or `none` with the reason.
    pub scope: RawScope,
    /// MCP `_meta` of the tool.
    pub meta: Option<Map<String, Value>>,
}

/// A tool's arguments.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawInput {
    /// Shared arguments: `sites`, `page` (or `cursor` alone), `fields`.
    #[serde(default, rename = "use")]
    pub shared: Vec<String>,
    /// The tool's own: JSON Schemas; `resolve: NAME` for one that names a record, `resolve_all: NAME`
    /// for a list of ids that each name one.
    #[serde(default)]
    pub properties: Map<String, Value>,
    /// Those that must be there.
    #[serde(default)]
    pub required: Vec<String>,
    /// Two of them that are moments, the one before the other.
    pub span: Option<RawSpan>,
    /// JSON Schema `minProperties`.
    #[serde(rename = "minProperties")]
    pub min_properties: Option<u64>,
    /// A whole JSON Schema instead, for tools whose arguments don't go into a request.
    pub schema: Option<Map<String, Value>>,
}

/// Two moments, and how far they may be apart.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawSpan {
    /// The argument with the first moment.
    pub from: String,
    /// The argument with the second.
    pub to: String,
    /// How far they may be apart: days (`P31D`) or hours (`PT12H`).
    pub max: String,
}

/// What a tool sends.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawRequest {
    /// GET: the path's segments.
    pub get: Option<Vec<Value>>,
    /// POST: the path's segments.
    pub post: Option<Vec<Value>>,
    /// PUT: the path's segments.
    pub put: Option<Vec<Value>>,
    /// PATCH: the path's segments.
    pub patch: Option<Vec<Value>>,
    /// DELETE: the path's segments.
    pub delete: Option<Vec<Value>>,
    /// This POST only reads.
    #[serde(default)]
    pub safe: bool,
    /// The query's pairs.
    #[serde(default)]
    pub query: Map<String, Value>,
    /// Headers of the request's own.
    #[serde(default)]
    pub headers: Map<String, Value>,
    /// The JSON body.
    pub body: Option<Value>,
    /// A GraphQL query, instead of a method and its path.
    pub graphql: Option<String>,
    /// What its variables are filled with.
    #[serde(default)]
    pub variables: Map<String, Value>,
    /// What is asked of a backend of kind `adt`: one of `twins`, `count`, `twin`, `relationships`,
    /// `walk`, `models` and `model`.
    pub adt: Option<Value>,
    /// The record of this argument is the answer: no second request.
    pub found: Option<String>,
    /// `permissions`: the caller's own record.
    pub caller: Option<String>,
    /// Parts, each a call of another tool; the answer has each under its name.
    pub compose: Option<Vec<RawPart>>,
    /// Saved queries: `{list: queries, q: LEAF}`, or `{run: LEAF, parameters: LEAF, sites: LEAF,
    /// cursor: LEAF}`.
    pub snowflake: Option<Map<String, Value>>,
    /// An argument that reads `PART:ID`: only the part of that name is run, with the id alone.
    pub by_prefix: Option<String>,
    /// A script, for the conformance suite's tools.
    pub script: Option<Value>,
}

/// One part of a composed tool.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawPart {
    /// Its key in the answer.
    #[serde(rename = "as")]
    pub key: String,
    /// The tool that is run.
    pub tool: String,
    /// Its arguments.
    #[serde(default)]
    pub with: Map<String, Value>,
    /// Left out where the person may not use its tool; otherwise the whole is hidden then.
    #[serde(default)]
    pub if_permitted: bool,
    /// Left out, and named under `unavailable`, where its service can't answer.
    #[serde(default)]
    pub if_available: bool,
    /// In a search or a fetch: what a result is called, by JSON Pointers into its row.
    #[serde(default)]
    pub title: Vec<String>,
    /// In a fetch: where the record holds the text to read; the whole record, where it doesn't say.
    pub text: Option<String>,
}

/// The question before a write.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawQuestion {
    /// The title; `{/pointer}` takes a value of the record.
    pub title: String,
    /// The argument whose record is changed.
    pub before: Option<String>,
    /// The argument whose record something is added to.
    pub about: Option<String>,
    /// For a change: values before and after.
    #[serde(default)]
    pub diff: Vec<RawLine>,
    /// For a creation: values to come.
    #[serde(default)]
    pub show: Vec<RawLine>,
}

/// One line of a question.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawLine {
    /// What the line is about.
    pub label: String,
    /// For a change: where the record holds the value before.
    pub from: Option<String>,
    /// Where the value before is a list: what of each element is shown.
    pub each: Option<String>,
    /// The value to come: `{arg: NAME}` or `{found: NAME, at: POINTER}`.
    pub to: Value,
    /// Words for values.
    #[serde(default)]
    pub words: BTreeMap<String, String>,
}

/// What an answer looks like.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "the keys of a file")]
pub(super) struct RawAnswer {
    /// Where the rows of a list are: a JSON Pointer to it, in which `*` stands for every element of a
    /// list on the way; or several such, outer ones first.
    pub items: Option<Value>,
    /// How a list says that there is more.
    pub more: Option<RawMore>,
    /// At most this many rows.
    pub limit: Option<usize>,
    /// Where a list says that a part of it is missing: anything there but null, false, [] and {}.
    pub partial: Option<String>,
    /// Where a list says, by `true`, that it was cut short.
    pub truncated: Option<String>,
    /// For a list of things that are asked for by id: `{arg: NAME, at: POINTER}`, the argument that
    /// holds the ids, and where a row holds its own.
    pub not_found: Option<RawAsked>,
    /// Of a list, only rows with one of an argument's values: `{arg: NAME, at: POINTER}`.
    pub only: Option<RawAsked>,
    /// Where a record, or an aggregate, is.
    pub record: Option<String>,
    /// The record is counts over many rows.
    #[serde(default)]
    pub aggregate: bool,
    /// The answer of an aggregate for an empty scope.
    pub empty: Option<Value>,
    /// The row's name in `_service.yaml`.
    pub row: Option<String>,
    /// A text that the service streams: a part of it is the answer.
    pub text: Option<RawText>,
    /// What a list says once, of all its rows: `{at: POINTER, row: NAME}`.
    pub about: Option<RawAbout>,
    /// A composed tool's parts, each under its name.
    #[serde(default)]
    pub parts: bool,
    /// A composed tool's rows in turns, at most this many, as `ChatGPT` asks of `search`.
    pub results: Option<usize>,
    /// A composed tool's one record, as `ChatGPT` asks of `fetch`.
    #[serde(default)]
    pub document: bool,
    /// Where people open a row in their own app, below `tools.app_url`: segments of a path, each a
    /// text or `{at: POINTER}` of the row. The row has it as `url`.
    pub link: Option<Vec<Value>>,
    /// The backend makes MCP content blocks of its own.
    #[serde(default)]
    pub content: bool,
}

/// A text that the service streams.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawText {
    /// The content types that are shown: `text/plain`, or `text/*` for all of a kind.
    pub types: Vec<String>,
    /// The argument that says where to begin, in bytes.
    pub offset: String,
    /// The argument that says how many characters at most.
    pub chars: Option<String>,
    /// The argument that says how many bytes at most, instead of characters.
    pub bytes: Option<String>,
    /// What to do about a file that isn't text, for the person.
    pub otherwise: Option<String>,
}

/// What a list says once, of all its rows.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawAbout {
    /// Where in the answer it is.
    pub at: String,
    /// The row's name in `_service.yaml`.
    pub row: String,
}

/// How a list says that there is more.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawMore {
    /// Numbered pages: where the answer says how many rows come after this page.
    pub page: Option<String>,
    /// Where the answer holds a continuation token.
    pub token: Option<String>,
    /// The service gives everything at once, and the pages are made here.
    #[serde(default)]
    pub whole: bool,
}

/// Which rows answer to which of the ids that were asked for.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawAsked {
    /// The argument: a list of ids.
    pub arg: String,
    /// Where a row, as the service gives it, holds its id.
    pub at: String,
}

/// What holds an answer inside the scope.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawScope {
    /// `sites`: the caller's sites are part of the request.
    pub push: Option<String>,
    /// How each row is judged.
    pub filter: Option<RawFilter>,
    /// Arguments whose records were located inside the scope: one name, or a list.
    pub resolved: Option<Value>,
    /// Nothing to hold: the reason.
    pub none: Option<String>,
}

/// How a row is judged.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawFilter {
    /// Where a row names its site: a JSON Pointer, or `{at: POINTER, after: PREFIX}` for the one text
    /// there that begins so; `*` in the pointer stands for every element of a list.
    pub site: Option<Value>,
    /// A row may name several sites, and lies inside where all of them do.
    #[serde(default)]
    pub every: bool,
    /// Which rows are for one person alone.
    pub private: Option<RawPrivate>,
    /// Where a row names its locations.
    pub location: Option<String>,
    /// Where a row lists what it is about, each with a site (and locations) of its own: one inside
    /// is enough, and the others leave the row.
    pub any_of: Option<String>,
    /// Lists inside a row whose elements are judged as the row is.
    #[serde(default)]
    pub within: Vec<String>,
    /// What is kept of a row above a place of the scope.
    #[serde(default)]
    pub above: Vec<String>,
    /// The resolver that looks the scope's own places up, for `above`.
    pub places: Option<String>,
    /// Where a row holds what must equal…
    pub equal: Option<String>,
    /// … this value of a located record.
    pub to: Option<Value>,
}

/// Which rows are for one person alone.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawPrivate {
    /// Where a row says whether it is for everybody.
    pub at: String,
    /// The one value there that is for everybody inside the scope; all others, and none, aren't.
    pub shared: String,
    /// Where a row names the person whom it is for, by object id.
    pub owner: String,
}
