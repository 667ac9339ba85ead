//! Insights, inspections, rules and compliance: who sees which, alone, counted, and inside each other.

mod filters;
mod inspections;
mod nested;
mod parents;
mod people;
mod random;
mod rules;
mod views;
