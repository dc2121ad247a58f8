//! Fills are tried before anything is planned, so that a slip in one is told as what it is.

use crate::answers::Answers;
use crate::error::{Error, Result};
use crate::schema::Schema;
use crate::scratch::Scratch;
use sea_orm::{ConnectionTrait as _, DbBackend, Statement};

/// Reads every fill as the copy of a rebuild will: over a row of its table, renames done.
///
/// # Errors
/// [`crate::ErrorKind::Usage`] with the fill that SQLite doesn't take.
pub(super) async fn check(current: &Schema, answers: &Answers) -> Result<()> {
    if answers.fills.is_empty() {
        return Ok(());
    }
    let scratch = Scratch::of(current).await?;
    for rename in &answers.renames {
        if scratch.run(rename.statements().into_iter().map(|it| it.sql)).await.is_err() {
            // The proof says so, and what to do about it.
            return Ok(());
        }
    }
    let tables = scratch.schema().await?.tables;
    for ((table, column), expression) in &answers.fills {
        if !tables.contains_key(table) {
            continue;
        }
        let slip = |error: sea_orm::DbErr| {
            Error::usage(format!(
                "`{expression}` is no expression over a row of {table}, so it can't fill {column}"
            ))
            .because(error)
            .state("Nothing was written.")
            .next(format!(
                "Write the SQL of one value, as in `--fill \"{table}.{column}=0\"`; text stands in \
                 single quotes."
            ))
        };
        // Over no row an expression gives nothing; an aggregate gives a row all the same, and would
        // make one row of them all.
        let tried = format!("SELECT ({expression}) FROM {} AS old WHERE 0", table.quoted());
        let query = Statement::from_string(DbBackend::Sqlite, tried);
        if scratch.connection().query_one_raw(query).await.map_err(slip)?.is_some() {
            return Err(Error::usage(format!(
                "`{expression}` takes all rows of {table} together, so it can't fill {column}"
            ))
            .state("Nothing was written.")
            .next(format!(
                "For one value out of all rows write a query: `(SELECT max(…) FROM {})`.",
                table.quoted()
            )));
        }
    }
    Ok(())
}
