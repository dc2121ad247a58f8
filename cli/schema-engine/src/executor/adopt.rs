//! Taking over a database that another program made and kept with Alembic.
//!
//! It is recognised by its version table, brought to the shape of the revision that it corresponds
//! to by the engine's own plan, and entered into the books; all in the transaction of the upgrade,
//! so that it is either the old program's database or entirely ours.

use crate::change::Change;
use crate::connection::explain;
use crate::diff::{Difference, diff};
use crate::error::{Error, Result};
use crate::history::{Migrations, ensure_bookkeeping, record, replay};
use crate::ident::Ident;
use crate::pair::Pair;
use crate::plan::{Plan, PlanOptions, Wording, plan};
use crate::schema::Schema;
use crate::scratch::Scratch;
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use std::collections::BTreeMap;

/// A program with Alembic whose databases are taken over.
#[derive(Debug, Clone, Copy)]
pub struct Predecessor<'a> {
    /// The Alembic revision that its databases stand at.
    pub alembic_revision: &'a str,
    /// The revision of ours that has the same tables.
    pub revision: &'a str,
}

const VERSION_TABLE: &str = "alembic_version";

const BASELINE: &str = "If its tables are those of this program all the same: `db baseline` finds out which revision they stand for.";

/// Whether Alembic has kept this database.
pub(super) fn is_kept_by_alembic(live: &Schema) -> bool {
    let name = Ident::from(VERSION_TABLE);
    live.left_alone.iter().any(|table| table.name == name)
}

/// Takes a database over and says what was done.
pub(super) async fn adopt(
    connection: &impl ConnectionTrait,
    migrations: &Migrations,
    live: &Schema,
    predecessor: Option<Predecessor<'_>>,
) -> Result<String> {
    let done = match recognised(connection, live, predecessor).await? {
        Some(predecessor) => {
            reshape(connection, migrations, live, predecessor).await?;
            format!(
                "the database of the earlier program, at its {}, is now at {}",
                predecessor.alembic_revision, predecessor.revision
            )
        }
        None => "the empty database of the earlier program is now this one's".to_owned(),
    };
    run(connection, &format!("DROP TABLE {VERSION_TABLE}")).await?;
    Ok(done)
}

/// Whose tables are taken over, judged by Alembic's books; nobody's where there are none.
pub(super) async fn recognised<'a>(
    connection: &impl ConnectionTrait,
    live: &Schema,
    predecessor: Option<Predecessor<'a>>,
) -> Result<Option<Predecessor<'a>>> {
    let versions = versions(connection).await?;
    let predecessor = predecessor.ok_or_else(|| {
        refusal(
            "the database was made by a program that uses Alembic, and this one takes over none",
        )
    })?;
    let expected = predecessor.alembic_revision;
    match versions.as_slice() {
        [version] if version == expected => Ok(Some(predecessor)),
        [] if live.tables.is_empty() => Ok(None),
        [] => {
            Err(refusal("the database has tables, but Alembic's books in it are empty")
                .next(BASELINE))
        }
        versions => {
            let found = versions.join(", ");
            Err(refusal(&format!("the database stands at Alembic's {found}, not at {expected}"))
                .next("Bring it to that revision with the program that made it.")
                .next(BASELINE))
        }
    }
}

/// Takes a database over whatever Alembic's books say of it, if there are any.
pub(super) async fn adopt_regardless(
    connection: &impl ConnectionTrait,
    migrations: &Migrations,
    live: &Schema,
    predecessor: Predecessor<'_>,
) -> Result<()> {
    reshape(connection, migrations, live, predecessor).await?;
    drop_version_table(connection).await
}

/// Takes Alembic's books away, if there are any.
pub(super) async fn drop_version_table(connection: &impl ConnectionTrait) -> Result<()> {
    run(connection, &format!("DROP TABLE IF EXISTS {VERSION_TABLE}")).await
}

fn refusal(what: &str) -> Error {
    Error::refused(what)
        .state("The database is unchanged.")
        .next("Check the path: `--database` names another file.")
}

async fn versions(connection: &impl ConnectionTrait) -> Result<Vec<String>> {
    let unreadable = |error| explain(error, "can't read Alembic's books");
    let sql = format!("SELECT version_num FROM {VERSION_TABLE} ORDER BY version_num");
    let query = Statement::from_string(DbBackend::Sqlite, sql);
    let rows = connection.query_all_raw(query).await.map_err(unreadable)?;
    rows.iter().map(|row| row.try_get_by_index(0).map_err(unreadable)).collect()
}

/// Gives every table the text that the history gives it, rows untouched.
async fn reshape(
    connection: &impl ConnectionTrait,
    migrations: &Migrations,
    live: &Schema,
    predecessor: Predecessor<'_>,
) -> Result<()> {
    let last = migrations.iter().position(|migration| migration.name() == predecessor.revision);
    let Some(last) = last else {
        return Err(Error::failed(format!("there is no revision {}", predecessor.revision)));
    };
    let history = &migrations[..=last];
    let scratch = Scratch::empty().await?;
    replay(&scratch, history).await?;
    let desired = scratch.schema().await?;
    let way = way(live, &desired)?;
    prove(&way, live, &desired).await?;
    for statement in way.statements() {
        run(connection, statement).await?;
    }
    ensure_bookkeeping(connection)
        .await
        .map_err(|error| explain(error, "can't write the books"))?;
    let ids: Vec<_> = history.iter().map(|migration| migration.name().to_owned()).collect();
    record(connection, &ids).await.map_err(|error| explain(error, "can't write the books"))
}

/// The plan, unless something of the user's would be lost by it.
fn way(live: &Schema, desired: &Schema) -> Result<Plan> {
    let schemas = Pair::new(live, desired);
    let difference = diff(schemas);
    let loses = difference.changes.iter().any(|change| match change {
        Change::CreateIndex(_) | Change::ReplaceIndex(_) => false,
        Change::AlterTable(table) => table.changes.iter().any(|change| !change.keeps_columns()),
        _ => true,
    });
    if loses {
        return Err(crate::drift::error(
            "the database was changed since the earlier program made it",
            &beyond_takeover(diff(Pair::new(desired, live))),
        ));
    }
    let (effort, fills) = (BTreeMap::new(), BTreeMap::new());
    let options = PlanOptions { wording: Wording::Desired, effort: &effort, fills: &fills };
    plan(schemas, &difference, &options)
}

/// What stands in the way, of all that differs seen from the history: types that were written
/// otherwise and indexes that are missing or other ones are what a takeover is there for.
fn beyond_takeover(mut difference: Difference) -> Difference {
    difference.changes.retain_mut(|change| match change {
        Change::DropIndex(_) | Change::ReplaceIndex(_) => false,
        Change::AlterTable(table) => {
            table.changes.retain(|change| !change.keeps_columns());
            !table.changes.is_empty()
        }
        _ => true,
    });
    difference
}

/// The plan leads where it should, seen on a copy of the schema before the file is touched.
async fn prove(way: &Plan, live: &Schema, desired: &Schema) -> Result<()> {
    let scratch = Scratch::of(live).await?;
    scratch.run(way.statements()).await.map_err(|refused| {
        Error::failed("SQLite refuses a step of the takeover")
            .because(format!("{}: {}", refused.error, refused.sql))
            .state("The database is unchanged.")
    })?;
    let reached = scratch.schema().await?;
    if diff(Pair::new(&reached, desired)).is_empty() {
        return Ok(());
    }
    Err(Error::failed("the takeover doesn't lead to the tables of this program")
        .state("The database is unchanged."))
}

async fn run(connection: &impl ConnectionTrait, sql: &str) -> Result<()> {
    let done = connection.execute_unprepared(sql).await.map(drop);
    done.map_err(|error| {
        explain(error, "can't take over the database")
            .state("The database is unchanged: everything was rolled back.")
    })
}
