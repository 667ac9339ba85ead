//! Only `Authenticator::authenticate` says who is calling.

use osier::identity::{Groups, Identity, PersonKey, Principal};

fn forge() -> Identity {
    Identity {
        key: PersonKey { tenant: "t".into(), subject: "ana".into() },
        principal: Principal::Person,
        client: None,
        email: None,
        token_id: None,
        roles: Vec::new(),
        groups: Groups::default(),
        expires_at: u64::MAX,
        bearer: None,
    }
}

fn main() {}
