//! The house rules that a compiler can't hold: which module may name which, how large a file may be,
//! and how it is named. Read from `src/**/*.rs` as text; so are the pages in `docs/` and what
//! is in `deploy/`.

#[cfg(test)]
#[path = "house/caches.rs"]
mod caches;
#[cfg(test)]
#[path = "house/cases.rs"]
mod cases;
#[cfg(test)]
#[path = "house/container.rs"]
mod container;
#[cfg(test)]
#[path = "house/imports.rs"]
mod imports;
#[cfg(test)]
#[path = "house/pages.rs"]
mod pages;
#[cfg(test)]
#[path = "house/sizes.rs"]
mod sizes;
#[cfg(test)]
#[path = "house/sources.rs"]
mod sources;
#[cfg(test)]
#[path = "house/telemetry.rs"]
mod telemetry;
