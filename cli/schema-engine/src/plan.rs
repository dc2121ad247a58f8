//! From differences to statements: the fewest and cheapest that SQLite allows.
//!
//! A table is altered in place where `ALTER TABLE` does exactly what is wanted, its stored text is
//! edited where nothing on disk depends on that, and it is rebuilt once, however many changes it
//! has, where neither will do.

mod alter;
mod copy;
mod layout;
mod order;
pub mod parking;
mod rebuild;
pub(crate) mod statistics;
mod stored_edit;
mod table_text;

pub use parking::ParkingStep;
pub use rebuild::Rebuild;
pub use stored_edit::{EditAction, StoredEdit};
pub(crate) use stored_edit::{NO_VALUE, store};

use crate::change::{Change, TableDifference};
use crate::diff::Difference;
use crate::error::Result;
use crate::ident::Ident;
use crate::pair::Pair;
use crate::schema::{Index, Object, ObjectKind, Schema, Table};
use std::collections::{BTreeMap, BTreeSet};

/// Statements in the order in which they must run.
#[derive(Debug, Clone, Default)]
#[must_use]
pub struct Plan {
    /// The steps in their order.
    pub steps: Vec<Step>,
}

/// One step of a plan.
#[derive(Debug, Clone)]
pub enum Step {
    /// One statement.
    Statement(Statement),
    /// A table whose stored text is edited, and no row copied.
    Edit(StoredEdit),
    /// A table that is built anew, rows and all.
    Rebuild(Rebuild),
    /// What goes, put aside or brought back.
    Parking(ParkingStep),
}

/// The least that has to be done to a table, because less was seen not to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effort {
    /// Its stored text is set.
    Edit,
    /// It is rebuilt.
    Rebuild,
}

/// A statement and what it is there for.
#[derive(Debug, Clone)]
pub struct Statement {
    /// What sort of statement it is.
    pub kind: StatementKind,
    /// The table, view or virtual table that it is about.
    pub subject: Ident,
    /// The SQL, one statement without a semicolon.
    pub sql: String,
}

/// What sort of statement a step is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatementKind {
    /// `CREATE TABLE`
    CreateTable,
    /// `DROP TABLE`
    DropTable,
    /// `ALTER TABLE … RENAME TO`
    RenameTable,
    /// `ALTER TABLE … RENAME COLUMN`
    RenameColumn,
    /// `ALTER TABLE … ADD COLUMN`
    AddColumn,
    /// `ALTER TABLE … DROP COLUMN`
    DropColumn,
    /// `CREATE INDEX`
    CreateIndex,
    /// `DROP INDEX`
    DropIndex,
    /// `CREATE` of a view, a trigger or a virtual table
    CreateObject,
    /// `DROP` of a view, a trigger or a virtual table
    DropObject,
}

/// Which text a table gets that differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wording {
    /// The current text with only the changed clauses edited: for the way up.
    EditCurrent,
    /// The desired text as it is stored: for the way back to it.
    Desired,
}

/// What a plan depends on beside the two schemas.
#[derive(Debug, Clone)]
pub struct PlanOptions<'a> {
    /// Which text a changed table gets.
    pub wording: Wording,
    /// What has to be done to some tables, even if less seems to do.
    pub effort: &'a BTreeMap<Ident, Effort>,
    /// Expressions over a row for columns that would hold NULL and must not, by table and column.
    pub fills: &'a BTreeMap<(Ident, Ident), String>,
}

impl Plan {
    /// All statements in their order.
    pub fn statements(&self) -> impl Iterator<Item = &str> {
        self.steps.iter().flat_map(Step::statements)
    }

    /// The tables that are rebuilt.
    pub fn rebuilds(&self) -> impl Iterator<Item = &Rebuild> {
        self.steps.iter().filter_map(|step| match step {
            Step::Rebuild(rebuild) => Some(rebuild),
            Step::Statement(_) | Step::Edit(_) | Step::Parking(_) => None,
        })
    }

    /// The tables whose stored text is edited.
    pub fn edits(&self) -> impl Iterator<Item = &StoredEdit> {
        self.steps.iter().filter_map(|step| match step {
            Step::Edit(edit) => Some(edit),
            Step::Statement(_) | Step::Rebuild(_) | Step::Parking(_) => None,
        })
    }
}

impl Step {
    /// The statements of this step in their order.
    pub fn statements(&self) -> impl Iterator<Item = &str> {
        let (one, many) = match self {
            Self::Statement(statement) => (Some(statement.sql.as_str()), [].as_slice()),
            Self::Edit(edit) => (None, edit.statements()),
            Self::Rebuild(rebuild) => (None, rebuild.statements.as_slice()),
            Self::Parking(parking) => (None, parking.statements.as_slice()),
        };
        one.into_iter().chain(many.iter().map(String::as_str))
    }

    /// The table, view or virtual table that it is about.
    pub fn subject(&self) -> &Ident {
        match self {
            Self::Statement(statement) => &statement.subject,
            Self::Edit(edit) => &edit.table,
            Self::Rebuild(rebuild) => &rebuild.table,
            Self::Parking(parking) => &parking.table,
        }
    }

    fn of(kind: StatementKind, subject: &Ident, sql: impl Into<String>) -> Self {
        Self::Statement(Statement { kind, subject: subject.clone(), sql: sql.into() })
    }
}

/// Plans the way from the current schema to the desired one.
///
/// # Errors
/// When a change can't be made on any way that SQLite offers.
pub fn plan(
    schemas: Pair<&Schema>,
    difference: &Difference,
    options: &PlanOptions<'_>,
) -> Result<Plan> {
    let changes = Sorted::new(&difference.changes);
    let altered = changes.altered(schemas, options)?;
    let rebuilt: BTreeSet<Ident> = altered
        .iter()
        .filter_map(|step| match step {
            Step::Rebuild(rebuild) => Some(rebuild.table.clone()),
            Step::Statement(_) | Step::Edit(_) | Step::Parking(_) => None,
        })
        .collect();
    let mut steps = Vec::new();
    changes.drop_objects(schemas, &mut steps);
    for index in &changes.dropped_indexes {
        if !rebuilt.contains(&index.table) || changes.needs_name_of(index) {
            let sql = format!("DROP INDEX {}", index.name.quoted());
            steps.push(Step::of(StatementKind::DropIndex, &index.table, sql));
        }
    }
    // A table goes after the others were made and altered, unless something takes a name of it.
    let (first, last): (Vec<_>, Vec<_>) =
        order::children_first(&changes.dropped_tables).into_iter().partition(|table| {
            changes.needs_name_of_table(table)
                || schemas.current.indexes_of(&table.name).any(|index| changes.needs_name_of(index))
        });
    steps.extend(first.into_iter().map(drop_table));
    for table in order::parents_first(&changes.created_tables) {
        steps.push(Step::of(StatementKind::CreateTable, &table.name, table.sql.as_str()));
        changes.create_indexes_of(&table.name, &mut steps);
    }
    steps.extend(altered);
    steps.extend(last.into_iter().map(drop_table));
    let created: BTreeSet<_> = changes.created_tables.iter().map(|table| &table.name).collect();
    for index in &changes.created_indexes {
        if !created.contains(&index.table) && !rebuilt.contains(&index.table) {
            steps.push(Step::of(StatementKind::CreateIndex, &index.table, index.sql.as_str()));
        }
    }
    changes.create_objects(schemas, &mut steps);
    Ok(Plan { steps })
}

/// A name next to the table's own that nothing else has.
fn free_name(table: &Ident, schemas: Pair<&Schema>) -> Ident {
    let taken = |name: &Ident| schemas.current.has_name(name) || schemas.desired.has_name(name);
    let mut name = Ident::from(format!("{table}__new"));
    let mut counter = 2;
    while taken(&name) {
        name = Ident::from(format!("{table}__new{counter}"));
        counter += 1;
    }
    name
}

fn drop_table(table: &Table) -> Step {
    let sql = format!("DROP TABLE {}", table.name.quoted());
    Step::of(StatementKind::DropTable, &table.name, sql)
}

/// The changes by what must be done for them.
struct Sorted<'a> {
    created_tables: Vec<&'a Table>,
    dropped_tables: Vec<&'a Table>,
    altered_tables: Vec<&'a TableDifference>,
    created_indexes: Vec<&'a Index>,
    dropped_indexes: Vec<&'a Index>,
    created_objects: Vec<&'a Object>,
    dropped_objects: Vec<&'a Object>,
}

impl<'a> Sorted<'a> {
    fn new(changes: &'a [Change]) -> Self {
        let mut sorted = Self {
            created_tables: Vec::new(),
            dropped_tables: Vec::new(),
            altered_tables: Vec::new(),
            created_indexes: Vec::new(),
            dropped_indexes: Vec::new(),
            created_objects: Vec::new(),
            dropped_objects: Vec::new(),
        };
        for change in changes {
            match change {
                Change::CreateTable(table) => sorted.created_tables.push(table),
                Change::DropTable(table) => sorted.dropped_tables.push(table),
                Change::AlterTable(difference) => sorted.altered_tables.push(difference),
                Change::CreateIndex(index) => sorted.created_indexes.push(index),
                Change::DropIndex(index) => sorted.dropped_indexes.push(index),
                Change::ReplaceIndex(indexes) => {
                    sorted.dropped_indexes.push(&indexes.current);
                    sorted.created_indexes.push(&indexes.desired);
                }
                Change::CreateObject(object) => sorted.created_objects.push(object),
                Change::DropObject(object) => sorted.dropped_objects.push(object),
                Change::ReplaceObject(objects) => {
                    sorted.dropped_objects.push(&objects.current);
                    sorted.created_objects.push(&objects.desired);
                }
            }
        }
        // Indexes in the order in which they were declared read better than by name.
        sorted.created_indexes.sort_by_key(|index| index.ordinal);
        sorted
    }

    /// The steps for the tables that are on both sides.
    fn altered(&self, schemas: Pair<&'a Schema>, options: &PlanOptions<'_>) -> Result<Vec<Step>> {
        let mut steps = Vec::new();
        for difference in &self.altered_tables {
            let triggers = self.kept_triggers(schemas, &difference.tables.current.name);
            if let Some(in_place) = alter::in_place(difference, schemas, options, &triggers) {
                steps.extend(in_place);
            } else {
                let rebuild = rebuild::rebuild(difference, schemas, options, &triggers)?;
                steps.push(Step::Rebuild(rebuild));
            }
        }
        Ok(steps)
    }

    /// Whether something that is made takes the name of this index, which would otherwise only go
    /// with its table.
    fn needs_name_of(&self, index: &Index) -> bool {
        let name = &index.name;
        self.created_indexes.iter().any(|new| new.name == *name && new.table != index.table)
            || self.created_tables.iter().any(|table| table.name == *name)
    }

    fn needs_name_of_table(&self, table: &Table) -> bool {
        self.created_indexes.iter().any(|new| new.name == table.name)
    }

    fn create_indexes_of(&self, table: &Ident, steps: &mut Vec<Step>) {
        for index in self.created_indexes.iter().filter(|index| &index.table == table) {
            steps.push(Step::of(StatementKind::CreateIndex, table, index.sql.as_str()));
        }
    }

    /// Triggers first, then views (the last made first), then virtual tables.
    fn drop_objects(&self, schemas: Pair<&Schema>, steps: &mut Vec<Step>) {
        let mut objects = self.dropped_objects.clone();
        objects.sort_by_key(|object| {
            (std::cmp::Reverse(object.kind), std::cmp::Reverse(object.ordinal))
        });
        for object in objects {
            // The trigger of a table that goes, goes with it.
            let implied = object.kind == ObjectKind::Trigger
                && self.goes(&object.table)
                && schemas.current.tables.contains_key(&object.table);
            if !implied {
                let sql = format!("DROP {} {}", object.kind.sql_word(), object.name.quoted());
                steps.push(Step::of(StatementKind::DropObject, &object.table, sql));
            }
        }
    }

    fn goes(&self, table: &Ident) -> bool {
        self.dropped_tables.iter().any(|dropped| &dropped.name == table)
    }

    /// Virtual tables, then views in their order, then triggers; and the triggers of a view that
    /// was dropped to be made anew, which went with it.
    fn create_objects(&self, schemas: Pair<&Schema>, steps: &mut Vec<Step>) {
        let mut objects = self.created_objects.clone();
        for dropped in self.dropped_objects.iter().filter(|object| object.kind == ObjectKind::View)
        {
            for trigger in schemas.desired.triggers_of(&dropped.name) {
                // A view and its trigger may have one name.
                let is_made = objects.iter().any(|object| {
                    object.kind == ObjectKind::Trigger && object.name == trigger.name
                });
                if !is_made {
                    objects.push(trigger);
                }
            }
        }
        objects.sort_by_key(|object| (object.kind, object.ordinal));
        for object in objects {
            steps.push(Step::of(StatementKind::CreateObject, &object.table, object.sql.as_str()));
        }
    }

    /// The triggers of a table that neither go nor change.
    fn kept_triggers(&self, schemas: Pair<&'a Schema>, table: &Ident) -> Vec<&'a Object> {
        let mut triggers = schemas.current.triggers_of(table);
        triggers.retain(|trigger| {
            !self
                .dropped_objects
                .iter()
                .any(|dropped| dropped.kind == ObjectKind::Trigger && dropped.name == trigger.name)
        });
        triggers
    }
}
