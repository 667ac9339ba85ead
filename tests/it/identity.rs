//! The identity stage, tried through a real server: who is let in, who isn't, and what they are
//! told. The keys and tokens are real, the issuer is a little server of the tests.

mod case_claims;
mod case_fitness;
mod case_keys;
mod case_outage;
mod case_requests;
mod case_tokens;
mod doors;
mod issuer;
mod mutations;
mod outgoing;
mod quiet_logs;
mod world;
