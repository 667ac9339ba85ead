//! What the values of one site share: its own time of day, how many people are in, the weather.

use std::f64::consts::TAU;

use super::noise::{hours, mix, wander, word};
use crate::demo::world::equipment::utc_offset;
use crate::demo::world::{SITE_3LW, SITE_8KP, SITE_12H};

pub(super) const DAY: i64 = 86_400;
const WEEK: i64 = 7 * DAY;

/// Mean of the year, half of summer against winter, and the day of the year that is warmest.
fn climate(site: &str) -> (f64, f64, f64) {
    match site {
        SITE_12H => (15.5, 6.0, 25.0),
        SITE_8KP => (11.5, 7.5, 205.0),
        SITE_3LW => (9.5, 6.5, 203.0),
        _ => (18.5, 5.5, 22.0),
    }
}

/// Hours since the site's midnight.
pub(super) fn hour_of_day(site: &str, seconds: i64) -> f64 {
    hours((seconds + utc_offset(site) * 3_600).rem_euclid(DAY))
}

/// Seconds since the site's last Monday began.
pub(super) fn second_of_week(site: &str, seconds: i64) -> i64 {
    // The first of January 1970 was a Thursday.
    (seconds + utc_offset(site) * 3_600 + 3 * DAY).rem_euclid(WEEK)
}

/// How much of the people is in, 0 to 1: from seven to seven on working days.
pub(super) fn presence(site: &str, seconds: i64) -> f64 {
    if second_of_week(site, seconds) >= 5 * DAY {
        return 0.03;
    }
    let hour = hour_of_day(site, seconds);
    let ramp = |from: f64, to: f64| ((hour - from) / (to - from)).clamp(0.0, 1.0);
    let lunch = if (12.0..13.0).contains(&hour) { 0.25 } else { 0.0 };
    (ramp(7.0, 9.0) - ramp(17.0, 19.0) - lunch).max(0.03)
}

/// Does the plant run for people?
pub(super) fn is_occupied(site: &str, seconds: i64) -> bool {
    second_of_week(site, seconds) < 5 * DAY && (6.0..19.0).contains(&hour_of_day(site, seconds))
}

/// The temperature outside, in degrees Celsius.
pub(super) fn outside(seed: u64, site: &str, seconds: i64) -> f64 {
    let (mean, swing, warmest) = climate(site);
    let day_of_year = hours(seconds.rem_euclid(31_556_952)) / 24.0;
    let season = swing * ((day_of_year - warmest) / 365.24 * TAU).cos();
    let daily = 4.5 * ((hour_of_day(site, seconds) - 15.0) / 24.0 * TAU).cos();
    let key = mix(seed, word(site));
    let weather = 3.5 * wander(key, seconds, 172_800) + 0.6 * wander(mix(key, 2), seconds, 7_200);
    mean + season + daily + weather
}

/// The share of a meter's or machine's full load at a moment of the week, and the sum of that
/// share over the week's hours up to it.
pub(super) fn load(site: &str, seconds: i64) -> f64 {
    let hour = second_of_week(site, seconds).div_euclid(3_600);
    share(hour)
}

fn share(hour: i64) -> f64 {
    let (day, hour) = (hour.div_euclid(24), hour.rem_euclid(24));
    match (day, hour) {
        (0..=4, 8..=17) => 0.9,
        (0..=4, 6 | 7 | 18 | 19) => 0.55,
        (0..=4, _) => 0.28,
        _ => 0.22,
    }
}

/// Hours at full load since the first Monday of 1970 at the site.
pub(super) fn full_hours(site: &str, seconds: i64) -> f64 {
    let within = second_of_week(site, seconds);
    let weeks = (seconds + utc_offset(site) * 3_600 + 3 * DAY).div_euclid(WEEK);
    let whole: f64 = (0..168).map(share).sum();
    let hour = within.div_euclid(3_600);
    let passed: f64 = (0..hour).map(share).sum();
    let weeks = f64::from(i32::try_from(weeks).unwrap_or_default());
    weeks * whole + passed + share(hour) * hours(within.rem_euclid(3_600))
}
