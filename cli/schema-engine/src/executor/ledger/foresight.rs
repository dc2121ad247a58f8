//! Which tables a run can touch the rows of, told before it runs.
//!
//! A table that no statement of a run comes near needs no summing up: an edit of its stored SQL, an
//! index or a view more leave its rows where they are. Only what is certain counts; where a
//! statement isn't understood, or a trigger might fire, every table is summed up.

use crate::books::Step;
use crate::ident::Ident;
use crate::plan::NO_VALUE;
use crate::schema::{ObjectKind, Schema};
use crate::sql::effect::Effect;
use crate::sql::lexer::{Token, TokenKind, tokens};
use std::collections::BTreeSet;

/// The tables whose rows these steps can touch; `None` where that can't be told.
pub(crate) fn foreseen<'a>(
    steps: impl IntoIterator<Item = &'a Step>,
    before: &Schema,
) -> Option<BTreeSet<Ident>> {
    let mut foreseen = BTreeSet::new();
    let mut triggers = before.objects.keys().any(|(kind, _)| *kind == ObjectKind::Trigger);
    for step in steps {
        let Step::Statement(sql) = step else { continue };
        let tokens = tokens(sql).ok()?;
        let words: Vec<&Token> =
            tokens.iter().filter(|token| token.kind != TokenKind::Comment).collect();
        let is = |at: usize, word: &str| {
            words.get(at).is_some_and(|token| token.text(sql).eq_ignore_ascii_case(word))
        };
        if !is_one_statement(sql, &words) {
            return None;
        }
        match Effect::of(sql) {
            Effect::Create(_) => continue,
            Effect::Write if writes_what_is_there(sql, &words) => continue,
            Effect::Write if !triggers && writes_down_a_default(sql, &words) => continue,
            // A trigger may write to any table.
            Effect::Write if triggers && !is(2, "sqlite_sequence") => return None,
            Effect::Drop(_)
            | Effect::RenameTable { .. }
            | Effect::RenameColumn { .. }
            | Effect::AlterColumns(_)
            | Effect::Copy(_)
            | Effect::Write => {}
            Effect::Other if is(0, "PRAGMA") && is(1, "legacy_alter_table") => continue,
            Effect::Other
                if is(0, "DROP") && ["INDEX", "VIEW", "TRIGGER"].iter().any(|it| is(1, it)) =>
            {
                continue;
            }
            Effect::Other
                if is(0, "CREATE") && (is(1, "INDEX") || is(2, "INDEX") || is(1, "VIEW")) =>
            {
                continue;
            }
            Effect::Other if is(0, "CREATE") && is(1, "TRIGGER") => {
                triggers = true;
                continue;
            }
            Effect::Other => return None,
        }
        let named = words.iter().filter_map(|token| token.name(sql)).map(Ident::from);
        foreseen.extend(
            named
                .filter_map(|name| before.tables.get_key_value(&name))
                .map(|(name, _)| name.clone()),
        );
    }
    Some(foreseen)
}

/// Whether a text ends with its first statement. That of a trigger ends with the first `END` behind
/// a semicolon.
fn is_one_statement(sql: &str, words: &[&Token]) -> bool {
    let text = |at: usize| words.get(at).map_or("", |token| token.text(sql));
    let is_trigger = [1, 2].iter().any(|at| text(*at).eq_ignore_ascii_case("TRIGGER"));
    let end = if is_trigger && text(0).eq_ignore_ascii_case("CREATE") {
        (1..words.len()).find(|at| text(at - 1) == ";" && text(*at).eq_ignore_ascii_case("END"))
    } else {
        (1..words.len()).find(|at| text(*at) == ";").map(|semicolon| semicolon - 1)
    };
    let last = end.unwrap_or(words.len().saturating_sub(1));
    last + 1 == words.len() || last + 2 == words.len() && text(last + 1) == ";"
}

/// `UPDATE t SET c = c, … WHERE …`, by which an edit has SQLite look at the rows that break a new
/// rule: it writes nothing but what is there.
fn writes_what_is_there(sql: &str, words: &[&Token]) -> bool {
    let upper = |at: usize| words.get(at).map(|token| token.text(sql).to_ascii_uppercase());
    let expected = |at: usize, word: &str| upper(at).is_some_and(|found| found == word);
    let begins = ["UPDATE", "OR", "ABORT"].iter().enumerate().all(|(at, word)| expected(at, word));
    let mut at = 5;
    begins
        && expected(4, "SET")
        && loop {
            let name = |at: usize| words.get(at).and_then(|token| token.name(sql));
            let is_itself = name(at).is_some() && expected(at + 1, "=") && name(at) == name(at + 2);
            match words.get(at + 3).map(|token| token.text(sql)) {
                _ if !is_itself => break false,
                Some(",") => at += 4,
                end => break end.is_some_and(|word| word.eq_ignore_ascii_case("WHERE")),
            }
        }
}

/// `UPDATE t SET c = … WHERE c IS` [`NO_VALUE`], by which an edit writes the former default into rows
/// that had no value of their own: they read as before.
fn writes_down_a_default(sql: &str, words: &[&Token]) -> bool {
    let [update, or, abort, _, set, column, .., condition, same, is, value] = words else {
        return false;
    };
    let spelled = [(update, "UPDATE"), (or, "OR"), (abort, "ABORT"), (set, "SET")];
    let spelled = spelled.into_iter().chain([(condition, "WHERE"), (is, "IS"), (value, NO_VALUE)]);
    spelled.into_iter().all(|(token, word)| token.text(sql).eq_ignore_ascii_case(word))
        && column.name(sql).is_some()
        && column.name(sql) == same.name(sql)
        // One column alone.
        && words.iter().filter(|token| token.text(sql) == "=").count() == 1
}

#[cfg(test)]
mod tests {
    use super::foreseen;
    use crate::books::Step;
    use crate::ident::Ident;
    use crate::schema::{Schema, Table};

    fn of(statements: &[&str]) -> Option<Vec<String>> {
        let mut schema = Schema::default();
        for sql in ["CREATE TABLE t (id, a)", "CREATE TABLE other (id)"] {
            let table = Table::from_sql(sql, 0).unwrap();
            schema.tables.insert(table.name.clone(), table);
        }
        let edit =
            Step::Edit { table: "t".into(), stored: "CREATE TABLE t (id, a NOT NULL)".into() };
        let mut steps = vec![edit];
        steps.extend(statements.iter().map(|sql| Step::Statement((*sql).to_owned())));
        foreseen(&steps, &schema).map(|names| names.iter().map(Ident::to_string).collect())
    }

    #[test]
    fn what_comes_near_no_row_touches_no_table() {
        let edit = "UPDATE OR ABORT \"t\" SET \"a\" = \"a\" WHERE coalesce(\"a\", NULL) IS NULL";
        let default =
            format!("UPDATE OR ABORT \"t\" SET \"a\" = (-1) WHERE \"a\" IS {}", super::NO_VALUE);
        assert_eq!(of(&[&default]), Some(Vec::new()));
        let both = edit.replace(" WHERE", ", id = id WHERE NOT (id > 0) OR");
        assert_eq!(of(&[&both]), Some(Vec::new()));
        let two = default.replace("= (-1)", "= 1, id = 2");
        assert_eq!(of(&[&two]), Some(vec!["t".to_owned()]));
        let none = of(&[edit, "CREATE INDEX i ON t (a)", "DROP VIEW v", "CREATE TABLE new (a)"]);
        assert_eq!(none, Some(Vec::new()));
    }

    #[test]
    fn what_is_dropped_copied_or_written_is_touched() {
        for sql in [
            "DROP TABLE t",
            "INSERT INTO t__new (a) SELECT old.a FROM \"t\" AS old",
            "ALTER TABLE t DROP COLUMN a",
            "ALTER TABLE t RENAME TO u",
            "UPDATE t SET a = 1",
            "UPDATE OR ABORT t SET a = id WHERE 1",
            "UPDATE OR ABORT t SET a = a, id = a WHERE 1",
            "UPDATE OR ABORT t SET a = a + 1 WHERE 1",
            "UPDATE OR ABORT t SET a = a",
            "DELETE FROM T",
        ] {
            assert_eq!(of(&[sql]), Some(vec!["t".to_owned()]), "{sql}");
        }
    }

    #[test]
    fn where_it_cannot_be_told_every_table_is() {
        for sql in ["PRAGMA foreign_keys = ON", "REINDEX", "ANALYZE", "UPDATE t SET '"] {
            assert_eq!(of(&[sql]), None, "{sql}");
        }
        for sql in ["CREATE TABLE new (a); DROP TABLE t", "DROP VIEW v; UPDATE t SET a = 1;"] {
            assert_eq!(of(&[sql]), None, "{sql}");
        }
        let trigger = "CREATE TRIGGER r AFTER UPDATE ON t BEGIN DELETE FROM other; END";
        assert_eq!(of(&[trigger, "UPDATE t SET a = 1"]), None);
        assert_eq!(of(&["UPDATE t SET a = 1;", trigger]), Some(vec!["t".to_owned()]));
        assert_eq!(
            of(&[&format!("{trigger}; DROP TABLE t; SELECT CASE 1 WHEN 1 THEN 1 END")]),
            None
        );
    }
}
