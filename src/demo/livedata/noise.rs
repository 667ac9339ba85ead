//! Numbers that look random and are always the same: by hash of what they are for and when.

/// Two words mixed to one (`SplitMix64`'s finish).
pub(super) fn mix(one: u64, other: u64) -> u64 {
    let mut mixed = one.wrapping_add(other.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// A word for a text.
pub(super) fn word(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |word, byte| mix(word, u64::from(byte)))
}

/// From -1 to 1.
pub(super) fn unit(key: u64) -> f64 {
    let high = u32::try_from(mix(key, 1) >> 32).unwrap_or_default();
    f64::from(high) / f64::from(u32::MAX) * 2.0 - 1.0
}

/// From -1 to 1, wandering: a new direction each `period` seconds, and a straight line between.
pub(super) fn wander(key: u64, seconds: i64, period: i32) -> f64 {
    let step = seconds.div_euclid(i64::from(period));
    let at = |step: i64| unit(mix(key, step.cast_unsigned()));
    let part = i32::try_from(seconds.rem_euclid(i64::from(period))).unwrap_or_default();
    let part = f64::from(part) / f64::from(period);
    at(step) * (1.0 - part) + at(step + 1) * part
}

/// Seconds as hours, for stretches of less than some decades.
pub(super) fn hours(seconds: i64) -> f64 {
    f64::from(i32::try_from(seconds).unwrap_or(i32::MAX)) / 3_600.0
}
