//! The guide's workflow for developers: edit a model, write the revision, upgrade, step back.

use std::collections::BTreeMap;

use super::Tree;
use crate::interrupted::survives_kills;
use crate::support::database;

/// A change of the models, as a developer makes it.
struct Edit {
    message: &'static str,
    revision: &'static str,
    /// Texts to replace: the file, what is there, what shall be there.
    edits: &'static [(&'static str, &'static str, &'static str)],
    /// What the models don't say: flags of `revision`.
    answers: &'static str,
    /// What the command tells about it.
    tells: &'static [&'static str],
    /// The columns of `tasks` that it doesn't concern.
    kept: &'static [&'static str],
}

const TASK: &str = "entity/src/task.rs";

const EDITS: [Edit; 6] = [
    Edit {
        message: "Add category field to tasks",
        revision: "m002_add_category_field_to_tasks",
        edits: &[(
            TASK,
            "    /// When the task is due.\n",
            "    #[sea_orm(column_type = \"String(StringLen::N(50))\")]\n    pub category: Option<String>,\n    /// When the task is due.\n",
        )],
        answers: "",
        tells: &["+ column tasks.category varchar(50)\n"],
        kept: &["id", "title", "description", "priority", "tags"],
    },
    Edit {
        message: "Every task has a priority",
        revision: "m003_every_task_has_a_priority",
        edits: &[(TASK, "pub priority: Option<String>,", "pub priority: String,")],
        answers: "",
        tells: &["~ column tasks.priority", "tasks: only its stored SQL is edited"],
        kept: &["id", "title", "description", "category", "tags"],
    },
    Edit {
        message: "Longer references",
        revision: "m004_longer_references",
        edits: &[(
            "entity/src/attachment.rs",
            "    #[sea_orm(column_type = \"String(StringLen::N(500))\")]\n",
            "    #[sea_orm(column_type = \"Text\")]\n",
        )],
        answers: "",
        tells: &["~ column attachments.reference", "attachments: only its stored SQL is edited"],
        kept: &["id", "title", "description", "priority", "category", "tags"],
    },
    Edit {
        message: "Add events",
        revision: "m005_add_events",
        edits: &[
            ("entity/src/lib.rs", "pub mod notification;", "pub mod event;\npub mod notification;"),
            (
                "entity/src/lib.rs",
                "        .register(config::Entity)",
                "        .register(config::Entity)\n        .register(event::Entity)",
            ),
        ],
        answers: "",
        tells: &["+ table events (id, type, payload, created_at)\n"],
        kept: &["id", "title", "description", "priority", "category", "tags"],
    },
    Edit {
        message: "Index tasks by status and priority",
        revision: "m006_index_tasks_by_status_and_priority",
        edits: &[(
            TASK,
            "    vec![\n",
            "    vec![\n        statement(index(\"idx_tasks_status_priority\").col(Column::Status).col(Column::Priority)),\n",
        )],
        answers: "",
        tells: &["+ index idx_tasks_status_priority on tasks\n"],
        kept: &["id", "title", "description", "priority", "category", "tags"],
    },
    Edit {
        message: "Drop the category",
        revision: "m007_drop_the_category",
        edits: &[(
            TASK,
            "    #[sea_orm(column_type = \"String(StringLen::N(50))\")]\n    pub category: Option<String>,\n",
            "",
        )],
        answers: "--accept TG102",
        tells: &["- column tasks.category"],
        kept: &["id", "title", "description", "priority", "tags"],
    },
];

const EVENT: &str = "\
//! What happened.

use sea_orm::entity::prelude::*;

/// A row of `events`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = \"events\")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i32,
    pub r#type: String,
    pub payload: Option<Json>,
    #[sea_orm(default_expr = \"Expr::current_timestamp()\")]
    pub created_at: DateTime,
}

impl ActiveModelBehavior for ActiveModel {}
";

/// All rows of the children, and what of the tasks an edit doesn't concern.
fn rows(tree: &Tree, tasks: &[&str]) -> BTreeMap<&'static str, Vec<String>> {
    let database = tree.sandbox().database();
    let attachments = ["id", "task_id", "type", "reference", "title", "created_at"];
    let notifications = ["id", "task_id", "type", "scheduled_at", "status"];
    [
        ("attachments", attachments.as_slice()),
        ("notifications", notifications.as_slice()),
        ("tasks", tasks),
    ]
    .map(|(table, columns)| (table, database::rows(&database, table, columns)))
    .into()
}

/// One round of the guide: edit, revision, upgrade, downgrade, upgrade.
fn live_through(tree: &Tree, edit: &Edit) {
    println!("{}", edit.message);
    let database = tree.sandbox().database();
    for (file, from, to) in edit.edits {
        tree.edit(file, from, to);
    }
    let flags = format!("--autogenerate {}", edit.answers);
    let told = tree.revision(edit.message, &flags).exits(0).prints("");
    assert_eq!(told.stderr.matches("rebuilding").count(), 1, "{told}");
    let path = format!("migration/src/{}.rs", edit.revision);
    let told = told.says(&format!("✓ Wrote {path}, proven up and down on a scratch copy"));
    edit.tells.iter().fold(told, |told, text| told.says(text)).says("then run `tgenie db upgrade`");
    let module = tree.read(&path);
    println!("{module}");
    assert!(module.starts_with(&format!("//! {}\n", edit.message)), "{module}");

    let (schema, kept) = (tree.schema(), rows(tree, edit.kept));
    let told = tree.tgenie("db upgrade").run().exits(0).prints("");
    assert_eq!(told.stderr.matches("rebuilding").count(), 1, "{told}");
    told.says(&format!(" to {} (1 revision)", edit.revision));
    let upgraded = tree.schema();
    assert_ne!(schema, upgraded);
    assert_eq!(rows(tree, edit.kept), kept);
    database::assert_sound(&database);

    tree.unchanged(|| {
        let again = tree.revision("Nothing", "-a").exits(0).prints("");
        again.says("✓ No change").never_says("rebuilding");
    });

    tree.tgenie("db downgrade --rev -1").run().exits(0).never_says("rebuilding");
    assert_eq!(tree.schema(), schema, "the former schema, to the letter");
    assert_eq!(rows(tree, edit.kept), kept);
    database::assert_sound(&database);
    tree.tgenie("db upgrade").run().exits(0);
    assert_eq!(tree.schema(), upgraded);
    assert_eq!(rows(tree, edit.kept), kept);
}

#[test]
fn six_edits_live_through_the_guides_workflow() {
    let tree = Tree::clone_of_this();
    let database = tree.sandbox().database();
    database::add_tasks(&database, 60);
    let first = tree.schema();
    tree.write("entity/src/event.rs", EVENT);

    // What somebody wrote into the list by hand is still there in the end.
    let list = "migration/src/lib.rs";
    tree.edit(
        list,
        "            Box::new(m001_initial_schema::Migration),\n",
        "            Box::new(m001_initial_schema::Migration), // released with 1.0\n            /* more to come */\n",
    );
    let by_hand = tree.read(list) + "\n// The end.\n";
    tree.write(list, &by_hand);

    for edit in &EDITS {
        live_through(&tree, edit);
    }

    let priorities = "SELECT DISTINCT priority FROM tasks ORDER BY priority";
    assert_eq!(database::texts(&database, priorities), ["high", "medium"]);
    let listed = tree.read(list);
    println!("{listed}");
    let ours = |line: &&str| !EDITS.iter().any(|edit| line.contains(edit.revision));
    let rest: Vec<_> = listed.lines().filter(ours).collect();
    assert_eq!(rest, by_hand.lines().collect::<Vec<_>>(), "{listed}");
    tree.check_format().exits(0).prints("");
    assert_eq!(database::revisions(&database).len(), 7);

    let rows = rows(&tree, &["id", "title", "description", "tags"]);
    tree.tgenie("db downgrade").arg("001").run().exits(0);
    assert_eq!(tree.schema(), first, "six steps back is where it began");
    assert_eq!(self::rows(&tree, &["id", "title", "description", "tags"]), rows);

    // The grown program, as a user gets it, killed at any moment of both ways.
    let sandbox = tree.sandbox();
    let program = sandbox.install(&tree.program(), "grown");
    let tgenie = |arguments: &str| sandbox.other_program(&program, arguments);
    database::run(
        &database,
        "DELETE FROM tasks; DELETE FROM attachments; DELETE FROM notifications",
    );
    database::add_tasks(&database, 4000);
    survives_kills(sandbox, 30, || tgenie("db upgrade --no-backup"), || tgenie("db current"));
    tgenie("db upgrade").run().exits(0);
    let run = || tgenie("db downgrade 001 --no-backup");
    survives_kills(sandbox, 15, run, || tgenie("db current"));
}
