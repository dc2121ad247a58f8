//! What a run would do, as a script for the stock `sqlite3` shell.

use super::{Executor, Todo};
use crate::books::{Recordings, Step};
use crate::error::{Error, Result};
use crate::history::CREATE_BOOKKEEPING;
use crate::ident::Ident;
use crate::plan::store;
use crate::render::script::{comment, ended};
use crate::target::Direction;

/// Violations from before don't count. The name of a constraint is what the shell says when it
/// fails.
const KNOWN: &str = "CREATE TEMP TABLE \"_tgenie_known\" AS SELECT * FROM pragma_foreign_key_check";
const CHECK: [&str; 4] = [
    "CREATE TEMP TABLE \"_tgenie_new\" (number, \
     CONSTRAINT \"rows would refer to nothing\" CHECK (number = 0))",
    "INSERT INTO temp.\"_tgenie_new\" SELECT count(*) FROM \
     (SELECT * FROM pragma_foreign_key_check EXCEPT SELECT * FROM temp.\"_tgenie_known\")",
    "DROP TABLE temp.\"_tgenie_new\"",
    "DROP TABLE temp.\"_tgenie_known\"",
];

impl Executor<'_> {
    /// The SQL of a run with its rows in the books, as a script that the `sqlite3` shell runs whole
    /// or not at all. Nothing is changed.
    ///
    /// What else a run sees to, the safety copy, the comparison with the history, the row ledger,
    /// isn't in it.
    ///
    /// # Errors
    /// As for [`Self::preview`], and when what a revision does depends on the database, so that
    /// nobody can tell beforehand.
    pub async fn script(&self, target: &str, direction: Direction) -> Result<String> {
        let Todo { takes_over, runs: todo } = self.preview(target, direction).await?;
        if takes_over.is_some() {
            return Err(Error::failed("a takeover of the earlier program's database is no script")
                .state("Nothing was changed.")
                .next("`db upgrade` takes it over, `db upgrade --rehearse` on a copy."));
        }
        let mut text = String::new();
        if todo.is_empty() {
            comment(&mut text, "Nothing is to be run.");
            return Ok(text);
        }
        let recordings = Recordings::of(self.migrations);
        let mut ways = Vec::with_capacity(todo.len());
        for revision in &todo {
            ways.push(Way::of(&recordings, revision, direction).await?);
        }
        comment(&mut text, &format!("For the sqlite3 shell: {}.", todo.join(", ")));
        text.push_str(".bail on\n.timeout 5000\n");
        comment(
            &mut text,
            "The shell takes \"text\" for a name alone unless it is told otherwise.",
        );
        text.push_str(".dbconfig dqs_ddl on\n.dbconfig dqs_dml on\n");
        if ways.iter().any(Way::edits) {
            comment(&mut text, "Stored definitions are edited, which the shell must be told.");
            text.push_str(".dbconfig defensive off\n");
        }
        let mut say = |sql: &str| {
            text.push_str(&ended(sql));
            text.push('\n');
        };
        say("PRAGMA foreign_keys = OFF");
        let mut begun = false;
        for way in &ways {
            if begun && way.alone {
                end(&mut say);
                begun = false;
            } else if !begun && !way.alone {
                begin(&mut say);
                begun = true;
            }
            way.say(direction, &mut say);
        }
        if begun {
            end(&mut say);
        }
        Ok(text)
    }
}

fn begin(say: &mut impl FnMut(&str)) {
    say("BEGIN IMMEDIATE");
    say(KNOWN);
}

fn end(say: &mut impl FnMut(&str)) {
    for sql in CHECK {
        say(sql);
    }
    say("COMMIT");
}

/// One revision's way.
struct Way<'a> {
    revision: &'a str,
    steps: &'a [Step],
    /// It refuses to run in a transaction.
    alone: bool,
}

impl<'a> Way<'a> {
    async fn of(
        recordings: &'a Recordings<'_>,
        revision: &str,
        direction: Direction,
    ) -> Result<Self> {
        let migrations = recordings.migrations();
        let at = migrations.iter().position(|migration| migration.name() == revision);
        let at = at.ok_or_else(|| Error::failed(format!("there is no revision {revision}")))?;
        let migration = migrations[at].as_ref();
        let steps = recordings.steps(at, direction).await.ok_or_else(|| {
            Error::failed(format!("the SQL of {revision} can't be told beforehand"))
                .because("it asks the database something, and what it does depends on the answer, or it refuses this way")
                .state("Nothing was changed.")
                .next("`db upgrade --rehearse` runs it on a copy of the database.")
        })?;
        let alone = migration.use_transaction() == Some(false);
        Ok(Self { revision: migration.name(), steps, alone })
    }

    fn edits(&self) -> bool {
        self.steps.iter().any(|step| matches!(step, Step::Edit { .. }))
    }

    /// Its statements, with a line of comment before the first, and its row in the books.
    fn say(&self, direction: Direction, say: &mut impl FnMut(&str)) {
        let mut heading = String::new();
        comment(&mut heading, self.revision);
        let mut statements = Vec::new();
        for step in self.steps {
            match step {
                Step::Statement(sql) => statements.push(sql.clone()),
                Step::Edit { table, stored } => {
                    let temporary = Ident::from(format!("{table}__new"));
                    statements.extend(store(&Ident::from(table.as_str()), &temporary, stored));
                }
            }
        }
        let name = Ident::from(self.revision);
        let name = name.literal();
        match direction {
            Direction::Up => statements.extend([
                CREATE_BOOKKEEPING.to_owned(),
                format!("INSERT INTO seaql_migrations (version, applied_at) VALUES ({name}, unixepoch())"),
            ]),
            Direction::Down => {
                statements.push(format!("DELETE FROM seaql_migrations WHERE version = {name}"));
            }
        }
        for (at, sql) in statements.iter().enumerate() {
            if at == 0 { say(&format!("{heading}{sql}")) } else { say(sql) }
        }
    }
}
