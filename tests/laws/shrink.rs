//! Making a failing case small: leave out one thing after the other as long as the same law
//! breaks.

use crate::case::Case;
use crate::laws::{Broken, check};
use crate::model::{Clause, Model, Rule};
use crate::repair::repair;
use crate::spelling::PLAIN;

/// How many smaller cases are tried at most.
const TRIES: usize = 600;

/// Something to leave out of a schema.
#[derive(Debug, Clone)]
enum Cut {
    Table(String),
    Object(String),
    Column(String, String),
    Clause(String, String, Clause),
    Rule(String, Rule),
    Names(String),
    Spelling(String),
    Options(String),
}

/// The smallest case found that breaks the same law, and how it does.
pub(crate) async fn shrunk(case: &Case, seed: u64, broken: Broken) -> (Case, Broken) {
    let mut best = (case.clone(), broken);
    let mut tries = 0;
    'again: loop {
        for smaller in smaller(&best.0) {
            tries += 1;
            if tries > TRIES {
                return best;
            }
            if let Err(found) = check(&smaller, seed).await
                && found.law == best.1.law
            {
                best = (smaller, found);
                continue 'again;
            }
        }
        return best;
    }
}

fn smaller(case: &Case) -> Vec<Case> {
    let mut found = Vec::new();
    if !case.rows.is_empty() {
        found.push(Case { rows: Vec::new(), ..case.clone() });
    }
    for table in case.before.tables.iter().chain(&case.after.tables) {
        found.extend(alike(case, &table.name));
    }
    for cut in cuts(case) {
        for (before, after) in [(true, true), (true, false), (false, true)] {
            let mut smaller = case.clone();
            if before {
                apply(&cut, &mut smaller.before);
            }
            if after {
                apply(&cut, &mut smaller.after);
            }
            found.push(smaller);
        }
    }
    for at in 0..case.rows.len() {
        let mut smaller = case.clone();
        smaller.rows.remove(at);
        found.push(smaller);
    }
    for at in 0..case.fills.len() {
        let mut smaller = case.clone();
        smaller.fills.remove(at);
        found.push(smaller);
    }
    for smaller in &mut found {
        repair(&mut smaller.before);
        repair(&mut smaller.after);
    }
    found.retain(|smaller| smaller != case);
    found
}

/// The case with one table the same on both sides.
fn alike(case: &Case, name: &str) -> Vec<Case> {
    let (Some(before), Some(after)) = (case.before.table(name), case.after.table(name)) else {
        return Vec::new();
    };
    let mut one = case.clone();
    one.after.tables.iter_mut().filter(|t| t.name == after.name).for_each(|t| *t = before.clone());
    let mut two = case.clone();
    two.before.tables.iter_mut().filter(|t| t.name == before.name).for_each(|t| *t = after.clone());
    vec![one, two]
}

fn cuts(case: &Case) -> Vec<Cut> {
    let mut cuts = Vec::new();
    for model in [&case.before, &case.after] {
        cuts.extend(model.tables.iter().map(|table| Cut::Table(table.name.clone())));
        cuts.extend(model.objects.iter().map(|object| Cut::Object(object.name.clone())));
    }
    for table in case.before.tables.iter().chain(&case.after.tables) {
        let name = || table.name.clone();
        for column in &table.columns {
            cuts.push(Cut::Column(name(), column.name.clone()));
        }
        for rule in &table.rules {
            cuts.push(Cut::Rule(name(), rule.clone()));
        }
        for column in &table.columns {
            for clause in &column.clauses {
                cuts.push(Cut::Clause(name(), column.name.clone(), clause.clone()));
            }
        }
        cuts.push(Cut::Options(name()));
        cuts.push(Cut::Names(name()));
        cuts.push(Cut::Spelling(name()));
    }
    for object in case.before.objects.iter().chain(&case.after.objects) {
        cuts.push(Cut::Spelling(object.name.clone()));
    }
    cuts
}

fn apply(cut: &Cut, model: &mut Model) {
    match cut {
        Cut::Table(name) => model.tables.retain(|table| table.name != *name),
        Cut::Object(name) => model.objects.retain(|object| object.name != *name),
        Cut::Spelling(name) => {
            for table in model.tables.iter_mut().filter(|table| table.name == *name) {
                table.spelling = PLAIN;
            }
            for object in model.objects.iter_mut().filter(|object| object.name == *name) {
                object.spelling = PLAIN;
            }
        }
        Cut::Column(name, _)
        | Cut::Clause(name, ..)
        | Cut::Rule(name, _)
        | Cut::Names(name)
        | Cut::Options(name) => {
            for table in model.tables.iter_mut().filter(|table| table.name == *name) {
                match cut {
                    Cut::Column(_, column) => table.columns.retain(|c| c.name != *column),
                    Cut::Rule(_, rule) => table.rules.retain(|other| other != rule),
                    Cut::Clause(_, column, clause) => {
                        for column in table.columns.iter_mut().filter(|c| c.name == *column) {
                            column.clauses.retain(|other| other != clause);
                        }
                    }
                    Cut::Names(_) => {
                        table.rules.iter_mut().for_each(|rule| rule.name = None);
                        let clauses = table.columns.iter_mut().flat_map(|c| &mut c.clauses);
                        clauses.for_each(|clause| clause.name = None);
                    }
                    _ => {
                        table.strict = false;
                        table.without_rowid = false;
                    }
                }
            }
        }
    }
}
