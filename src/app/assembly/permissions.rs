//! From `[access]` to the permission source with its cache. The doctor and `explain` make theirs here too,
//! so that they ask as the server does.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use anyhow::Context;

use super::reach;
use crate::access::{
    Access, Adapter, Ages, Assignments, AuthZen, ClaimRules, Feed, Fields, HttpAdapter, Names,
    Objects, OpenFga, Service, Source,
};
use crate::catalog::{Catalog, Pointer};
use crate::clock::Clock;
use crate::config;
use crate::outbound::{self, Limits};

/// How long one turn of the feed of changes lasts.
const FEED: Duration = Duration::from_mins(5);

/// The permissions that the definitions name.
pub(crate) fn known(catalog: &Catalog) -> BTreeSet<String> {
    catalog.permissions().map(str::to_owned).collect()
}

/// The permission source with its cache, asked for the permissions that are `known`.
///
/// # Errors
/// A file that can't be read or has faults.
pub(crate) fn access(
    access: &config::Access,
    known: BTreeSet<String>,
    clock: &Clock,
) -> anyhow::Result<Access> {
    let adapter = adapter(&access.adapter)?;
    let names = Names::new(access.name_prefix.clone(), access.names.clone());
    let ages = Ages { read: access.max_age_read, write: access.max_age_write };
    let feed = access.changes.as_ref().map(feed).transpose()?;
    Ok(Access::new(Source { adapter, names, known, clock: clock.clone() }, ages, feed))
}

fn adapter(adapter: &config::Adapter) -> anyhow::Result<Adapter> {
    Ok(match adapter {
        config::Adapter::Http(http) => {
            let client = client(http.timeout, http.allow_private_network)?;
            let fields = fields(&http.fields).context("access.fields")?;
            let url = http.url.clone();
            Adapter::Http(Box::new(HttpAdapter::new(client, url, http.timeout, fields)))
        }
        config::Adapter::File(path) => Adapter::File(read(path, Assignments::from_yaml)?),
        config::Adapter::Claims(path) => Adapter::Claims(read(path, ClaimRules::from_yaml)?),
        config::Adapter::OpenFga(openfga) => Adapter::OpenFga(Box::new(OpenFga {
            service: service(&openfga.service)?,
            store: openfga.store.clone(),
            model: openfga.model.clone(),
            user: openfga.user.clone(),
            objects: objects(&openfga.objects),
            max_results: openfga.max_results,
        })),
        config::Adapter::AuthZen(authzen) => Adapter::AuthZen(Box::new(AuthZen {
            service: service(&authzen.service)?,
            subject_type: authzen.subject_type.clone(),
            subject_id: authzen.subject_id.clone(),
            objects: objects(&authzen.objects),
            places: authzen.places.clone(),
        })),
    })
}

fn client(total: Duration, allow_private_network: bool) -> anyhow::Result<reqwest::Client> {
    let limits = Limits::calls(total, reach(allow_private_network));
    outbound::client(&limits).context("the permission service's client")
}

fn feed(changes: &config::Changes) -> anyhow::Result<Feed> {
    let client = client(FEED, changes.allow_private_network)?;
    Ok(Feed { client, url: changes.url.clone(), token: changes.token.clone() })
}

fn service(service: &config::Service) -> anyhow::Result<Service> {
    Ok(Service {
        client: client(service.timeout, service.allow_private_network)?,
        url: service.url.clone(),
        token: service.token.clone(),
        timeout: service.timeout,
        list_deadline: service.list_deadline,
    })
}

fn objects(objects: &config::Objects) -> Objects {
    Objects {
        site: objects.site.clone(),
        location: objects.location.clone(),
        separator: objects.separator.clone(),
        global: objects.global.clone(),
    }
}

fn read<T>(path: &Path, parse: impl Fn(&str) -> Result<T, Vec<String>>) -> anyhow::Result<T> {
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("the permissions file {}", path.display()))?;
    parse(&text).map_err(|problems| anyhow::anyhow!("{}: {}", path.display(), problems.join("\n")))
}

fn fields(names: &config::Fields) -> Option<Fields> {
    Some(Fields {
        subject: Pointer::parse(&names.subject)?,
        tenant: Pointer::parse(&names.tenant)?,
        version: Pointer::parse(&names.version)?,
        expires_at: Pointer::parse(&names.expires_at)?,
        permissions: Pointer::parse(&names.permissions)?,
        name: Pointer::parse(&names.name)?,
        global: Pointer::parse(&names.global)?,
        scopes: Pointer::parse(&names.scopes)?,
        kind: Pointer::parse(&names.kind)?,
        id: Pointer::parse(&names.id)?,
        site: Pointer::parse(&names.site_id)?,
    })
}
