//! The walk from one twin to those that can be reached, breadth first. The scope is asked at every
//! twin: a hidden one isn't shown, isn't counted and isn't walked through, and no relationship to it
//! is told of.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::call::TroubleKind;

use super::Stopped;
use super::ask::{Path, Walk};
use super::client::Client;
use super::condition::{MOST_ITEMS, is_twin_id};
use super::query::steps;
use super::record::{set, text};

/// The deepest walk, in relationships.
const DEEPEST: usize = 5;
/// The longest walk, in twins, the first one included.
const LONGEST: usize = 500;
/// As many relationships are looked at on one walk.
const MOST_STEPS: usize = 10_000;

/// `{items, truncated}`: the twins, nearest first, each with its `depth` and the `links` between it
/// and twins before it.
pub(super) async fn walk(asked: &Walk, client: &mut Client<'_, '_>) -> Result<Value, Stopped> {
    let first = client.twin(&asked.from).await?.ok_or(TroubleKind::Gone)?;
    if !client.shows(&first)? {
        return Err(TroubleKind::Gone.into());
    }
    let depth = asked.depth.unwrap_or(1).clamp(1, DEEPEST);
    let any = [Path::default()];
    let paths = if asked.paths.is_empty() { &any[..] } else { &asked.paths };
    let mut walked = Walked::new(asked.nodes.unwrap_or(LONGEST).clamp(1, LONGEST));
    walked.add(first, 0);
    let mut edge: Vec<String> = vec![asked.from.clone()];
    for level in 1..=depth {
        edge = walked.step(&edge, paths, level, client).await?;
        let count = walked.twins.len();
        client.says(level, depth, format!("walked {level} of {depth} levels, {count} twins"));
        if edge.is_empty() {
            break;
        }
    }
    Ok(walked.answer())
}

/// What was found so far.
struct Walked {
    most: usize,
    twins: Vec<Value>,
    /// Where each twin stands in `twins`.
    places: BTreeMap<String, usize>,
    /// Relationships between twins that were found, by the twins' ids and their own.
    links: BTreeMap<(String, String, String), Value>,
    steps: usize,
    cut: bool,
}

impl Walked {
    fn new(most: usize) -> Self {
        Self {
            most,
            twins: Vec::new(),
            places: BTreeMap::new(),
            links: BTreeMap::new(),
            steps: 0,
            cut: false,
        }
    }

    fn add(&mut self, mut twin: Value, depth: usize) {
        let id = text(&twin, "id").to_owned();
        set(&mut twin, "depth", depth);
        self.places.insert(id, self.twins.len());
        self.twins.push(twin);
    }

    /// Goes one level on from these twins; gives the new ones.
    async fn step(
        &mut self,
        from: &[String],
        paths: &[Path],
        level: usize,
        client: &mut Client<'_, '_>,
    ) -> Result<Vec<String>, Stopped> {
        let mut reached = Vec::new();
        for path in paths {
            let found = self.relationships(from, path, client).await?;
            let ends = found.iter().flat_map(|one| [text(one, "sourceId"), text(one, "targetId")]);
            let unknown: BTreeSet<&str> =
                ends.filter(|id| is_twin_id(id) && !self.places.contains_key(*id)).collect();
            let unknown: Vec<&str> = unknown.into_iter().collect();
            for ids in unknown.chunks(MOST_ITEMS) {
                if self.cut && self.twins.len() >= self.most {
                    break;
                }
                for twin in client.twins(ids, path.model_filter.as_deref()).await? {
                    if !client.shows(&twin)? {
                        continue;
                    }
                    if self.twins.len() >= self.most {
                        self.cut = true;
                        break;
                    }
                    reached.push(text(&twin, "id").to_owned());
                    self.add(twin, level);
                }
            }
            for one in found {
                self.keep(one);
            }
        }
        Ok(reached)
    }

    /// The relationships of one path that touch these twins.
    async fn relationships(
        &mut self,
        from: &[String],
        path: &Path,
        client: &mut Client<'_, '_>,
    ) -> Result<Vec<Value>, Stopped> {
        let mut found = Vec::new();
        for ids in from.chunks(MOST_ITEMS) {
            let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
            for way in path.direction.ways() {
                let left = MOST_STEPS.saturating_sub(self.steps);
                if left == 0 {
                    self.cut = true;
                    return Ok(found);
                }
                let query = steps(&ids, path, *way)?;
                let (rows, whole) = client.relationships(&query, left).await?;
                self.cut |= !whole;
                self.steps += rows.len();
                found.extend(rows);
            }
        }
        Ok(found)
    }

    /// Keeps a relationship both of whose ends were found.
    fn keep(&mut self, one: Value) {
        let (source, target) = (text(&one, "sourceId"), text(&one, "targetId"));
        if self.places.contains_key(source) && self.places.contains_key(target) {
            let key = (source.to_owned(), target.to_owned(), text(&one, "id").to_owned());
            self.links.insert(key, one);
        }
    }

    /// Each relationship goes with the later of its two twins.
    fn answer(mut self) -> Value {
        let mut links: BTreeMap<usize, Vec<Value>> = BTreeMap::new();
        for ((source, target, _), link) in self.links {
            let place = |id: &str| self.places.get(id).copied().unwrap_or_default();
            links.entry(place(&source).max(place(&target))).or_default().push(link);
        }
        for (place, links) in links {
            if let Some(twin) = self.twins.get_mut(place) {
                set(twin, "links", links);
            }
        }
        json!({"items": self.twins, "truncated": self.cut})
    }
}
