//! Parking: what a migration drops is put into a table of the engine's own first, from which the
//! way back, or `db undrop`, takes it.
//!
//! The columns of such a table have no type, so that every value stays what it is
//! (<https://www.sqlite.org/datatype3.html#determination_of_column_affinity>). It is found by a row
//! in [`REGISTRY`], whatever becomes of the table that the values were in.

use super::copy::Copy;
use super::{Effort, Plan, PlanOptions, StatementKind, Step, Wording};
use crate::change::{Change, TableChange};
use crate::diff::Difference;
use crate::error::{Error, Result};
use crate::ident::Ident;
use crate::pair::Pair;
use crate::schema::{Column, DefaultValue, OWN_TABLES, Schema, Table};
use crate::subject::Subject;
use std::collections::BTreeMap;

/// The table that says what is parked.
pub const REGISTRY: &str = "schema_engine_dropped";

const CREATE_REGISTRY: &str = "CREATE TABLE IF NOT EXISTS \"schema_engine_dropped\" \
     ( \"name\" text NOT NULL PRIMARY KEY, \"revision\" text NOT NULL, \
     \"table_name\" text NOT NULL, \"key_columns\" text NOT NULL, \"columns\" text NOT NULL, \
     \"texts\" text NOT NULL, \"sequence\" integer, \"parked_at\" integer NOT NULL ) WITHOUT ROWID";

/// Something dropped that is parked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parked {
    /// The table that holds it.
    pub name: Ident,
    /// The table that it was in.
    pub table: Ident,
    /// The dropped columns; of a dropped table all that hold values.
    pub columns: Vec<Ident>,
    /// What was dropped.
    pub extent: Extent,
    identity: Identity,
}

/// How much of a table was dropped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Extent {
    /// Some of its columns.
    Columns,
    /// All of it: the texts that make it again, its own first, and whether ids are handed out.
    Table {
        /// `CREATE` of the table, its indexes and its triggers.
        texts: Vec<String>,
        /// Whether it hands out ids by `AUTOINCREMENT`.
        has_sequence: bool,
    },
}

/// By what a row is known again.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Identity {
    /// The column that is the rowid.
    Alias(Ident),
    /// A rowid by one of its names, which no column has.
    Rowid(&'static str),
    /// The primary key.
    Key(Vec<Ident>),
    /// Nothing; only a table as a whole can come back so.
    None,
}

impl Identity {
    fn columns(&self) -> Vec<Ident> {
        match self {
            Self::Alias(name) => vec![name.clone()],
            Self::Rowid(name) => vec![Ident::from(*name)],
            Self::Key(names) => names.clone(),
            Self::None => Vec::new(),
        }
    }

    /// What is the same for a row before and after a migration.
    fn of_rows(start: &Table, desired: &Table) -> Self {
        if let Some(alias) = start.rowid_alias()
            && desired.rowid_alias() == Some(alias)
        {
            return Self::Alias(alias.clone());
        }
        let stays = |name: &Ident| match (start.column(name), desired.column(name)) {
            (Some(old), Some(new)) => {
                let is_there = |table: &Table, column: &Column| {
                    column.not_null.is_some() || table.implies_not_null(name)
                };
                is_there(start, old)
                    && is_there(desired, new)
                    && start.affinity_of(old) == desired.affinity_of(new)
                    && old.generated.is_none()
                    && new.generated.is_none()
            }
            _ => false,
        };
        let key = start.primary_key.iter().flat_map(|key| &key.columns);
        let key: Vec<_> = key.map(|column| column.name.clone()).collect();
        if !key.is_empty() && key.iter().all(stays) {
            return Self::Key(key);
        }
        // A column that becomes the rowid gives every row another one.
        let taken = desired.rowid_alias().is_some_and(|alias| start.column(alias).is_some());
        match (start.rowid_name(), desired.rowid_name()) {
            (Some(one), Some(other)) if one == other && !taken => Self::Rowid(one),
            _ => Self::None,
        }
    }

    /// What a table is copied by that goes as a whole.
    fn of_table(table: &Table) -> Self {
        if let Some(alias) = table.rowid_alias() {
            return Self::Alias(alias.clone());
        }
        match table.rowid_name() {
            Some(name) => Self::Rowid(name),
            None => Self::None,
        }
    }
}

/// Everything that a migration parks.
#[derive(Debug, Clone, Default)]
pub struct Parking {
    parked: Vec<Parked>,
    revision: String,
}

impl Parking {
    /// What a revision drops on its way to the desired schema. Virtual tables and generated columns
    /// are not parked.
    ///
    /// # Errors
    /// When nothing tells the rows of a table apart both before and after.
    pub fn of(revision: &str, difference: &Difference, start: &Schema) -> Result<Self> {
        let mut parked = Vec::new();
        for change in &difference.changes {
            match change {
                Change::DropTable(table) => parked.push(whole(revision, table, start)),
                Change::AlterTable(difference) => {
                    let Pair { current, desired } = &difference.tables;
                    let gone = difference.changes.iter().filter_map(|change| match change {
                        TableChange::DropColumn(column) if column.generated.is_none() => {
                            Some(column.name.clone())
                        }
                        _ => None,
                    });
                    let columns: Vec<_> = gone.collect();
                    if columns.is_empty() {
                        continue;
                    }
                    let identity = Identity::of_rows(current, desired);
                    if identity == Identity::None {
                        let table = &current.name;
                        return Err(Error::refused(format!("the rows of {table} can't be told apart once it is changed, so nothing of them can be parked"))
                            .state("Nothing was written.")
                            .next("Drop the column in a revision of its own, or without `--keep-dropped`."));
                    }
                    let (name, table) = (store(revision, &current.name), current.name.clone());
                    let extent = Extent::Columns;
                    parked.push(Parked { name, table, columns, extent, identity });
                }
                _ => {}
            }
        }
        Ok(Self { parked, revision: revision.to_owned() })
    }

    /// What is parked.
    #[must_use]
    pub fn parked(&self) -> &[Parked] {
        &self.parked
    }

    /// Where the values of something dropped are.
    #[must_use]
    pub fn place_of(&self, subject: &Subject) -> Option<&Parked> {
        self.parked.iter().find(|parked| match (subject, &parked.extent) {
            (Subject::Table(table), Extent::Table { .. }) => *table == parked.table,
            (Subject::Column { table, column }, Extent::Columns) => {
                *table == parked.table && parked.columns.contains(column)
            }
            _ => false,
        })
    }

    /// What is worth saying before it is relied upon.
    #[must_use]
    pub fn notes(&self) -> Vec<String> {
        let by_rowid = self.parked.iter().filter(|parked| {
            parked.extent == Extent::Columns && matches!(parked.identity, Identity::Rowid(_))
        });
        by_rowid
            .map(|parked| {
                format!(
                    "the parked values of {} are known by rowid alone: no VACUUM may renumber its \
                     rows while they are wanted",
                    parked.table
                )
            })
            .collect()
    }

    /// Puts what goes aside before anything else is done.
    pub fn before(&self, up: Plan) -> Plan {
        let park = self.parked.iter().map(|parked| parked.park(&self.revision));
        Plan { steps: park.chain(up.steps).collect() }
    }

    /// What the way back gives each column that returns: its parked value, and to a row that is
    /// new meanwhile what it would get without.
    #[must_use]
    pub fn fills(&self, reached: &Schema, start: &Schema) -> BTreeMap<(Ident, Ident), String> {
        let mut fills = BTreeMap::new();
        let (effort, none) = (BTreeMap::<Ident, Effort>::new(), BTreeMap::new());
        let options = PlanOptions { wording: Wording::Desired, effort: &effort, fills: &none };
        for parked in self.parked.iter().filter(|parked| parked.extent == Extent::Columns) {
            let tables = (reached.tables.get(&parked.table), start.tables.get(&parked.table));
            let (Some(current), Some(target)) = tables else { continue };
            let copy = Copy { current, target, desired: start, options: &options };
            for name in &parked.columns {
                let Some(column) = target.column(name) else { continue };
                let otherwise = copy.instead_of_null(column).unwrap_or_else(|| {
                    let default = column.default.as_ref().map(DefaultValue::as_expression);
                    default.unwrap_or_else(|| "NULL".to_owned())
                });
                let row = parked.row_of("old");
                let expression = format!(
                    "CASE WHEN EXISTS (SELECT 1 {row}) THEN (SELECT parked.{} {row}) \
                     ELSE {otherwise} END",
                    name.quoted()
                );
                fills.insert((parked.table.clone(), name.clone()), expression);
            }
        }
        fills
    }

    /// Puts what was parked into its place on the way back, and clears up behind it.
    pub fn around(&self, down: Plan) -> Plan {
        // Whoever has pruned it goes back all the same.
        let mut steps: Vec<_> = self.parked.iter().map(Parked::expect).collect();
        for step in down.steps {
            let created = match &step {
                Step::Statement(it) if it.kind == StatementKind::CreateTable => Some(&it.subject),
                _ => None,
            };
            let back = self.parked.iter().find(|parked| {
                matches!(parked.extent, Extent::Table { .. }) && Some(&parked.table) == created
            });
            let back = back.map(Parked::bring_back);
            steps.push(step);
            steps.extend(back);
        }
        steps.extend(self.parked.iter().map(Parked::forget));
        Plan { steps }
    }
}

impl Parked {
    /// Makes the table and copies what goes into it.
    fn park(&self, revision: &str) -> Step {
        let mut columns = self.identity.columns();
        columns.extend(
            self.columns.iter().filter(|name| !columns.contains(name)).cloned().collect::<Vec<_>>(),
        );
        let (texts, sequence) = match &self.extent {
            Extent::Columns => (String::new(), "NULL".to_owned()),
            Extent::Table { texts, has_sequence } => {
                let texts: Vec<_> = texts.iter().map(|it| literal(it)).collect();
                let sequence = format!(
                    "(SELECT max(seq) FROM sqlite_sequence WHERE name = {} COLLATE NOCASE)",
                    self.table.literal()
                );
                (texts.join(", "), if *has_sequence { sequence } else { "NULL".to_owned() })
            }
        };
        let entry = format!(
            "INSERT INTO {REGISTRY} VALUES ({}, {}, {}, json_array({}), json_array({}), \
             json_array({texts}), {sequence}, unixepoch())",
            self.name.literal(),
            literal(revision),
            self.table.literal(),
            list(&self.identity.columns(), Ident::literal),
            list(&self.columns, Ident::literal),
            REGISTRY = Ident::from(REGISTRY).quoted(),
        );
        self.step(
            format!(
                "{}: what goes is parked here, until the way back or `db undrop --prune`.",
                self.table
            ),
            vec![
                self.create("CREATE TABLE"),
                format!(
                    "INSERT INTO {} ({}) SELECT {} FROM {} AS old",
                    self.name.quoted(),
                    list(&columns, Ident::quoted),
                    list(&columns, |name| format!("old.{}", name.quoted())),
                    self.table.quoted()
                ),
                CREATE_REGISTRY.to_owned(),
                entry,
            ],
        )
    }

    fn create(&self, create: &str) -> String {
        let (key, end) = match &self.identity {
            Identity::Alias(name) => (vec![format!("{} INTEGER PRIMARY KEY", name.quoted())], ""),
            Identity::Rowid(name) => (vec![format!("\"{name}\" INTEGER PRIMARY KEY")], ""),
            Identity::Key(names) => (names.iter().map(Ident::quoted).collect(), " WITHOUT ROWID"),
            Identity::None => (Vec::new(), ""),
        };
        let key_columns = self.identity.columns();
        let rest = self.columns.iter().filter(|name| !key_columns.contains(name));
        let mut definitions: Vec<_> = key.into_iter().chain(rest.map(Ident::quoted)).collect();
        if let Identity::Key(names) = &self.identity {
            definitions.push(format!("PRIMARY KEY ({})", list(names, Ident::quoted)));
        }
        format!("{create} {} ({}){end}", self.name.quoted(), definitions.join(", "))
    }

    fn expect(&self) -> Step {
        let comment =
            format!("{}: what was parked comes back, as far as it is still there.", self.table);
        self.step(
            comment,
            vec![self.create("CREATE TABLE IF NOT EXISTS"), CREATE_REGISTRY.to_owned()],
        )
    }

    /// The parked row of a row. A column without a type is compared as it is, and by its key, if
    /// the other side has no affinity either (<https://www.sqlite.org/datatype3.html#comparisons>).
    fn row_of(&self, row: &str) -> String {
        let same = self.identity.columns().into_iter().map(|name| {
            let name = name.quoted();
            format!("parked.{name} = +{row}.{name}")
        });
        let same: Vec<_> = same.collect();
        format!("FROM {} AS parked WHERE {}", self.name.quoted(), same.join(" AND "))
    }

    /// The rows of a table that is there again, and empty.
    fn bring_back(&self) -> Step {
        let mut columns = self.columns.clone();
        if let Identity::Rowid(name) = self.identity {
            columns.insert(0, Ident::from(name));
        }
        let mut statements = vec![format!(
            "INSERT OR ABORT INTO {} ({}) SELECT {} FROM {} AS parked",
            self.table.quoted(),
            list(&columns, Ident::quoted),
            list(&columns, |name| format!("parked.{}", name.quoted())),
            self.name.quoted()
        )];
        if let Extent::Table { has_sequence: true, .. } = self.extent {
            statements.push(format!(
                "DELETE FROM sqlite_sequence WHERE name = {} COLLATE NOCASE",
                self.table.literal()
            ));
            statements.push(format!(
                "INSERT INTO sqlite_sequence (name, seq) SELECT {}, sequence FROM \"{REGISTRY}\" \
                 WHERE name = {} AND sequence IS NOT NULL",
                self.table.literal(),
                self.name.literal()
            ));
        }
        self.step(format!("{}: its rows come back.", self.table), statements)
    }

    fn forget(&self) -> Step {
        let statements = vec![
            format!("DELETE FROM \"{REGISTRY}\" WHERE name = {}", self.name.literal()),
            format!("DROP TABLE {}", self.name.quoted()),
        ];
        self.step(format!("{}: nothing is parked any more.", self.table), statements)
    }

    fn step(&self, comment: String, statements: Vec<String>) -> Step {
        Step::Parking(ParkingStep { table: self.table.clone(), comment, statements })
    }
}

/// Statements that park something or bring it back.
#[derive(Debug, Clone)]
pub struct ParkingStep {
    /// The table that they are about.
    pub table: Ident,
    /// What they do, as a sentence.
    pub comment: String,
    /// The statements in their order, without semicolons.
    pub statements: Vec<String>,
}

fn whole(revision: &str, table: &Table, start: &Schema) -> Parked {
    let plain = table.columns.iter().filter(|column| column.generated.is_none());
    let mut indexes: Vec<_> = start.indexes_of(&table.name).collect();
    indexes.sort_by_key(|index| index.ordinal);
    let indexes = indexes.into_iter().map(|index| index.sql.clone());
    let triggers = start.triggers_of(&table.name).into_iter().map(|trigger| trigger.sql.clone());
    let texts = [table.sql.clone()].into_iter().chain(indexes).chain(triggers).collect();
    Parked {
        name: store(revision, &table.name),
        table: table.name.clone(),
        columns: plain.map(|column| column.name.clone()).collect(),
        extent: Extent::Table { texts, has_sequence: table.is_autoincrement() },
        identity: Identity::of_table(table),
    }
}

fn store(revision: &str, table: &Ident) -> Ident {
    Ident::from(format!("{OWN_TABLES}dropped_{revision}_{table}"))
}

fn list(names: &[Ident], write: impl Fn(&Ident) -> String) -> String {
    names.iter().map(write).collect::<Vec<_>>().join(", ")
}

fn literal(text: &str) -> String {
    Ident::from(text).literal()
}
