//! What SQLite itself says about a schema, through its pragmas: a second opinion beside the
//! engine's reading of the stored texts.

use crate::database::{Database, literal};
use crate::model::{Affinity, Column, Model};
use std::collections::{BTreeMap, BTreeSet};

/// Facts about one table, each in one line.
pub(crate) type Fingerprint = BTreeMap<String, Vec<String>>;

/// What SQLite says about the tables of a schema.
pub(crate) async fn of(database: &Database, model: &Model) -> Result<Fingerprint, String> {
    let mut found = Fingerprint::new();
    for table in &model.tables {
        found.insert(table.name.to_ascii_lowercase(), facts(database, &table.name).await?);
    }
    Ok(found)
}

/// Whether SQLite says the same about two schemas.
pub(crate) async fn equal(one: &Model, two: &Model) -> Result<(), String> {
    let first = of(&Database::with(&one.statements()).await?, one).await?;
    let second = of(&Database::with(&two.statements()).await?, two).await?;
    difference(&first, &second).map_or(Ok(()), Err)
}

/// Where two differ.
pub(crate) fn difference(one: &Fingerprint, two: &Fingerprint) -> Option<String> {
    if one.keys().ne(two.keys()) {
        return Some(format!("tables {:?} and {:?}", one.keys(), two.keys()));
    }
    one.iter().find_map(|(table, facts)| {
        let others = &two[table];
        (facts != others).then(|| format!("{table}:\n{facts:#?}\nagainst\n{others:#?}"))
    })
}

async fn facts(database: &Database, table: &str) -> Result<Vec<String>, String> {
    let name = literal(table);
    let mut facts = Vec::new();
    // A rowid table's key columns may or may not say NOT NULL where they can't be NULL.
    let columns = format!(
        "SELECT lower(name), type, CAST(\"notnull\" AND pk = 0 AS TEXT), CAST(pk AS TEXT),
                CAST(hidden AS TEXT)
         FROM pragma_table_xinfo({name}) ORDER BY 1"
    );
    for row in database.ask(&columns).await? {
        let [name, declared, rest @ ..] = row.as_slice() else { continue };
        let affinity = affinity(declared.as_deref().unwrap_or_default());
        facts.push(format!("column {name:?} {affinity:?} {rest:?}"));
    }
    // A key that is said twice holds rows to the same as one.
    let references = format!(
        "SELECT DISTINCT lower(\"table\") || ' ' || on_delete || ' ' || on_update || ' ' ||
                group_concat(pair, ', ')
         FROM (SELECT *, lower(\"from\") || '=' || lower(coalesce(\"to\",
                 (SELECT k.name FROM pragma_table_info(\"table\") AS k WHERE k.pk = seq + 1)
               )) AS pair
               FROM pragma_foreign_key_list({name}) ORDER BY id, lower(\"from\"))
         GROUP BY id ORDER BY 1"
    );
    let options = format!(
        "SELECT wr || ' ' || strict FROM pragma_table_list WHERE name = {name} COLLATE NOCASE"
    );
    facts.extend(indexes(database, &name).await?);
    for (what, sql) in [("foreign key", references), ("options", options)] {
        for row in database.ask(&sql).await? {
            facts.push(format!("{what} {:?}", row[0]));
        }
    }
    Ok(facts)
}

/// The order of columns in UNIQUE forbids nothing; in a key and an index it counts.
async fn indexes(database: &Database, table: &str) -> Result<BTreeSet<String>, String> {
    let sql = format!(
        "SELECT lower(il.name), il.origin, il.\"unique\" || il.partial,
                xi.seqno || CASE il.origin WHEN 'c' THEN xi.desc ELSE '' END,
                lower(xi.name || ' ' || xi.coll)
         FROM pragma_index_list({table}) AS il, pragma_index_xinfo(il.name) AS xi
         WHERE xi.key ORDER BY 1, xi.seqno"
    );
    let mut columns: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut kinds = BTreeMap::new();
    for row in database.ask(&sql).await? {
        let mut values = row.into_iter().map(Option::unwrap_or_default);
        let mut next = || values.next().unwrap_or_default();
        let (name, origin, kind, place, column) = (next(), next(), next(), next(), next());
        let listed = columns.entry(name.clone()).or_default();
        listed.push(if origin == "u" { column } else { format!("{place} {column}") });
        let shown = if origin == "c" { name.clone() } else { origin };
        kinds.insert(name, format!("index {shown} {kind}"));
    }
    let facts = columns.into_iter().map(|(name, mut columns)| {
        columns.sort();
        format!("{} {columns:?}", kinds[&name])
    });
    Ok(facts.collect())
}

/// Two declared types may be spelled differently; how they store values may not differ.
fn affinity(declared: &str) -> Affinity {
    let column = Column { name: String::new(), declared: declared.to_owned(), clauses: Vec::new() };
    column.affinity()
}
