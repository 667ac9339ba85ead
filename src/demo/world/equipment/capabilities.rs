//! The points of each kind of machine: a table, and the records made from it.

use super::super::places::{canary, stable_id};
use super::super::random::Random;
use super::PointKind::{self, Analog, Binary, MultiState, Sum};
use super::Signal::{
    self, AirFlow, AirFlowSetpoint, Alarm, CarbonDioxide, ChilledWaterBack, ChilledWaterOut,
    ChilledWaterSetpoint, CondenserWaterBack, CondenserWaterOut, CondenserWaterSetpoint,
    CoolingValve, DamperCommand, DamperPosition, DischargeSetpoint, DischargeTemperature,
    DuctPressure, DuctPressureSetpoint, Energy, FanLevel, FanRun, FilterAlarm, FilterPressure,
    Frequency, Gas, HeatingValve, HotWaterBack, HotWaterOut, HotWaterSetpoint, LineCurrent,
    LineFrequency, LineVoltage, MixedTemperature, Mode, Occupied, OutsideTemperature, Power,
    PowerFactor, ReturnTemperature, Run, RunCommand, RunLevel, TooColdAlarm, TooWarmAlarm,
    WaterFlow, WaterPressure, WaterPressureSetpoint, ZoneSetpoint, ZoneTemperature,
};
use super::{Equipment, Point, connectors};

/// Model, tag, words, unit, kind, seconds between samples, how the values come about.
type Row = (&'static str, &'static str, &'static str, &'static str, PointKind, u32, Signal);

const M5: u32 = 300;
const M15: u32 = 900;
const C: &str = "degC";

#[rustfmt::skip]
const AIR_HANDLING_UNIT: [Row; 15] = [
    ("DischargeAirTemperatureSensor", "DAT", "discharge air temperature", C, Analog, M5, DischargeTemperature),
    ("DischargeAirTemperatureSetpoint", "DATSP", "discharge air temperature setpoint", C, Analog, M15, DischargeSetpoint),
    ("ReturnAirTemperatureSensor", "RAT", "return air temperature", C, Analog, M5, ReturnTemperature),
    ("MixedAirTemperatureSensor", "MAT", "mixed air temperature", C, Analog, M5, MixedTemperature),
    ("OutsideAirTemperatureSensor", "OAT", "outside air temperature", C, Analog, M15, OutsideTemperature),
    ("DischargeAirStaticPressureSensor", "DSP", "duct static pressure", "Pa", Analog, M5, DuctPressure),
    ("DischargeAirStaticPressureSetpoint", "DSPSP", "duct static pressure setpoint", "Pa", Analog, M15, DuctPressureSetpoint),
    ("DischargeFanRunState", "FRS", "discharge fan run state", "", Binary, M5, FanRun),
    ("DischargeFanRunLevelActuator", "FRL", "discharge fan run level", "%", Analog, M5, FanLevel),
    ("ChilledWaterValvePositionActuator", "CHWV", "chilled water valve position", "%", Analog, M5, CoolingValve),
    ("HotWaterValvePositionActuator", "HWV", "hot water valve position", "%", Analog, M5, HeatingValve),
    ("FilterAirDeltaPressureSensor", "FDP", "filter pressure drop", "Pa", Analog, M15, FilterPressure),
    ("DirtyFilterAlarmState", "DFA", "dirty filter alarm", "", Binary, M15, FilterAlarm),
    ("ReturnAirCO2Sensor", "RCO2", "return air CO2", "ppm", Analog, M5, CarbonDioxide),
    ("OccupiedState", "OCC", "occupied state", "", Binary, M5, Occupied),
];

#[rustfmt::skip]
const VAV_BOX: [Row; 10] = [
    ("ZoneAirTemperatureSensor", "ZAT", "zone air temperature", C, Analog, M5, ZoneTemperature),
    ("ZoneAirTemperatureSetpoint", "ZATSP", "zone air temperature setpoint", C, Analog, M15, ZoneSetpoint),
    ("HighZoneAirTemperatureAlarmState", "HZA", "high zone temperature alarm", "", Binary, M5, TooWarmAlarm),
    ("LowZoneAirTemperatureAlarmState", "LZA", "low zone temperature alarm", "", Binary, M5, TooColdAlarm),
    ("DischargeAirFlowSensor", "DAF", "discharge air flow", "L/s", Analog, M5, AirFlow),
    ("DischargeAirFlowSetpoint", "DAFSP", "discharge air flow setpoint", "L/s", Analog, M15, AirFlowSetpoint),
    ("DamperPositionActuator", "DPC", "damper position command", "%", Analog, M5, DamperCommand),
    ("DamperPositionState", "DPS", "damper position", "%", Analog, M5, DamperPosition),
    ("ZoneAirCO2Sensor", "CO2", "zone air CO2", "ppm", Analog, M5, CarbonDioxide),
    ("OccupancySensor", "OCC", "occupancy", "", Binary, M5, Occupied),
];

#[rustfmt::skip]
const FAN_POWERED_BOX: [Row; 11] = [
    ("ZoneAirTemperatureSensor", "ZAT", "zone air temperature", C, Analog, M5, ZoneTemperature),
    ("ZoneAirTemperatureSetpoint", "ZATSP", "zone air temperature setpoint", C, Analog, M15, ZoneSetpoint),
    ("HighZoneAirTemperatureAlarmState", "HZA", "high zone temperature alarm", "", Binary, M5, TooWarmAlarm),
    ("LowZoneAirTemperatureAlarmState", "LZA", "low zone temperature alarm", "", Binary, M5, TooColdAlarm),
    ("DischargeAirTemperatureSensor", "DAT", "discharge air temperature", C, Analog, M5, DischargeTemperature),
    ("DischargeAirFlowSensor", "DAF", "discharge air flow", "L/s", Analog, M5, AirFlow),
    ("DamperPositionActuator", "DPC", "damper position command", "%", Analog, M5, DamperCommand),
    ("DamperPositionState", "DPS", "damper position", "%", Analog, M5, DamperPosition),
    ("HotWaterValvePositionActuator", "HWV", "hot water valve position", "%", Analog, M5, HeatingValve),
    ("FanRunState", "FRS", "fan run state", "", Binary, M5, FanRun),
    ("OccupancySensor", "OCC", "occupancy", "", Binary, M5, Occupied),
];

#[rustfmt::skip]
const FAN_COIL_UNIT: [Row; 10] = [
    ("ZoneAirTemperatureSensor", "ZAT", "zone air temperature", C, Analog, M15, ZoneTemperature),
    ("ZoneAirTemperatureSetpoint", "ZATSP", "zone air temperature setpoint", C, Analog, M15, ZoneSetpoint),
    ("HighZoneAirTemperatureAlarmState", "HZA", "high zone temperature alarm", "", Binary, M15, TooWarmAlarm),
    ("DischargeAirTemperatureSensor", "DAT", "discharge air temperature", C, Analog, M15, DischargeTemperature),
    ("ReturnAirTemperatureSensor", "RAT", "return air temperature", C, Analog, M15, ReturnTemperature),
    ("FanRunState", "FRS", "fan run state", "", Binary, M15, FanRun),
    ("FanRunActuator", "FRC", "fan run command", "", Binary, M15, RunCommand),
    ("FanRunLevelActuator", "FRL", "fan run level", "%", Analog, M15, FanLevel),
    ("ChilledWaterValvePositionActuator", "CHWV", "chilled water valve position", "%", Analog, M15, CoolingValve),
    ("OperatingModeState", "MODE", "operating mode", "", MultiState, M15, Mode),
];

#[rustfmt::skip]
const CHILLER: [Row; 11] = [
    ("LeavingChilledWaterTemperatureSensor", "LCWT", "leaving chilled water temperature", C, Analog, M5, ChilledWaterOut),
    ("EnteringChilledWaterTemperatureSensor", "ECWT", "entering chilled water temperature", C, Analog, M5, ChilledWaterBack),
    ("LeavingChilledWaterTemperatureSetpoint", "LCWTSP", "leaving chilled water temperature setpoint", C, Analog, M15, ChilledWaterSetpoint),
    ("LeavingCondenserWaterTemperatureSensor", "LCDT", "leaving condenser water temperature", C, Analog, M5, CondenserWaterBack),
    ("EnteringCondenserWaterTemperatureSensor", "ECDT", "entering condenser water temperature", C, Analog, M5, CondenserWaterOut),
    ("ChilledWaterFlowSensor", "CWF", "chilled water flow", "L/s", Analog, M5, WaterFlow),
    ("RunState", "RS", "run state", "", Binary, M5, Run),
    ("RunLevelState", "RL", "run level", "%", Analog, M5, RunLevel),
    ("ActiveElectricalPowerSensor", "KW", "active electrical power", "kW", Analog, M15, Power),
    ("ActiveElectricalEnergySensor", "KWH", "active electrical energy", "kWh", Sum, M15, Energy),
    ("CommonAlarmState", "ALM", "common alarm", "", Binary, M5, Alarm),
];

#[rustfmt::skip]
const BOILER: [Row; 9] = [
    ("LeavingHotWaterTemperatureSensor", "LHWT", "leaving hot water temperature", C, Analog, M5, HotWaterOut),
    ("EnteringHotWaterTemperatureSensor", "EHWT", "entering hot water temperature", C, Analog, M5, HotWaterBack),
    ("LeavingHotWaterTemperatureSetpoint", "LHWTSP", "leaving hot water temperature setpoint", C, Analog, M15, HotWaterSetpoint),
    ("HotWaterFlowSensor", "HWF", "hot water flow", "L/s", Analog, M5, WaterFlow),
    ("RunState", "RS", "run state", "", Binary, M5, Run),
    ("RunActuator", "RC", "run command", "", Binary, M5, RunCommand),
    ("RunLevelState", "RL", "run level", "%", Analog, M5, RunLevel),
    ("NaturalGasVolumeSensor", "GAS", "natural gas volume", "m3", Sum, M15, Gas),
    ("CommonAlarmState", "ALM", "common alarm", "", Binary, M5, Alarm),
];

#[rustfmt::skip]
const COOLING_TOWER: [Row; 8] = [
    ("LeavingCondenserWaterTemperatureSensor", "LCDT", "leaving condenser water temperature", C, Analog, M5, CondenserWaterOut),
    ("EnteringCondenserWaterTemperatureSensor", "ECDT", "entering condenser water temperature", C, Analog, M5, CondenserWaterBack),
    ("LeavingCondenserWaterTemperatureSetpoint", "LCDTSP", "leaving condenser water temperature setpoint", C, Analog, M15, CondenserWaterSetpoint),
    ("CondenserWaterFlowSensor", "CDF", "condenser water flow", "L/s", Analog, M5, WaterFlow),
    ("FanRunState", "FRS", "fan run state", "", Binary, M5, Run),
    ("FanVFDFrequencySensor", "HZ", "fan drive frequency", "Hz", Analog, M5, Frequency),
    ("ActiveElectricalPowerSensor", "KW", "active electrical power", "kW", Analog, M15, Power),
    ("CommonAlarmState", "ALM", "common alarm", "", Binary, M5, Alarm),
];

#[rustfmt::skip]
const CHILLED_WATER_PUMP: [Row; 9] = [
    ("ChilledWaterPumpRunState", "RS", "pump run state", "", Binary, M5, Run),
    ("ChilledWaterPumpRunActuator", "RC", "pump run command", "", Binary, M5, RunCommand),
    ("ChilledWaterPumpRunLevelState", "RL", "pump run level", "%", Analog, M5, RunLevel),
    ("PumpVFDFrequencySensor", "HZ", "pump drive frequency", "Hz", Analog, M5, Frequency),
    ("ChilledWaterFlowSensor", "CWF", "chilled water flow", "L/s", Analog, M5, WaterFlow),
    ("ChilledWaterDeltaPressureSensor", "CWDP", "chilled water differential pressure", "kPa", Analog, M5, WaterPressure),
    ("ChilledWaterDeltaPressureSetpoint", "CWDPSP", "chilled water differential pressure setpoint", "kPa", Analog, M15, WaterPressureSetpoint),
    ("ActiveElectricalPowerSensor", "KW", "active electrical power", "kW", Analog, M15, Power),
    ("ChilledWaterPumpRunActuatorCommandStatusMismatchAlarmState", "ALM", "command mismatch alarm", "", Binary, M5, Alarm),
];

#[rustfmt::skip]
const ELECTRICAL_METER: [Row; 9] = [
    ("ActiveElectricalPowerSensor", "KW", "active electrical power", "kW", Analog, M15, Power),
    ("ActiveElectricalEnergySensor", "KWH", "active electrical energy", "kWh", Sum, M15, Energy),
    ("AverageLineVoltageMagnitudeSensor", "V", "average line voltage", "V", Analog, M15, LineVoltage),
    ("AverageLinePowerFactorSensor", "PF", "power factor", "", Analog, M15, PowerFactor),
    ("FrequencySensor", "HZ", "mains frequency", "Hz", Analog, M15, LineFrequency),
    ("LineACurrentMagnitudeSensor", "IA", "line A current", "A", Analog, M15, LineCurrent),
    ("LineBCurrentMagnitudeSensor", "IB", "line B current", "A", Analog, M15, LineCurrent),
    ("LineCCurrentMagnitudeSensor", "IC", "line C current", "A", Analog, M15, LineCurrent),
    ("CommunicationLossAlarmState", "ALM", "communication loss alarm", "", Binary, M15, Alarm),
];

fn rows(model: &str) -> &'static [Row] {
    match model {
        "AirHandlingUnit" => &AIR_HANDLING_UNIT,
        "VAVBox" => &VAV_BOX,
        "FanPoweredBoxReheat" => &FAN_POWERED_BOX,
        "FanCoilUnit" => &FAN_COIL_UNIT,
        "Chiller" => &CHILLER,
        "Boiler" => &BOILER,
        "CoolingTower" => &COOLING_TOWER,
        "ChilledWaterPump" => &CHILLED_WATER_PUMP,
        _ => &ELECTRICAL_METER,
    }
}

/// Adds the points of one asset.
pub(super) fn build(made: &mut Equipment, asset: usize, random: &mut Random) {
    let Some(of) = made.assets.get(asset) else { return };
    let connector = connectors::of(&made.connectors, of.site, of.model);
    let deaf = made.connectors.get(connector).map_or(0, connectors::deaf_percent);
    let tag = of.twin_id.trim_start_matches(of.site_code).trim_start_matches('-');
    for &(model, end, words, unit, kind, interval, signal) in rows(of.model) {
        let twin_id = format!("{}-{end}", of.twin_id);
        made.points.push(Point {
            name: format!("{} {tag} {words}", canary(of.site).unwrap_or_default()),
            model,
            site: of.site,
            asset,
            location_ids: of.location_ids.clone(),
            trend_id: stable_id(&format!("trend/{twin_id}")),
            external_id: format!("{}.{}.{end}", of.site_code, tag.replace('-', "_")),
            connector,
            unit,
            kind,
            interval,
            signal,
            detected: !random.percent(deaf),
            twin_id,
        });
    }
}
