//! `heads` reads the modules of a source tree, and needs none of it to compile.

use crate::support::Sandbox;
use std::fs;

/// A source tree as a merge may leave it.
fn tree(sandbox: &Sandbox, listed: &[&str], parents: &[(&str, &str)]) {
    for member in ["entity", "migration", "cli"] {
        fs::create_dir_all(sandbox.here(member).join("src")).unwrap();
        fs::write(sandbox.here(member).join("Cargo.toml"), "package.name = \"tgenie\"\n").unwrap();
    }
    for (id, parent) in parents {
        let text = format!("pub const DOWN_REVISION: Option<&str> = {parent};\nno Rust at all\n");
        fs::write(sandbox.here(format!("migration/src/{id}.rs")), text).unwrap();
    }
    let modules: Vec<_> = listed.iter().map(|id| format!("pub mod {id};\n")).collect();
    let list: Vec<_> = listed.iter().map(|id| format!("Box::new({id}::Migration), ")).collect();
    let (modules, list) = (modules.concat(), list.concat());
    let text = format!(
        "{modules}impl MigratorTrait for M {{ fn migrations() -> X {{ vec![{list}] }} }}\n"
    );
    fs::write(sandbox.here("migration/src/lib.rs"), text).unwrap();
}

#[test]
fn heads_shows_one_or_both() {
    let sandbox = Sandbox::new();
    sandbox.unchanged(|| {
        let newest = sandbox.history().pop().unwrap();
        sandbox.tgenie("db heads").run().exits(0).prints(&format!("{newest}\n"));
    });

    let parents =
        [("m001_a", "None"), ("m002_b", "Some(\"m001_a\")"), ("m002_c", "Some(\"m001_a\")")];
    tree(&sandbox, &["m001_a", "m002_b"], &parents[..2]);
    let one = sandbox.unchanged(|| sandbox.tgenie("db heads").run().exits(0));
    one.prints("m002_b  builds on m001_a\n").says_exactly("");

    tree(&sandbox, &["m001_a", "m002_c"], &parents);
    let both = sandbox.unchanged(|| sandbox.tgenie("db heads").run().exits(0));
    both.prints("m002_c  builds on m001_a\nm002_b  builds on m001_a  (not listed in lib.rs)\n")
        .says("2 heads: `tgenie db rebase m002_b` ");
    let report = sandbox.tgenie("db heads --json").run().exits(0).json();
    assert_eq!(report["heads"][1]["parent"], "m001_a");
    assert_eq!(report["heads"][1]["listed"], false);

    fs::write(sandbox.here("migration/src/lib.rs"), "<<<<<<< ours\n").unwrap();
    let told = sandbox.tgenie("db heads").run().exits(1).prints("");
    told.says("no valid Rust (line 1").says("keep them all");
}
