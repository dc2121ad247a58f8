//! What a check may find, by codes that stay the same for ever.
//!
//! Pure: a finding says what it is, how bad, and what mends it; it was found elsewhere.

mod fix;
mod words;

use std::path::PathBuf;

use crate::ident::Ident;

pub use fix::Fix;

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Severity {
    /// It would do the database good; nothing is wrong.
    Advice,
    /// Something is wrong or puts data at risk.
    Warning,
    /// The file is damaged, or can't be read.
    Damage,
}

/// One thing that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Finding {
    /// SQLite can't read the file: the reason.
    Unreadable(String),
    /// What SQLite's integrity check says, the first few faults.
    Damaged(Vec<String>),
    /// A dump that can't be restored: what is wrong, and what to do.
    BadDump {
        /// What is wrong, with its causes.
        what: String,
        /// What to do about it.
        next: Vec<String>,
    },
    /// A file of no bytes, which SQLite takes for an empty database.
    Empty,

    /// Rows that refer to rows that aren't there.
    BrokenReferences(BrokenReferences),
    /// A foreign key to a table that isn't there: no row can be written to the child.
    MissingParent {
        /// The table with the key.
        child: Ident,
        /// The table that is missing.
        parent: Ident,
    },
    /// A foreign key that SQLite can't check: the reason.
    UncheckableReferences {
        /// The table with the key.
        child: Ident,
        /// The reason.
        why: String,
    },
    /// Rows that break a CHECK of their table.
    BrokenCheck {
        /// The table.
        table: Ident,
        /// How many were seen.
        count: usize,
    },

    /// The schema is not what its revisions made it.
    Drift {
        /// The newest revision that it has had.
        revision: String,
        /// The difference: `+` is what is there beyond the revisions.
        lines: Vec<String>,
    },
    /// Revisions in the books that the program doesn't know.
    UnknownRevisions(Vec<String>),
    /// Revisions that were passed over: later ones have run.
    SkippedRevisions(Vec<String>),
    /// Revisions whose modules were edited since the database had them.
    EditedRevisions(Vec<String>),
    /// How many revisions the database has yet to get.
    Pending(usize),
    /// Something is wrong with the books.
    Books(BooksProblem),

    /// A view or trigger that can't be compiled.
    BrokenObject(BrokenObject),
    /// A view or trigger that needs what only its app has.
    NeedsItsApp(BrokenObject),
    /// A full-text table whose index doesn't fit its texts: what is searched isn't found.
    MisfitIndex(Ident),
    /// An index that does what another one does.
    DuplicateIndex {
        /// The table.
        table: Ident,
        /// The index that isn't needed.
        index: Ident,
        /// The one that does the same; `None` is a key of the table.
        same_as: Option<Ident>,
    },

    /// A table that an interrupted run of some tool left behind.
    LeftoverTable(LeftoverTable),
    /// A file that an interrupted run of this tool left behind.
    LeftoverFile(PathBuf),
    /// A journal of a program that was killed while it wrote.
    HotJournal {
        /// The journal.
        path: PathBuf,
        /// Its size.
        bytes: u64,
    },
    /// A WAL that nobody has taken into the database yet.
    LeftoverWal {
        /// The WAL.
        path: PathBuf,
        /// Its size.
        bytes: u64,
    },
    /// A WAL beside a database that keeps none: it belongs to another one.
    StrayWal {
        /// The WAL.
        path: PathBuf,
        /// Its size.
        bytes: u64,
    },

    /// Large tables with indexes of which SQLite's planner knows nothing.
    NoStatistics(Vec<(Ident, u64)>),
    /// Tables that have grown or shrunk much since their statistics were made: then and now.
    StaleStatistics(Vec<(Ident, u64, u64)>),
    /// Most of the file is free.
    FreePages {
        /// How many bytes are free.
        free: u64,
        /// How large the file is.
        bytes: u64,
        /// Whether VACUUM may number rows anew.
        rowids_may_change: bool,
    },
    /// The file lies where locks or half-written files may damage it: how.
    RiskyPlace(String),

    /// Nothing in the dump tells whether it is as it was written.
    Unsealed,
    /// A dump that `restore` doesn't take, for it needs what only its app has: these.
    DumpNeedsItsApp(Vec<String>),
    /// SQLite doesn't read the schema without this, which only its app has.
    SchemaNeedsItsApp(String),
    /// A whole dump of a part of a database, which can't be restored.
    Part {
        /// How many tables it holds.
        tables: u64,
        /// How many rows it holds.
        rows: u64,
    },
}

/// Rows of one table that refer to rows of another that aren't there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrokenReferences {
    /// The table with the key.
    pub child: Ident,
    /// The columns of the key.
    pub columns: Vec<Ident>,
    /// The table that it refers to.
    pub parent: Ident,
    /// The columns that it refers to.
    pub parent_columns: Vec<Ident>,
    /// How many rows.
    pub count: u64,
    /// The first few of them, where they have rowids.
    pub rowids: Vec<i64>,
    /// What the schema says shall become of such rows.
    pub orphans: Orphans,
}

/// What a schema says of rows whose parent goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Orphans {
    /// `ON DELETE CASCADE`: they go as well.
    Go,
    /// `ON DELETE SET NULL`: they refer to nothing.
    ReferToNothing,
    /// Neither.
    Unsaid,
}

/// What is wrong with the books.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum BooksProblem {
    /// A revision stands there more than once.
    Twice(String),
    /// Both Alembic's books and SeaORM's have entries.
    TwoTools,
    /// Alembic's table has no row, though the database has tables.
    AlembicEmpty,
    /// Alembic's table has several rows.
    AlembicSeveral(Vec<String>),
    /// The table of the books can't be read: the reason.
    Unreadable(String),
}

/// A view or trigger that can't be compiled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrokenObject {
    /// Which of the two.
    pub kind: crate::schema::ObjectKind,
    /// Its name.
    pub name: Ident,
    /// The table of a trigger; the view itself.
    pub table: Ident,
    /// What SQLite says.
    pub error: String,
}

/// A table that an interrupted run of some tool left behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftoverTable {
    /// The table.
    pub table: Ident,
    /// The table that it was to replace.
    pub original: Ident,
    /// The tool, by the name that it gave the table.
    pub tool: &'static str,
    /// Where the rows are.
    pub rows: LeftoverRows,
}

/// Where the rows are after an interrupted rebuild.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeftoverRows {
    /// The original is gone: they are in the left-over table alone.
    OnlyHere(u64),
    /// Every row of the left-over table is in the original.
    AllInOriginal,
    /// The original lacks rows, or has others.
    Differ {
        /// How many rows the left-over table holds.
        here: u64,
        /// How many the original holds.
        there: u64,
    },
}

impl Finding {
    /// Its code, which documents and scripts can rely on.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unreadable(_) => "TV101",
            Self::Damaged(_) => "TV102",
            Self::BadDump { .. } => "TV103",
            Self::Empty => "TV104",
            Self::Unsealed => "TV106",
            Self::Part { .. } => "TV107",
            Self::DumpNeedsItsApp(_) => "TV108",
            Self::SchemaNeedsItsApp(_) => "TV109",
            Self::BrokenReferences(_) => "TV201",
            Self::MissingParent { .. } => "TV202",
            Self::UncheckableReferences { .. } => "TV203",
            Self::BrokenCheck { .. } => "TV204",
            Self::Drift { .. } => "TV301",
            Self::UnknownRevisions(_) => "TV302",
            Self::SkippedRevisions(_) => "TV303",
            Self::Pending(_) => "TV304",
            Self::Books(_) => "TV305",
            Self::EditedRevisions(_) => "TV306",
            Self::BrokenObject(_) => "TV401",
            Self::NeedsItsApp(_) => "TV402",
            Self::DuplicateIndex { .. } => "TV403",
            Self::MisfitIndex(_) => "TV404",
            Self::LeftoverTable(_) => "TV501",
            Self::LeftoverFile(_) => "TV502",
            Self::HotJournal { .. } => "TV503",
            Self::LeftoverWal { .. } => "TV504",
            Self::StrayWal { .. } => "TV505",
            Self::NoStatistics(_) => "TV601",
            Self::StaleStatistics(_) => "TV602",
            Self::FreePages { .. } => "TV603",
            Self::RiskyPlace(_) => "TV604",
        }
    }

    /// How much it matters.
    pub fn severity(&self) -> Severity {
        match self {
            Self::Unreadable(_) | Self::Damaged(_) | Self::BadDump { .. } => Severity::Damage,
            Self::Pending(_)
            | Self::NeedsItsApp(_)
            | Self::DuplicateIndex { .. }
            | Self::LeftoverWal { .. }
            | Self::NoStatistics(_)
            | Self::StaleStatistics(_)
            | Self::FreePages { .. }
            | Self::Unsealed
            | Self::Part { .. } => Severity::Advice,
            Self::Empty
            | Self::DumpNeedsItsApp(_)
            | Self::SchemaNeedsItsApp(_)
            | Self::BrokenReferences(_)
            | Self::MissingParent { .. }
            | Self::UncheckableReferences { .. }
            | Self::BrokenCheck { .. }
            | Self::Drift { .. }
            | Self::UnknownRevisions(_)
            | Self::SkippedRevisions(_)
            | Self::EditedRevisions(_)
            | Self::Books(_)
            | Self::BrokenObject(_)
            | Self::MisfitIndex(_)
            | Self::LeftoverTable(_)
            | Self::LeftoverFile(_)
            | Self::HotJournal { .. }
            | Self::StrayWal { .. }
            | Self::RiskyPlace(_) => Severity::Warning,
        }
    }
}
