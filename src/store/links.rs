//! Questions that are answered by link. The store finds them by digests and hands the sealed part
//! back as it came; what was asked, of whom, and what was said is in there alone.

use sqlx::Row;
use sqlx::any::AnyRow;

use super::spent::seconds;
use super::{Store, StoreFault};

/// A person has no more open links than this; the oldest ones go.
const MOST_OPEN: i64 = 20;
/// A call has few links that aren't closed; more than these aren't looked at.
const MOST_OF_A_CALL: i64 = 20;

/// How a link stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkStatus {
    /// Nobody has answered.
    Pending,
    /// Answered; what was said is sealed.
    Answered,
    /// Over: what was said is used up.
    Closed,
}

impl LinkStatus {
    fn read(text: &str) -> Self {
        match text {
            "pending" => Self::Pending,
            "answered" => Self::Answered,
            _ => Self::Closed,
        }
    }
}

/// A link as it is kept. The digests are of the caller's choosing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptLink {
    /// A digest of the link's id: who reads the table can't open the page.
    pub id_hash: String,
    /// A digest of the person who is asked.
    pub person_hash: String,
    /// A digest of the call: person, tool and arguments.
    pub call_hash: String,
    /// A digest of the question as it is shown.
    pub shown_hash: String,
    /// How it stands.
    pub status: LinkStatus,
    /// Until when it may be answered, in seconds since 1970.
    pub expires: u64,
    /// All else.
    pub sealed: String,
}

impl Store {
    /// Keeps a new link, pending. False where the call has an open one already: there is at most one,
    /// however many replicas are asked at once. One that asks another question, or is too old, makes
    /// room; so do the person's oldest ones, above twenty.
    ///
    /// # Errors
    /// [`StoreFault`]
    pub async fn put_link(&self, link: &KeptLink) -> Result<bool, StoreFault> {
        self.sweep_when_due().await;
        let now = seconds(self.0.clock.unix_seconds());
        let superseded = sqlx::query(
            "DELETE FROM links WHERE call_hash = $1 AND status = 'pending' \
             AND (shown_hash <> $2 OR expires <= $3)",
        );
        let superseded = superseded.bind(link.call_hash.clone()).bind(link.shown_hash.clone());
        self.0.engine.execute(superseded.bind(now)).await?;
        let insert = sqlx::query(
            "INSERT INTO links \
             (id_hash, person_hash, call_hash, shown_hash, status, expires, sealed) \
             VALUES ($1, $2, $3, $4, 'pending', $5, $6) ON CONFLICT DO NOTHING",
        );
        let insert = insert
            .bind(link.id_hash.clone())
            .bind(link.person_hash.clone())
            .bind(link.call_hash.clone())
            .bind(link.shown_hash.clone())
            .bind(seconds(link.expires))
            .bind(link.sealed.clone());
        if self.0.engine.execute(insert).await? == 0 {
            return Ok(false);
        }
        let above = sqlx::query(
            "DELETE FROM links WHERE person_hash = $1 AND status = 'pending' AND id_hash NOT IN \
             (SELECT id_hash FROM links WHERE person_hash = $1 AND status = 'pending' \
             ORDER BY expires DESC, id_hash LIMIT $2)",
        );
        self.0.engine.execute(above.bind(link.person_hash.clone()).bind(MOST_OPEN)).await?;
        Ok(true)
    }

    /// A link by its id's digest, unless it is too old.
    ///
    /// # Errors
    /// [`StoreFault`]
    pub async fn link(&self, id_hash: &str) -> Result<Option<KeptLink>, StoreFault> {
        let select = sqlx::query(
            "SELECT id_hash, person_hash, call_hash, shown_hash, status, expires, sealed \
             FROM links WHERE id_hash = $1 AND expires > $2",
        );
        let now = seconds(self.0.clock.unix_seconds());
        let rows = self.0.engine.rows(select.bind(id_hash.to_owned()).bind(now)).await?;
        rows.first().map(read).transpose()
    }

    /// The links of a call that aren't closed or too old, the newest first.
    ///
    /// # Errors
    /// [`StoreFault`]
    pub async fn links_of(&self, call_hash: &str) -> Result<Vec<KeptLink>, StoreFault> {
        let select = sqlx::query(
            "SELECT id_hash, person_hash, call_hash, shown_hash, status, expires, sealed \
             FROM links WHERE call_hash = $1 AND status <> 'closed' AND expires > $2 \
             ORDER BY expires DESC, id_hash LIMIT $3",
        );
        let now = seconds(self.0.clock.unix_seconds());
        let select = select.bind(call_hash.to_owned()).bind(now).bind(MOST_OF_A_CALL);
        self.0.engine.rows(select).await?.iter().map(read).collect()
    }

    /// Keeps the answer to a pending link, sealed. True for the first answer alone.
    ///
    /// # Errors
    /// [`StoreFault`]
    pub async fn answer_link(&self, id_hash: &str, sealed: String) -> Result<bool, StoreFault> {
        let update = sqlx::query(
            "UPDATE links SET status = 'answered', sealed = $2 \
             WHERE id_hash = $1 AND status = 'pending' AND expires > $3",
        );
        let now = seconds(self.0.clock.unix_seconds());
        let update = update.bind(id_hash.to_owned()).bind(sealed).bind(now);
        Ok(self.0.engine.execute(update).await? == 1)
    }

    /// Closes a link whose answer is used up.
    ///
    /// # Errors
    /// [`StoreFault`]
    pub async fn close_link(&self, id_hash: &str) -> Result<(), StoreFault> {
        let update = sqlx::query("UPDATE links SET status = 'closed' WHERE id_hash = $1");
        self.0.engine.execute(update.bind(id_hash.to_owned())).await.map(drop)
    }
}

fn read(row: &AnyRow) -> Result<KeptLink, StoreFault> {
    let status: String = row.try_get("status")?;
    let expires: i64 = row.try_get("expires")?;
    Ok(KeptLink {
        id_hash: row.try_get("id_hash")?,
        person_hash: row.try_get("person_hash")?,
        call_hash: row.try_get("call_hash")?,
        shown_hash: row.try_get("shown_hash")?,
        status: LinkStatus::read(&status),
        expires: u64::try_from(expires).unwrap_or_default(),
        sealed: row.try_get("sealed")?,
    })
}
