//! Renames, and the views and triggers that stand in their way.
//!
//! SQLite rewrites every mention of a name that changes, and stops at a view or a trigger that is
//! broken before or after, even one that has nothing to do with it
//! (<https://www.sqlite.org/lang_altertable.html#altertabrename>). Those are away meanwhile: the
//! desired schema says what they are afterwards.

use crate::answers::Rename;
use crate::change::Change;
use crate::diff::Difference;
use crate::error::{Error, Result};
use crate::ident::Ident;
use crate::pair::Pair;
use crate::plan::{Statement, StatementKind, Step};
use crate::schema::{Object, ObjectKind, Schema};
use crate::scratch::Scratch;
use std::collections::BTreeMap;

/// What is away while the renames are done, in the order in which it was made.
#[derive(Debug, Default)]
pub(super) struct Detour {
    aside: Vec<Object>,
}

/// What is put aside, if that is needed.
#[derive(Debug, Clone, Copy)]
enum Aside {
    Nothing,
    Views,
    ViewsAndTriggers,
}

/// Does the renames, with as little put aside as needed.
pub(super) async fn rename(
    scratch: &Scratch,
    schema: &Schema,
    renames: &[Rename],
) -> Result<Detour> {
    let mut first = None;
    for aside in [Aside::Nothing, Aside::Views, Aside::ViewsAndTriggers] {
        let detour = Detour::new(schema, aside);
        let steps = detour.forth(renames);
        let outcome = attempt(scratch, &steps).await;
        match outcome {
            Ok(()) => return Ok(detour),
            Err(error) => first.get_or_insert(error),
        };
    }
    // Without anything in the way it would have been the same: it is the rename itself.
    let names: Vec<_> = renames.iter().map(Rename::describe).collect();
    let error = if are_possible(schema, renames) {
        Error::failed(format!("{}: SQLite can't do that", names.join(", "))).next(
            "Take away what SQLite names, a constraint for one, in a revision before, and bring it \
             back in one behind.",
        )
    } else {
        Error::usage(format!("{}: not possible", names.join(", ")))
            .next(
                "The old name must be one that the database has, the new one free. Where something \
                 that goes has it, give that another name first: `--rename old=gone --rename new=old`.",
            )
    };
    let error = error.state("Nothing was written.");
    Err(match first {
        Some(cause) => error.because(cause),
        None => error,
    })
}

/// Whether every old name is there and every new one is free, as far as names go.
fn are_possible(schema: &Schema, renames: &[Rename]) -> bool {
    let mut tables: BTreeMap<Ident, Vec<Ident>> = schema
        .tables
        .values()
        .map(|table| {
            let columns = table.columns.iter().map(|column| column.name.clone()).collect();
            (table.name.clone(), columns)
        })
        .collect();
    renames.iter().all(|rename| match rename {
        Rename::Table { from, to } => {
            let free = from == to || !tables.contains_key(to) && !schema.has_name(to);
            let columns = tables.remove(from);
            let possible = free && columns.is_some();
            tables.extend(columns.map(|columns| (to.clone(), columns)));
            possible
        }
        Rename::Column { table, from, to } => {
            let Some(columns) = tables.get_mut(table) else { return false };
            let free = from == to || !columns.contains(to);
            let at = columns.iter().position(|column| column == from);
            at.is_some_and(|at| {
                columns[at] = to.clone();
                free
            })
        }
    })
}

/// All of the steps, or none.
async fn attempt(scratch: &Scratch, steps: &[Step]) -> std::result::Result<(), sea_orm::DbErr> {
    let run = async |sql: &str| scratch.run([sql]).await.map_err(|refused| refused.error);
    run("SAVEPOINT detour").await?;
    for sql in steps.iter().flat_map(Step::statements) {
        if let Err(error) = run(sql).await {
            run("ROLLBACK TO detour").await?;
            run("RELEASE detour").await?;
            return Err(error);
        }
    }
    run("RELEASE detour").await
}

impl Detour {
    fn new(schema: &Schema, aside: Aside) -> Self {
        let is_view = |object: &Object| {
            object.kind == ObjectKind::View
                || object.kind == ObjectKind::Trigger
                    && schema.objects.contains_key(&(ObjectKind::View, object.table.clone()))
        };
        let wanted = |object: &&Object| match aside {
            Aside::Nothing => false,
            Aside::Views => is_view(object),
            Aside::ViewsAndTriggers => object.kind != ObjectKind::VirtualTable,
        };
        let mut aside: Vec<_> = schema.objects.values().filter(wanted).cloned().collect();
        aside.sort_by_key(|object| object.ordinal);
        Self { aside }
    }

    /// The steps before all others on the way up.
    pub(super) fn forth(&self, renames: &[Rename]) -> Vec<Step> {
        // The triggers of a view go with it.
        let own = |object: &&Object| {
            object.kind != ObjectKind::Trigger
                || !self
                    .aside
                    .iter()
                    .any(|view| view.kind == ObjectKind::View && view.name == object.table)
        };
        let drops = self.aside.iter().rev().filter(own).map(|object| {
            let sql = format!("DROP {} {}", object.kind.sql_word(), object.name.quoted());
            step(StatementKind::DropObject, object, sql)
        });
        drops.chain(renames.iter().flat_map(Rename::statements).map(Step::Statement)).collect()
    }

    /// The steps after all others on the way down.
    pub(super) fn back(&self, renames: &[Rename]) -> Vec<Step> {
        let reversed = renames.iter().rev().flat_map(|it| it.reversed().statements());
        let reversed = reversed.map(Step::Statement);
        reversed.chain(creates(&self.aside)).collect()
    }

    /// The difference as it is told: what was only put aside is nothing new, and what doesn't come
    /// back is gone.
    pub(super) fn told(&self, mut difference: Difference) -> Difference {
        let before = |object: &Object| {
            self.aside.iter().find(|old| old.kind == object.kind && old.name == object.name)
        };
        let comes_back = |old: &&Object| {
            difference.changes.iter().any(|change| {
                matches!(change, Change::CreateObject(new) if new.kind == old.kind && new.name == old.name)
            })
        };
        let gone = self.aside.iter().filter(|old| !comes_back(old)).cloned();
        let gone: Vec<_> = gone.map(Change::DropObject).collect();
        let changes = difference.changes.into_iter().filter_map(|change| match change {
            Change::CreateObject(object) => match before(&object) {
                None => Some(Change::CreateObject(object)),
                Some(old) if old.means_the_same_as(&object) => None,
                Some(old) => Some(Change::ReplaceObject(Pair::new(old.clone(), object))),
            },
            change => Some(change),
        });
        difference.changes = gone.into_iter().chain(changes).collect();
        difference
    }
}

/// Drops objects, the last made first. The triggers of a view go with it.
fn drops(objects: &[Object]) -> impl Iterator<Item = Step> {
    let own = |object: &&Object| {
        let of_view = |view: &Object| view.kind == ObjectKind::View && view.name == object.table;
        object.kind != ObjectKind::Trigger || !objects.iter().any(of_view)
    };
    objects.iter().rev().filter(own).map(|object| {
        let sql = format!("DROP {} {}", object.kind.sql_word(), object.name.quoted());
        step(StatementKind::DropObject, object, sql)
    })
}

fn creates(objects: &[Object]) -> impl Iterator<Item = Step> {
    objects.iter().map(|object| step(StatementKind::CreateObject, object, object.sql.clone()))
}

/// What gives views, triggers and indexes the meaning again that they had.
pub(super) fn repairs(returned: &Schema, current: &Schema) -> Vec<Step> {
    let other = |object: &Object| {
        object.kind != ObjectKind::VirtualTable
            && returned
                .objects
                .get(&(object.kind, object.name.clone()))
                .is_some_and(|now| !now.means_the_same_as(object))
    };
    let of_other_view = |object: &Object| {
        let view = current.objects.get(&(ObjectKind::View, object.table.clone()));
        object.kind == ObjectKind::Trigger && view.is_some_and(other)
    };
    let mut objects: Vec<Object> = current
        .objects
        .values()
        .filter(|object| other(object) || of_other_view(object))
        .cloned()
        .collect();
    objects.sort_by_key(|object| object.ordinal);
    let mut steps: Vec<Step> = drops(&objects).chain(creates(&objects)).collect();
    for index in current.indexes.values() {
        let now = returned.indexes.get(&index.name);
        if now.is_some_and(|now| !now.means_the_same_as(index)) {
            let subject = index.table.clone();
            let sql = format!("DROP INDEX {}", index.name.quoted());
            let kind = StatementKind::DropIndex;
            steps.push(Step::Statement(Statement { kind, subject: subject.clone(), sql }));
            let kind = StatementKind::CreateIndex;
            steps.push(Step::Statement(Statement { kind, subject, sql: index.sql.clone() }));
        }
    }
    steps
}

fn step(kind: StatementKind, object: &Object, sql: String) -> Step {
    Step::Statement(Statement { kind, subject: object.table.clone(), sql })
}
