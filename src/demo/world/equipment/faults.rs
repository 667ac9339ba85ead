//! What went wrong with machines in the last sixty days: of which kind, since when, and the
//! stretches of time in which telemetry shows it.

use chrono::{DateTime, Datelike as _, TimeDelta, Utc, Weekday};

use super::super::places::{BLUEPRINTS, stable_id};
use super::super::random::Random;
use super::{Equipment, Signal, utc_offset};

/// How far back the first fault lies, in days.
const DAYS: usize = 60;
/// Roughly so many faults.
const FAULTS: usize = 150;

/// One thing that was or is wrong with an asset.
#[derive(Clone, Debug)]
pub(in crate::demo) struct Fault {
    pub(in crate::demo) id: String,
    /// Index into the assets.
    pub(in crate::demo) asset: usize,
    /// Index into the points: the one that shows it best.
    pub(in crate::demo) point: usize,
    pub(in crate::demo) kind: FaultKind,
    pub(in crate::demo) started: DateTime<Utc>,
    /// Nothing: it is still so.
    pub(in crate::demo) ended: Option<DateTime<Utc>>,
    /// The stretches in which the telemetry shows it, oldest first, apart from each other. One of
    /// a fault that goes on without a break ends after today: it hasn't ended yet.
    pub(in crate::demo) spells: Vec<(DateTime<Utc>, DateTime<Utc>)>,
    /// 1 (urgent) to 4 (low).
    pub(in crate::demo) priority: u8,
}

/// The kinds of faults, one for each rule that finds them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::demo) enum FaultKind {
    /// A sensor keeps its last value.
    StuckSensor,
    /// A sensor reads nothing but zero.
    Flatline,
    /// No samples come.
    OfflineGap,
    /// A sensor reads what can't be.
    OutOfRange,
    /// A zone is kept some degrees below its setpoint.
    Overcooling,
    /// A zone is some degrees above its setpoint.
    Overheating,
    /// A damper doesn't follow its command.
    StuckDamper,
    /// The chilled and the hot water valve are open at once.
    HeatingAndCooling,
    /// A fan runs though nobody is there.
    AfterHours,
    /// A filter lets too little air through.
    DirtyFilter,
    /// A chiller's water comes back nearly as cold as it left.
    LowDeltaT,
    /// A machine starts and stops all the time.
    ShortCycling,
    /// A meter shows far more than is usual.
    HighConsumption,
}

use FaultKind::*;

impl FaultKind {
    pub(in crate::demo) const ALL: [Self; 13] = [
        StuckSensor,
        Flatline,
        OfflineGap,
        OutOfRange,
        Overcooling,
        Overheating,
        StuckDamper,
        HeatingAndCooling,
        AfterHours,
        DirtyFilter,
        LowDeltaT,
        ShortCycling,
        HighConsumption,
    ];

    /// What it is called.
    pub(in crate::demo) fn title(self) -> &'static str {
        match self {
            StuckSensor => "Sensor stuck",
            Flatline => "Sensor flatlined",
            OfflineGap => "Sensor offline",
            OutOfRange => "Sensor out of range",
            Overcooling => "Zone overcooled",
            Overheating => "Zone overheated",
            StuckDamper => "Damper stuck",
            HeatingAndCooling => "Simultaneous heating and cooling",
            AfterHours => "Fan running after hours",
            DirtyFilter => "Dirty filter",
            LowDeltaT => "Low chilled water temperature difference",
            ShortCycling => "Equipment short cycling",
            HighConsumption => "Unusually high electricity use",
        }
    }

    /// The models of the assets that it happens to.
    pub(in crate::demo) fn models(self) -> &'static [&'static str] {
        match self {
            StuckSensor | Flatline | OfflineGap => {
                &["AirHandlingUnit", "VAVBox", "FanPoweredBoxReheat", "Chiller", "ElectricalMeter"]
            }
            OutOfRange => &["AirHandlingUnit", "VAVBox"],
            Overcooling | Overheating => &["VAVBox", "FanPoweredBoxReheat"],
            StuckDamper => &["VAVBox", "FanPoweredBoxReheat"],
            HeatingAndCooling | AfterHours | DirtyFilter => &["AirHandlingUnit"],
            LowDeltaT => &["Chiller"],
            ShortCycling => &["Boiler", "ChilledWaterPump"],
            HighConsumption => &["ElectricalMeter"],
        }
    }

    /// The point that shows it best, by preference.
    fn shown_by(self) -> &'static [Signal] {
        match self {
            StuckSensor | Flatline | OfflineGap => &[
                Signal::DischargeTemperature,
                Signal::ZoneTemperature,
                Signal::ChilledWaterOut,
                Signal::Power,
            ],
            OutOfRange => &[Signal::CarbonDioxide],
            Overcooling | Overheating => &[Signal::ZoneTemperature],
            StuckDamper => &[Signal::DamperPosition],
            HeatingAndCooling => &[Signal::HeatingValve],
            AfterHours => &[Signal::FanRun],
            DirtyFilter => &[Signal::FilterPressure],
            LowDeltaT => &[Signal::ChilledWaterBack],
            ShortCycling => &[Signal::Run],
            HighConsumption => &[Signal::Power],
        }
    }

    /// Is it so without a break, or again and again?
    pub(in crate::demo) fn is_steady(self) -> bool {
        matches!(self, StuckSensor | Flatline | OfflineGap | OutOfRange | DirtyFilter)
    }

    /// Is it wrong with one sensor, and not with the machine?
    pub(in crate::demo) fn is_of_a_sensor(self) -> bool {
        matches!(self, StuckSensor | Flatline | OfflineGap | OutOfRange)
    }

    /// Each spell: the hour of the site's own day at which it begins, and for how long.
    fn hours(self) -> (i64, i64) {
        match self {
            Overcooling | StuckDamper | HeatingAndCooling => (9, 5),
            Overheating => (13, 4),
            AfterHours => (22, 6),
            ShortCycling => (6, 3),
            _ => (8, 9),
        }
    }
}

pub(super) fn build(made: &mut Equipment, today: DateTime<Utc>, random: &mut Random) {
    // A point that never sent anything or whose connector is down can't show a fault.
    let silent = |point: &super::Point| {
        let down = made.connectors.get(point.connector).and_then(|one| one.down_since);
        !point.detected || down.is_some()
    };
    let mut faults: Vec<Fault> = Vec::new();
    for number in 0..FAULTS {
        let (Some(kind), Some(site)) = (
            FaultKind::ALL.get(number % FaultKind::ALL.len()).copied(),
            BLUEPRINTS.get(number / FaultKind::ALL.len() % BLUEPRINTS.len()),
        ) else {
            continue;
        };
        let shown = |(index, point): (usize, &super::Point)| {
            let asset = made.assets.get(point.asset)?;
            let fits = asset.site == site.id && kind.models().contains(&asset.model);
            let shows = fits && kind.shown_by().contains(&point.signal) && !silent(point);
            // One fault a machine: their traces would lie over each other.
            let is_free = || !faults.iter().any(|fault| fault.asset == point.asset);
            (shows && is_free()).then_some((index, point.asset))
        };
        let candidates: Vec<(usize, usize)> =
            made.points.iter().enumerate().filter_map(shown).collect();
        let Some(&(point, asset)) = random.pick(&candidates) else { continue };
        let started_days = 1 + random.below(DAYS - 1);
        let lasts = 2 + random.below(20);
        let goes_on = lasts >= started_days || random.percent(15);
        let days = if goes_on { started_days } else { lasts };
        let days = (started_days, days, goes_on);
        let (spells, ended) = spells(kind, site.id, today, days, random);
        let Some(&(started, _)) = spells.first() else { continue };
        let priority = match kind {
            Overheating | HighConsumption | LowDeltaT => 1 + random.below(2),
            StuckSensor | Flatline | DirtyFilter => 3 + random.below(2),
            _ => 2 + random.below(2),
        };
        faults.push(Fault {
            id: stable_id(&format!("fault/{}/{number}", site.code)),
            asset,
            point,
            kind,
            started,
            ended,
            spells,
            priority: u8::try_from(priority).unwrap_or(3),
        });
    }
    made.faults = faults;
}

type Spells = Vec<(DateTime<Utc>, DateTime<Utc>)>;

/// The stretches of a fault that began so many days before today, was seen on so many days and may
/// go on, and when it ended.
fn spells(
    kind: FaultKind,
    site: &str,
    today: DateTime<Utc>,
    (started_days, days, goes_on): (usize, usize, bool),
    random: &mut Random,
) -> (Spells, Option<DateTime<Utc>>) {
    let days_of = |count: usize| TimeDelta::days(i64::try_from(count).unwrap_or_default());
    let first = today - days_of(started_days);
    if kind.is_steady() {
        let started = first + TimeDelta::hours(3) + quarter_hours(random, 40);
        let ended = started + days_of(days);
        let ended = if goes_on { today + TimeDelta::days(1) } else { ended.min(today) };
        return (vec![(started, ended)], (!goes_on).then_some(ended));
    }
    let (hour, hours) = kind.hours();
    let on_day = |day: usize| {
        let local = first + days_of(day) + TimeDelta::hours(hour) + quarter_hours(random, 4);
        let begins = local - TimeDelta::hours(utc_offset(site));
        let spell = (begins, begins + TimeDelta::hours(hours));
        let weekend = matches!(local.weekday(), Weekday::Sat | Weekday::Sun);
        (spell.1 <= today && !(weekend && day > 0)).then_some(spell)
    };
    let spells: Spells = (0..days).filter_map(on_day).collect();
    let ended = spells.last().map(|spell| spell.1);
    (spells, if goes_on { None } else { ended })
}

fn quarter_hours(random: &mut Random, below: usize) -> TimeDelta {
    TimeDelta::minutes(15 * i64::try_from(random.below(below)).unwrap_or_default())
}
