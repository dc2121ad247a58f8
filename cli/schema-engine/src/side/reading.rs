//! Reading a side: its schema, and its rows where there are some.

use super::{Side, Until};
use crate::answers::Rename;
use crate::connection::{Access, Presence, open, presence};
use crate::error::{Error, Result};
use crate::history::{Migrations, ids, replay};
use crate::inspect::inspect;
use crate::models::{Desired, Models};
use crate::restore::{load_schema, mistaken};
use crate::schema::Schema;
use crate::scratch::Scratch;
use crate::target::{Direction, resolve};
use sea_orm::DatabaseConnection;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::Path;
use tempfile::TempPath;

/// What `live`, `history` and `models` stand for.
#[derive(Clone, Copy)]
pub struct Sources<'a> {
    /// The models.
    pub models: &'a Models,
    /// The history.
    pub migrations: &'a Migrations,
    /// The live database.
    pub database: &'a Path,
}

/// A side that was read.
#[derive(Debug)]
#[must_use]
pub struct SideSchema {
    /// Its schema.
    pub schema: Schema,
    /// What models remember of former names.
    pub renames: Vec<Rename>,
    /// Its rows; `None` where it can't have any.
    pub rows: Option<Rows>,
}

/// An open database that has the rows of a side. It is only read.
#[derive(Debug)]
pub struct Rows {
    connection: DatabaseConnection,
    /// The temporary database behind it, gone when dropped.
    _temporary: Option<TempPath>,
}

impl Rows {
    /// The connection to it.
    #[must_use]
    pub fn connection(&self) -> &DatabaseConnection {
        &self.connection
    }

    /// Closes it.
    ///
    /// # Errors
    /// When SQLite can't.
    pub async fn close(self) -> Result<()> {
        let closed = self.connection.close().await;
        closed.map_err(|error| Error::failed("can't close a database").because(error))
    }
}

impl SideSchema {
    fn without_rows(schema: Schema) -> Self {
        Self { schema, renames: Vec::new(), rows: None }
    }
}

impl Side {
    /// Reads the side.
    ///
    /// # Errors
    /// When there is nothing to read, or it can't be read. Nothing is changed in any case.
    pub async fn read(&self, sources: &Sources<'_>) -> Result<SideSchema> {
        match self {
            Self::Live => live(sources.database).await,
            Self::Models => {
                let Desired { schema, renames } = sources.models.describe().await?;
                Ok(SideSchema { renames, ..SideSchema::without_rows(schema) })
            }
            Self::History(until) => {
                let schema = history(sources.migrations, until).await?;
                Ok(SideSchema::without_rows(schema))
            }
            Self::File(path) => file(path).await,
        }
    }
}

async fn live(database: &Path) -> Result<SideSchema> {
    match presence(database)? {
        Presence::Missing => {
            Err(Error::failed(format!("there is no database at {}", database.display()))
                .next("`db upgrade` creates it; `--from history` compares without it."))
        }
        Presence::Empty => Ok(SideSchema::without_rows(Schema::default())),
        Presence::Database => opened(database, database, None).await,
    }
}

async fn history(migrations: &Migrations, until: &Until) -> Result<Schema> {
    let count = match until {
        Until::Head => migrations.len(),
        // Seen from head nothing lies the other way.
        Until::Revision(text) => {
            resolve(&ids(migrations), migrations.len(), text, Direction::Down)?
        }
    };
    let scratch = Scratch::empty().await?;
    replay(&scratch, migrations.iter().take(count)).await?;
    scratch.schema().await
}

async fn file(path: &Path) -> Result<SideSchema> {
    match look(path)? {
        Content::Nothing => Ok(SideSchema::without_rows(Schema::default())),
        Content::Database => opened(path, path, None).await,
        Content::Sql => {
            let temporary = load_schema(path)?;
            let database = temporary.to_path_buf();
            opened(&database, path, Some(temporary)).await
        }
    }
}

async fn opened(database: &Path, shown: &Path, temporary: Option<TempPath>) -> Result<SideSchema> {
    let connection = open(database, Access::ReadOnly).await?;
    match inspect(&connection).await {
        Ok(schema) => {
            let rows = Some(Rows { connection, _temporary: temporary });
            Ok(SideSchema { schema, renames: Vec::new(), rows })
        }
        Err(error) => {
            // What went wrong first is what there is to say.
            let _ = connection.close().await;
            Err(Error::failed(format!("can't read the schema of {}", shown.display()))
                .because(error)
                .state("The file was not touched."))
        }
    }
}

/// What a file holds.
enum Content {
    Nothing,
    Database,
    Sql,
}

/// Looks into a file. A database is one whatever its name is; SQL has no mark of its own, so the
/// name must say it, unless it comes through a pipe or a device such as `/dev/null`.
fn look(path: &Path) -> Result<Content> {
    const FORMS: &str =
        "A side is `live`, `history`, `history@REV`, `models`, a database file or an .sql file.";
    if path.as_os_str().is_empty() {
        return Err(Error::usage("a side is empty").next(FORMS));
    }
    let shown = path.display();
    let unreadable = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => Error::failed(format!("there is no file {shown}")).next(FORMS),
        _ => Error::failed(format!("can't read {shown}")).because(error),
    };
    let metadata = fs::metadata(path).map_err(unreadable)?;
    if metadata.is_dir() {
        return Err(Error::failed(format!("{shown} is a directory")).next("Name a file in it."));
    }
    if is_stream(&metadata) {
        return Ok(Content::Sql);
    }
    if !metadata.is_file() {
        return Err(Error::failed(format!("{shown} is not a regular file")));
    }
    let mut start = Vec::new();
    File::open(path).and_then(|file| file.take(16).read_to_end(&mut start)).map_err(unreadable)?;
    if start.is_empty() {
        return Ok(Content::Nothing);
    }
    if start == b"SQLite format 3\0" {
        return Ok(Content::Database);
    }
    if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("sql")) {
        return Ok(Content::Sql);
    }
    Err(mistaken::no_database(path)
        .state("The file was not touched.")
        .next("SQL is read from a file whose name ends in .sql."))
}

#[cfg(unix)]
fn is_stream(metadata: &fs::Metadata) -> bool {
    use std::os::unix::fs::FileTypeExt as _;
    let kind = metadata.file_type();
    kind.is_fifo() || kind.is_char_device()
}

#[cfg(not(unix))]
fn is_stream(_: &fs::Metadata) -> bool {
    false
}
