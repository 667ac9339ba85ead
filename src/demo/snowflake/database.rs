//! The database behind the sample Snowflake: SQLite in memory, made when the first statement comes,
//! one statement at a time.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{
    AssertSqlSafe, Column, Connection, Executor, Row, SqlSafeStr, Statement, TypeInfo, ValueRef,
};
use tokio::sync::Mutex;

use super::result::Table;
use super::tables::{self, TABLES};
use crate::access::Scopes;
use crate::demo::world::World;

/// Rows that are inserted at once: SQLite binds a limited number of values.
const AT_ONCE: usize = 400;

/// The database.
pub(super) struct Database {
    seed: u64,
    today: DateTime<Utc>,
    connection: Mutex<Option<SqliteConnection>>,
}

impl Database {
    pub(super) fn of(world: &World) -> Self {
        Self { seed: world.seed, today: world.today, connection: Mutex::new(None) }
    }

    /// Runs a statement with these values. `policy` is where its person may see rows; without one
    /// they see all.
    pub(super) async fn run(
        &self,
        sql: &str,
        bindings: &[(String, String)],
        policy: Option<&Scopes>,
    ) -> Result<Table, String> {
        let mut held = self.connection.lock().await;
        if held.is_none() {
            *held = Some(self.make().await.map_err(|error| error.to_string())?);
        }
        let Some(connection) = held.as_mut() else {
            return Err("There is no database.".to_owned());
        };
        let fenced = policy.filter(|policy| !policy.is_global());
        if let Some(policy) = fenced {
            for table in TABLES {
                let sites: Vec<String> =
                    policy.sites().map(|site| format!("'{}'", site.replace('\'', "''"))).collect();
                // What is temporary is found first: the policy stands before the table.
                let view = format!(
                    "CREATE TEMP VIEW {0} AS SELECT * FROM main.{0} WHERE site_id IN ({1})",
                    table.name,
                    sites.join(", ")
                );
                execute(connection, view).await.map_err(|error| error.to_string())?;
            }
        }
        let ran = ask(connection, sql, bindings).await.map_err(|error| error.to_string());
        if fenced.is_some() {
            for table in TABLES {
                let drop = format!("DROP VIEW IF EXISTS temp.{}", table.name);
                execute(connection, drop).await.map_err(|error| error.to_string())?;
            }
        }
        ran
    }

    async fn make(&self) -> Result<SqliteConnection, sqlx::Error> {
        let mut connection = SqliteConnection::connect("sqlite::memory:").await?;
        for table in TABLES {
            let columns = table.columns.join(", ");
            let made = format!("CREATE TABLE {} ({columns})", table.name);
            execute(&mut connection, made).await?;
        }
        let mut filling = connection.begin().await?;
        for (name, rows) in tables::rows(&World::of(self.seed, self.today)) {
            for some in rows.chunks(AT_ONCE) {
                let one = |row: &Vec<Value>| format!("({})", vec!["?"; row.len()].join(", "));
                let places: Vec<String> = some.iter().map(one).collect();
                let insert = format!("INSERT INTO {name} VALUES {}", places.join(", "));
                let mut query = sqlx::query(AssertSqlSafe(insert));
                for value in some.iter().flatten() {
                    query = match value {
                        Value::String(text) => query.bind(text.clone()),
                        Value::Number(number) if number.is_i64() => query.bind(number.as_i64()),
                        number => query.bind(number.as_f64()),
                    };
                }
                query.execute(&mut *filling).await?;
            }
        }
        filling.commit().await?;
        Ok(connection)
    }
}

async fn execute(connection: &mut SqliteConnection, sql: String) -> Result<(), sqlx::Error> {
    sqlx::query(AssertSqlSafe(sql)).execute(connection).await.map(drop)
}

async fn ask(
    connection: &mut SqliteConnection,
    sql: &str,
    bindings: &[(String, String)],
) -> Result<Table, sqlx::Error> {
    let statement = connection.prepare(AssertSqlSafe(sql.to_owned()).into_sql_str()).await?;
    let columns = statement.columns().iter().map(|column| column.name().to_owned()).collect();
    let mut query = sqlx::query(AssertSqlSafe(sql.to_owned()));
    for (kind, value) in bindings {
        query = match kind.as_str() {
            "FIXED" => query.bind(value.parse::<i64>().unwrap_or_default()),
            "REAL" => query.bind(value.parse::<f64>().unwrap_or_default()),
            "BOOLEAN" => query.bind(value == "true"),
            _ => query.bind(value.clone()),
        };
    }
    let rows = query.fetch_all(connection).await?;
    Ok(Table { columns, rows: rows.iter().map(values).collect() })
}

/// A row's values by what SQLite stored.
fn values(row: &SqliteRow) -> Vec<Value> {
    let value = |index: usize| -> Option<Value> {
        let kind = row.try_get_raw(index).ok()?.type_info().name().to_owned();
        match kind.as_str() {
            "INTEGER" | "BOOLEAN" => row.try_get_unchecked::<i64, _>(index).ok().map(Value::from),
            "REAL" => row.try_get_unchecked::<f64, _>(index).ok().map(Value::from),
            "NULL" => None,
            _ => row.try_get_unchecked::<String, _>(index).ok().map(Value::from),
        }
    };
    (0..row.len()).map(|index| value(index).unwrap_or_default()).collect()
}
