//! Row definitions: the allow-list of fields and the output schema at once (tool-format rule 6).

use serde_json::{Map, Value, json};

/// A closed object: only these fields leave, each with this shape.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Row {
    /// The fields in the file's order.
    pub fields: Vec<Field>,
}

/// One field of a row.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// The service's own name of it.
    pub name: String,
    /// What it holds.
    pub shape: Shape,
    /// Written with `!`: an answer without it isn't what the service promises.
    pub required: bool,
}

/// What a field holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// A text; the format is JSON Schema's (`date-time`), where one is meant.
    Text {
        /// JSON Schema `format`, as an annotation.
        format: Option<&'static str>,
    },
    /// A whole number.
    Integer,
    /// Any number.
    Number,
    /// `true` or `false`.
    Boolean,
    /// A text, a number, true, false or null: what a column of a result holds differs by query.
    Scalar,
    /// A list of one shape.
    List(Box<Self>),
    /// A closed object.
    Object(Row),
}

impl Row {
    /// The row's JSON Schema. Of the fields that must be there it demands those that `demands`
    /// picks by name; inside objects it demands them all.
    pub fn schema(&self, demands: impl Fn(&str) -> bool) -> Value {
        let properties: Map<String, Value> =
            self.fields.iter().map(|field| (field.name.clone(), field.shape.schema())).collect();
        let required = self.fields.iter().filter(|field| field.required).map(|field| &*field.name);
        let required: Vec<&str> = required.filter(|name| demands(name)).collect();
        let mut schema = json!({
            "type": "object",
            "properties": properties,
            "additionalProperties": false,
        });
        if let (false, Some(schema)) = (required.is_empty(), schema.as_object_mut()) {
            schema.insert("required".into(), json!(required));
        }
        schema
    }

    /// Keeps the row's own fields of a record; others and nulls go, at every depth.
    pub fn project(&self, record: &Value) -> Value {
        let kept = self.fields.iter().filter_map(|field| {
            let value = record.get(&field.name).filter(|value| !value.is_null())?;
            Some((field.name.clone(), field.shape.project(value)))
        });
        Value::Object(kept.collect())
    }

    /// The field of that name.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }
}

impl Shape {
    fn schema(&self) -> Value {
        match self {
            Self::Text { format: None } => json!({"type": "string"}),
            Self::Text { format: Some(format) } => json!({"type": "string", "format": format}),
            Self::Integer => json!({"type": "integer"}),
            Self::Number => json!({"type": "number"}),
            Self::Boolean => json!({"type": "boolean"}),
            Self::Scalar => json!({"type": ["string", "number", "boolean", "null"]}),
            Self::List(item) => json!({"type": "array", "items": item.schema()}),
            Self::Object(row) => row.schema(|_| true),
        }
    }

    fn project(&self, value: &Value) -> Value {
        match (self, value) {
            (Self::Object(row), Value::Object(_)) => row.project(value),
            (Self::List(shape), Value::Array(items)) => {
                items.iter().map(|item| shape.project(item)).collect()
            }
            _ => value.clone(),
        }
    }
}
