//! A schema as values that can be made up, edited and taken apart piece by piece.
//!
//! It knows nothing of the engine's own model, so that a mistake in the one can't hide in the other.

use crate::spelling::Spelling;

/// All that one database shall hold.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Model {
    pub(crate) tables: Vec<Table>,
    pub(crate) objects: Vec<Object>,
}

/// An ordinary table.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Table {
    pub(crate) name: String,
    pub(crate) columns: Vec<Column>,
    pub(crate) rules: Vec<Rule>,
    pub(crate) strict: bool,
    pub(crate) without_rowid: bool,
    pub(crate) spelling: Spelling,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Column {
    pub(crate) name: String,
    /// The declared type; empty for none.
    pub(crate) declared: String,
    pub(crate) clauses: Vec<Clause>,
}

/// What a conflict clause says; `None` where there is none.
pub(crate) type Conflict = Option<&'static str>;

/// A column constraint with its `CONSTRAINT` name.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Clause {
    pub(crate) name: Option<String>,
    pub(crate) kind: ClauseKind,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum ClauseKind {
    PrimaryKey { descending: bool, autoincrement: bool, conflict: Conflict },
    NotNull(Conflict),
    Unique(Conflict),
    Check(Text),
    Default(String),
    Collate(&'static str),
    References(Reference),
    Generated { text: Text, stored: bool },
}

/// A table constraint with its `CONSTRAINT` name.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Rule {
    pub(crate) name: Option<String>,
    pub(crate) kind: RuleKind,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum RuleKind {
    PrimaryKey { columns: Vec<KeyColumn>, autoincrement: bool, conflict: Conflict },
    Unique { columns: Vec<KeyColumn>, conflict: Conflict },
    Check(Text),
    ForeignKey { columns: Vec<String>, reference: Reference },
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct KeyColumn {
    pub(crate) name: String,
    pub(crate) collation: Option<&'static str>,
    pub(crate) descending: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Reference {
    pub(crate) table: String,
    /// Empty for the parent's primary key.
    pub(crate) columns: Vec<String>,
    pub(crate) on_delete: Option<&'static str>,
    pub(crate) on_update: Option<&'static str>,
    pub(crate) deferral: Option<&'static str>,
}

/// An index, a virtual table, a view or a trigger.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Object {
    pub(crate) name: String,
    pub(crate) kind: ObjectKind,
    pub(crate) spelling: Spelling,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum ObjectKind {
    Index {
        table: String,
        unique: bool,
        parts: Vec<IndexPart>,
        predicate: Option<Text>,
    },
    /// The text behind the name: the module and what it is told.
    Virtual(Text),
    /// The text behind `AS`.
    View(Text),
    /// The text behind the name, and the table or view that it belongs to.
    Trigger {
        table: String,
        text: Text,
    },
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct IndexPart {
    pub(crate) text: Text,
    pub(crate) collation: Option<&'static str>,
    pub(crate) descending: bool,
}

/// SQL in pieces, so that it is known what it mentions.
pub(crate) type Text = Vec<Part>;

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Part {
    /// A keyword or a function: its letter case means nothing.
    Word(&'static str),
    /// Operators and literals, as they are.
    Raw(String),
    /// A table or a view.
    Table(String),
    /// A column of a table.
    Column(String, String),
}

/// Whether two names are one for SQLite.
pub(crate) fn same(one: &str, two: &str) -> bool {
    one.eq_ignore_ascii_case(two)
}

impl Model {
    pub(crate) fn table(&self, name: &str) -> Option<&Table> {
        self.tables.iter().find(|table| same(&table.name, name))
    }

    /// Whether a column is part of something unique.
    pub(crate) fn is_in_key(&self, table: &Table, column: &Column) -> bool {
        let inline = |kind: &ClauseKind| {
            matches!(kind, ClauseKind::Unique(_) | ClauseKind::PrimaryKey { .. })
        };
        let of_table = table.rules.iter().any(|rule| match &rule.kind {
            RuleKind::PrimaryKey { columns, .. } | RuleKind::Unique { columns, .. } => {
                columns.iter().any(|key| same(&key.name, &column.name))
            }
            _ => false,
        });
        let indexed = self.objects.iter().any(|object| match &object.kind {
            ObjectKind::Index { table: of, unique: true, parts, .. } => {
                let mut parts = parts.iter().flat_map(|part| &part.text);
                let is_column =
                    |part: &Part| matches!(part, Part::Column(_, name) if same(name, &column.name));
                same(of, &table.name) && parts.any(is_column)
            }
            _ => false,
        });
        column.has(inline) || of_table || indexed
    }

    /// The statements that build it, in an order that SQLite takes.
    pub(crate) fn statements(&self) -> Vec<String> {
        let tables = self.tables.iter().map(Table::sql);
        tables.chain(self.objects.iter().map(Object::sql)).collect()
    }
}

impl Table {
    pub(crate) fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| same(&column.name, name))
    }

    /// The columns of the primary key in key order.
    pub(crate) fn key(&self) -> Vec<String> {
        for column in &self.columns {
            if column.has(|kind| matches!(kind, ClauseKind::PrimaryKey { .. })) {
                return vec![column.name.clone()];
            }
        }
        for rule in &self.rules {
            if let RuleKind::PrimaryKey { columns, .. } = &rule.kind {
                return columns.iter().map(|column| column.name.clone()).collect();
            }
        }
        Vec::new()
    }

    /// The column that is the rowid itself
    /// (<https://www.sqlite.org/lang_createtable.html#rowid>).
    pub(crate) fn rowid_alias(&self) -> Option<&Column> {
        let key = self.key();
        let [name] = key.as_slice() else { return None };
        let column = self.column(name)?;
        let descending =
            column.has(|kind| matches!(kind, ClauseKind::PrimaryKey { descending: true, .. }));
        (!self.without_rowid && !descending && same(&column.declared, "integer")).then_some(column)
    }

    pub(crate) fn is_autoincrement(&self) -> bool {
        let inline =
            |kind: &ClauseKind| matches!(kind, ClauseKind::PrimaryKey { autoincrement: true, .. });
        self.columns.iter().any(|column| column.has(inline))
            || self
                .rules
                .iter()
                .any(|rule| matches!(rule.kind, RuleKind::PrimaryKey { autoincrement: true, .. }))
    }

    /// The foreign keys.
    pub(crate) fn references(&self) -> Vec<&Reference> {
        let inline =
            self.columns.iter().flat_map(|column| &column.clauses).filter_map(
                |clause| match &clause.kind {
                    ClauseKind::References(reference) => Some(reference),
                    _ => None,
                },
            );
        let of_table = self.rules.iter().filter_map(|rule| match &rule.kind {
            RuleKind::ForeignKey { reference, .. } => Some(reference),
            _ => None,
        });
        inline.chain(of_table).collect()
    }

    /// Whether a column can't hold any value at all: a check, a reference, a key.
    pub(crate) fn is_held_to_a_rule(&self, name: &str) -> bool {
        let mentioned = |text: &Text| {
            text.iter().any(|part| matches!(part, Part::Column(_, column) if same(column, name)))
        };
        let checked = self.columns.iter().flat_map(|column| &column.clauses).any(|clause| {
            // What is worked out may be NOT NULL, unique or checked in its turn.
            matches!(
                &clause.kind,
                ClauseKind::Check(text) | ClauseKind::Generated { text, .. } if mentioned(text)
            )
        });
        let own = |kind: &ClauseKind| {
            matches!(
                kind,
                ClauseKind::References(_) | ClauseKind::Unique(_) | ClauseKind::PrimaryKey { .. }
            )
        };
        let ruled = self.rules.iter().any(|rule| match &rule.kind {
            RuleKind::Check(text) => mentioned(text),
            RuleKind::ForeignKey { columns, .. } => columns.iter().any(|other| same(other, name)),
            RuleKind::PrimaryKey { columns, .. } | RuleKind::Unique { columns, .. } => {
                columns.iter().any(|column| same(&column.name, name))
            }
        });
        checked || ruled || self.column(name).is_some_and(|column| column.has(own))
    }

    /// A name for the rowid that no column has taken.
    pub(crate) fn rowid_name(&self) -> Option<&'static str> {
        if self.without_rowid {
            return None;
        }
        ["rowid", "_rowid_", "oid"].into_iter().find(|name| self.column(name).is_none())
    }

    /// Whether NULL can't be stored in a column.
    pub(crate) fn forbids_null(&self, column: &Column) -> bool {
        let in_key = self.key().iter().any(|name| same(name, &column.name));
        column.has(|kind| matches!(kind, ClauseKind::NotNull(_)))
            || in_key && (self.without_rowid || self.rowid_alias().is_some())
    }
}

impl Column {
    pub(crate) fn has(&self, wanted: impl Fn(&ClauseKind) -> bool) -> bool {
        self.clauses.iter().any(|clause| wanted(&clause.kind))
    }

    pub(crate) fn is_generated(&self) -> bool {
        self.has(|kind| matches!(kind, ClauseKind::Generated { .. }))
    }

    /// The default's text, unless it is NULL.
    pub(crate) fn default(&self) -> Option<&str> {
        self.clauses.iter().find_map(|clause| match &clause.kind {
            ClauseKind::Default(text) if text != "NULL" => Some(text.as_str()),
            _ => None,
        })
    }

    /// Whether a row that isn't given a value gets the time at which it was made.
    pub(crate) fn is_filled_with_the_time(&self) -> bool {
        self.default().is_some_and(|text| text.to_ascii_lowercase().contains("current_"))
    }

    /// How values are stored (<https://www.sqlite.org/datatype3.html#determination_of_column_affinity>).
    pub(crate) fn affinity(&self) -> Affinity {
        let name = self.declared.to_ascii_uppercase();
        let has = |parts: &[&str]| parts.iter().any(|part| name.contains(part));
        if has(&["INT"]) {
            Affinity::Integer
        } else if has(&["CHAR", "CLOB", "TEXT"]) {
            Affinity::Text
        } else if name.is_empty() || has(&["BLOB"]) {
            Affinity::Blob
        } else if has(&["REAL", "FLOA", "DOUB"]) {
            Affinity::Real
        } else {
            Affinity::Numeric
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Affinity {
    Integer,
    Text,
    Blob,
    Real,
    Numeric,
}
