//! An app's start: one call, and its database is at the newest revision that the app knows.
//!
//! It is [`Executor::upgrade`] with what an app wants where nobody watches: the folder is made, a
//! copy from before is kept, several processes may start at once. Call it before the app opens its
//! own pool. `examples/app_startup.rs` is a whole program.

use crate::database_file::{DatabaseFile, durable};
use crate::error::{Error, Result};
use crate::executor::{Executor, Observer, RunReport, SafetyCopies};
use crate::history::Migrations;
use std::path::Path;

/// How many copies from before an upgrade are kept.
pub const COPIES: usize = 5;

/// Brings a database to the newest of these revisions; where there is none it is made, with its
/// folder. A database that is there already is not touched if nothing is pending.
///
/// `stamp` is the time that the copy is named by, as `YYYYMMDD-HHMMSS`; the engine has no clock of
/// its own for what it writes down. The observer is told what happens, and its
/// [`cancelled`](Observer::cancelled) stops the run between two revisions. Dropping the future stops
/// it, too. Either way all is rolled back.
///
/// For more than that (no copies, a predecessor, another patience) make the [`Executor`] yourself.
///
/// # Errors
/// As for [`Executor::upgrade`], and when the folder can't be made. The error says in what state the
/// database is and what to do; an app should show it and not go on.
pub async fn bring_to_head(
    database: &Path,
    migrations: &Migrations,
    stamp: &str,
    observer: &dyn Observer,
) -> Result<RunReport> {
    let folder = DatabaseFile::resolve(database)?.folder().to_owned();
    durable::private_folder(&folder).map_err(|error| {
        Error::failed(format!("can't make the folder {}", folder.display()))
            .because(error)
            .state("Nothing was changed.")
            .next("Check the path and the permissions of the folder above it.")
    })?;
    let copies = SafetyCopies::Keep { stamp, count: COPIES };
    let executor = Executor { observer, ..Executor::new(database, migrations, copies) };
    executor.upgrade("head").await
}
