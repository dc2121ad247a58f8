//! A proven plan as a script for the stock `sqlite3` shell.
//!
//! The shell goes on after an error unless it is told not to, and would commit what is half done:
//! `.bail on` comes first. A statement that ends in a comment gets its semicolon on the next line.

use crate::ident::Ident;
use crate::pair::Pair;
use crate::plan::statistics::Statistics;
use crate::plan::{Plan, StatementKind, Step};
use crate::schema::Schema;
use crate::sql::lexer::{Token, TokenKind, tokens};
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// What a script says and checks beside its steps.
#[derive(Debug, Clone)]
pub struct Script<'a> {
    /// The names of both sides.
    pub sides: Pair<&'a str>,
    /// The schemas of both sides, renames done.
    pub schemas: Pair<&'a Schema>,
    /// The differences, one line each.
    pub changes: &'a [String],
    /// What it may cost, one line each.
    pub hazards: &'a [String],
    /// The plan.
    pub plan: &'a Plan,
    /// The tables whose references are checked, before and after.
    pub references: &'a [CheckedReferences],
}

/// A table whose references are checked.
#[derive(Debug, Clone)]
pub struct CheckedReferences {
    /// The table, renames done.
    pub table: Ident,
    /// Whether its references can be checked at the beginning.
    pub before: Before,
    /// By what its rows are known on both sides.
    pub rows: RowsKnownBy,
}

/// Whether a table's references can be checked at the beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Before {
    /// They can: what is broken then doesn't count.
    Checked,
    /// The table isn't there yet, or SQLite can't check it: whatever is broken counts.
    Unknown,
}

/// By what the rows of a table are known before and after.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowsKnownBy {
    /// By rowids, which stay.
    Rowid,
    /// By their number: there are no rowids, or they change.
    Number,
}

/// The script of a comparison without a difference.
#[must_use]
pub fn empty_script(sides: Pair<&str>) -> String {
    let mut text = String::new();
    comment(&mut text, &format!("From {} to {}: nothing differs.", sides.current, sides.desired));
    text
}

impl Script<'_> {
    /// The script's text.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        self.head(&mut text);
        text.push_str(".bail on\n.timeout 5000\n");
        if self.has_strings_in_double_quotes() {
            text.push_str(
                "-- The shell takes \"text\" for a name unless it is told that it may be a string.\n\
                 .dbconfig dqs_ddl on\n.dbconfig dqs_dml on\n",
            );
        }
        if self.plan.statements().any(edits_the_schema) {
            text.push_str(
                "-- The shell keeps scripts from editing stored definitions unless it is told.\n\
                 .dbconfig defensive off\n",
            );
        }
        text.push_str("PRAGMA foreign_keys = OFF;\nBEGIN IMMEDIATE;\n");
        let renames = self.plan.steps.iter().take_while(|step| is_rename(step)).count();
        let (renames, steps) = self.plan.steps.split_at(renames);
        push_steps(&mut text, renames);
        self.refuse_what_came_since(&mut text);
        self.remember_broken(&mut text);
        let rebuilds = self.plan.rebuilds().next().is_some();
        let statistics =
            if rebuilds { Statistics::of(self.schemas.current) } else { Statistics::default() };
        push_statements(&mut text, "What ANALYZE found out is put aside.", &statistics.save);
        push_steps(&mut text, steps);
        push_statements(&mut text, "What ANALYZE found out is put back.", &statistics.restore);
        self.check_references(&mut text);
        text.push_str("COMMIT;\n");
        text
    }

    /// Whether something in double quotes may be a string, because it is nobody's name. SQLite
    /// takes it for one; the shell doesn't since 3.41 (<https://www.sqlite.org/quirks.html#dblquote>).
    fn has_strings_in_double_quotes(&self) -> bool {
        let sides = [self.schemas.current, self.schemas.desired];
        let mut names: BTreeSet<Ident> = sides.into_iter().flat_map(names).collect();
        names.extend(self.plan.rebuilds().map(|rebuild| rebuild.temporary.clone()));
        names.extend(self.plan.edits().map(|edit| edit.temporary.clone()));
        let stored = sides.into_iter().flat_map(Schema::statements);
        // A rename mentions names that are gone by then, and no string.
        let steps = self.plan.steps.iter().filter(|step| !is_rename(step));
        stored.chain(steps.flat_map(Step::statements)).any(|sql| {
            tokens(sql).unwrap_or_default().iter().any(|token| {
                token.text(sql).starts_with('"')
                    && token.name(sql).is_some_and(|name| !names.contains(&Ident::from(name)))
            })
        })
    }

    fn head(&self, text: &mut String) {
        let Pair { current, desired } = self.sides;
        comment(text, &format!("From {current} to {desired}, for the sqlite3 shell."));
        comment(text, "All of it is done or nothing: the shell stops at the first error.");
        for (title, lines) in [("Changes", self.changes), ("Hazards", self.hazards)] {
            if !lines.is_empty() {
                comment(text, "");
                comment(text, &format!("{title}:"));
                for line in lines {
                    comment(text, &format!("  {line}"));
                }
            }
        }
    }

    /// A text that is stored anew holds what the script knows of its table. A column, an index or a
    /// trigger that came since would go without a word.
    ///
    /// The renames are done by now, so that a table has one name before and after.
    fn refuse_what_came_since(&self, text: &mut String) {
        let steps = self.plan.steps.iter();
        let anew = steps.filter(|step| matches!(step, Step::Rebuild(_) | Step::Edit(_)));
        let names: BTreeSet<&Ident> = anew.map(Step::subject).collect();
        let tables: Vec<_> =
            names.into_iter().filter_map(|name| self.schemas.current.tables.get(name)).collect();
        if tables.is_empty() {
            return;
        }
        comment(text, "What these tables have got since this script was made would be lost.");
        text.push_str("CREATE TEMP TABLE \"_tgenie_new\" (\n    \"table\", name");
        for table in &tables {
            let says =
                Ident::from(format!("{} has something that is not in this script", table.name));
            let name = table.name.literal();
            let _ = write!(text, ",\n    CONSTRAINT {} CHECK (\"table\" <> {name})", says.quoted());
        }
        text.push_str("\n);\n");
        for table in &tables {
            let name = table.name.literal();
            let columns = table.columns.iter().map(|column| column.name.literal());
            let indexes = self.schemas.current.indexes_of(&table.name).map(|it| it.name.literal());
            let triggers = self.schemas.current.triggers_of(&table.name);
            let triggers = triggers.into_iter().map(|trigger| trigger.name.literal());
            let objects: Vec<_> =
                [name.clone()].into_iter().chain(indexes).chain(triggers).collect();
            let _ = writeln!(
                text,
                "INSERT INTO temp.\"_tgenie_new\" SELECT {name}, name FROM pragma_table_xinfo({name})\n    \
                 WHERE name COLLATE NOCASE NOT IN ({})\n    \
                 UNION ALL SELECT {name}, name FROM main.sqlite_schema WHERE sql IS NOT NULL\n    \
                 AND tbl_name = {name} COLLATE NOCASE AND name COLLATE NOCASE NOT IN ({});",
                columns.collect::<Vec<_>>().join(", "),
                objects.join(", ")
            );
        }
        text.push_str("DROP TABLE temp.\"_tgenie_new\";\n");
    }

    /// The renames are done by now, so that a table has one name before and after.
    fn remember_broken(&self, text: &mut String) {
        if self.references.is_empty() {
            return;
        }
        comment(
            text,
            "References that lead nowhere already: they don't count against this script.",
        );
        text.push_str("CREATE TEMP TABLE \"_tgenie_known\" (child, \"row\", parent, number);\n");
        for checked in self.references.iter().filter(|one| one.before == Before::Checked) {
            let _ = writeln!(text, "INSERT INTO temp.\"_tgenie_known\" {};", checked.broken());
        }
    }

    /// The name of a constraint is what the shell says when it fails.
    fn check_references(&self, text: &mut String) {
        if self.references.is_empty() {
            return;
        }
        comment(text, "No reference leads nowhere that didn't before.");
        text.push_str("CREATE TEMP TABLE \"_tgenie_broken\" (\n    child, \"row\", parent, number");
        for CheckedReferences { table, .. } in self.references {
            let says = Ident::from(format!("rows of {table} would refer to nothing"));
            let _ = write!(
                text,
                ",\n    CONSTRAINT {} CHECK (child <> {})",
                says.quoted(),
                table.literal()
            );
        }
        text.push_str("\n);\n");
        for checked in self.references {
            let _ = writeln!(
                text,
                "INSERT INTO temp.\"_tgenie_broken\" {}\n    \
                 EXCEPT SELECT child, \"row\", parent, number FROM temp.\"_tgenie_known\";",
                checked.broken()
            );
        }
        text.push_str("DROP TABLE temp.\"_tgenie_broken\";\nDROP TABLE temp.\"_tgenie_known\";\n");
    }
}

impl CheckedReferences {
    /// The broken references of a table, each with a number among those of its row. The names in
    /// it are spelled the same before and after.
    fn broken(&self) -> String {
        let row = match self.rows {
            RowsKnownBy::Rowid => "rowid",
            RowsKnownBy::Number => "NULL",
        };
        let table = self.table.literal();
        format!(
            "SELECT {table}, {row}, lower(parent), \
             row_number() OVER (PARTITION BY {row}, lower(parent)) \
             FROM pragma_foreign_key_check({table})"
        )
    }
}

/// The names of everything in a schema.
fn names(schema: &Schema) -> impl Iterator<Item = Ident> {
    let tables = schema.tables.values().flat_map(|table| {
        let columns = table.columns.iter().map(|column| column.name.clone());
        let clauses = table.syntax.columns.iter().flat_map(|column| &column.clauses);
        let named = table.syntax.constraints.iter().map(|one| &one.name);
        let named = named.chain(clauses.map(|clause| &clause.name)).flatten().cloned();
        let parents = table.foreign_keys.iter().map(|key| key.parent.clone());
        columns.chain(named).chain(parents).chain([table.name.clone()])
    });
    let indexes = schema.indexes.keys().cloned();
    tables.chain(indexes).chain(schema.objects.keys().map(|(_, name)| name.clone()))
}

/// A line of comment, whatever is in it.
pub(crate) fn comment(text: &mut String, line: &str) {
    let line = line.replace(|one: char| one.is_control(), " ");
    text.push_str(format!("-- {line}").trim_end());
    text.push('\n');
}

fn is_rename(step: &Step) -> bool {
    matches!(step, Step::Statement(statement)
        if matches!(statement.kind, StatementKind::RenameTable | StatementKind::RenameColumn))
}

/// `PRAGMA writable_schema` does nothing while the shell is defensive, which it is since 3.42
/// (<https://www.sqlite.org/c3ref/c_dbconfig_defensive.html>).
fn edits_the_schema(sql: &str) -> bool {
    let Ok(tokens) = tokens(sql) else { return false };
    let mut words = tokens.iter().filter(|token| token.kind != TokenKind::Comment);
    let mut is =
        |word: &str| words.next().is_some_and(|token| token.text(sql).eq_ignore_ascii_case(word));
    is("PRAGMA") && is("writable_schema")
}

fn push_statements(text: &mut String, what: &str, statements: &[String]) {
    if !statements.is_empty() {
        comment(text, what);
    }
    for statement in statements {
        text.push_str(&ended(statement));
        text.push('\n');
    }
}

fn push_steps(text: &mut String, steps: &[Step]) {
    for step in steps {
        match step {
            Step::Statement(_) => {}
            Step::Edit(edit) => {
                comment(text, &format!("{}: only its stored SQL is edited.", edit.table));
            }
            Step::Rebuild(rebuild) => {
                comment(text, &format!("{} is built anew.", rebuild.table));
            }
            Step::Parking(parking) => comment(text, &parking.comment),
        }
        for statement in step.statements() {
            text.push_str(&ended(statement));
            text.push('\n');
        }
    }
}

/// A statement with its semicolon, as the shell must read it.
///
/// The shell takes a line with `go` or `/` alone for a semicolon where the lines above it look
/// complete. A comment before the word keeps it from that and changes nothing else.
pub(crate) fn ended(sql: &str) -> String {
    let Ok(tokens) = tokens(sql) else { return format!("{sql}\n;") };
    let mut text = String::with_capacity(sql.len() + 1);
    let mut at = 0;
    for token in &tokens {
        let word = token.text(sql);
        if (word == "/" || word.eq_ignore_ascii_case("go")) && stands_alone(sql, token) {
            text.push_str(&sql[at..token.span.start]);
            text.push_str("/**/ ");
            at = token.span.start;
        }
    }
    text.push_str(&sql[at..]);
    let last = tokens.last().filter(|token| token.kind == TokenKind::Comment);
    text.push_str(if last.is_some_and(|token| token.text(sql).starts_with("--")) {
        "\n;"
    } else {
        ";"
    });
    text
}

/// Whether nothing else is on the line of a token.
fn stands_alone(sql: &str, token: &Token) -> bool {
    let before = sql[..token.span.start].trim_end_matches([' ', '\t', '\r', '\u{c}']);
    let behind = sql[token.span.end..].lines().next().unwrap_or_default();
    before.ends_with('\n') && behind.trim().is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_statement_is_ended() {
        for (sql, text) in [
            ("DROP TABLE t", "DROP TABLE t;"),
            ("CREATE VIEW v AS SELECT 1 -- one", "CREATE VIEW v AS SELECT 1 -- one\n;"),
            ("CREATE VIEW v AS SELECT 1 /* one */", "CREATE VIEW v AS SELECT 1 /* one */;"),
            ("CREATE VIEW v AS SELECT '-- one'", "CREATE VIEW v AS SELECT '-- one';"),
            ("CREATE VIEW v AS SELECT '", "CREATE VIEW v AS SELECT '\n;"),
        ] {
            assert_eq!(ended(sql), text);
        }
    }

    #[test]
    fn the_shell_sees_no_end_within_a_statement() {
        assert_eq!(
            ended("CREATE TABLE t (\n  go\n, b AS (1\n/\n2), c DEFAULT '\ngo\n', \"\ngo\n\", d\n)"),
            "CREATE TABLE t (\n  /**/ go\n, b AS (1\n/**/ /\n2), c DEFAULT '\ngo\n', \"\ngo\n\", d\n);"
        );
        assert_eq!(ended("SELECT go,\ngone\n, go + 1"), "SELECT go,\ngone\n, go + 1;");
    }

    #[test]
    fn the_guard_of_the_shell_is_lowered_for_stored_texts_alone() {
        assert!(edits_the_schema("PRAGMA writable_schema = ON"));
        assert!(edits_the_schema("/* x */ pragma WRITABLE_SCHEMA=1"));
        assert!(!edits_the_schema("PRAGMA legacy_alter_table = ON"));
        assert!(!edits_the_schema("CREATE VIEW v AS SELECT 'PRAGMA writable_schema'"));
    }

    #[test]
    fn what_is_said_stays_within_its_comment() {
        let text = empty_script(Pair::new("a\nDROP TABLE t;", "b"));
        assert_eq!(text, "-- From a DROP TABLE t; to b: nothing differs.\n");
    }
}
