//! Whether a store could be opened, without opening it: no file is made and no table is touched. For
//! `osier doctor`, which may come while a server runs, or before the first one does.

use std::fs::OpenOptions;
use std::path::Path;
use std::time::Duration;

use secrecy::ExposeSecret;
use sqlx::any::{AnyConnectOptions, install_default_drivers};
use sqlx::{ConnectOptions, Connection, Executor};
use tokio::time::timeout;
use url::Url;

use super::fault::StoreFault;
use super::location::Location;

/// Until the database has answered.
const PATIENCE: Duration = Duration::from_secs(5);

/// Reaches the store.
///
/// # Errors
/// Why it can't be used; nothing of the URL is in it.
pub async fn reach(location: &Location) -> Result<(), StoreFault> {
    match location {
        Location::Memory => Ok(()),
        Location::File(path) => file(path),
        Location::Postgres(url) => {
            install_default_drivers();
            let url = Url::parse(url.expose_secret());
            let url = url.map_err(|error| StoreFault::Refused(error.to_string()))?;
            let options = AnyConnectOptions::from_url(&url)?;
            let asked = async {
                let mut connection = options.connect().await?;
                connection.execute("SELECT 1").await?;
                connection.close().await
            };
            timeout(PATIENCE, asked).await.map_err(|_| StoreFault::late())?.map_err(Into::into)
        }
    }
}

/// A file that can be written, or a folder in which it will be made.
fn file(path: &Path) -> Result<(), StoreFault> {
    let opened = OpenOptions::new().append(true).open(path);
    let folder = || path.parent().is_some_and(Path::is_dir);
    match opened {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && folder() => Ok(()),
        Err(error) => Err(StoreFault::Refused(format!("{}: {error}", path.display()))),
    }
}
