//! What something else changed in the live database becomes a revision of its own.

use super::Tree;
use crate::support::database::{assert_sound, run, schema, texts};

#[test]
fn drift_is_written_down_and_not_run_where_it_came_from() {
    let tree = Tree::clone_of_this();
    let database = tree.sandbox().database();
    run(
        &database,
        "CREATE TABLE moods (id integer PRIMARY KEY, name text NOT NULL); INSERT INTO moods VALUES (1, 'calm')",
    );
    tree.revision("Moods", "-a").exits(4).says("+ table moods").says("--from live");
    let written = tree.revision("Moods", "-a --from live").exits(0);
    written.says("+ table moods").says("has it already, and is at m002_moods by its books");
    tree.tgenie("db upgrade").run().exits(0).says("Nothing to do");
    assert_eq!(texts(&database, "SELECT name FROM moods"), ["calm"]);
    assert_sound(&database);

    let other = tree.sandbox().here("other.db");
    tree.tgenie("db upgrade").on(&other).run().exits(0);
    let tables = |path| {
        let mut tables = schema(path);
        tables.retain(|text| text.contains("moods"));
        tables
    };
    assert_eq!(tables(&other), tables(&database));
    tree.tgenie("db diff --exit-code --from live --to history").run().exits(0);
}
