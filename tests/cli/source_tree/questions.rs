//! What the models don't say: asked on a terminal, refused with the flags elsewhere.

use super::Tree;
use crate::support::database;

const TASK: &str = "entity/src/task.rs";
const PRIORITY: &str = "    pub priority: Option<String>,\n";
const INDEXED: &str = "Column::Priority";
const RENAMED: &str = "~ column tasks.priority renamed to importance";
const LOST: &str = "TG102: drops column tasks.priority and its values";

#[test]
fn what_the_models_do_not_say_is_asked() {
    let tree = Tree::clone_of_this();
    database::add_tasks(&tree.sandbox().database(), 10);
    tree.edit(TASK, INDEXED, "Column::Importance");
    let renamed = PRIORITY.replace("priority", "importance");
    tree.edit(TASK, PRIORITY, &renamed);
    nobody_is_there(&tree);
    #[cfg(target_os = "linux")]
    somebody_is_there(&tree);

    let remembered = format!("    #[sea_orm(renamed_from = \"priority\")]\n{renamed}");
    let required = "    pub points: i32,\n";
    tree.edit(TASK, &renamed, &format!("{remembered}{required}"));
    values_are_needed(&tree);
    tree.edit(TASK, required, "");
    the_model_remembers(&tree);
}

fn nobody_is_there(tree: &Tree) {
    tree.unchanged(|| {
        for flags in ["-a", "-a --json", "-a --dry-run", "-a --accept TG101"] {
            let told = tree.revision("Importance", flags).exits(4).prints("");
            told.says("error: a question is open that nobody has answered\n")
                .says("Nothing was written.\n")
                .says("help: tasks.priority is gone and tasks.importance is new, with the same definition.")
                .says("`--rename tasks.priority=importance`")
                .says("`--accept TG102`");
        }
        let told = tree.tgenie("db check").run().exits(3);
        told.says("if it was renamed, `--rename tasks.priority=importance`\n");
        let report = tree.tgenie("db check --json").run().exits(3).json();
        assert_eq!(report["hints"].as_array().map(Vec::len), Some(1), "{report}");

        let dry = tree.revision("Importance", "-a --dry-run --accept tg102").exits(0);
        assert!(dry.stdout.contains(&format!("//! Hazards:\n//! - {LOST}; ")), "{dry}");
        let dry = tree.revision("Importance", "-a --dry-run --rename tasks.priority=importance");
        let dry = dry.exits(0);
        assert!(dry.stdout.contains(&format!("//! - `{RENAMED}`\n")), "{dry}");
        assert!(!dry.stdout.contains("Hazards"), "{dry}");

        for (flags, says) in [
            ("--fill tasks.pionts=0", "`--fill tasks.pionts=0` fills nothing"),
            ("--rename tasks.prio=importance", "column tasks.prio renamed to importance: not possible"),
            ("--accept TG1", "`TG1` is no hazard"),
        ] {
            let told = tree.revision("Importance", &format!("-a {flags}")).exits(2).prints("");
            told.says(says);
        }
    });
}

#[cfg(target_os = "linux")]
fn somebody_is_there(tree: &Tree) {
    let revision = |flags: &str, typed: &str| {
        let line = format!("db revision -m Importance -a {flags}");
        tree.at_terminal(&line, typed)
    };
    tree.unchanged(|| {
        for (flags, typed, code, sees) in [
            ("--dry-run", "\n", 0, RENAMED),
            ("--dry-run", "2\n1\n", 0, RENAMED),
            ("--dry-run", "n\ny\n", 0, LOST),
            ("", "n\n\n", 4, "error: TG102 was not accepted"),
            ("", "n\n", 4, "the input ended before a question was answered"),
            ("--json", "\n", 4, "error: a question is open"),
        ] {
            let (exited, seen) = revision(flags, typed);
            println!("{seen}");
            assert_eq!(exited, Some(code), "{flags} {typed:?}: {seen}");
            assert!(seen.contains(sees), "{sees:?}: {seen}");
            let asked = seen.contains(
                "  1  to tasks.importance (same definition, same place, keys or indexes follow)\n",
            );
            assert_eq!(asked, flags != "--json", "{seen}");
        }
    });
}

fn values_are_needed(tree: &Tree) {
    tree.unchanged(|| {
        let told = tree.revision("Points", "-a").exits(4).prints("");
        told.says("TG201: tasks.points must not be NULL")
            .says("the database has 10 rows without a value")
            .says("`--fill tasks.points=…`")
            .never_says("TG102");
        let told = tree.revision("Points", "-a --fill tasks.points=length(titel)").exits(2);
        told.says("`length(titel)` is no expression over a row of tasks");
        #[cfg(target_os = "linux")]
        for (typed, code, sees) in [
            ("length(title)\n", 0, "points of the rows that are there becomes (length(title))"),
            ("length(titel)\n0\n", 0, "`length(titel)` is no expression over a row of tasks"),
            ("\n", 4, "tasks.points got no value for rows that are there"),
        ] {
            let (exited, seen) = tree.at_terminal("db revision -m Points -a --dry-run", typed);
            assert_eq!(exited, Some(code), "{seen}");
            assert!(seen.contains("tasks.points = ") && seen.contains(sees), "{seen}");
        }
    });
}

/// `renamed_from` needs no flag, keeps every value, and has no effect once it was followed.
fn the_model_remembers(tree: &Tree) {
    let database = tree.sandbox().database();
    let values = |column: &str| {
        database::texts(&database, &format!("SELECT {column} FROM tasks ORDER BY id"))
    };
    let (before, schema) = (values("priority"), tree.schema());
    tree.revision("Importance", "-a").exits(0).prints("").says(&format!("{RENAMED}\n"));
    tree.tgenie("db upgrade").run().exits(0);
    assert_eq!(values("importance"), before);
    tree.revision("Nothing", "-a").exits(0).says("✓ No change");
    tree.tgenie("db downgrade").run().exits(0);
    assert_eq!((values("priority"), tree.schema()), (before, schema));
    tree.tgenie("db upgrade").run().exits(0);
    tree.tgenie("db check").run().exits(0);
}
