//! Renames that the models remember.
//!
//! A hint stays in a model for ever, so it has to be harmless once it was followed: it counts only
//! while its old name is there and wanted no more, and its new name is wanted and not there yet.

use super::{Answers, Rename};
use crate::ident::Ident;
use crate::pair::Pair;
use crate::schema::Schema;
use std::collections::{BTreeMap, BTreeSet};

impl Answers {
    /// These answers, and behind them those of the models' hints that count. What was given
    /// expressly wins: a hint about a name that a given rename concerns has no effect.
    #[must_use]
    pub fn with_hints(&self, hints: &[Rename], schemas: Pair<&Schema>) -> Self {
        let mut current = Names::of(schemas.current);
        let desired = Names::of(schemas.desired);
        let (tables, columns): (Vec<_>, Vec<_>) =
            hints.iter().partition(|hint| matches!(hint, Rename::Table { .. }));
        let mut renames = Vec::new();
        // A given rename of a column may call its table by the name that only a hint gives it.
        let (first, then): (Vec<_>, Vec<_>) =
            tables.into_iter().partition(|hint| self.calls_by_new_name(hint));
        let given = self.renames.iter().map(|rename| (rename, Origin::Given));
        let hinted = |hint| (hint, Origin::Hint);
        let all = first.into_iter().map(hinted).chain(given);
        for (rename, origin) in all.chain(then.into_iter().chain(columns).map(hinted)) {
            if origin == Origin::Given || current.may_become(rename, &desired) {
                current.rename(rename);
                renames.push(rename.clone());
            }
        }
        Self { renames, ..self.clone() }
    }

    fn calls_by_new_name(&self, hint: &Rename) -> bool {
        let Rename::Table { to: new, .. } = hint else { return false };
        self.renames
            .iter()
            .any(|given| matches!(given, Rename::Column { table, .. } if table == new))
    }
}

/// Who says that something was renamed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Origin {
    Given,
    Hint,
}

/// The columns of every table, by name alone.
struct Names(BTreeMap<Ident, BTreeSet<Ident>>);

impl Names {
    fn of(schema: &Schema) -> Self {
        let tables = schema.tables.values();
        let columns = tables.map(|table| {
            let columns = table.columns.iter().map(|column| column.name.clone());
            (table.name.clone(), columns.collect())
        });
        Self(columns.collect())
    }

    fn may_become(&self, rename: &Rename, desired: &Self) -> bool {
        match rename {
            Rename::Table { from, to } => {
                let moves = |names: &Self, there: &Ident, gone: &Ident| {
                    names.0.contains_key(there) && !names.0.contains_key(gone)
                };
                moves(self, from, to) && moves(desired, to, from)
            }
            Rename::Column { table, from, to } => {
                let moves = |names: &Self, there: &Ident, gone: &Ident| {
                    let columns = names.0.get(table);
                    columns.is_some_and(|names| names.contains(there) && !names.contains(gone))
                };
                moves(self, from, to) && moves(desired, to, from)
            }
        }
    }

    fn rename(&mut self, rename: &Rename) {
        match rename {
            Rename::Table { from, to } => {
                if let Some(columns) = self.0.remove(from) {
                    self.0.insert(to.clone(), columns);
                }
            }
            Rename::Column { table, from, to } => {
                if let Some(columns) = self.0.get_mut(table)
                    && columns.remove(from)
                {
                    columns.insert(to.clone());
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::Table;

    fn schema(tables: &[&str]) -> Schema {
        let mut schema = Schema::default();
        for sql in tables {
            let table = Table::from_sql(*sql, 0).unwrap();
            schema.tables.insert(table.name.clone(), table);
        }
        schema
    }

    /// The renames that come of given ones and hints, as they are written.
    fn renames(current: &[&str], desired: &[&str], given: &[&str], hints: &[&str]) -> Vec<String> {
        let read = |texts: &[&str]| texts.iter().map(|text| text.parse().unwrap()).collect();
        let answers = Answers::new(read(given), Vec::new(), []);
        let hints: Vec<Rename> = read(hints);
        let (current, desired) = (schema(current), schema(desired));
        let answers = answers.with_hints(&hints, Pair::new(&current, &desired));
        answers.renames.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_hint_counts_until_it_was_followed() {
        let (old, new) = ("CREATE TABLE t (prio)", "CREATE TABLE t (priority)");
        let both = "CREATE TABLE t (prio, priority)";
        let hint = ["t.prio=priority"];
        assert_eq!(renames(&[old], &[new], &[], &hint), hint);
        for (current, desired) in [(new, new), (both, new), (old, both), (old, old), (both, both)] {
            assert!(renames(&[current], &[desired], &[], &hint).is_empty(), "{current} {desired}");
        }
        assert!(renames(&[], &[new], &[], &hint).is_empty(), "a table that is new");
    }

    #[test]
    fn a_chain_of_hints_is_followed_from_where_the_database_stands() {
        let hints = ["t.a=c", "t.b=c"];
        let desired = ["CREATE TABLE t (c)"];
        assert_eq!(renames(&["CREATE TABLE t (a)"], &desired, &[], &hints), ["t.a=c"]);
        assert_eq!(renames(&["CREATE TABLE t (b)"], &desired, &[], &hints), ["t.b=c"]);
        let both = renames(&["CREATE TABLE t (a, b)"], &desired, &[], &hints);
        assert_eq!(both, ["t.a=c"], "two columns can't become one");
    }

    #[test]
    fn tables_come_before_their_columns() {
        let (old, new) = (["CREATE TABLE tags (word)"], ["CREATE TABLE labels (text)"]);
        let renamed = renames(&old, &new, &[], &["labels.word=text", "tags=labels"]);
        assert_eq!(renamed, ["tags=labels", "labels.word=text"]);
        let renamed = renames(&old, &new, &["labels.word=text"], &["tags=labels"]);
        assert_eq!(renamed, ["tags=labels", "labels.word=text"]);
        let renamed = renames(&old, &new, &["tags.word=text"], &["tags=labels"]);
        assert_eq!(renamed, ["tags.word=text", "tags=labels"]);
    }

    #[test]
    fn what_was_given_wins() {
        let (old, new) = (["CREATE TABLE t (a, b)"], ["CREATE TABLE t (c, d)"]);
        let renamed = renames(&old, &new, &["t.a=d"], &["t.a=c", "t.b=d"]);
        assert_eq!(renamed, ["t.a=d"]);
    }
}
