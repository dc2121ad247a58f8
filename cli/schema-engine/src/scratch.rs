//! Scratch databases: in memory, empty at first, for trying things out.

use crate::connection::{self, sqlite_code};
use crate::error::{Error, Result};
use crate::inspect::inspect;
use crate::schema::Schema;
use crate::sql::closed::closed;
use sea_orm::{ConnectionTrait as _, DatabaseConnection, DbErr};

/// A database in memory with foreign keys off, gone when it is dropped.
#[derive(Debug)]
pub struct Scratch {
    connection: DatabaseConnection,
}

/// A statement that SQLite refused.
#[derive(Debug)]
pub struct Refused {
    /// Its place among the statements that were to run.
    pub position: usize,
    /// The statement.
    pub sql: String,
    /// Why it was refused.
    pub error: DbErr,
}

impl Refused {
    /// Whether a row broke a rule of its table, rather than the statement being wrong.
    pub(crate) fn is_about_rows(&self) -> bool {
        const CONSTRAINT: u32 = 19;
        // Anything but an integer in the key that is the rowid.
        const MISMATCH: u32 = 20;
        matches!(sqlite_code(&self.error), Some(CONSTRAINT | MISMATCH))
    }
}

impl Scratch {
    /// An empty scratch database.
    ///
    /// # Errors
    /// When SQLite can't make one.
    pub async fn empty() -> Result<Self> {
        Ok(Self { connection: connection::scratch().await? })
    }

    /// A scratch database that holds everything of a schema, and no rows.
    ///
    /// # Errors
    /// When SQLite doesn't take a stored text; it took it once, but perhaps with a module that is
    /// not compiled in here.
    pub async fn of(schema: &Schema) -> Result<Self> {
        let scratch = Self::empty().await?;
        scratch.run(schema.statements()).await.map_err(|refused| {
            Error::failed("the current schema can't be built in a scratch database")
                .because(format!("{}: {}", refused.error, refused.sql))
        })?;
        Ok(scratch)
    }

    /// The connection to it.
    pub fn connection(&self) -> &DatabaseConnection {
        &self.connection
    }

    /// Its schema.
    ///
    /// # Errors
    /// When SQLite can't read it.
    pub async fn schema(&self) -> Result<Schema> {
        inspect(&self.connection).await
    }

    /// Runs statements one after the other up to the first that is refused.
    ///
    /// # Errors
    /// The statement that was refused; those before it have run.
    pub async fn run(
        &self,
        statements: impl IntoIterator<Item = impl AsRef<str>>,
    ) -> Result<(), Box<Refused>> {
        for (position, sql) in statements.into_iter().enumerate() {
            let sql = sql.as_ref();
            if let Err(error) = self.connection.execute_unprepared(&closed(sql)).await {
                return Err(Box::new(Refused { position, sql: sql.to_owned(), error }));
            }
        }
        Ok(())
    }
}
