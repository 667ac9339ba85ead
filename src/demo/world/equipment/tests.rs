//! The machines are as many and as sound as the demo's page says.

use std::collections::BTreeSet;

use super::super::places::{FINN_LEVEL, SITES, canary};
use super::super::{Shared, World, rfc3339};
use super::*;

fn equipment() -> Shared<Equipment> {
    let now = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_790_000_000);
    World::generate(1, now).equipment
}

#[test]
fn there_are_some_250_assets_2500_points_and_150_faults() {
    let made = equipment();
    assert!((230..=270).contains(&made.assets.len()), "{}", made.assets.len());
    assert!((2300..=2700).contains(&made.points.len()), "{}", made.points.len());
    assert!((130..=160).contains(&made.faults.len()), "{}", made.faults.len());
    assert_eq!(made.connectors.len(), 12);
    for site in SITES {
        assert!(made.faults.iter().filter(|one| made.assets[one.asset].site == site).count() > 15);
    }
    let on_finns_level =
        made.assets.iter().filter(|one| one.location_ids.iter().any(|id| id == FINN_LEVEL));
    assert_eq!(on_finns_level.count(), 7);
}

#[test]
fn each_record_names_its_site_and_no_other() {
    let made = equipment();
    let named = made.assets.iter().map(|one| (one.site, &one.name));
    let named = named.chain(made.points.iter().map(|one| (one.site, &one.name)));
    for (site, name) in named.chain(made.connectors.iter().map(|one| (one.site, &one.name))) {
        for other in SITES {
            assert_eq!(name.contains(canary(other).unwrap()), other == site, "{name}");
        }
    }
}

#[test]
fn ids_are_unique_and_what_feeds_stands_in_the_same_building() {
    let made = equipment();
    let ids: BTreeSet<&str> = made.assets.iter().map(|one| one.twin_id.as_str()).collect();
    let points: BTreeSet<&str> = made.points.iter().map(|one| one.twin_id.as_str()).collect();
    assert_eq!(ids.len() + points.len(), made.assets.len() + made.points.len());
    for asset in &made.assets {
        let Some(feeder) = &asset.fed_by else { continue };
        assert_eq!(made.asset(feeder).unwrap().site, asset.site, "{}", asset.twin_id);
    }
    let boxes = made.assets.iter().filter(|one| one.model == "VAVBox");
    for one in boxes {
        assert_eq!(made.asset(one.fed_by.as_ref().unwrap()).unwrap().level, one.level);
    }
}

#[test]
fn a_faults_spells_lie_apart_and_within_it() {
    let made = equipment();
    for fault in &made.faults {
        let of = &made.points[fault.point];
        assert_eq!(of.asset, fault.asset);
        assert!(fault.spells.iter().all(|spell| spell.0 < spell.1), "{fault:?}");
        assert!(fault.spells.windows(2).all(|two| two[0].1 <= two[1].0), "{fault:?}");
        if let Some(ended) = fault.ended {
            assert_eq!(fault.spells.last().unwrap().1, ended, "{}", rfc3339(ended));
        }
    }
    let kinds: BTreeSet<FaultKind> = made.faults.iter().map(|fault| fault.kind).collect();
    assert_eq!(kinds.len(), FaultKind::ALL.len(), "{kinds:?}");
}
