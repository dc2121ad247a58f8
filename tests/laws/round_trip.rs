//! Laws 2 to 4: a plan goes up and down on rows, and what it leaves is held against the oracle.

use crate::case::Case;
use crate::database::{Answer, Database, StoredRow};
use crate::fingerprint;
use crate::laws::{Broken, Checked, Down, broken, described, listed, renamed_there_and_back, sure};
use crate::model::{Column, ObjectKind, Table, same};
use crate::oracle::{self, Source, common, keeps_rowids};
use crate::rename;
use crate::rows;
use crate::script;
use crate::sound::sound;
use crate::virtual_tables;
use schema_engine::pair::Pair;
use schema_engine::prove::Proven;
use schema_engine::schema::Schema;
use schema_engine::sql::create_table;
use std::collections::BTreeMap;

/// Laws 2 to 4: up, and down again.
pub(crate) async fn up_and_down(
    case: &Case,
    schemas: Pair<&Schema>,
    proven: &Proven,
    script: bool,
) -> Checked<Down> {
    let database = sure(rows::filled(case).await)?;
    // A rename that is taken back may leave other quotes; what it left may also be put right.
    let requoted = sure(renamed_there_and_back(case).await)?;
    let stored = sure(sure(Database::with(&case.before.statements()).await)?.stored().await)?;
    let searched = sure(virtual_content(&database, case, Side::Before).await)?;
    let sequences = sure(database.sequences().await)?;
    let kept = sure(kept_values(&database, case).await)?;
    let (expected, _) = sure(oracle::moved(case, &database).await)?;

    if let Err(how) = database.transaction(proven.up.statements()).await {
        return broken("2: the plan runs", how + &listed(proven, true));
    }
    let reached = sure(database.schema().await)?;
    let missing = described(Pair::new(&reached, schemas.desired));
    if !missing.is_empty() {
        return broken("2: the plan A to B gives B", missing + &listed(proven, true));
    }
    let shape = fingerprint::of(&database, &case.after).await;
    let wanted = fingerprint::of(&expected, &case.after).await;
    if let Some(how) = fingerprint::difference(&sure(shape)?, &sure(wanted)?) {
        return broken("2: SQLite sees B, too", how + &listed(proven, true));
    }
    for (before, after) in common(case) {
        let columns = predictable_columns(case, before, after);
        let rows = comparable(case, sure(database.rows(after, &columns).await)?, before, after);
        let wanted = comparable(case, sure(expected.rows(after, &columns).await)?, before, after);
        if rows != wanted {
            let how = format!("{} {columns:?}:\n{rows:?}\nexpected:\n{wanted:?}", after.name);
            return broken("4: values, rows and rowids stay", how + &listed(proven, true));
        }
    }
    sound(&database, case, &case.after, &sequences).await.map_err(|how| Broken {
        law: "4: the database is sound after up",
        how: how + &listed(proven, true),
    })?;

    let found = virtual_content(&database, case, Side::After).await;
    if found.as_ref() != Ok(&searched) {
        let how = format!("{found:?}\nexpected:\n{searched:?}");
        return broken("4: virtual tables keep their rows", how + &listed(proven, true));
    }
    if script {
        script::runs_on_a_file(case, proven)?;
    }

    let mut down = Down::WithRows;
    let mut returned = database;
    let refused = match returned.transaction(proven.down.statements()).await {
        Err(how) => Some(how),
        Ok(()) => match sure(returned.orphans().await)? {
            orphans if orphans.is_empty() => None,
            orphans => Some(format!("rows without a parent: {orphans:?}")),
        },
    };
    if let Some(how) = refused {
        if !may_refuse(case, Gone::Lost) {
            return broken("3: the way down runs", how + &listed(proven, false));
        }
        down = Down::Emptied;
        returned = sure(Database::with(&case.before.statements()).await)?;
        sure(returned.transaction(proven.up.statements()).await)?;
        if let Err(how) = returned.transaction(proven.down.statements()).await {
            return broken("3: the way down runs without rows", how + &listed(proven, false));
        }
    }
    let texts = sure(returned.stored().await)?;
    if let Some(how) = other_text(&requoted, &stored, &texts) {
        return broken("3: down after up gives A", how + &listed(proven, false));
    }
    if down == Down::WithRows {
        let back = sure(kept_values(&returned, case).await)?;
        if back != kept {
            let how = format!("{back:?}\nexpected:\n{kept:?}");
            return broken("4: kept values stay on the way down", how + &listed(proven, false));
        }
        let found = virtual_content(&returned, case, Side::Before).await;
        if found.as_ref() != Ok(&searched) {
            let how = format!("{found:?}\nexpected:\n{searched:?}");
            return broken("4: virtual tables keep their rows", how + &listed(proven, false));
        }
        sound(&returned, case, &case.before, &sequences).await.map_err(|how| Broken {
            law: "4: the database is sound after down",
            how: how + &listed(proven, false),
        })?;
    }
    Ok(down)
}

/// Columns whose values can be foretold: not those that a random expression fills.
fn predictable_columns<'a>(case: &Case, before: &Table, after: &'a Table) -> Vec<&'a str> {
    let random = |name: &str| {
        let filled = case.fill(&after.name, name).is_some_and(|fill| fill.contains("random"));
        let column = after.column(name);
        let times = column.is_some_and(|column| takes_the_time(case, before, after, column));
        let alias = after.rowid_alias().is_some_and(|alias| same(&alias.name, name));
        filled || times || alias && !keeps_rowids(case, before, after)
    };
    let any_random = after.columns.iter().any(|column| random(&column.name));
    let columns = after.columns.iter();
    // A generated column may be worked out from one of those.
    let wanted = columns.filter(|c| !(random(&c.name) || any_random && c.is_generated()));
    wanted.map(|column| column.name.as_str()).collect()
}

/// Whether a row may get the time of the migration in a column.
fn takes_the_time(case: &Case, before: &Table, after: &Table, column: &Column) -> bool {
    let new = matches!(oracle::source(case, before, after, column), Source::Default);
    column.is_filled_with_the_time() && (new || after.forbids_null(column))
}

/// The rows without their rowids where those needn't stay.
fn comparable(
    case: &Case,
    mut rows: Vec<StoredRow>,
    before: &Table,
    after: &Table,
) -> Vec<StoredRow> {
    if !keeps_rowids(case, before, after) {
        for row in &mut rows {
            row.rowid = None;
        }
        rows.sort();
    }
    rows
}

/// The values of the columns that nothing concerns, by table: of one affinity on both sides.
async fn kept_values(
    database: &Database,
    case: &Case,
) -> Result<BTreeMap<String, Vec<StoredRow>>, String> {
    let mut values = BTreeMap::new();
    for (before, after) in common(case) {
        let columns = kept_columns(case, before, after, Gone::Lost);
        let mut rows = database.rows(before, &columns).await?;
        if !stays_by_rowid(case, before, after) {
            for row in &mut rows {
                row.rowid = None;
            }
            rows.sort();
        }
        values.insert(before.name.clone(), rows);
    }
    Ok(values)
}

/// What becomes of the values of dropped columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gone {
    Lost,
    /// The way back brings them.
    Parked,
}

/// The columns whose values are the same after up and down.
pub(crate) fn kept_columns<'a>(
    case: &Case,
    before: &'a Table,
    after: &Table,
    gone: Gone,
) -> Vec<&'a str> {
    let kept = before.columns.iter().filter(|old| match case.column_after(before, old) {
        None => gone == Gone::Parked && !old.is_generated(),
        Some(new) => {
            let plain = !old.is_generated() && !new.is_generated();
            let stored_alike = old.affinity() == new.affinity()
                && before.strict == after.strict
                && before.forbids_null(old) == after.forbids_null(new);
            plain && stored_alike
        }
    });
    kept.map(|column| column.name.as_str()).collect()
}

/// Whether the rowids of a table are the same after up and down.
pub(crate) fn stays_by_rowid(case: &Case, before: &Table, after: &Table) -> bool {
    keeps_rowids(case, before, after)
        && before.rowid_alias().is_none_or(|alias| {
            case.column_after(before, alias).is_none_or(|kept| Some(kept) == after.rowid_alias())
        })
}

/// Whether real rows may keep the way down from running: where values were lost or changed that
/// the first schema holds to a rule.
pub(crate) fn may_refuse(case: &Case, gone: Gone) -> bool {
    common(case).into_iter().any(|(before, after)| {
        let rule = |name: &str| before.is_held_to_a_rule(name);
        let lost_parent = |parent: &String| case.table_after(parent).is_none();
        let parents = before.references();
        let lost = gone == Gone::Lost;
        lost && parents.iter().any(|reference| lost_parent(&reference.table))
            || before.columns.iter().any(|old| match case.column_after(before, old) {
                None => lost && !old.is_generated() && rule(&old.name),
                Some(new) => {
                    let changed = old.affinity() != new.affinity()
                        || before.strict != after.strict
                        || old.is_generated() != new.is_generated()
                        || case.fill(&after.name, &new.name).is_some()
                        || !before.forbids_null(old) && after.forbids_null(new);
                    changed && (rule(&old.name) || before.strict)
                }
            })
    })
}

/// Texts that differ. A rebuild may leave other quotes around the table's own name, nothing else.
fn other_text(
    requoted: &BTreeMap<(String, String), String>,
    stored: &BTreeMap<(String, String), String>,
    now: &BTreeMap<(String, String), String>,
) -> Option<String> {
    let names = stored.keys().chain(now.keys());
    for key in names {
        let same = |old: Option<&String>, now: &String| {
            old.is_some_and(|old| unnamed(old) == unnamed(now))
        };
        match (stored.get(key), now.get(key)) {
            (one, Some(two)) if same(one, two) || same(requoted.get(key), two) => {}
            (one, two) => return Some(format!("{key:?}:\n{one:?}\nhas become\n{two:?}")),
        }
    }
    None
}

fn unnamed(sql: &str) -> String {
    match create_table::parse(sql) {
        Ok(table) => format!("{}{}", table.name.quoted(), &sql[table.name_span.end..]),
        Err(_) => sql.to_owned(),
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Side {
    Before,
    After,
}

/// What is in the virtual tables that both sides have and that are made alike.
async fn virtual_content(
    database: &Database,
    case: &Case,
    side: Side,
) -> Result<Vec<Answer>, String> {
    let mut content = Vec::new();
    for before in &case.before.objects {
        let name = rename::table_after(&case.renames, &before.name);
        let stays = matches!(before.kind, ObjectKind::Virtual(_))
            && case
                .after
                .objects
                .iter()
                .any(|after| same(&after.name, &name) && after.kind == before.kind);
        if stays {
            let name = if side == Side::Before { &before.name } else { &name };
            content.push(virtual_tables::content(database, name, &before.kind).await?);
        }
    }
    Ok(content)
}
