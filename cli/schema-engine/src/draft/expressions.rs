//! Fills are tried before anything is planned, so that a slip in one is told as what it is.

use crate::answers::Answers;
use crate::error::{Error, Result};
use crate::schema::Schema;
use crate::scratch::Scratch;

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
        if scratch.run([rename.statement().sql]).await.is_err() {
            // The proof says so, and what to do about it.
            return Ok(());
        }
    }
    let tables = scratch.schema().await?.tables;
    for ((table, column), expression) in &answers.fills {
        if !tables.contains_key(table) {
            continue;
        }
        let tried = format!("SELECT ({expression}) FROM {} AS old", table.quoted());
        scratch.run([tried]).await.map_err(|refused| {
            Error::usage(format!(
                "`{expression}` is no expression over a row of {table}, so it can't fill {column}"
            ))
            .because(refused.error)
            .state("Nothing was written.")
            .next(format!(
                "Write the SQL of one value, as in `--fill \"{table}.{column}=0\"`; text stands in \
                 single quotes."
            ))
        })?;
    }
    Ok(())
}
