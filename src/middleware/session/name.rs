//! What a session is called outside: the replica that holds it, its id there and the person whose it
//! is, sealed. Any replica with the same keys reads it; nobody can make one, alter one, use another
//! person's, or read from it what the private network looks like.

use std::sync::Arc;

use http::HeaderValue;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::config::Peers;
use crate::identity::{Identity, PersonKey};
use crate::seal::{KeyRing, Purpose};

/// Longer ones aren't ours.
const LONGEST: usize = 2048;

/// What is sealed.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Name {
    /// The origin of the replica that opened it; empty where replicas don't reach each other.
    owner: String,
    /// Its id there.
    id: String,
    tenant: String,
    subject: String,
}

/// Where a session is.
#[derive(Debug, PartialEq, Eq)]
pub enum Place {
    /// Here, if anywhere: its id.
    Here(String),
    /// At another replica.
    At(Url),
}

/// Makes and reads the names of sessions.
pub struct Names {
    keys: Arc<KeyRing>,
    /// This replica's own address and where the others may be; none where they don't reach each other.
    peering: Option<(Url, Peers)>,
}

impl Names {
    /// Names of sessions of the replica at this address.
    pub fn new(keys: Arc<KeyRing>, peering: Option<(Url, Peers)>) -> Self {
        Self { keys, peering }
    }

    /// The name of this replica's session, for its person.
    pub fn name(&self, id: &str, person: &PersonKey) -> Option<HeaderValue> {
        let name = Name {
            owner: self.own().to_owned(),
            id: id.to_owned(),
            tenant: person.tenant().to_owned(),
            subject: person.subject().to_owned(),
        };
        let sealed = self.keys.seal(Purpose::Session, &name).ok()?;
        HeaderValue::try_from(sealed).ok()
    }

    /// Where the session of that name is. None for what isn't a name of ours, for another person's,
    /// and for one whose replica stands where none may be.
    pub fn read(&self, name: &str, identity: &Identity) -> Option<Place> {
        if name.len() > LONGEST {
            return None;
        }
        let name: Name = self.keys.open(Purpose::Session, name).ok()?;
        if (name.tenant.as_str(), name.subject.as_str()) != (identity.tenant(), identity.subject())
        {
            return None;
        }
        if name.owner == self.own() {
            return Some(Place::Here(name.id));
        }
        let (_, peers) = self.peering.as_ref()?;
        let owner = Url::parse(&name.owner).ok().filter(|owner| peers.admit(owner));
        if owner.is_none() {
            tracing::warn!(
                "a session's name holds an address where no replica may be (replicas.peers)"
            );
        }
        owner.map(Place::At)
    }

    fn own(&self) -> &str {
        self.peering.as_ref().map_or("", |(own, _)| own.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seal::random_bytes;

    fn at(keys: &Arc<KeyRing>, own: &str) -> Names {
        let peers = "10.1.0.0/16".parse().unwrap();
        Names::new(Arc::clone(keys), Some((Url::parse(own).unwrap(), peers)))
    }

    #[test]
    fn case_060_a_name_is_read_by_every_replica_and_for_its_person_alone() {
        let keys = Arc::new(KeyRing::random().unwrap());
        let (a, b) = (at(&keys, "http://10.1.0.1:8081"), at(&keys, "http://10.1.0.2:8081"));
        let (ana, ben) = (Identity::of_subject("ana"), Identity::of_subject("ben"));
        let name = a.name("inner", &ana.person_key()).unwrap();
        let name = name.to_str().unwrap();
        assert_eq!(a.read(name, &ana), Some(Place::Here("inner".to_owned())));
        assert_eq!(
            b.read(name, &ana),
            Some(Place::At(Url::parse("http://10.1.0.1:8081").unwrap()))
        );
        assert_eq!((a.read(name, &ben), b.read(name, &ben)), (None, None));
        assert!(!name.contains("10.1") && !name.contains("inner"));
        // One bit, anywhere.
        for at in 0..name.len() {
            let mut altered = name.as_bytes().to_vec();
            altered[at] = if altered[at] == b'A' { b'B' } else { b'A' };
            if altered != name.as_bytes() {
                assert_eq!(b.read(std::str::from_utf8(&altered).unwrap(), &ana), None, "{at}");
            }
        }
    }

    #[test]
    fn case_060_the_previous_key_reads_and_a_foreign_key_does_not() {
        let (old, new) = (random_bytes::<32>().unwrap(), random_bytes::<32>().unwrap());
        let ring = |current: &[u8], previous| Arc::new(KeyRing::new(current, previous).unwrap());
        let ana = Identity::of_subject("ana");
        let name = Names::new(ring(&old, None), None).name("inner", &ana.person_key()).unwrap();
        let name = name.to_str().unwrap();
        let here = Some(Place::Here("inner".to_owned()));
        assert_eq!(Names::new(ring(&new, Some(&old[..])), None).read(name, &ana), here);
        assert_eq!(Names::new(ring(&new, None), None).read(name, &ana), None);
    }

    #[test]
    fn case_060_an_address_where_no_replica_may_be_is_never_gone_to() {
        let keys = Arc::new(KeyRing::random().unwrap());
        let ana = Identity::of_subject("ana");
        let here = at(&keys, "http://10.1.0.2:8081");
        // Sealed with our own key, by a replica of other settings, or long ago.
        let elsewhere = Names {
            keys: Arc::clone(&keys),
            peering: Some((
                Url::parse("http://10.2.0.1:8081").unwrap(),
                here.peering.clone().unwrap().1,
            )),
        };
        let name = elsewhere.name("inner", &ana.person_key()).unwrap();
        assert_eq!(here.read(name.to_str().unwrap(), &ana), None);
        // Nor from one without peers at all.
        let alone = Names::new(keys, None);
        let name = at(&alone.keys, "http://10.1.0.1:8081").name("i", &ana.person_key()).unwrap();
        assert_eq!(alone.read(name.to_str().unwrap(), &ana), None);
    }
}
