//! What insights are made from: the machines' faults, months, and faults that belong together.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use super::super::equipment::{Asset, Equipment, FaultKind};
use super::super::places::BLUEPRINTS;
use super::super::skills;

/// A stretch of time.
pub(super) type Spell = (DateTime<Utc>, DateTime<Utc>);

/// How many months' electricity is told of, at each site.
const MONTHS: i64 = 5;

/// One insight to be made.
pub(super) struct Draft<'a> {
    /// Names it among all drafts.
    pub(super) key: String,
    /// The machine that it is about.
    pub(super) asset: &'a Asset,
    /// The point that shows it, by its index in the equipment; nothing: the asset's first.
    pub(super) point: Option<usize>,
    pub(super) title: String,
    pub(super) about: &'static str,
    pub(super) kind: &'static str,
    pub(super) category: &'static str,
    /// Id and name.
    pub(super) skill: (String, String),
    pub(super) priority: u8,
    pub(super) spells: Vec<Spell>,
    pub(super) ended: Option<DateTime<Utc>>,
    /// The key of its root.
    pub(super) parent: Option<String>,
}

/// One for each fault.
pub(super) fn of_faults(equipment: &Equipment) -> Vec<Draft<'_>> {
    let drafts = equipment.faults.iter().filter_map(|fault| {
        let asset = equipment.assets.get(fault.asset)?;
        Some(Draft {
            key: fault.id.clone(),
            asset,
            point: Some(fault.point),
            title: fault.kind.title().to_owned(),
            about: about(fault.kind),
            kind: type_of(fault.kind),
            category: skills::category(fault.kind),
            skill: skills::finding(fault.kind, asset.model),
            priority: fault.priority,
            spells: fault.spells.clone(),
            ended: fault.ended,
            parent: None,
        })
    });
    drafts.collect()
}

/// Ties faults of the boxes that hang on one air handling unit together, where there are several.
pub(super) fn tie<'a>(drafts: &mut Vec<Draft<'a>>, equipment: &'a Equipment) {
    let mut fed: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (index, draft) in drafts.iter().enumerate() {
        let unit = draft.asset.fed_by.as_deref().and_then(|twin| equipment.asset(twin));
        if let Some(unit) = unit.filter(|unit| unit.model == "AirHandlingUnit") {
            fed.entry(unit.twin_id.clone()).or_default().push(index);
        }
    }
    for (twin_id, children) in fed.into_iter().filter(|(_, children)| children.len() > 1) {
        let Some(asset) = equipment.asset(&twin_id) else { continue };
        let key = format!("zones/{twin_id}");
        let mut root = root(key.clone(), asset);
        for index in children {
            let Some(child) = drafts.get_mut(index) else { continue };
            child.parent = Some(key.clone());
            root.priority = root.priority.min(child.priority);
            root.spells.extend(child.spells.last());
            if child.ended.is_none() {
                root.ended = None;
            }
        }
        root.spells.sort();
        if root.ended.is_some() {
            root.ended = root.spells.last().map(|spell| spell.1);
        }
        drafts.push(root);
    }
}

/// An insight that ties others together; it has no spells yet, and ended long ago.
pub(super) fn root(key: String, asset: &Asset) -> Draft<'_> {
    Draft {
        key,
        asset,
        point: None,
        title: "Several zones out of their band".to_owned(),
        about: "More than one of the zones has the same trouble:",
        kind: "comfort",
        category: "comfort",
        skill: skills::scenario(),
        priority: 4,
        spells: Vec::new(),
        ended: Some(DateTime::UNIX_EPOCH),
        parent: None,
    }
}

/// One for each of the last months, at each site: the main meter against its target.
pub(super) fn of_months(equipment: &Equipment, today: DateTime<Utc>) -> Vec<Draft<'_>> {
    let mut drafts = Vec::new();
    for site in &BLUEPRINTS {
        let Some(asset) = equipment.asset(&format!("{}-EM-00", site.code)) else { continue };
        drafts.extend((0..MONTHS).map(|back| {
            let ended = today - TimeDelta::days(30 * back);
            let spell = (ended - TimeDelta::days(30), ended);
            Draft {
                key: format!("month/{}/{back}", site.code),
                asset,
                point: None,
                title: "Electricity above its target".to_owned(),
                about: "A month's electricity was above the target of",
                kind: "energyKpi",
                category: "energy",
                skill: skills::own(site),
                priority: 3,
                spells: vec![spell],
                ended: Some(ended),
                parent: None,
            }
        }));
    }
    drafts
}

fn about(kind: FaultKind) -> &'static str {
    match kind {
        FaultKind::StuckSensor => "A sensor keeps its last value:",
        FaultKind::Flatline => "A sensor reads nothing but zero:",
        FaultKind::OfflineGap => "No samples come from",
        FaultKind::OutOfRange => "A sensor reads what can't be:",
        FaultKind::Overcooling => "The zone is kept some degrees below its setpoint by",
        FaultKind::Overheating => "The zone is some degrees above its setpoint in spite of",
        FaultKind::StuckDamper => "The damper doesn't follow its command in",
        FaultKind::HeatingAndCooling => "Hot and chilled water valves are open at once in",
        FaultKind::AfterHours => "The fan runs though nobody is there:",
        FaultKind::DirtyFilter => "A filter lets too little air through in",
        FaultKind::LowDeltaT => "The water comes back nearly as cold as it left:",
        FaultKind::ShortCycling => "It starts and stops all the time:",
        FaultKind::HighConsumption => "Far more than usual is shown by",
    }
}

fn type_of(kind: FaultKind) -> &'static str {
    match kind {
        FaultKind::StuckSensor | FaultKind::OfflineGap => "dataQuality",
        FaultKind::Flatline | FaultKind::OutOfRange => "calibration",
        FaultKind::Overcooling | FaultKind::Overheating => "comfort",
        FaultKind::AfterHours | FaultKind::HighConsumption => "energy",
        FaultKind::LowDeltaT => "alert",
        FaultKind::StuckDamper
        | FaultKind::HeatingAndCooling
        | FaultKind::DirtyFilter
        | FaultKind::ShortCycling => "fault",
    }
}
