//! What the tools of one service share: rows that several answers have, and resolvers for records
//! that paths lead through. It gathers them, and the drafts, in the description's order.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;

use serde_json::{Map, Value, json};

use super::answer::pointer;
use super::name::Given;
use super::operation::{Operation, Segment};
use super::shape::{Kind, Shape};
use super::source::Source;
use super::{Draft, Drafted, draft, row, words, yaml};

/// A service in the making.
pub(super) struct Service<'a> {
    source: &'a Source,
    slug: String,
    tools: Vec<Draft>,
    names: Given,
    row_names: Given,
    rows: Vec<(String, Row)>,
    resolver_names: Given,
    resolvers: Vec<Resolver>,
    left_out: Vec<(String, String)>,
}

/// A row, and the component that it was made of.
struct Row {
    of: Option<String>,
    fields: Map<String, Value>,
    lost: Vec<String>,
}

/// How the record at the end of a path is found.
struct Resolver {
    name: String,
    /// The path, with nothing for its parameter: `[Some("pets"), None]`.
    path: Vec<Option<String>>,
    way: Map<String, Value>,
    /// Where the record's id is.
    id: String,
    shape: Shape,
    /// A draft has an argument that is found by it.
    used: bool,
}

/// The record that a path leads through.
pub(super) struct Found {
    /// The resolver's name.
    pub resolver: String,
    /// Which segment of the path names it.
    pub index: usize,
    /// Where the record's id is: a JSON Pointer.
    pub id: String,
    /// It is the whole path.
    pub whole: bool,
    pub shape: Shape,
}

impl<'a> Service<'a> {
    pub(super) fn new(source: &'a Source, slug: String) -> Self {
        Self {
            source,
            slug,
            tools: Vec::new(),
            names: Given::default(),
            row_names: Given::default(),
            rows: Vec::new(),
            resolver_names: Given::default(),
            resolvers: Vec::new(),
            left_out: Vec::new(),
        }
    }

    /// The file that it is drafted from.
    pub(super) fn file_name(&self) -> String {
        self.source.file_name()
    }

    /// Notes how a record is found, where this operation reads one by its id alone.
    pub(super) fn learn(&mut self, operation: &Operation) {
        let (Some(answer), "get", None) =
            (&operation.answer, operation.method, &operation.left_out)
        else {
            return;
        };
        let Some((Segment::Parameter(by), before)) = operation.path.split_last() else { return };
        let literal = |segment: &Segment| match segment {
            Segment::Literal(word) => Some(word.clone()),
            Segment::Parameter(_) => None,
        };
        let words: Option<Vec<String>> = before.iter().map(literal).collect();
        let alone = operation
            .parameters
            .iter()
            .all(|parameter| parameter.place == "path" || !parameter.required);
        let (Some(words), true, false) = (words, alone, answer.list) else { return };
        let Some(fields) = answer.row.fields() else { return };
        let of = |name| {
            let shape = fields.get(name)?;
            matches!(shape.kind, Kind::Text | Kind::Integer).then_some((name, shape))
        };
        // What has no `id` of its own isn't known as a record.
        let own = of("id").map(|id| of(by.as_str()).unwrap_or(id));
        let (Some((id, id_shape)), Some(last)) = (own, words.last()) else { return };
        let name = answer.row.name.clone().unwrap_or_else(|| last.clone());
        let name = self.resolver_names.name(&name);
        let mut way = Map::new();
        if id_shape.kind == Kind::Integer {
            way.insert("matches".into(), json!("^[0-9]{1,19}$"));
        } else if id_shape.format() == Some("uuid") {
            way.insert("matches".into(), json!("uuid"));
        }
        let mut path: Vec<Value> = words.iter().map(|word| json!(word)).collect();
        path.push(json!({"by": "id"}));
        way.insert("get".into(), path.into());
        way.insert("record".into(), json!(answer.at));
        let path = words.into_iter().map(Some).chain([None]).collect();
        let (id, shape) = (pointer(id), answer.row.clone());
        self.resolvers.push(Resolver { name, path, way, id, shape, used: false });
    }

    /// The record that a path leads through: the longest that is known.
    pub(super) fn found(&self, path: &[Segment]) -> Option<Found> {
        let begins = |resolver: &&Resolver| {
            resolver.path.len() <= path.len()
                && resolver.path.iter().zip(path).all(|(known, segment)| match (known, segment) {
                    (Some(known), Segment::Literal(word)) => known == word,
                    (None, Segment::Parameter(_)) => true,
                    _ => false,
                })
        };
        let longest =
            self.resolvers.iter().filter(begins).max_by_key(|resolver| resolver.path.len());
        longest.map(|resolver| Found {
            resolver: resolver.name.clone(),
            index: resolver.path.len() - 1,
            id: resolver.id.clone(),
            whole: resolver.path.len() == path.len(),
            shape: resolver.shape.clone(),
        })
    }

    /// Drafts a tool.
    pub(super) fn draft(&mut self, operation: &Operation) {
        let drafted = match &operation.left_out {
            Some(why) => Err(why.clone()),
            None => draft::tool(self, operation),
        };
        match drafted {
            Ok((tool, resolver)) => {
                self.tools.push(tool);
                for own in &mut self.resolvers {
                    own.used |= resolver.as_ref() == Some(&own.name);
                }
            }
            Err(why) => self.left_out.push((operation.label(), why)),
        }
    }

    /// A tool's name, which no other has.
    pub(super) fn name(&mut self, operation: &Operation) -> String {
        let text = operation.id.clone().unwrap_or_else(|| {
            let words = operation.path.iter().map(|segment| match segment {
                Segment::Literal(word) => word.clone(),
                Segment::Parameter(name) => format!("by_{name}"),
            });
            let words: Vec<String> = words.collect();
            format!("{}_{}", operation.method, words.join("_"))
        });
        self.names.name(&text)
    }

    /// The name of a row; the same one for the same fields of the same component.
    pub(super) fn row(&mut self, shape: &Shape, tool: &str) -> String {
        let row = shape.fields().map(row::row).unwrap_or_default();
        let same =
            |known: &&(String, Row)| known.1.of == shape.name && known.1.fields == row.fields;
        if let Some((name, _)) = self.rows.iter().find(same) {
            return name.clone();
        }
        let name = self.row_names.name(shape.name.as_deref().unwrap_or(tool));
        let row = Row { of: shape.name.clone(), fields: row.fields, lost: row.lost };
        self.rows.push((name.clone(), row));
        name
    }

    /// Everything, as files.
    pub(super) fn into_drafted(self) -> Drafted {
        let mut shared = Vec::new();
        let mut text = format!(
            "# Drafted from {}. {}\n",
            words::line(&self.source.file_name()),
            "Take away what nobody should see."
        );
        text += &yaml::section("backend", &json!(self.slug), 0);
        let used: Vec<&Resolver> = self.resolvers.iter().filter(|resolver| resolver.used).collect();
        if !used.is_empty() {
            text += "resolve:\n";
        }
        for resolver in used {
            let mut block = format!("  {}:\n", resolver.name);
            for (key, value) in &resolver.way {
                block += &yaml::section(key, value, 4);
            }
            _ = writeln!(block, "    # {}", draft::perhaps(&resolver.shape, true));
            block += "    scope: TODO\n";
            text += &block;
            shared.push((format!("resolve.{}", resolver.name), block));
        }
        if !self.rows.is_empty() {
            text += "rows:\n";
        }
        for (name, row) in &self.rows {
            let mut block = String::new();
            for lost in &row.lost {
                _ = writeln!(block, "  # Not in it: {}", words::line(lost));
            }
            _ = writeln!(block, "  {name}:");
            for (key, value) in &row.fields {
                block += &yaml::section(key, value, 4);
            }
            text += &block;
            shared.push((format!("rows.{name}"), block));
        }
        let mut left_out = self.left_out;
        left_out.sort();
        Drafted {
            tools: self.tools,
            service: Draft { name: PathBuf::from("_service.yaml"), text },
            shared,
            left_out,
            section: section(&self.slug, self.source),
        }
    }
}

/// What the configuration needs, with the first server that the description names.
fn section(slug: &str, source: &Source) -> String {
    let server = source.root().child("servers").and_then(|all| all.child("0"));
    let mut url = server.as_ref().and_then(|at| at.text("url")).unwrap_or_default().to_owned();
    let variables = server.and_then(|server| server.child("variables"));
    for (name, variable) in variables.iter().flat_map(super::source::At::children) {
        let default = variable.text("default").unwrap_or_default();
        url = url.replace(&format!("{{{name}}}"), default);
    }
    let whole = url.starts_with("https://") || url.starts_with("http://");
    let url = if whole { words::line(&url) } else { "https://…".to_owned() };
    let url: BTreeMap<&str, String> = [("base_url", url)].into();
    let url = toml::to_string(&url).unwrap_or_default();
    format!(
        "[backends.{slug}]\n{url}audience = \"…\"  # that of the person's tokens; or token = \"none\"\n"
    )
}
