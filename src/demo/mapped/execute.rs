//! Carries a GraphQL query out over the graph: selections, aliases, arguments, variables with
//! defaults, fragments, `@include` and `@skip`. No introspection. Errors come in-band.

use apollo_parser::Parser;
use apollo_parser::cst::{self, Definition, Selection};
use serde_json::{Map, Value, json};

use crate::demo::world::graph::{Graph, Node};

/// What is wrong with a query: the code and the message.
type Fault = (&'static str, String);

/// The answer to a query.
pub(super) fn run(graph: &Graph, query: &str, variables: Map<String, Value>) -> Value {
    match answer(graph, query, variables) {
        Ok(data) => json!({ "data": data }),
        Err((code, message)) => {
            json!({"errors": [{"message": message, "extensions": {"code": code}}]})
        }
    }
}

fn answer(
    graph: &Graph,
    query: &str,
    variables: Map<String, Value>,
) -> Result<Map<String, Value>, Fault> {
    let tree = Parser::new(query).recursion_limit(64).parse();
    if let Some(error) = tree.errors().next() {
        return Err(("GRAPHQL_PARSE_FAILED", error.message().to_owned()));
    }
    let definitions: Vec<Definition> = tree.document().definitions().collect();
    let mut operations = definitions.iter().filter_map(|definition| match definition {
        Definition::OperationDefinition(operation) => Some(operation),
        _ => None,
    });
    let (Some(operation), None) = (operations.next(), operations.next()) else {
        return Err(invalid("Exactly one operation is needed."));
    };
    if operation.operation_type().is_some_and(|kind| kind.query_token().is_none()) {
        return Err(invalid("Only queries are answered here."));
    }
    let fragments = definitions.iter().filter_map(|definition| match definition {
        Definition::FragmentDefinition(fragment) => Some(fragment.clone()),
        _ => None,
    });
    let mut run = Run { graph, variables, fragments: fragments.collect() };
    run.declare(operation)?;
    let set = operation.selection_set().ok_or_else(|| invalid("Nothing is selected."))?;
    let root = graph.root().ok_or_else(|| invalid("There is nothing."))?;
    run.object(root, &set)
}

struct Run<'a> {
    graph: &'a Graph,
    variables: Map<String, Value>,
    fragments: Vec<cst::FragmentDefinition>,
}

fn invalid(message: impl Into<String>) -> Fault {
    ("GRAPHQL_VALIDATION_FAILED", message.into())
}

fn text(name: Option<cst::Name>) -> String {
    name.map(|name| name.text().to_string()).unwrap_or_default()
}

impl Run<'_> {
    /// Puts in the defaults of variables that aren't given, and misses those that must be.
    fn declare(&mut self, operation: &cst::OperationDefinition) -> Result<(), Fault> {
        let declared = operation.variable_definitions();
        let declared = declared.iter().flat_map(cst::VariableDefinitions::variable_definitions);
        let mut values = Map::new();
        for definition in declared {
            let name = text(definition.variable().and_then(|variable| variable.name()));
            let default = definition.default_value().and_then(|default| default.value());
            let value = match (self.variables.get(&name), default) {
                (Some(value), _) => value.clone(),
                (None, Some(default)) => self.value(&default)?,
                (None, None) => Value::Null,
            };
            if value.is_null() && matches!(definition.ty(), Some(cst::Type::NonNullType(_))) {
                return Err(("BAD_USER_INPUT", format!("${name} is needed.")));
            }
            values.insert(name, value);
        }
        self.variables = values;
        Ok(())
    }

    fn object(&self, node: &Node, set: &cst::SelectionSet) -> Result<Map<String, Value>, Fault> {
        let mut object = Map::new();
        for field in self.fields(node.kind, set)? {
            let name = text(field.name());
            let key = field.alias().map_or_else(|| name.clone(), |alias| text(alias.name()));
            let below = field.selection_set();
            let value = self.field(node, &name, &field, below.as_ref())?;
            object.insert(key, value);
        }
        Ok(object)
    }

    fn field(
        &self,
        node: &Node,
        name: &str,
        field: &cst::Field,
        below: Option<&cst::SelectionSet>,
    ) -> Result<Value, Fault> {
        if name == "__typename" {
            return Ok(node.kind.into());
        }
        if let Some(value) = node.fields.get(name) {
            return match below {
                None => Ok(value.clone()),
                Some(below) => self.plain(value, below),
            };
        }
        let wrong = || invalid(format!("Cannot query field '{name}' on type '{}'.", node.kind));
        let below = below.ok_or_else(wrong)?;
        if let Some(one) = node.one.get(name) {
            let other = one.and_then(|one| self.graph.node(one));
            return Ok(other.map(|other| self.object(other, below)).transpose()?.into());
        }
        let many = node.many.get(name).ok_or_else(wrong)?;
        let filter = self.filter(field)?;
        let nodes = many.iter().filter_map(|index| self.graph.node(*index));
        let met = nodes.filter(|node| {
            filter.iter().all(|(field, value)| node.fields.get(field) == Some(value))
        });
        let objects: Result<Vec<Value>, Fault> =
            met.map(|node| self.object(node, below).map(Value::Object)).collect();
        objects.map(Value::Array)
    }

    /// Selects from what isn't a node, such as identities.
    fn plain(&self, value: &Value, set: &cst::SelectionSet) -> Result<Value, Fault> {
        if let Value::Array(items) = value {
            return items.iter().map(|item| self.plain(item, set)).collect();
        }
        let mut object = Map::new();
        for field in self.fields("", set)? {
            let name = text(field.name());
            let found =
                value.get(&name).ok_or_else(|| invalid(format!("There is no '{name}'.")))?;
            let key = field.alias().map_or(name, |alias| text(alias.name()));
            object.insert(key, found.clone());
        }
        Ok(object.into())
    }

    /// The fields of a selection, those of its fragments in their places.
    fn fields(&self, kind: &str, set: &cst::SelectionSet) -> Result<Vec<cst::Field>, Fault> {
        let mut fields = Vec::new();
        for selection in set.selections() {
            let (directives, inner, condition) = match &selection {
                Selection::Field(field) => {
                    if self.counts(field.directives().as_ref())? {
                        fields.push(field.clone());
                    }
                    continue;
                }
                Selection::InlineFragment(inline) => {
                    (inline.directives(), inline.selection_set(), inline.type_condition())
                }
                Selection::FragmentSpread(spread) => {
                    let name = text(spread.fragment_name().and_then(|name| name.name()));
                    let mut all = self.fragments.iter();
                    let found = all.find(|fragment| {
                        text(fragment.fragment_name().and_then(|name| name.name())) == name
                    });
                    let found = found.ok_or_else(|| invalid(format!("No fragment '{name}'.")))?;
                    (spread.directives(), found.selection_set(), found.type_condition())
                }
            };
            let on = condition.and_then(|on| on.named_type()).map(|on| text(on.name()));
            let fits = on.is_none_or(|on| on == kind);
            if let (true, true, Some(inner)) = (fits, self.counts(directives.as_ref())?, inner) {
                fields.extend(self.fields(kind, &inner)?);
            }
        }
        Ok(fields)
    }

    fn counts(&self, directives: Option<&cst::Directives>) -> Result<bool, Fault> {
        for directive in directives.into_iter().flat_map(cst::Directives::directives) {
            let condition = directive.arguments().and_then(|all| all.arguments().next());
            let condition = condition.and_then(|condition| condition.value());
            let condition = condition.map(|value| self.value(&value)).transpose()?;
            let condition = condition.as_ref().and_then(Value::as_bool);
            match (text(directive.name()).as_str(), condition) {
                ("include", Some(true)) | ("skip", Some(false)) => {}
                ("include", Some(false)) | ("skip", Some(true)) => return Ok(false),
                _ => return Err(invalid("A directive can't be understood.")),
            }
        }
        Ok(true)
    }

    /// `filter: {FIELD: {eq: VALUE}}`
    fn filter(&self, field: &cst::Field) -> Result<Vec<(String, Value)>, Fault> {
        let mut conditions = Vec::new();
        for argument in field.arguments().iter().flat_map(cst::Arguments::arguments) {
            let value = argument.value().map(|value| self.value(&value)).transpose()?;
            let (true, Some(Value::Object(filter))) = (text(argument.name()) == "filter", value)
            else {
                return Err(invalid("The only argument is 'filter'."));
            };
            for (field, condition) in filter {
                let eq = condition.as_object().filter(|map| map.len() == 1);
                let eq = eq.and_then(|map| map.get("eq"));
                let (true, Some(eq)) = (["id", "exactType", "name"].contains(&&*field), eq) else {
                    return Err(invalid(format!("'{field}' can't be filtered by so.")));
                };
                conditions.push((field, eq.clone()));
            }
        }
        Ok(conditions)
    }

    fn value(&self, value: &cst::Value) -> Result<Value, Fault> {
        Ok(match value {
            cst::Value::Variable(variable) => {
                let name = text(variable.name());
                let held = self.variables.get(&name);
                held.cloned().ok_or_else(|| invalid(format!("${name} isn't declared.")))?
            }
            cst::Value::StringValue(text) => String::from(text).into(),
            cst::Value::BooleanValue(value) => value.true_token().is_some().into(),
            cst::Value::IntValue(value) => i32::try_from(value).unwrap_or_default().into(),
            cst::Value::FloatValue(value) => f64::try_from(value).unwrap_or_default().into(),
            cst::Value::NullValue(_) => Value::Null,
            cst::Value::EnumValue(value) => text(value.name()).into(),
            cst::Value::ListValue(list) => {
                let items: Result<Vec<Value>, Fault> =
                    list.values().map(|item| self.value(&item)).collect();
                items?.into()
            }
            cst::Value::ObjectValue(object) => {
                let mut map = Map::new();
                for field in object.object_fields() {
                    let value = field.value().map(|value| self.value(&value)).transpose()?;
                    map.insert(text(field.name()), value.unwrap_or_default());
                }
                map.into()
            }
        })
    }
}
