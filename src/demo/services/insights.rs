//! The handle's look into InsightCore, Activate and the inspections of WorkflowCore: where they are, and
//! the records that they answer from. Nothing here changes them.

use std::sync::Arc;

use serde_json::Value;

use super::Services;
use crate::demo::world::{Insights, Inspections, Shared, Skills};

impl Services {
    /// The base URL of InsightCore, without a trailing slash.
    pub fn insightcore_url(&self) -> String {
        format!("{}/insightcore", self.0.base)
    }

    /// The base URL of Activate, without a trailing slash.
    pub fn activate_url(&self) -> String {
        format!("{}/activate", self.0.base)
    }

    /// Insights and what belongs to them.
    pub fn insights(&self) -> Shared<Insights> {
        self.world().insights.clone()
    }

    /// Inspections and their checks.
    pub fn inspections(&self) -> Arc<Inspections> {
        Arc::clone(&self.world().inspections)
    }

    /// Skills and where they run.
    pub fn skills(&self) -> Shared<Skills> {
        self.world().skills.clone()
    }

    /// What sites have to comply with, the newest quarter first.
    pub fn requirements(&self) -> Arc<Vec<Value>> {
        Arc::clone(&self.world().requirements)
    }
}
