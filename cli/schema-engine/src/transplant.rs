//! Trying revisions on top of others than those that they were written for.
//!
//! The modules stay as they are, so what is compiled in is what is tried: a revision must do the
//! same to the schema there as where it came from, and come back from it.

use crate::answers::Answers;
use crate::diff::diff;
use crate::error::{Error, Result};
use crate::history::{Migrations, replay};
use crate::pair::Pair;
use crate::prove::Passage;
use crate::schema::Schema;
use crate::scratch::Scratch;
use sea_orm_migration::{MigrationTrait, SchemaManager};

/// What was seen on the new place.
#[derive(Debug)]
#[must_use]
pub struct Tried {
    /// The schema behind the last revision.
    pub reached: Schema,
    /// How many sample rows went both ways.
    pub sample_rows: usize,
    /// What couldn't be tried, because it doesn't work on the old place either.
    pub notes: Vec<String>,
}

/// How much is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Extent {
    RowsUpAndDown,
    UpAndDown,
    Up,
}

/// Tries revisions behind `after` instead of behind `before`: the ids of each line, oldest first.
///
/// # Errors
/// When they fail there, do something else there, or don't come back.
pub async fn transplant(
    migrations: &Migrations,
    moved: &[&str],
    before: &[&str],
    after: &[&str],
) -> Result<Tried> {
    let moved = named(migrations, moved)?;
    let (before, after) = (named(migrations, before)?, named(migrations, after)?);
    let mut notes = Vec::new();
    let mut known = None;
    for extent in [Extent::RowsUpAndDown, Extent::UpAndDown, Extent::Up] {
        match attempt(&moved, &before, extent).await {
            Ok(seen) => {
                known = Some((seen, extent));
                break;
            }
            Err(error) if extent == Extent::Up => {
                return Err(error
                    .state("Nothing was changed.")
                    .next("It fails where it was written for as well: correct it first."));
            }
            Err(error) => {
                let without = match extent {
                    Extent::RowsUpAndDown => "without rows",
                    _ => "up alone",
                };
                notes.push(format!("tried {without}, as where it was written for: {error}"));
            }
        }
    }
    let Some((old, extent)) = known else { return Err(Error::failed("nothing was tried")) };
    let advice = "Delete the module and its lines in lib.rs, and write it anew: `db revision -a`.";
    let new = attempt(&moved, &after, extent)
        .await
        .map_err(|error| error.state("Nothing was changed.").next(advice))?;
    if old.lines != new.lines {
        let lost = old.lines.iter().filter(|line| !new.lines.contains(line));
        let more = new.lines.iter().filter(|line| !old.lines.contains(line));
        let lost = lost.map(|line| format!("not any more: {line}"));
        let lines: Vec<_> = lost.chain(more.map(|line| format!("only there: {line}"))).collect();
        return Err(Error::refused("on top of the other branch it does something else")
            .because(lines.join("\n"))
            .state("Nothing was changed.")
            .next(advice));
    }
    let Seen { reached, sample_rows, .. } = new;
    Ok(Tried { reached, sample_rows, notes })
}

/// What revisions did.
struct Seen {
    lines: Vec<String>,
    reached: Schema,
    sample_rows: usize,
}

type Revision = Box<dyn MigrationTrait>;

async fn attempt(moved: &[&Revision], base: &[&Revision], extent: Extent) -> Result<Seen> {
    let scratch = Scratch::empty().await?;
    replay(&scratch, base.iter().copied()).await?;
    let start = scratch.schema().await?;
    up(&scratch, moved).await?;
    let reached = scratch.schema().await?;
    let lines = diff(Pair::new(&start, &reached)).lines();
    if extent == Extent::Up {
        return Ok(Seen { lines, reached, sample_rows: 0 });
    }
    // Once more from the start, now with rows.
    let scratch = Scratch::empty().await?;
    replay(&scratch, base.iter().copied()).await?;
    let schemas = Pair::new(&start, &reached);
    let answers = Answers::default();
    let passage = match extent {
        Extent::RowsUpAndDown => Passage::with_rows(&scratch, schemas, &answers).await?,
        _ => Passage::without_rows(),
    };
    up(&scratch, moved).await?;
    passage.check(&scratch, "up").await?;
    let manager = SchemaManager::new(scratch.connection());
    for migration in moved.iter().rev() {
        let done = migration.down(&manager).await;
        done.map_err(|error| fails(&***migration, "down", error))?;
    }
    // Before the values are looked for: a column that is gone has none.
    let remaining = diff(Pair::new(&scratch.schema().await?, &start));
    if !remaining.is_empty() {
        return Err(Error::refused("its way down doesn't return to where it began")
            .because(remaining.lines().join("\n")));
    }
    passage.check(&scratch, "down").await?;
    Ok(Seen { lines, reached, sample_rows: passage.sample_rows() })
}

async fn up(scratch: &Scratch, moved: &[&Revision]) -> Result<()> {
    let manager = SchemaManager::new(scratch.connection());
    for migration in moved {
        let done = migration.up(&manager).await;
        done.map_err(|error| fails(&***migration, "up", error))?;
    }
    Ok(())
}

fn fails(migration: &dyn MigrationTrait, way: &str, error: sea_orm::DbErr) -> Error {
    let error =
        crate::connection::explain(error, &format!("the way {way} of {} fails", migration.name()));
    Error::refused(error.to_string()).because(error)
}

fn named<'a>(migrations: &'a Migrations, ids: &[&str]) -> Result<Vec<&'a Revision>> {
    let find = |id: &&str| {
        let found = migrations.iter().find(|migration| migration.name() == *id);
        found.ok_or_else(|| {
            Error::refused(format!("the program has no revision that calls itself {id}"))
                .state("Nothing was changed.")
                .next("A module's name must be that of its file.")
        })
    };
    ids.iter().map(find).collect()
}
