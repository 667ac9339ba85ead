//! `osier doctor` as a process of its own, against the look-alike and the sample services: what it says
//! of each fault, how it is to be mended, and how it ends.

mod faults;
mod other;
mod world;
