//! Tables that a rebuild left behind when it was interrupted, of whatever tool.
//!
//! Such a tool makes a table under another name, copies the rows, drops the old one and renames the
//! new one. Killed in between, and without a transaction, it leaves both tables, or the new one
//! alone: then that is where the rows are.

use rusqlite::Connection;

use super::finding::{Finding, LeftoverRows, LeftoverTable};
use super::tables::{Table, Tables};
use crate::ident::Ident;
use crate::sql::normal::mentions;

/// How a tool names the table that it builds.
struct Habit {
    tool: &'static str,
    /// The name of the table that is rebuilt, in the name of the new one.
    original: fn(&str) -> Option<&str>,
    /// Whether nobody else gives a table such a name.
    is_unmistakable: bool,
}

const HABITS: [Habit; 8] = [
    Habit {
        tool: "Alembic",
        original: |name| name.strip_prefix("_alembic_tmp_"),
        is_unmistakable: true,
    },
    Habit { tool: "Drizzle", original: |name| name.strip_prefix("__new_"), is_unmistakable: true },
    Habit { tool: "Django", original: |name| name.strip_prefix("new__"), is_unmistakable: true },
    Habit {
        tool: "Entity Framework",
        original: |name| name.strip_prefix("ef_temp_"),
        is_unmistakable: true,
    },
    Habit {
        tool: "Laravel",
        original: |name| name.strip_prefix("__temp__"),
        is_unmistakable: true,
    },
    Habit { tool: "sqlite-utils", original: sqlite_utils, is_unmistakable: true },
    Habit { tool: "Prisma", original: |name| name.strip_prefix("new_"), is_unmistakable: false },
    Habit {
        tool: "a rebuild",
        original: |name| name.strip_suffix("__new"),
        is_unmistakable: false,
    },
];

/// `tasks_new_0123456789ab`
fn sqlite_utils(name: &str) -> Option<&str> {
    let (original, digits) = name.rsplit_once("_new_")?;
    let is_random = digits.len() == 12 && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    is_random.then_some(original)
}

/// Looks for them by their names, and by what else is there.
pub(super) fn check(connection: &Connection, tables: &Tables) -> rusqlite::Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for table in tables.ordinary() {
        if let Some(left) = leftover(connection, tables, table)? {
            findings.push(Finding::LeftoverTable(left));
        }
    }
    Ok(findings)
}

fn leftover(
    connection: &Connection,
    tables: &Tables,
    table: &Table,
) -> rusqlite::Result<Option<LeftoverTable>> {
    for Habit { tool, original, is_unmistakable } in &HABITS {
        let Some(original) = original(table.name.as_str()).filter(|name| !name.is_empty()) else {
            continue;
        };
        let original = Ident::from(original);
        let rows = match tables.find(&original) {
            Some(old) if *is_unmistakable || is_like(tables, table, old) => {
                rows(connection, table, old)?
            }
            None if (*is_unmistakable || is_missed(tables, &original))
                && !tables.has(&original) =>
            {
                LeftoverRows::OnlyHere(table.rows)
            }
            _ => continue,
        };
        let table = table.name.clone();
        return Ok(Some(LeftoverTable { table, original, tool, rows }));
    }
    Ok(None)
}

/// Whether a table with a name that anybody might give is the unfinished copy of another: it has
/// most of its columns, and nobody has begun to use it.
fn is_like(tables: &Tables, copy: &Table, old: &Table) -> bool {
    let common = copy.columns_in_common(old).len();
    let is_used = tables.objects.iter().any(|object| {
        let belongs = object.table == copy.name && object.sql.is_some() && object.name != copy.name;
        let names = object.name != copy.name
            && object.sql.as_deref().is_some_and(|sql| mentions(sql, &copy.name));
        belongs || names
    });
    common * 2 > copy.columns.len().max(old.columns.len()) && !is_used
}

/// Whether something in the schema names a table that isn't there.
fn is_missed(tables: &Tables, original: &Ident) -> bool {
    tables
        .objects
        .iter()
        .filter(|object| object.kind != "index")
        .any(|object| object.sql.as_deref().is_some_and(|sql| mentions(sql, original)))
}

/// Whether all rows of the copy are in the original, as far as both have the same columns.
fn rows(connection: &Connection, copy: &Table, old: &Table) -> rusqlite::Result<LeftoverRows> {
    let columns: Vec<_> =
        copy.columns_in_common(old).iter().map(|column| format!("t.{}", column.quoted())).collect();
    let differ = LeftoverRows::Differ { here: copy.rows, there: old.rows };
    if copy.rows == 0 {
        return Ok(LeftoverRows::AllInOriginal);
    }
    if columns.is_empty() || copy.rows > old.rows {
        return Ok(differ);
    }
    let columns = columns.join(", ");
    let sql = format!(
        "SELECT EXISTS(SELECT {columns} FROM {} AS t EXCEPT SELECT {columns} FROM {} AS t)",
        copy.name.quoted(),
        old.name.quoted()
    );
    let has_more: bool = connection.query_row(&sql, [], |row| row.get(0))?;
    Ok(if has_more { differ } else { LeftoverRows::AllInOriginal })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(sql: &str) -> Vec<String> {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(sql).unwrap();
        let tables = Tables::read(&connection).unwrap();
        check(&connection, &tables).unwrap().iter().map(Finding::message).collect()
    }

    const PARENT: &str = "CREATE TABLE parent (id INTEGER PRIMARY KEY, a, b);
        INSERT INTO parent VALUES (1, 'x', NULL), (2, 'y', 2.5);";

    #[test]
    fn a_copy_that_holds_nothing_more_may_go() {
        for name in [
            "_alembic_tmp_parent",
            "__new_parent",
            "new__parent",
            "new_parent",
            "parent__new",
            "parent_new_0123456789ab",
        ] {
            let made = format!(
                "{PARENT} CREATE TABLE {name} (id INTEGER PRIMARY KEY, a, b, c);
                 INSERT INTO {name} (id, a, b) SELECT * FROM parent WHERE id = 1;"
            );
            let found = found(&made);
            assert_eq!(found.len(), 1, "{name}");
            assert!(found[0].ends_with("all that it holds is in parent"), "{found:?}");
        }
    }

    #[test]
    fn a_copy_that_holds_more_or_else_is_compared_first() {
        let more = "CREATE TABLE _alembic_tmp_parent (id INTEGER PRIMARY KEY, a);
            INSERT INTO _alembic_tmp_parent VALUES (1, 'x'), (2, 'other');";
        assert!(found(&format!("{PARENT}{more}"))[0].ends_with("2 rows here, 2 rows there"));
        let recreated = "CREATE TABLE t (a); CREATE TABLE _alembic_tmp_t (a);
            INSERT INTO _alembic_tmp_t VALUES (1);";
        assert!(found(recreated)[0].ends_with("1 row here, 0 rows there"));
    }

    #[test]
    fn rows_that_are_nowhere_else_are_never_to_be_dropped() {
        let alone = "CREATE TABLE new_parent (id INTEGER PRIMARY KEY, a); INSERT INTO new_parent VALUES (1, 2);
            CREATE TABLE child (p REFERENCES parent (id));";
        let found = found(alone);
        assert_eq!(
            found,
            [
                "new_parent was left behind by a rebuild of parent (Prisma); parent is gone, and what it held is in there: 1 row"
            ]
        );
    }

    #[test]
    fn tables_that_are_only_called_like_that_are_left_alone() {
        for sql in [
            // Nothing misses `orders`.
            "CREATE TABLE new_orders (id INTEGER PRIMARY KEY, a);",
            // It holds something else.
            "CREATE TABLE orders (id INTEGER PRIMARY KEY, a, b); CREATE TABLE new_orders (id INTEGER PRIMARY KEY, seen, by_whom);",
            // It is in use.
            "CREATE TABLE orders (id INTEGER PRIMARY KEY, a, b); CREATE TABLE new_orders (id INTEGER PRIMARY KEY, a, b); CREATE INDEX n ON new_orders (a);",
            "CREATE TABLE orders (id INTEGER PRIMARY KEY, a, b); CREATE TABLE orders__new (id INTEGER PRIMARY KEY, a, b); CREATE VIEW v AS SELECT * FROM orders__new;",
            "CREATE TABLE tasks_new_20260101 (a); CREATE TABLE tasks (a);",
        ] {
            assert_eq!(found(sql), Vec::<String>::new(), "{sql}");
        }
    }
}
