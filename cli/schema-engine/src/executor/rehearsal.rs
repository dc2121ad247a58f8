//! A run on a copy of the user's own database, up, down and up again; the database isn't touched.

use super::ledger::Fingerprint;
use super::watch::Watch;
use super::{Executor, Observer, Ran, RowLedger, RunReport, SafetyCopies, Standing, close};
use crate::backup::{CopyCondition, copy_pages, quick_check};
use crate::connection::{Access, Presence, open, presence};
use crate::database_file::{DatabaseFile, durable};
use crate::error::{Error, Result};
use crate::inspect::inspect;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// What a rehearsal found.
#[derive(Debug, Clone)]
#[must_use]
pub struct Rehearsal {
    /// The way up, as it will be.
    pub up: RunReport,
    /// How long the way up took, with all checks.
    pub took: Duration,
    /// How long the way back took; `None` where there was none to go.
    pub back_took: Option<Duration>,
    /// What the way back doesn't bring again or why it can't be gone, in words.
    pub losses: Vec<String>,
    /// How many bytes the database has now.
    pub bytes_before: u64,
    /// How many it will have.
    pub bytes_after: u64,
    /// How many it and its journal had at most, as far as it was seen between two revisions.
    pub bytes_at_most: u64,
}

impl Executor<'_> {
    /// Runs everything on a copy of the database that is thrown away: up to the target, the
    /// checks, down to where it stood, and up again.
    ///
    /// # Errors
    /// When the database can't be copied, or as [`Executor::upgrade`] on the copy. The database is
    /// unchanged in any case.
    pub async fn rehearse(&self, target: &str) -> Result<Rehearsal> {
        let rehearsed = self.rehearse_on_a_copy(target).await;
        rehearsed.map_err(|error| {
            error.state("This was a rehearsal on a copy; the database is unchanged.")
        })
    }

    async fn rehearse_on_a_copy(&self, target: &str) -> Result<Rehearsal> {
        let file = DatabaseFile::resolve(self.database)?;
        let (folder, _lock) = folder_for(&file)?;
        let copy = folder.path().join("rehearsal.db");
        if presence(self.database)? == Presence::Database {
            copy_to(&file, &copy)?;
        }
        let meter = Meter { folder: folder.path(), most: AtomicU64::new(0), inner: self.observer };
        meter.read();
        let bytes_before = size(&copy);
        let rows_before = rows(&copy, self.row_ledger).await?;
        let executor = Executor {
            database: &copy,
            safety_copies: SafetyCopies::Skip,
            observer: &meter,
            ..*self
        };
        let standing = executor.standing().await?;
        let started = Instant::now();
        let up = executor.upgrade(target).await?;
        let took = started.elapsed();
        let bytes_after = size(&copy);
        sound(&copy)?;
        let mut rehearsal = Rehearsal {
            up,
            took,
            back_took: None,
            losses: Vec::new(),
            bytes_before,
            bytes_after,
            bytes_at_most: 0,
        };
        // From a database that was taken over there is no way back to the earlier program.
        if !rehearsal.up.ran.is_empty() && rehearsal.up.taken_over.is_none() {
            executor.go_back_and_forth(&standing, target, rows_before, &mut rehearsal).await?;
        }
        rehearsal.bytes_at_most = meter.most.load(Ordering::Relaxed);
        Ok(rehearsal)
    }

    async fn go_back_and_forth(
        &self,
        standing: &Standing,
        target: &str,
        rows_before: Option<Fingerprint>,
        rehearsal: &mut Rehearsal,
    ) -> Result<()> {
        let started = Instant::now();
        if let Err(error) = self.downgrade(standing.last().unwrap_or("base")).await {
            let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}"));
            let cause = cause.unwrap_or_default();
            rehearsal.losses.push(format!("there is no way back: {error}{cause}"));
            return Ok(());
        }
        rehearsal.back_took = Some(started.elapsed());
        let rows_after = rows(self.database, self.row_ledger).await?;
        if let (Some(before), Some(after)) = (rows_before, rows_after) {
            rehearsal.losses.extend(before.losses(&after));
        }
        // A relative target would lead further now, if the way back was longer than the way there.
        let target = rehearsal.up.to.as_deref().unwrap_or(target).to_owned();
        let again = self.upgrade(&target).await?;
        if again.to != rehearsal.up.to {
            return Err(Error::failed("the second way up ends elsewhere than the first"));
        }
        sound(self.database)
    }
}

/// What the names of these folders begin with.
pub(crate) const FOLDER: &str = "rehearsal";

/// A folder of its own beside the database, where the copy has the disk that the run will have; or
/// among the system's temporary ones.
fn folder_for(file: &DatabaseFile) -> Result<(tempfile::TempDir, fs::File)> {
    durable::sweep_folders(file.folder(), FOLDER);
    durable::draft_folder(file.folder(), FOLDER)
        .or_else(|_| durable::draft_folder(&std::env::temp_dir(), FOLDER))
        .map_err(|error| Error::failed("can't make a folder for the rehearsal").because(error))
}

fn copy_to(file: &DatabaseFile, copy: &Path) -> Result<()> {
    fs::File::create(copy)
        .map_err(|error| Error::failed("can't make a file for the rehearsal").because(error))?;
    let copied = file.reader().and_then(|source| copy_pages(&source, copy));
    copied.map_err(|error| file.sqlite_error("can't copy", error))
}

/// SQLite's own check of the copy.
fn sound(copy: &Path) -> Result<()> {
    let file = DatabaseFile::resolve(copy)?;
    let checked = file.reader().and_then(|connection| quick_check(&connection));
    match checked.map_err(|error| file.sqlite_error("can't check", error))? {
        CopyCondition::Damaged(damage) => {
            Err(Error::failed("the revisions leave a damaged file").because(damage))
        }
        _ => Ok(()),
    }
}

/// The rows of a database, unless no ledger is kept.
async fn rows(database: &Path, row_ledger: RowLedger) -> Result<Option<Fingerprint>> {
    let RowLedger::UpTo(limit) = row_ledger else { return Ok(None) };
    if presence(database)? != Presence::Database || size(database) > limit {
        return Ok(None);
    }
    let connection = open(database, Access::ReadWrite).await?;
    let read = async {
        let _watch = Watch::on(&connection).await?;
        let schema = inspect(&connection).await?;
        Fingerprint::of(&connection, &schema).await
    };
    let read = read.await;
    close(connection).await?;
    read.map(Some)
}

fn size(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |metadata| metadata.len())
}

/// Looks how much is on the disk whenever something is heard.
struct Meter<'a> {
    folder: &'a Path,
    most: AtomicU64,
    inner: &'a dyn Observer,
}

impl Meter<'_> {
    fn read(&self) {
        let entries = fs::read_dir(self.folder).into_iter().flatten().flatten();
        let bytes = entries.map(|entry| size(&entry.path())).sum();
        self.most.fetch_max(bytes, Ordering::Relaxed);
    }
}

impl Observer for Meter<'_> {
    fn begins(&self, revision: &str, number: usize, count: usize) {
        self.inner.begins(revision, number, count);
    }

    fn ran(&self, ran: &Ran) {
        self.read();
        self.inner.ran(ran);
    }

    fn cancelled(&self) -> bool {
        self.inner.cancelled()
    }
}
