//! The value of a point at a moment: what its machine does then, what the day and the weather do
//! to it, a little noise, and whatever fault it has.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::noise::{hours, mix, unit, wander, word};
use super::{moment, places};
use crate::demo::world::equipment::{Asset, Equipment, Fault, FaultKind, Point, Signal};

/// Computes values. Nothing lies after `now`.
pub(super) struct Telemetry<'a> {
    equipment: &'a Equipment,
    now: i64,
}

/// One machine at one moment.
struct State<'a> {
    asset: &'a Asset,
    at: i64,
    /// What is wrong with the machine then; not what is wrong with one of its sensors.
    fault: Option<FaultKind>,
    key: u64,
    outside: f64,
    presence: f64,
    occupied: bool,
}

impl<'a> Telemetry<'a> {
    pub(super) fn new(equipment: &'a Equipment, now: DateTime<Utc>) -> Self {
        Self { equipment, now: now.timestamp() }
    }

    pub(super) fn equipment(&self) -> &'a Equipment {
        self.equipment
    }

    pub(super) fn now(&self) -> i64 {
        self.now
    }

    /// The samples from `start` to before `end`, oldest first.
    pub(super) fn samples(
        &self,
        point: usize,
        start: i64,
        end: i64,
    ) -> impl Iterator<Item = (i64, f64)> {
        let of = self.equipment.points.get(point);
        let interval = of.map_or(1, |one| i64::from(one.interval));
        let first = start.div_euclid(interval) + i64::from(start.rem_euclid(interval) > 0);
        let end = end.min(self.now + 1);
        let moments = (first..).map(move |count| count * interval).take_while(move |at| *at < end);
        moments.filter_map(move |at| Some((at, self.value(of?, at)?)))
    }

    /// The last sample that came.
    pub(super) fn latest(&self, point: usize) -> Option<(i64, f64)> {
        let of = self.equipment.points.get(point)?;
        let interval = i64::from(of.interval);
        let mut at = self.now.div_euclid(interval) * interval;
        // A point that brings nothing now did so before its connector went or its fault began.
        for _ in 0..8 {
            if let Some(value) = self.value(of, at) {
                return Some((at, value));
            }
            let began = self.fault(of.asset, at).map(|(_, from)| from);
            let down = self.down_since(of).filter(|down| *down <= at);
            let before = down.or(began)?;
            at = (before - 1).div_euclid(interval) * interval;
        }
        None
    }

    /// The last sample as it is told, where there is one.
    pub(super) fn latest_sample(&self, point: usize) -> Option<Value> {
        let of = self.equipment.points.get(point)?;
        let (at, value) = self.latest(point)?;
        let late = self.now - at > 3 * i64::from(of.interval);
        let fault = self.sensor_fault(point, self.now);
        let mut sample = self.sample(of, at, value)?;
        super::set(&mut sample, "name", of.name.clone());
        super::set(&mut sample, "siteId", of.site);
        super::set(&mut sample, "unit", of.unit);
        super::set(
            &mut sample,
            "dataQuality",
            json!({
                "offline": late,
                "valueOutOfRange": fault == Some(FaultKind::OutOfRange),
                "sparse": false,
                "flatline": matches!(fault, Some(FaultKind::StuckSensor | FaultKind::Flatline)),
                "delayed": false,
            }),
        );
        Some(sample)
    }

    /// A sample as it is told.
    pub(super) fn sample(&self, of: &Point, at: i64, value: f64) -> Option<Value> {
        let connector = self.equipment.connectors.get(of.connector)?;
        Some(json!({
            "connectorId": connector.id,
            "twinId": of.twin_id,
            "externalId": of.external_id,
            "sourceTimestamp": moment(at)?,
            "enqueuedTimestamp": moment(at + 4)?,
            "scalarValue": value,
            "properties": {"source": connector.name},
        }))
    }

    /// What is wrong at this moment with this very sensor.
    pub(super) fn sensor_fault(&self, point: usize, at: i64) -> Option<FaultKind> {
        let of = self.equipment.points.get(point)?;
        let (fault, _) = self.fault(of.asset, at)?;
        (fault.point == point && fault.kind.is_of_a_sensor()).then_some(fault.kind)
    }

    fn down_since(&self, of: &Point) -> Option<i64> {
        let connector = self.equipment.connectors.get(of.connector)?;
        connector.down_since.map(|since| since.timestamp())
    }

    /// The fault that a machine shows at a moment, and since when.
    fn fault(&self, asset: usize, at: i64) -> Option<(&'a Fault, i64)> {
        let fault = self.equipment.fault_of(asset)?;
        let mut spells = fault.spells.iter().map(|(from, to)| (from.timestamp(), to.timestamp()));
        let (from, _) = spells.find(|(from, to)| (*from..*to).contains(&at))?;
        Some((fault, from))
    }

    /// The value at a moment; nothing where none came.
    fn value(&self, of: &Point, at: i64) -> Option<f64> {
        if !of.detected || self.down_since(of).is_some_and(|down| down <= at) {
            return None;
        }
        let fault = self.fault(of.asset, at);
        let own = |fault: &Fault| {
            let shown = self.equipment.points.get(fault.point);
            shown.is_some_and(|shown| std::ptr::eq(shown, of))
        };
        match fault {
            Some((fault, _)) if fault.kind.is_of_a_sensor() && !own(fault) => {
                self.sound(of, at, None)
            }
            Some((fault, from)) => match fault.kind {
                FaultKind::OfflineGap => None,
                FaultKind::Flatline => Some(0.0),
                FaultKind::OutOfRange => Some(9_999.0),
                FaultKind::StuckSensor => self.sound(of, from, None),
                kind => self.sound(of, at, Some(kind)),
            },
            None => self.sound(of, at, None),
        }
    }

    /// What the machine makes of the moment.
    fn sound(&self, of: &Point, at: i64, fault: Option<FaultKind>) -> Option<f64> {
        let asset = self.equipment.assets.get(of.asset)?;
        let seed = self.equipment.seed;
        let state = State {
            asset,
            at,
            fault,
            key: mix(seed, word(&asset.twin_id)),
            outside: places::outside(seed, asset.site, at),
            presence: places::presence(asset.site, at),
            occupied: places::is_occupied(asset.site, at),
        };
        let value = match of.signal {
            Signal::Energy => self.energy(&state),
            _ => state.value(of.signal, self.full_load(asset)),
        };
        Some((value * 100.0).round() / 100.0)
    }

    /// The full load of a meter or machine, in kW. A main meter has that of its submeters and of
    /// the plant.
    fn full_load(&self, asset: &Asset) -> f64 {
        let own = |asset: &Asset| 24.0 + 6.0 * unit(mix(word(&asset.twin_id), 7));
        match asset.model {
            "ElectricalMeter" if asset.level.is_none() => {
                let below = self.equipment.assets.iter();
                let below = below.filter(|one| one.fed_by.as_ref() == Some(&asset.twin_id));
                1.25 * below.map(own).sum::<f64>()
            }
            "Chiller" => 4.0 * own(asset),
            "ElectricalMeter" => own(asset),
            _ => 0.3 * own(asset),
        }
    }

    /// The counter of a meter, in kWh: the usual load, and what a fault added.
    fn energy(&self, state: &State<'_>) -> f64 {
        // So that counters begin at some number of their own in 2024.
        const BEGAN: i64 = 1_704_067_200;
        let full = self.full_load(state.asset);
        let site = state.asset.site;
        let usual = places::full_hours(site, state.at) - places::full_hours(site, BEGAN);
        let asset = self.equipment.assets.iter().position(|one| std::ptr::eq(one, state.asset));
        let fault = asset.and_then(|asset| self.equipment.fault_of(asset));
        let fault = fault.filter(|fault| fault.kind == FaultKind::HighConsumption);
        let extra: f64 = fault
            .iter()
            .flat_map(|fault| &fault.spells)
            .map(|(from, to)| hours((to.timestamp().min(state.at) - from.timestamp()).max(0)))
            .sum();
        full * (usual + HIGH * extra)
    }
}

/// What a fault adds to a meter's load, as a share of its full load.
const HIGH: f64 = 0.7;

impl State<'_> {
    fn noise(&self, which: u64, period: i32) -> f64 {
        wander(mix(self.key, which), self.at, period)
    }

    fn setpoint(&self) -> f64 {
        (22.0 + 0.6 * unit(mix(self.key, 3))) - if self.occupied { 0.0 } else { 0.5 }
    }

    fn runs(&self) -> bool {
        self.occupied || self.fault == Some(FaultKind::AfterHours)
    }

    fn zone(&self) -> f64 {
        let drift = match self.fault {
            Some(FaultKind::Overcooling) => -3.3,
            Some(FaultKind::Overheating) => 4.2,
            _ if self.occupied => 0.5 * self.presence,
            _ => (0.12 * (self.outside - self.setpoint())).clamp(-2.2, 2.2),
        };
        self.setpoint() + drift + 0.35 * self.noise(4, 5_400)
    }

    /// How much cooling the weather asks for, 0 to 1; heating likewise.
    fn cooling(&self) -> f64 {
        ((self.outside - 12.0) / 18.0).clamp(0.05, 1.0)
    }

    fn heating(&self) -> f64 {
        ((16.0 - self.outside) / 18.0).clamp(0.0, 1.0)
    }

    fn supply(&self) -> f64 {
        let aim = 14.0 + 3.0 * self.heating();
        if self.runs() { aim + 0.5 * self.noise(5, 3_600) } else { self.zone() - 0.5 }
    }

    fn short_cycles(&self) -> Option<bool> {
        (self.fault == Some(FaultKind::ShortCycling)).then(|| self.at.div_euclid(600) % 2 == 0)
    }

    fn value(&self, signal: Signal, full_load: f64) -> f64 {
        let flag = |on: bool| if on { 1.0 } else { 0.0 };
        let running = self.short_cycles().unwrap_or_else(|| self.runs());
        let command = (30.0 + 55.0 * self.cooling() * self.presence + 6.0 * self.noise(6, 2_700))
            .clamp(10.0, 100.0);
        let demand = if self.asset.model == "Boiler" { self.heating() } else { self.cooling() };
        let load = places::load(self.asset.site, self.at) * (1.0 + 0.06 * self.noise(7, 1_800));
        let extra = if self.fault == Some(FaultKind::HighConsumption) { HIGH } else { 0.0 };
        let power = full_load * (load + extra);
        match signal {
            Signal::ZoneTemperature => self.zone(),
            Signal::ZoneSetpoint => self.setpoint(),
            Signal::TooWarmAlarm => flag(self.zone() > self.setpoint() + 3.0),
            Signal::TooColdAlarm => flag(self.zone() < self.setpoint() - 3.0),
            Signal::CarbonDioxide => 430.0 + 380.0 * self.presence + 45.0 * self.noise(8, 2_700),
            Signal::Occupied => flag(self.presence > 0.2),
            Signal::DischargeTemperature => self.supply(),
            Signal::DischargeSetpoint => 14.0 + 3.0 * self.heating(),
            Signal::ReturnTemperature => 22.8 + 0.6 * self.presence + 0.3 * self.noise(9, 5_400),
            Signal::MixedTemperature => {
                0.25 * self.outside + 0.75 * 22.8 + 0.3 * self.noise(10, 3_600)
            }
            Signal::OutsideTemperature => self.outside,
            Signal::AirFlow => flag(running) * (40.0 + 2.6 * command + 8.0 * self.noise(11, 1_800)),
            Signal::AirFlowSetpoint => flag(running) * (40.0 + 2.6 * command),
            Signal::DamperCommand => command,
            Signal::DamperPosition => match self.fault {
                Some(FaultKind::StuckDamper) => 8.0,
                _ => (command + 1.5 * self.noise(12, 1_800)).clamp(0.0, 100.0),
            },
            Signal::CoolingValve => match self.fault {
                Some(FaultKind::HeatingAndCooling) => 64.0 + 4.0 * self.noise(13, 1_800),
                _ => flag(running) * 90.0 * self.cooling(),
            },
            Signal::HeatingValve => match self.fault {
                Some(FaultKind::HeatingAndCooling) => 52.0 + 4.0 * self.noise(14, 1_800),
                _ => flag(running && self.cooling() < 0.1) * 70.0 * self.heating(),
            },
            Signal::FanRun | Signal::Run => flag(running),
            Signal::RunCommand => flag(self.runs()),
            Signal::FanLevel | Signal::RunLevel => flag(running) * (35.0 + 60.0 * demand),
            Signal::Frequency => flag(running) * (20.0 + 28.0 * demand),
            Signal::DuctPressure => flag(running) * (250.0 + 12.0 * self.noise(15, 1_800)),
            Signal::DuctPressureSetpoint => 250.0,
            Signal::FilterPressure => flag(running) * self.filter(),
            Signal::FilterAlarm => flag(self.fault == Some(FaultKind::DirtyFilter)),
            Signal::ChilledWaterOut => 6.5 + 0.4 * self.noise(16, 3_600),
            Signal::ChilledWaterBack => match self.fault {
                Some(FaultKind::LowDeltaT) => 8.1 + 0.3 * self.noise(17, 3_600),
                _ => 8.5 + 4.5 * self.cooling() + 0.4 * self.noise(17, 3_600),
            },
            Signal::ChilledWaterSetpoint => 6.5,
            Signal::CondenserWaterOut => 24.0 + 0.25 * (self.outside - 15.0),
            Signal::CondenserWaterBack => {
                24.0 + 0.25 * (self.outside - 15.0) + 5.0 * self.cooling()
            }
            Signal::CondenserWaterSetpoint => 24.0,
            Signal::HotWaterOut => 68.0 + 1.2 * self.noise(18, 3_600),
            Signal::HotWaterBack => 66.0 - 14.0 * self.heating() + self.noise(19, 3_600),
            Signal::HotWaterSetpoint => 68.0,
            Signal::WaterFlow => flag(running) * (12.0 + 20.0 * demand + self.noise(20, 1_800)),
            Signal::WaterPressure => flag(running) * (140.0 + 5.0 * self.noise(21, 1_800)),
            Signal::WaterPressureSetpoint => 140.0,
            Signal::Alarm => flag(self.fault == Some(FaultKind::ShortCycling)),
            Signal::Mode => match (running, self.heating() > 0.2) {
                (false, _) => 0.0,
                (true, true) => 1.0,
                (true, false) => 2.0,
            },
            Signal::Power | Signal::Energy => power,
            Signal::Gas => 3.2 * hours(self.at.rem_euclid(i64::from(i32::MAX))),
            Signal::LineVoltage => 231.0 + 2.5 * self.noise(22, 3_600),
            Signal::LineCurrent => power * 1_000.0 / (3.0 * 231.0 * 0.95),
            Signal::LineFrequency => 50.0 + 0.03 * self.noise(23, 900),
            Signal::PowerFactor => (0.95 + 0.02 * self.noise(24, 3_600)).min(1.0),
        }
    }

    fn filter(&self) -> f64 {
        let clean = 95.0 + 20.0 * self.cooling() + 4.0 * self.noise(25, 3_600);
        if self.fault == Some(FaultKind::DirtyFilter) { clean + 190.0 } else { clean }
    }
}
