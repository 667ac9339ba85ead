//! The `openfga` adapter: a relation for each permission, and for each relation the sites and locations
//! on which the person has it (`streamed-list-objects`).
//!
//! OpenFGA ends a list at a deadline of its own (3 s by default) as if it were complete, in the
//! streamed form too. So a list that took as long counts as cut, and so does one of exactly the
//! number at which older servers stop. A cut list is no answer, never a shorter one.

use ::http::StatusCode;
use futures::{StreamExt, TryFutureExt, TryStreamExt, stream};
use serde_json::{Map, Value, json};

use super::file::Grants;
use super::scopes::Scopes;
use super::service::{Answer, Objects, Service};
use super::subject::Subject;
use super::unavailable::Unavailable;

/// How many permissions are asked for at once.
const AT_ONCE: usize = 8;
/// `type_not_found` and `relation_not_found` of OpenFGA's error codes.
const NOT_IN_MODEL: [(u64, &str); 2] = [(2021, "type_not_found"), (2022, "relation_not_found")];

/// A store, and how Osier's people and places are called in it.
#[derive(Debug)]
pub struct OpenFga {
    /// The server.
    pub service: Service,
    /// The store's id.
    pub store: String,
    /// The model's id; the newest where there is none.
    pub model: Option<String>,
    /// The person, with `{oid}` and `{tid}`.
    pub user: String,
    /// The places.
    pub objects: Objects,
    /// A list of exactly so many was cut; 0 where the server cuts none.
    pub max_results: usize,
}

impl OpenFga {
    /// Where the person holds each of these permissions, (ours, the relation). `strong` asks past
    /// the server's caches.
    pub(super) async fn permissions(
        &self,
        who: &Subject<'_>,
        asked: &[(&str, String)],
        strong: bool,
    ) -> Result<Grants, Unavailable> {
        let questions: Vec<_> = asked
            .iter()
            .map(|(ours, relation)| {
                self.scopes(who, relation, strong).map_ok(|held| ((*ours).to_owned(), held))
            })
            .collect();
        let all = stream::iter(questions).buffer_unordered(AT_ONCE).try_collect();
        self.service.within(all).await
    }

    async fn scopes(
        &self,
        who: &Subject<'_>,
        relation: &str,
        strong: bool,
    ) -> Result<Scopes, Unavailable> {
        if let Some((kind, id)) = self.objects.global(who)
            && self.check(who, relation, &format!("{kind}:{id}"), strong).await?
        {
            return Ok(Scopes::everywhere());
        }
        let mut scopes = Scopes::default();
        for kind in self.objects.types() {
            for id in self.service.list(self.list(who, relation, kind, strong)).await? {
                self.objects.add(kind, &id, &mut scopes);
            }
        }
        Ok(scopes)
    }

    /// `POST /stores/{id}/check`
    async fn check(
        &self,
        who: &Subject<'_>,
        relation: &str,
        object: &str,
        strong: bool,
    ) -> Result<bool, Unavailable> {
        let mut body = self.body(strong);
        let user = who.fill(&self.user);
        let key = json!({"user": user, "relation": relation, "object": object});
        body.insert("tuple_key".to_owned(), key);
        let answer = self.ask("check", body).await?;
        // The model has no such relation on this type: nobody has it there.
        if answer.status == StatusCode::BAD_REQUEST {
            return Ok(false);
        }
        Ok(answer.json()?.get("allowed") == Some(&Value::Bool(true)))
    }

    /// `POST /stores/{id}/streamed-list-objects`: the ids of one type.
    async fn list(
        &self,
        who: &Subject<'_>,
        relation: &str,
        kind: &str,
        strong: bool,
    ) -> Result<Vec<String>, Unavailable> {
        let mut body = self.body(strong);
        for (key, value) in
            [("user", who.fill(&self.user).as_str()), ("relation", relation), ("type", kind)]
        {
            body.insert(key.to_owned(), value.into());
        }
        let answer = self.ask("streamed-list-objects", body).await?;
        if is_not_in_model(&answer, kind, relation) {
            tracing::warn!(relation, kind, "OpenFGA's model has no such relation on this type");
            return Ok(Vec::new());
        }
        let ids = read(&answer, kind)?;
        if self.max_results > 0 && ids.len() == self.max_results {
            return Err(Unavailable::new(
                "a list has exactly as many objects as the server lets one have, and may be cut \
                 (access.openfga.max_results)",
            ));
        }
        Ok(ids)
    }

    fn body(&self, strong: bool) -> Map<String, Value> {
        let consistency = if strong { "HIGHER_CONSISTENCY" } else { "MINIMIZE_LATENCY" };
        let consistency = ("consistency".to_owned(), Value::from(consistency));
        let model = self.model.as_deref().map(Value::from);
        let model = model.map(|model| ("authorization_model_id".to_owned(), model));
        std::iter::once(consistency).chain(model).collect()
    }

    async fn ask(&self, what: &str, body: Map<String, Value>) -> Result<Answer, Unavailable> {
        self.service.post(&["stores", &self.store, what], &Value::Object(body)).await
    }
}

/// The lines of a stream: `{"result":{"object":"site:a"}}` each, or `{"error":…}`. A line that is
/// anything else, half of one too, spoils the list.
fn read(answer: &Answer, kind: &str) -> Result<Vec<String>, Unavailable> {
    if answer.status != StatusCode::OK {
        return Err(Unavailable::new(format!("status {}", answer.status.as_u16())));
    }
    let mut ids = Vec::new();
    for line in answer.body.split(|byte| *byte == b'\n') {
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let line: Value =
            serde_json::from_slice(line).map_err(|_| Unavailable::new("a list broke off"))?;
        if line.get("error").is_some() {
            return Err(Unavailable::new("a list ended with an error"));
        }
        let object = line.pointer("/result/object").and_then(Value::as_str);
        let id = object.and_then(|object| object.strip_prefix(kind)?.strip_prefix(':'));
        let id = id.ok_or_else(|| Unavailable::new("a list names something else"))?;
        ids.push(id.to_owned());
    }
    Ok(ids)
}

/// A relation that the model doesn't have on a type is held nowhere there, and no fault of the
/// service: a report has no locations, say. In a stream the code is lost and the words are left.
fn is_not_in_model(answer: &Answer, kind: &str, relation: &str) -> bool {
    let Some(Ok(said)) = answer
        .body
        .split(|byte| *byte == b'\n')
        .next()
        .map(serde_json::from_slice::<Value>)
        .filter(|_| answer.status == StatusCode::BAD_REQUEST || answer.status == StatusCode::OK)
    else {
        return false;
    };
    let error = said.get("error").unwrap_or(&said);
    let code = error.get("code");
    let words = error.get("message").and_then(Value::as_str).unwrap_or_default();
    NOT_IN_MODEL.iter().any(|(number, name)| {
        code.is_some_and(|code| code.as_u64() == Some(*number) || code.as_str() == Some(name))
    }) || words.contains(&format!("relation '{kind}#{relation}' not found"))
        || words.contains(&format!("type '{kind}' not found"))
}
