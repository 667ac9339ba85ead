//! Redirect addresses, as the OAuth door uses them. They are defined with the configuration, which
//! reads the list of allowed ones; what they promise is told there. `/register`, `/authorize` and the
//! callback judge with them, and nothing of the door compares such addresses in another way.

pub use crate::config::{RedirectFault, RedirectRule, RedirectRules, RedirectUri};
