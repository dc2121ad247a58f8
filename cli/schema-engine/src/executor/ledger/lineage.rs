//! Where the rows and values of each table came from, followed statement by statement.
//!
//! A value changes on purpose where a statement says so: an `UPDATE` of its column, or an
//! expression in the place of the column in a copy. A row comes or goes on purpose with an `INSERT`
//! or `DELETE` on its table, or where a copy has a condition. Everything else is meant to stay: what
//! a copy takes by its name, and the rows of a table that only stood beside one that was dropped.

use crate::ident::Ident;
use crate::schema::{Schema, Table};
use crate::sql::effect::{Copy, Effect, Spelling, Value};
use std::collections::{BTreeMap, BTreeSet};

/// A table that a statement writes to, as SQLite itself sees it when the statement is compiled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Touched {
    /// Rows come or go.
    Rows(Ident),
    /// The values of a column change.
    Column(Ident, Ident),
}

/// What became of the tables that were there at first.
#[derive(Debug, Clone, Default)]
pub(crate) struct Lineage {
    tables: BTreeMap<Ident, Descent>,
    /// Tables of which a statement touched anything, meant or not.
    disturbed: BTreeSet<Ident>,
}

/// Where a table and its columns come from.
#[derive(Debug, Clone)]
pub(super) struct Descent {
    /// The table that its rows were in at first.
    pub(super) origin: Option<Ident>,
    pub(super) columns: Vec<(Ident, Origin)>,
    pub(super) rows: Rows,
    /// Whether the columns stand in the order that the table has them in.
    in_order: bool,
}

/// Whether a table holds the rows of its origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rows {
    All,
    /// Rows were put in or taken out on purpose.
    Written,
}

/// Where the values of a column come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Origin {
    /// A column of the origin.
    Kept(Ident),
    /// It was changed, worked out or is new.
    Written,
    /// A name in double quotes that no column has: SQLite read a string there.
    Mistaken(Ident),
}

impl Lineage {
    /// Every table is its own origin.
    pub(crate) fn of(schema: &Schema) -> Self {
        let tables = schema.tables.values().map(|table| {
            let kept = |name: &Ident| Origin::Kept(name.clone());
            (table.name.clone(), Descent::of(table, Some(table.name.clone()), kept))
        });
        Self { tables: tables.collect(), disturbed: BTreeSet::new() }
    }

    /// Follows one statement that is about to run. Gives the table whose rows it copies, if it is
    /// a copy.
    pub(crate) fn follow(&mut self, sql: &str, touched: Vec<Touched>) -> Option<Ident> {
        let effect = Effect::of(sql);
        self.disturbed.extend(touched.iter().map(|touched| touched.table().clone()));
        match effect {
            Effect::Create(name) => {
                let table = Table::from_sql(sql.trim_end().trim_end_matches(';'), 0);
                let descent = table.map_or_else(
                    |_| Descent::unknown(),
                    |table| Descent::of(&table, None, |_| Origin::Written),
                );
                self.disturbed.insert(name.clone());
                self.tables.entry(name).or_insert(descent);
            }
            Effect::Drop(name) => {
                self.tables.remove(&name);
            }
            Effect::RenameTable { from, to } => {
                if let Some(descent) = self.tables.remove(&from) {
                    self.tables.insert(to.clone(), descent);
                }
                self.disturbed.insert(to);
            }
            Effect::RenameColumn { table, from, to } => {
                let columns = self.tables.get_mut(&table).map(|it| &mut it.columns);
                let column = columns.into_iter().flatten().find(|(name, _)| *name == from);
                if let Some((name, _)) = column {
                    *name = to;
                }
                self.disturbed.insert(table);
            }
            Effect::AlterColumns(table) => {
                if let Some(descent) = self.tables.get_mut(&table) {
                    descent.in_order = false;
                }
                self.disturbed.insert(table);
            }
            Effect::Copy(copy) => {
                let from = copy.from.clone();
                let is_new = self.tables.get(&copy.into).is_some_and(|it| it.origin.is_none());
                if is_new {
                    self.copy(&copy);
                }
                let by_the_way = touched.into_iter();
                self.write(by_the_way.filter(|it| !(is_new && *it.table() == copy.into)));
                return Some(from);
            }
            Effect::Write => self.write(touched.into_iter()),
            // Whatever that touched, nobody asked for it.
            Effect::Other => {}
        }
        None
    }

    /// What was touched on purpose.
    fn write(&mut self, touched: impl Iterator<Item = Touched>) {
        for touched in touched {
            let Some(descent) = self.tables.get_mut(touched.table()) else { continue };
            match touched {
                Touched::Rows(_) => descent.rows = Rows::Written,
                Touched::Column(_, column) => descent.set(&column, Origin::Written),
            }
        }
    }

    fn copy(&mut self, copy: &Copy) {
        let source = self.tables.get(&copy.from).cloned();
        let Some(target) = self.tables.get_mut(&copy.into) else { return };
        let pairs = source.as_ref().and_then(|source| Some((source, target.pairs(copy, source)?)));
        let Some((source, pairs)) = pairs else {
            target.rows = Rows::Written;
            return;
        };
        target.origin.clone_from(&source.origin);
        if !copy.whole || source.rows == Rows::Written {
            target.rows = Rows::Written;
        }
        // A column of the same name that the copy leaves out would lose its values.
        for (name, origin) in &source.columns {
            if !pairs.iter().any(|(column, _)| column == name) {
                target.set(name, origin.clone());
            }
        }
        let copied = |name: &Ident, into: Option<&Ident>| {
            let of = |value: &Value| matches!(value, Value::Column(from, _) if from == name);
            pairs.iter().any(|(column, value)| of(value) && into.is_none_or(|into| into == column))
        };
        // One column over another that has values of its own, which nothing else takes: no renaming,
        // since the first stays, too.
        let is_over_another = |column: &Ident, name: &Ident| {
            column != name && copied(name, Some(name)) && !copied(column, None)
        };
        for (column, value) in &pairs {
            let origin = match value {
                Value::Column(name, spelling) => match (source.origin_of(name), spelling) {
                    (Some(origin), _) => match source.origin_of(column) {
                        Some(own) if is_over_another(column, name) => own.clone(),
                        _ => origin.clone(),
                    },
                    (None, Spelling::DoubleQuoted) => Origin::Mistaken(name.clone()),
                    // The rowid under one of its names.
                    (None, _) => continue,
                },
                Value::All | Value::Expression => Origin::Written,
            };
            target.set(column, origin);
        }
    }

    /// What is called so now, if it is followed.
    pub(super) fn table(&self, name: &Ident) -> Option<&Descent> {
        self.tables.get(name)
    }

    /// Whether anything was done to a table.
    pub(super) fn is_disturbed(&self, name: &Ident) -> bool {
        self.disturbed.contains(name)
    }
}

impl Touched {
    fn table(&self) -> &Ident {
        match self {
            Self::Rows(table) | Self::Column(table, _) => table,
        }
    }
}

impl Descent {
    fn of(table: &Table, origin: Option<Ident>, column: impl Fn(&Ident) -> Origin) -> Self {
        let columns = table.columns.iter().filter(|column| column.generated.is_none());
        let columns = columns.map(|it| (it.name.clone(), column(&it.name))).collect();
        Self { origin, columns, rows: Rows::All, in_order: true }
    }

    /// A table whose columns can't be read.
    fn unknown() -> Self {
        Self { origin: None, columns: Vec::new(), rows: Rows::All, in_order: false }
    }

    /// Whether nobody can tell what it was made of.
    pub(super) fn is_unknown(&self) -> bool {
        self.origin.is_none() && self.columns.is_empty()
    }

    fn origin_of(&self, column: &Ident) -> Option<&Origin> {
        self.columns.iter().find(|(name, _)| name == column).map(|(_, origin)| origin)
    }

    fn set(&mut self, column: &Ident, origin: Origin) {
        if let Some((_, known)) = self.columns.iter_mut().find(|(name, _)| name == column) {
            *known = origin;
        }
    }

    /// Which column gets which value; `None` where that can't be told.
    fn pairs(&self, copy: &Copy, source: &Self) -> Option<Vec<(Ident, Value)>> {
        let columns = match &copy.columns {
            Some(columns) => columns.clone(),
            None if self.in_order => self.columns.iter().map(|(name, _)| name.clone()).collect(),
            None => return None,
        };
        let mut values = Vec::new();
        for value in &copy.values {
            match value {
                Value::All if source.in_order => {
                    for (name, _) in &source.columns {
                        // `*` goes by the place; who writes it means the column of the same name.
                        let meant = columns.get(values.len());
                        let meant = meant.filter(|it| source.origin_of(it).is_some());
                        let name = meant.unwrap_or(name).clone();
                        values.push(Value::Column(name, Spelling::Qualified));
                    }
                }
                Value::All => return None,
                value => values.push(value.clone()),
            }
        }
        (columns.len() == values.len()).then(|| columns.into_iter().zip(values).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::{Lineage, Origin, Rows, Touched};
    use crate::ident::Ident;
    use crate::schema::{Schema, Table};

    fn id(name: &str) -> Ident {
        Ident::from(name)
    }

    fn followed(statements: &[(&str, &[Touched])]) -> Lineage {
        let table = Table::from_sql("CREATE TABLE t (id INTEGER PRIMARY KEY, a, b)", 0).unwrap();
        let mut schema = Schema::default();
        schema.tables.insert(table.name.clone(), table);
        let mut lineage = Lineage::of(&schema);
        for (sql, touched) in statements {
            let _ = lineage.follow(sql, touched.to_vec());
        }
        lineage
    }

    #[test]
    fn a_rebuild_is_followed_back_to_the_table_it_replaces() {
        let lineage = followed(&[
            ("CREATE TABLE t__new (id INTEGER PRIMARY KEY, a, c, d, e)", &[]),
            (
                "INSERT INTO t__new (rowid, a, c, d, e) SELECT old.rowid, old.a, old.b, a + 1, \"x\" FROM t AS old",
                &[Touched::Rows(id("t__new"))],
            ),
            ("DROP TABLE t", &[Touched::Rows(id("t")), Touched::Rows(id("child"))]),
            ("ALTER TABLE t__new RENAME TO t", &[]),
            ("UPDATE t SET a = 1", &[Touched::Column(id("t"), id("a"))]),
        ]);
        let descent = lineage.table(&id("t")).unwrap();
        assert_eq!((descent.origin.clone(), descent.rows), (Some(id("t")), Rows::All));
        let origins: Vec<_> = descent.columns.iter().map(|(_, origin)| origin.clone()).collect();
        let kept = Origin::Kept(id("b"));
        let (written, mistaken) = (Origin::Written, Origin::Mistaken(id("x")));
        // The rowid is the key under another name.
        let key = Origin::Kept(id("id"));
        assert_eq!(origins, [key, written.clone(), kept, written, mistaken]);
        assert!(lineage.is_disturbed(&id("child")));
    }

    #[test]
    fn a_column_that_another_is_copied_over_is_held_to_its_own_values() {
        let origins = |copy: &str| {
            let new = "CREATE TABLE new (id INTEGER PRIMARY KEY, a, b)";
            let copy = format!("INSERT INTO new (id, a, b) SELECT {copy} FROM t");
            let lineage = followed(&[(new, &[]), (&copy, &[Touched::Rows(id("new"))])]);
            let descent = lineage.table(&id("new")).unwrap();
            let kept = |(_, origin): &(Ident, Origin)| match origin {
                Origin::Kept(name) => name.to_string(),
                other => format!("{other:?}"),
            };
            descent.columns.iter().map(kept).collect::<Vec<_>>()
        };
        assert_eq!(origins("id, a, a"), ["id", "a", "b"]);
        assert_eq!(origins("id, b, b"), ["id", "a", "b"]);
        // Both are there still, under each other's name.
        assert_eq!(origins("id, b, a"), ["id", "b", "a"]);
        // `a` has taken the place of `b`, which is gone.
        assert_eq!(origins("id, NULL, a"), ["id", "Written", "a"]);
    }

    #[test]
    fn rows_that_are_written_are_not_held() {
        for (sql, touched) in [
            ("DELETE FROM t WHERE a IS NULL", vec![Touched::Rows(id("t"))]),
            ("INSERT INTO t (a) SELECT a FROM t", vec![Touched::Rows(id("t"))]),
        ] {
            let lineage = followed(&[(sql, &touched)]);
            assert_eq!(lineage.table(&id("t")).unwrap().rows, Rows::Written, "{sql}");
        }
        let lineage = followed(&[("DROP TABLE other", &[Touched::Rows(id("t"))])]);
        assert_eq!(lineage.table(&id("t")).unwrap().rows, Rows::All);
    }
}
