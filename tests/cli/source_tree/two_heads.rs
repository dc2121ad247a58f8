//! Two branches that each added a revision, merged: refused, then put on top of each other.

use super::Tree;
use crate::support::database;

const LIST: &str = "migration/src/lib.rs";

#[test]
fn two_heads_are_refused_until_one_is_rebased() {
    let tree = Tree::clone_of_this();
    let path = tree.sandbox().database();
    let base = tree.sandbox().history().pop().unwrap();
    assert_eq!(base, "m001_initial_schema", "the numbers below");
    database::add_tasks(&path, 5);
    tree.revision("Left", "").exits(0);
    let text = tree.read("migration/src/m002_left.rs");
    let with = |sql: [&str; 2]| {
        let text = text.replacen("unprepared(\"\")", &format!("unprepared(\"{}\")", sql[0]), 1);
        text.replacen("unprepared(\"\")", &format!("unprepared(\"{}\")", sql[1]), 1)
    };
    let left = ["CREATE INDEX idx_left ON tasks (title)", "DROP INDEX idx_left"];
    let right = ["ALTER TABLE tasks ADD COLUMN right", "ALTER TABLE tasks DROP COLUMN right"];
    tree.write("migration/src/m002_left.rs", &with(left));
    let right = with(right).replace("m002_left", "m002_right");
    tree.write("migration/src/m002_right.rs", &right);
    tree.edit(LIST, "pub mod m002_left;\n", "pub mod m002_left;\npub mod m002_right;\n");
    let entry = "Box::new(m002_left::Migration),\n";
    // The merge put it first.
    let both = format!("Box::new(m002_right::Migration),\n            {entry}");
    tree.edit(LIST, entry, &both);

    tree.unchanged(|| {
        let told = tree.tgenie("db upgrade").run().exits(4).prints("");
        told.says("the history has 2 heads: m002_right and m002_left\n").says("`tgenie db rebase ");
        for command in ["db check", "db revision -m More", "db revision -a -m More"] {
            tree.tgenie(command).run().exits(4).says("2 heads");
        }
        let heads = tree.tgenie("db heads").run().exits(0);
        assert_eq!(heads.stdout.lines().count(), 2, "{heads}");
        let told = tree.tgenie("db rebase right --dry-run").run().exits(0).prints("");
        told.says("m002_right -> m003_right, builds on m002_left").says("Nothing was written");
        tree.tgenie("db rebase initial").run().exits(2).says("on both branches");
    });
    database::run(&path, "INSERT INTO seaql_migrations VALUES ('m002_right', 0)");
    tree.unchanged(|| {
        let told = tree.tgenie("db rebase right").run().exits(4).prints("");
        told.says("has had m002_right")
            .says("`tgenie db rebase m002_left`")
            .says("db downgrade m001");
    });
    database::run(&path, "DELETE FROM seaql_migrations WHERE version = 'm002_right'");

    let told = tree.tgenie("db rebase right").run().exits(0).prints("");
    told.says("m002_right -> m003_right").says("✓ Does the same there, proven up and down with ");
    let expected =
        right.replace("m002_right", "m003_right").replace("m001_initial_schema", "m002_left");
    assert_eq!(tree.read("migration/src/m003_right.rs"), expected);
    assert!(!tree.path("migration/src/m002_right.rs").exists());
    tree.check_format().exits(0);
    tree.tgenie("db heads").run().exits(0).prints("m003_right  builds on m002_left\n");
    tree.tgenie("db rebase right").run().exits(2).says("one head");
    let told = tree.tgenie("db upgrade").run().exits(0).never_says("rebuilding");
    told.says("from m001_initial_schema to m003_right (2 revisions)");
    tree.tgenie("db downgrade base").run().exits(0);
}
