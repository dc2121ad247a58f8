//! Fills that fill nothing: a misspelt one must not be passed over in silence.

use super::{Answers, may_convert};
use crate::change::Change;
use crate::diff::Difference;
use crate::error::{Error, Result};
use crate::schema::{Column, Table};
use crate::subject::Subject;

impl Answers {
    /// Finds a fill for a column that takes none: one that isn't there, or whose rows keep what
    /// they hold.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Usage`] with the fill, and the columns that take one.
    pub fn check_fills(&self, difference: &Difference) -> Result<()> {
        let takers = takers(difference);
        let taken = |subject: &Subject| takers.contains(subject);
        let wrong =
            self.fills.iter().find(|((table, column), _)| !taken(&Subject::column(table, column)));
        let Some(((table, column), expression)) = wrong else { return Ok(()) };
        let names: Vec<_> = takers.iter().map(ToString::to_string).collect();
        let next = if names.is_empty() {
            "No column takes a fill in this revision: leave the flag out.".to_owned()
        } else {
            format!("Columns that take a fill in this revision: {}.", names.join(", "))
        };
        Err(Error::usage(format!(
            "`--fill {table}.{column}={expression}` fills nothing: no column of that name is added \
             to a table with rows, may no longer be NULL, or gets another type"
        ))
        .state("Nothing was written.")
        .next(next))
    }
}

/// The columns whose old rows get a value, in the order of the changes.
fn takers(difference: &Difference) -> Vec<Subject> {
    let altered = difference.changes.iter().filter_map(|change| match change {
        Change::AlterTable(table) => Some(&table.tables),
        _ => None,
    });
    let takers = altered.flat_map(|tables| {
        let plain = tables.desired.columns.iter().filter(|column| column.generated.is_none());
        let taking = plain.filter(|column| match tables.current.column(&column.name) {
            None => true,
            Some(old) => {
                let nulls_go =
                    !holds_no_null(&tables.current, old) && holds_no_null(&tables.desired, column);
                nulls_go || may_convert(tables.as_ref(), &column.name)
            }
        });
        taking.map(|column| Subject::column(&tables.desired.name, &column.name))
    });
    takers.collect()
}

fn holds_no_null(table: &Table, column: &Column) -> bool {
    column.not_null.is_some() || table.implies_not_null(&column.name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::diff;
    use crate::pair::Pair;
    use crate::schema::Schema;

    #[test]
    fn a_fill_is_for_a_column_that_is_added_or_made_required() {
        let schema = |sql: &str| {
            let table = Table::from_sql(sql, 0).unwrap();
            Schema { tables: [(table.name.clone(), table)].into(), ..Schema::default() }
        };
        let current = schema("CREATE TABLE t (id integer PRIMARY KEY, a, b NOT NULL, gone)");
        let desired =
            schema("CREATE TABLE t (id integer PRIMARY KEY, a NOT NULL, b NOT NULL, c, d AS (a))");
        let difference = diff(Pair::new(&current, &desired));
        let check = |fill: &str| {
            let answers = Answers::new(Vec::new(), vec![fill.parse().unwrap()], []);
            answers.check_fills(&difference).map_err(|error| error.next_steps().join(" "))
        };
        for fill in ["t.a=0", "T.C=0"] {
            assert_eq!(check(fill), Ok(()), "{fill}");
        }
        let takers = Err("Columns that take a fill in this revision: t.a, t.c.".to_owned());
        for fill in ["t.id=1", "t.b=0", "t.d=0", "t.gone=0", "t.nowhere=0", "other.a=0"] {
            assert_eq!(check(fill), takers, "{fill}");
        }
    }
}
