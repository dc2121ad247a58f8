//! Bringing back what is parked: into its place where that is there again, else as a table.

use super::{Kept, begin, close, commit, find, read, run};
use crate::connection::{Access, explain, open};
use crate::error::{Error, Result};
use crate::ident::Ident;
use crate::inspect::inspect;
use crate::references;
use crate::schema::{Index, Schema, Table};
use crate::sql::edit::Edits;
use crate::sql::first::first_statement;
use crate::sql::lexer::significant_tokens;
use sea_orm::DatabaseTransaction;
use std::path::Path;

/// What was brought back.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct Report {
    /// The table that holds it now.
    pub into: Ident,
    /// How many rows got something back.
    pub rows: u64,
    /// Whether the table is new: no revision knows it.
    pub is_new: bool,
    /// What else is worth saying.
    pub notes: Vec<String>,
}

/// Brings back what is parked under a name, into its place or into the table `into`. What is parked
/// stays until it is pruned.
///
/// # Errors
/// When its place isn't there or can't take it. The database is unchanged then.
pub async fn bring_back(database: &Path, name: &str, into: Option<&Ident>) -> Result<Report> {
    let connection = open(database, Access::ReadWrite).await?;
    let work = async {
        let transaction = begin(&connection).await?;
        let unreadable = |error| explain(error, "can't check the references");
        let broken = references::check(&transaction).await.map_err(unreadable)?;
        let kept = read(&transaction).await?;
        let kept = find(&kept, name)?;
        let schema = inspect(&transaction).await?;
        let place = into.unwrap_or(&kept.table);
        let mut report = match schema.tables.get(place) {
            Some(table) => into_table(&transaction, kept, table, &schema).await?,
            None if schema.has_name(place) => return Err(taken(place)),
            None if kept.texts.is_empty() => plain_table(&transaction, kept, into).await?,
            None => whole_table(&transaction, kept, place, &schema).await?,
        };
        let now = references::check(&transaction).await.map_err(unreadable)?;
        let sum = |found: &references::References| found.broken.values().sum::<usize>();
        if sum(&now) > sum(&broken) {
            let more = sum(&now) - sum(&broken);
            report
                .notes
                .push(format!("{more} references in {} lead to rows that are gone", report.into));
        }
        commit(transaction).await?;
        Ok(report)
    };
    let outcome = work.await;
    close(connection).await?;
    outcome
}

/// Into the rows, or the table, that are there.
async fn into_table(
    transaction: &DatabaseTransaction,
    kept: &Kept,
    table: &Table,
    schema: &Schema,
) -> Result<Report> {
    let plain = |name: &Ident| table.column(name).is_some_and(|it| it.generated.is_none());
    let is_rowid = |name: &Ident| {
        ["rowid", "_rowid_", "oid"].iter().any(|it| *name == Ident::from(*it))
            && !table.without_rowid
    };
    let missing: Vec<_> = kept.columns.iter().filter(|name| !plain(name)).collect();
    if !missing.is_empty() {
        let missing: Vec<_> = missing.iter().map(|name| format!("{}.{name}", table.name)).collect();
        return Err(Error::refused(format!("{} is not there to be filled", missing.join(", ")))
            .state("The database is unchanged.")
            .next("Bring it back with a revision, or downgrade below the one that dropped it; then run this again.")
            .next(format!("Or give `--as TABLE` to have it in a table of its own. It is in {} meanwhile.", kept.name)));
    }
    if let Some(name) = kept.key.iter().find(|name| !plain(name) && !is_rowid(name)) {
        return Err(Error::refused(format!(
            "{} has no {name} any more, by which its rows are known",
            table.name
        ))
        .state("The database is unchanged.")
        .next("Give `--as TABLE` to have it in a table of its own."));
    }
    // A trigger would do what it does for an edit of the app's.
    let triggers = schema.triggers_of(&table.name);
    for trigger in &triggers {
        run(transaction, &format!("DROP TRIGGER {}", trigger.name.quoted())).await?;
    }
    let (name, place) = (kept.name.quoted(), table.name.quoted());
    let rows = if kept.texts.is_empty() {
        let same: Vec<_> = kept
            .key
            .iter()
            .map(|key| format!("parked.{key} = +{place}.{key}", key = key.quoted()))
            .collect();
        let row = format!("FROM {name} AS parked WHERE {}", same.join(" AND "));
        let columns = list(&kept.columns, "");
        let values = list(&kept.columns, "parked.");
        let sql = format!(
            "UPDATE OR ABORT {place} SET ({columns}) = (SELECT {values} {row}) \
             WHERE EXISTS (SELECT 1 {row})"
        );
        run(transaction, &sql).await?
    } else {
        run(transaction, &insert(kept, &table.name)).await?
    };
    for trigger in triggers {
        run(transaction, &trigger.sql).await?;
    }
    Ok(Report { into: table.name.clone(), rows, is_new: false, notes: Vec::new() })
}

/// Columns whose table is gone, or that are wanted elsewhere: their rows with their keys.
async fn plain_table(
    transaction: &DatabaseTransaction,
    kept: &Kept,
    into: Option<&Ident>,
) -> Result<Report> {
    let Some(into) = into else {
        return Err(Error::refused(format!("there is no table {} to be filled", kept.table))
            .state("The database is unchanged.")
            .next(format!(
                "Give `--as TABLE` to have it in a table of its own. It is in {} meanwhile.",
                kept.name
            )));
    };
    let columns: Vec<_> = kept.key.iter().chain(&kept.columns).cloned().collect();
    let definitions = list(&columns, "");
    run(transaction, &format!("CREATE TABLE {} ({definitions})", into.quoted())).await?;
    let columns = list(&columns, "parked.");
    let sql = format!(
        "INSERT INTO {} SELECT {columns} FROM {} AS parked",
        into.quoted(),
        kept.name.quoted()
    );
    let rows = run(transaction, &sql).await?;
    Ok(Report { into: into.clone(), rows, is_new: true, notes: Vec::new() })
}

/// A dropped table, as it was where it has its own name.
async fn whole_table(
    transaction: &DatabaseTransaction,
    kept: &Kept,
    place: &Ident,
    schema: &Schema,
) -> Result<Report> {
    let foreign = || {
        Error::refused(format!("the text that makes {} again is not one", kept.table))
            .because("the table schema_engine_dropped was written by something else")
            .state("The database is unchanged.")
    };
    let (text, others) = kept.texts.split_first().ok_or_else(foreign)?;
    let text = first_statement(text);
    let table = Table::from_sql(text, 0).map_err(|error| foreign().because(error))?;
    if table.name != kept.table {
        return Err(foreign());
    }
    let mut edits = Edits::default();
    edits.replace(table.syntax.name_span.clone(), place.quoted());
    run(transaction, &edits.apply(text)).await?;
    let rows = run(transaction, &insert(kept, place)).await?;
    if let Some(sequence) = kept.sequence.filter(|_| table.is_autoincrement()) {
        let name = place.literal();
        run(transaction, &format!("DELETE FROM sqlite_sequence WHERE name = {name}")).await?;
        let sql = format!("INSERT INTO sqlite_sequence (name, seq) VALUES ({name}, {sequence})");
        run(transaction, &sql).await?;
    }
    let mut notes = Vec::new();
    for other in others {
        let other = first_statement(other);
        let Some(name) = name_of(other, &kept.table) else { return Err(foreign()) };
        if *place == kept.table && !schema.has_name(&name) {
            run(transaction, other).await?;
        } else {
            notes.push(format!("{name} was not made again"));
        }
    }
    Ok(Report { into: place.clone(), rows, is_new: true, notes })
}

/// The name of an index or trigger of this table; `None` for any other text.
fn name_of(text: &str, table: &Ident) -> Option<Ident> {
    if let Ok(index) = Index::from_sql(text, 0) {
        return (index.table == *table).then_some(index.name);
    }
    let tokens = significant_tokens(text).ok()?;
    let mut words = tokens.iter().map(|token| token.text(text));
    let is_trigger = words.next()?.eq_ignore_ascii_case("CREATE")
        && words.next()?.eq_ignore_ascii_case("TRIGGER");
    let name = words.next()?.trim_matches(['"', '`', '[', ']', '\'']);
    is_trigger.then(|| Ident::from(name))
}

fn insert(kept: &Kept, into: &Ident) -> String {
    let mut columns = kept.columns.clone();
    // The rowid, where no column holds it.
    columns.splice(0..0, kept.key.iter().filter(|key| !kept.columns.contains(key)).cloned());
    format!(
        "INSERT OR ABORT INTO {} ({}) SELECT {} FROM {} AS parked",
        into.quoted(),
        list(&columns, ""),
        list(&columns, "parked."),
        kept.name.quoted()
    )
}

fn list(names: &[Ident], before: &str) -> String {
    let names: Vec<_> = names.iter().map(|name| format!("{before}{}", name.quoted())).collect();
    names.join(", ")
}

fn taken(place: &Ident) -> Error {
    Error::refused(format!("{place} is the name of something else"))
        .state("The database is unchanged.")
        .next("Give another one: `--as TABLE`.")
}
