//! Renames: what SQLite makes of a schema, and where a name comes from and goes to.

use crate::database::quoted;
use crate::model::{Clause, ClauseKind, Model, ObjectKind, Part, Reference, RuleKind, Text, same};
use schema_engine::answers;
use schema_engine::ident::Ident;

/// A table or a column that gets another name.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Rename {
    Table { from: String, to: String },
    Column { table: String, from: String, to: String },
}

impl Rename {
    pub(crate) fn reversed(&self) -> Self {
        match self.clone() {
            Self::Table { from, to } => Self::Table { from: to, to: from },
            Self::Column { table, from, to } => Self::Column { table, from: to, to: from },
        }
    }

    pub(crate) fn sql(&self) -> String {
        match self {
            Self::Table { from, to } => {
                format!("ALTER TABLE {} RENAME TO {}", quoted(from), quoted(to))
            }
            Self::Column { table, from, to } => format!(
                "ALTER TABLE {} RENAME COLUMN {} TO {}",
                quoted(table),
                quoted(from),
                quoted(to)
            ),
        }
    }

    /// What the engine is told.
    pub(crate) fn answer(&self) -> answers::Rename {
        let ident = |name: &String| Ident::from(name.as_str());
        match self {
            Self::Table { from, to } => answers::Rename::Table { from: ident(from), to: ident(to) },
            Self::Column { table, from, to } => {
                answers::Rename::Column { table: ident(table), from: ident(from), to: ident(to) }
            }
        }
    }

    /// Changes every mention of the name.
    pub(crate) fn apply(&self, model: &mut Model) {
        for table in &mut model.tables {
            let name = table.name.clone();
            self.table(&mut table.name);
            for column in &mut table.columns {
                self.column(&name, &mut column.name);
                for clause in &mut column.clauses {
                    self.clause(clause);
                }
            }
            for rule in &mut table.rules {
                match &mut rule.kind {
                    RuleKind::PrimaryKey { columns, .. } | RuleKind::Unique { columns, .. } => {
                        for column in columns {
                            self.column(&name, &mut column.name);
                        }
                    }
                    RuleKind::Check(text) => self.text(text),
                    RuleKind::ForeignKey { columns, reference } => {
                        for column in columns {
                            self.column(&name, column);
                        }
                        self.reference(reference);
                    }
                }
            }
        }
        for object in &mut model.objects {
            match &mut object.kind {
                ObjectKind::Index { table, parts, predicate, .. } => {
                    self.table(table);
                    for part in parts {
                        self.text(&mut part.text);
                    }
                    if let Some(text) = predicate {
                        self.text(text);
                    }
                }
                ObjectKind::View(text) => self.text(text),
                ObjectKind::Trigger { table, text } => {
                    self.table(table);
                    self.text(text);
                }
                ObjectKind::Virtual(_) => self.table(&mut object.name),
            }
        }
    }

    fn clause(&self, clause: &mut Clause) {
        match &mut clause.kind {
            ClauseKind::Check(text) | ClauseKind::Generated { text, .. } => self.text(text),
            ClauseKind::References(reference) => self.reference(reference),
            _ => {}
        }
    }

    fn reference(&self, reference: &mut Reference) {
        for column in &mut reference.columns {
            self.column(&reference.table, column);
        }
        self.table(&mut reference.table);
    }

    fn text(&self, text: &mut Text) {
        for part in text {
            match part {
                Part::Word(_) | Part::Raw(_) => {}
                Part::Table(name) => self.table(name),
                Part::Column(table, name) => {
                    self.column(table, name);
                    self.table(table);
                }
            }
        }
    }

    fn table(&self, name: &mut String) {
        if let Self::Table { from, to } = self
            && same(name, from)
        {
            name.clone_from(to);
        }
    }

    fn column(&self, table: &str, name: &mut String) {
        if let Self::Column { table: of, from, to } = self
            && same(table, of)
            && same(name, from)
        {
            name.clone_from(to);
        }
    }
}

/// What a table of the first side is called on the second, if it is there.
pub(crate) fn table_after(renames: &[Rename], name: &str) -> String {
    let mut name = name.to_owned();
    for rename in renames {
        rename.table(&mut name);
    }
    name
}

/// What a column of the first side is called on the second.
pub(crate) fn column_after(renames: &[Rename], table: &str, column: &str) -> String {
    let (mut table, mut column) = (table.to_owned(), column.to_owned());
    for rename in renames {
        rename.column(&table, &mut column);
        rename.table(&mut table);
    }
    column
}

/// What a table of the second side was called on the first; `None` where the renames took that
/// name away from another table.
pub(crate) fn table_before(renames: &[Rename], name: &str) -> Option<String> {
    let mut name = name.to_owned();
    for rename in renames.iter().rev() {
        match rename {
            Rename::Table { to, from } if same(&name, to) => name.clone_from(from),
            Rename::Table { from, .. } if same(&name, from) => return None,
            _ => {}
        }
    }
    Some(name)
}

/// What a column of the second side was called on the first; `None` where it is another column.
pub(crate) fn column_before(renames: &[Rename], table: &str, column: &str) -> Option<String> {
    let (mut table, mut column) = (table.to_owned(), column.to_owned());
    for rename in renames.iter().rev() {
        match rename {
            Rename::Table { to, from } if same(&table, to) => table.clone_from(from),
            Rename::Table { from, .. } if same(&table, from) => return None,
            Rename::Column { table: of, to, from } if same(&table, of) => {
                if same(&column, to) {
                    column.clone_from(from);
                } else if same(&column, from) {
                    return None;
                }
            }
            _ => {}
        }
    }
    Some(column)
}
