//! A database's schema as values: what the inspector reads and the differ compares.
//!
//! Every object keeps the text that SQLite stores for it, because a rebuild edits that text and a
//! `down` restores it. Beside the text stands what it means, taken apart for comparison.

mod column;
mod column_type;
mod constraints;
mod default;
mod index;
mod table;

pub use column::{Column, Generated, NotNull};
pub use column_type::{Affinity, DeclaredType};
pub use constraints::{Constraint, Rule};
pub use default::DefaultValue;
pub use index::Index;
pub use table::{ForeignKey, KeyColumn, PrimaryKey, Table, UniqueKey};

use crate::ident::Ident;
use crate::sql::normal::normal;
use std::collections::BTreeMap;

/// Everything one database holds, in the order of its names.
#[derive(Debug, Clone, Default)]
pub struct Schema {
    /// The ordinary tables.
    pub tables: BTreeMap<Ident, Table>,
    /// The indexes made by `CREATE INDEX`; those of constraints belong to their tables.
    pub indexes: BTreeMap<Ident, Index>,
    /// Views, triggers and virtual tables: compared and kept by their text.
    pub objects: BTreeMap<(ObjectKind, Ident), Object>,
    /// Tables that belong to somebody else, or whose text can't be read: never changed.
    pub left_alone: Vec<LeftAlone>,
}

/// What kind of object is known by its text alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ObjectKind {
    /// A virtual table; its shadow tables come and go with it.
    VirtualTable,
    /// A view.
    View,
    /// A trigger.
    Trigger,
}

impl ObjectKind {
    /// The word for it in SQL, as in `DROP VIEW`.
    pub fn sql_word(self) -> &'static str {
        match self {
            Self::VirtualTable => "TABLE",
            Self::View => "VIEW",
            Self::Trigger => "TRIGGER",
        }
    }

    /// The word for it in a report.
    pub fn word(self) -> &'static str {
        match self {
            Self::VirtualTable => "virtual table",
            Self::View => "view",
            Self::Trigger => "trigger",
        }
    }
}

/// A view, a trigger or a virtual table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// What it is.
    pub kind: ObjectKind,
    /// Its name.
    pub name: Ident,
    /// The table or view that a trigger belongs to; for others their own name.
    pub table: Ident,
    /// The stored text.
    pub sql: String,
    /// Its place in the order of creation.
    pub ordinal: usize,
}

impl Object {
    /// Whether both say the same, spelling aside.
    pub fn means_the_same_as(&self, other: &Self) -> bool {
        normal(&self.sql) == normal(&other.sql)
    }
}

/// A table that is seen and never changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftAlone {
    /// The table's name.
    pub name: Ident,
    /// Why it is left alone.
    pub why: WhyLeftAlone,
    /// The stored text, where a scratch copy needs it.
    pub sql: String,
    /// Its place in the order of creation.
    pub ordinal: usize,
}

/// Why a table is never changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WhyLeftAlone {
    /// A migration tool, or SQLite's own machinery, keeps its books there.
    Bookkeeping,
    /// The storage of a virtual table.
    Shadow,
    /// Its text can't be read: the reason.
    Unreadable(String),
}

impl Schema {
    /// Whether there is nothing in it that a model could describe.
    pub fn is_empty(&self) -> bool {
        self.tables.is_empty() && self.indexes.is_empty() && self.objects.is_empty()
    }

    /// Whether a table, view or index of this name is there.
    pub fn has_name(&self, name: &Ident) -> bool {
        self.tables.contains_key(name)
            || self.indexes.contains_key(name)
            || self.objects.keys().any(|(_, object)| object == name)
            || self.left_alone.iter().any(|table| &table.name == name)
    }

    /// The indexes of a table, in the order of their names.
    pub fn indexes_of<'a>(&'a self, table: &'a Ident) -> impl Iterator<Item = &'a Index> {
        self.indexes.values().filter(move |index| &index.table == table)
    }

    /// The triggers of a table or view, in the order of their creation.
    pub fn triggers_of(&self, table: &Ident) -> Vec<&Object> {
        let mut triggers: Vec<_> = self
            .objects
            .values()
            .filter(|object| object.kind == ObjectKind::Trigger && &object.table == table)
            .collect();
        triggers.sort_by_key(|trigger| trigger.ordinal);
        triggers
    }

    /// The statements that build this schema in an empty database, in the order of creation.
    pub fn statements(&self) -> Vec<&str> {
        let mut statements: Vec<(usize, &str)> = Vec::new();
        statements.extend(self.tables.values().map(|table| (table.ordinal, table.sql.as_str())));
        statements.extend(self.indexes.values().map(|index| (index.ordinal, index.sql.as_str())));
        statements
            .extend(self.objects.values().map(|object| (object.ordinal, object.sql.as_str())));
        statements.extend(self.left_alone.iter().filter_map(|table| match table.why {
            WhyLeftAlone::Unreadable(_) => Some((table.ordinal, table.sql.as_str())),
            WhyLeftAlone::Bookkeeping | WhyLeftAlone::Shadow => None,
        }));
        statements.sort_by_key(|(ordinal, _)| *ordinal);
        statements.into_iter().map(|(_, sql)| sql).collect()
    }
}

/// What the names of the engine's own tables begin with.
pub const OWN_TABLES: &str = "schema_engine_";

/// Whether a table is where SQLite or a migration tool keeps its books.
///
/// Those tables are nobody's model: they are never compared, changed or dropped.
pub fn is_bookkeeping(name: &Ident) -> bool {
    const TABLES: [&str; 24] = [
        "seaql_migrations",
        "alembic_version",
        "django_migrations",
        "_sqlx_migrations",
        "__diesel_schema_migrations",
        "refinery_schema_history",
        "schema_migrations",
        "ar_internal_metadata",
        "_prisma_migrations",
        "__drizzle_migrations",
        "goose_db_version",
        "gorp_migrations",
        "__efmigrationshistory",
        "__efmigrationslock",
        "atlas_schema_revisions",
        "grdb_migrations",
        "knex_migrations",
        "knex_migrations_lock",
        "flyway_schema_history",
        "databasechangelog",
        "databasechangeloglock",
        "android_metadata",
        "room_master_table",
        "_sqlite_migrations",
    ];
    let name = name.as_str().to_ascii_lowercase();
    ["sqlite_", "_tgenie_", OWN_TABLES].iter().any(|prefix| name.starts_with(prefix))
        || TABLES.contains(&name.as_str())
}
