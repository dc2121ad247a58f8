//! What goes wrong between a model and its revision: it is told, and nothing is written.

use std::fs;

use super::Tree;
use crate::support::{database, frozen};

const TASK: &str = "entity/src/task.rs";
const LIST: &str = "migration/src/lib.rs";
const TITLE: &str = "    pub title: String,\n";

#[test]
fn what_goes_wrong_is_told_and_nothing_is_written() {
    let tree = Tree::clone_of_this();
    let database = tree.sandbox().database();
    database::add_tasks(&database, 10);

    messages_that_give_no_name(&tree);
    nothing_to_write(&tree);
    a_program_without_a_tree(&tree);
    a_folder_that_may_not_be_written(&tree);
    a_stale_program_that_may_not_rebuild(&tree);
    models_that_make_no_sense(&tree);
    rows_that_do_not_fit(&tree);
    lists_that_nothing_can_be_added_to(&tree);
    a_module_that_nobody_registered(&tree);
    a_revision_that_fails(&tree);
}

fn messages_that_give_no_name(tree: &Tree) {
    tree.unchanged(|| {
        for (message, says) in [
            ("", "the message \"\" gives no name"),
            ("  ", "gives no name"),
            ("!!! – ???", "gives no name"),
            ("数据", "gives no name"),
            ("Initial schema", "m001_initial_schema has the same name already"),
            ("INITIAL, schema!", "m001_initial_schema has the same name already"),
        ] {
            for flags in ["", "-a"] {
                let outcome = tree.revision(message, flags).exits(2).prints("");
                outcome.says(says).says("Nothing was written.\n").says("help: ");
            }
        }
        tree.tgenie("db revision -a").run().exits(2).says("--message <TEXT>");
    });
}

fn nothing_to_write(tree: &Tree) {
    tree.unchanged(|| {
        let told = tree.revision("Nothing", "--autogenerate").exits(0).prints("");
        told.says("✓ No change").says("Nothing was written.\n").never_says("rebuilding");
        let report = tree.revision("Nothing", "--autogenerate --json").exits(0).json();
        assert_eq!(
            (&report["revision"], &report["path"]),
            (&None::<()>.into(), &None::<()>.into())
        );
        let dry = tree.revision("Shown only", "--dry-run").exits(0);
        assert!(dry.stdout.contains("pub const REVISION: &str = \"m002_shown_only\";"), "{dry}");

        // The tree is found from anywhere inside it, and by where it keeps the program.
        for folder in [tree.path("entity/src"), tree.sandbox().here("")] {
            let outcome = tree.tgenie("db revision --dry-run -m x").from(&folder).run().exits(0);
            assert!(outcome.stdout.contains("m002_x"), "{outcome}");
        }
    });
}

fn a_program_without_a_tree(tree: &Tree) {
    let sandbox = tree.sandbox();
    let program = sandbox.install(&tree.program(), "installed");
    tree.unchanged(|| {
        for flags in ["", "-a", "--dry-run"] {
            let command = format!("db revision -m x {flags}");
            let outcome = sandbox.other_program(&program, &command).run().exits(1).prints("");
            outcome.says("there is none here\n").says("Nothing was written.\n").says("clone");
        }
    });
}

fn a_folder_that_may_not_be_written(tree: &Tree) {
    let folder = tree.path("migration/src");
    let told = tree.unchanged(|| frozen(&folder, || tree.revision("Custom migration", "")));
    if let Some(told) = told {
        let told = told.exits(1).prints("").says("can't write ").says("migration/src");
        told.says("Nothing was written.\n").says("help: Check the permissions of the folder");
    }
}

fn a_stale_program_that_may_not_rebuild(tree: &Tree) {
    tree.with_edit(TASK, TITLE, &format!("    /// What is to be done.\n{TITLE}"), || {
        tree.unchanged(|| {
            for command in
                ["revision -a -m x", "upgrade", "downgrade", "current", "history", "check"]
            {
                let told = tree
                    .tgenie(&format!("db {command}"))
                    .env("TGENIE_NO_REBUILD", "1")
                    .run()
                    .exits(1)
                    .prints("");
                told.says("the models or migrations changed since this program was built\n")
                    .says("help: Run `cargo build ")
                    .says("TGENIE_NO_REBUILD")
                    .never_says("rebuilding");
            }
            tree.tgenie("db current --no-rebuild").run().exits(1);
            // What needs neither models nor migrations works all the same.
            tree.tgenie("db settings --no-rebuild").run().exits(0);
        });
    });
    tree.tgenie("db current").env("TGENIE_NO_REBUILD", "1").run().exits(0);
}

fn models_that_make_no_sense(tree: &Tree) {
    let twice = format!("{TITLE}    #[sea_orm(column_name = \"title\")]\n    pub name: String,\n");
    let extra = format!("    #[sea_orm(extra = \"CHECK (title <>)\")]\n{TITLE}");
    let unknown = "    pub title: Title,\n";
    for (what, to, says) in [
        ("two columns of one name", twice.as_str(), "duplicate column name: title"),
        ("SQL that is none", &extra, "syntax error"),
        ("no Rust", unknown, "cannot find type `Title`"),
    ] {
        println!("{what}");
        tree.with_edit(TASK, TITLE, to, || {
            tree.unchanged(|| {
                let told = tree.revision("Broken", "-a").exits(1).prints("").says("rebuilding");
                told.says(says).says("Nothing was written.\n").never_says("panicked");
            });
        });
    }
    let lib = "entity/src/lib.rs";
    let (start, end) = (".register(task::Entity)", ".register(config::Entity)");
    let text = tree.read(lib);
    let all = &text[text.find(start).unwrap()..text.find(end).unwrap() + end.len()];
    let objects = "[task::objects(), attachment::objects(), notification::objects()].concat()";
    println!("no models at all");
    tree.with_edit(lib, objects, "Vec::new()", || {
        tree.with_edit(lib, all, "", || {
            tree.unchanged(|| {
                let told = tree.revision("Drop everything", "-a").exits(1).prints("");
                told.says("error: the models describe no table at all\n")
                    .says("Nothing was written.\n")
                    .says("`register`");
            });
        });
    });
}

fn rows_that_do_not_fit(tree: &Tree) {
    let database = tree.sandbox().database();
    let twice = "UPDATE tasks SET title = 'Twice' WHERE id IN (SELECT id FROM tasks LIMIT 2)";
    database::run(&database, twice);
    database::run(&database, "UPDATE tasks SET description = '007' WHERE title = 'Twice'");
    let unique = format!("    #[sea_orm(unique)]\n{TITLE}");
    let (text, number) =
        ("    pub description: Option<String>,\n", "    pub description: Option<i32>,\n");
    let of_text = format!("    #[sea_orm(column_type = \"Text\")]\n{text}");
    tree.with_edit(TASK, TITLE, &unique, || {
        tree.with_edit(TASK, &of_text, number, || {
            tree.unchanged(|| {
                let duplicates = "TG203: (title) must be unique in tasks (2 rows here are not unique: 'Twice' (2 times))";
                let told = tree.revision("Unique titles", "-a").exits(4).prints("");
                told.says("error: the database has rows that don't fit\n")
                    .says(duplicates)
                    .says("'007' -> 7")
                    .says("Nothing was written.\n")
                    .says("help: TG203: Make the values differ")
                    .says("`--fill tasks.description=SQL`");
                let told = tree.tgenie("db check").run().exits(3);
                let told = told.says("tasks is rebuilt: 10 rows are copied, about ");
                told.says(duplicates).never_says("Nothing was written");
            });
        });
    });
}

fn lists_that_nothing_can_be_added_to(tree: &Tree) {
    let before = tree.read(LIST);
    let open = "        vec![\n";
    let body = &before[before.find(open).unwrap()..before.rfind("        ]\n").unwrap() + 10];
    let pushed = "        let mut all: Vec<Box<dyn MigrationTrait>> = Vec::new();\n        all.push(Box::new(m001_initial_schema::Migration));\n        all\n";
    let (unchanged, unwritten) = ("Nothing was changed.\n", "Nothing was written.\n");
    for (what, to, says, state) in [
        ("a list that is no vec!", pushed, "doesn't end in a `vec![…]`", unchanged),
        (
            "a list that is no Rust",
            "        vec![\n",
            "the models or migrations don't compile",
            unwritten,
        ),
    ] {
        println!("{what}");
        tree.with_edit(LIST, body, to, || {
            tree.unchanged(|| {
                let told = tree.revision("Custom migration", "").exits(1).prints("");
                told.says(says).says(state).says("help: ").says("lib.rs");
            });
        });
    }
}

fn a_module_that_nobody_registered(tree: &Tree) {
    let left = tree.path("migration/src/m002_left_by_a_merge.rs");
    fs::write(&left, "pub struct Migration;\n").unwrap();
    tree.unchanged(|| {
        let told = tree.revision("Custom migration", "").exits(1).prints("");
        told.says("m002_left_by_a_merge").says("not registered").says("Nothing was written.\n");
    });
    fs::remove_file(left).unwrap();
}

fn a_revision_that_fails(tree: &Tree) {
    let database = tree.sandbox().database();
    let told = tree.revision("Custom migration", "").exits(0).prints("");
    told.says("✓ Wrote migration/src/m002_custom_migration.rs.\n").says("Fill in its SQL");
    let module = "migration/src/m002_custom_migration.rs";
    let text = tree.read(module);
    let broken =
        "execute_unprepared(\"CREATE TABLE half (id); DELETE FROM tasks; DROP TABLE nowhere\")";
    tree.write(module, &text.replacen("execute_unprepared(\"\")", broken, 1));
    let before = fs::read(&database).unwrap();
    for flags in ["", " --no-backup"] {
        let told = tree.tgenie(&format!("db upgrade{flags}")).run().exits(1).prints("");
        let told = told
            .says("error: m002_custom_migration failed\n")
            .says("no such table: nowhere")
            .says("The database is unchanged: everything was rolled back.\n");
        assert_eq!(told.stderr.contains("A copy from before is at "), flags.is_empty(), "{told}");
        assert!(fs::read(&database).unwrap() == before, "the database changed");
    }
    for _ in 0..6 {
        tree.tgenie("db upgrade").run().exits(1).says("A copy from before is at ");
    }
    let copies = fs::read_dir(tree.sandbox().backups()).unwrap().count();
    assert_eq!(copies, 1, "who tries again and again doesn't fill the disk");
    // As it was written it does nothing, up and down.
    tree.write(module, &text);
    tree.tgenie("db upgrade").run().exits(0);
    tree.tgenie("db downgrade").run().exits(0);
}
