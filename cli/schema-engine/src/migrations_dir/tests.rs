use super::register::register;
use super::*;

const PLAIN: &str = "pub use sea_orm_migration::prelude::*;

pub mod m001_a;

pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            // oldest first
            Box::new(m001_a::Migration),
        ]
    }
}
";

fn added(source: &str) -> String {
    register(source, "m002_b").unwrap_or_else(|problem| panic!("{problem}"))
}

#[test]
fn only_two_lines_are_added() {
    let text = added(PLAIN);
    let expected = PLAIN
        .replace("pub mod m001_a;\n", "pub mod m001_a;\npub mod m002_b;\n")
        .replace("Migration),\n", "Migration),\n            Box::new(m002_b::Migration),\n");
    assert_eq!(text, expected);
}

#[test]
fn hand_edits_survive() {
    let source = PLAIN
        .replace("Migration),\n", "Migration), // why\n            // Box::new(gone::Migration),\n")
        .replace("pub struct", "/// Ours.\n#[derive(Debug)]\npub struct")
        + "\n#[cfg(test)]\nmod tests {\n    #[test]\n    fn list() { let _ = [1]\n; }\n}\n";
    let text = added(&source);
    for line in source.lines() {
        assert!(text.contains(line), "{line}");
    }
    assert_eq!(text.lines().count(), source.lines().count() + 2);
    assert!(text.contains("// why\n            Box::new(m002_b::Migration),\n"));
}

#[test]
fn every_layout_of_the_list() {
    for list in [
        "vec![]",
        "vec![Box::new(m001_a::Migration)]",
        "vec![Box::new(m001_a::Migration),]",
        "vec![\n            Box::new(m001_a::Migration)\n        ]",
        "vec![ /* none */ ]",
    ] {
        let source = PLAIN.replace(
            "vec![\n            // oldest first\n            Box::new(m001_a::Migration),\n        ]",
            list,
        );
        let text = added(&source);
        let again = register(&text, "m003_c").expect("still a list");
        assert!(
            again.find("m002_b::Migration").unwrap() < again.find("m003_c::Migration").unwrap(),
            "{again}"
        );
    }
    let bare = PLAIN.replace("pub mod m001_a;\n\n", "").replace("Box::new(m001_a::Migration),", "");
    let text = added(&bare);
    assert!(text.contains("pub mod m002_b;\n\npub struct Migrator;"));
    assert!(text.contains("            Box::new(m002_b::Migration),\n        ]"), "{text}");
}

#[test]
fn what_is_no_list_is_left_alone() {
    for (source, says) in [
        ("fn main() {", "no valid Rust"),
        ("pub struct Migrator;", "no `impl MigratorTrait"),
        (&PLAIN.replace("vec![", "list!["), "vec!"),
        (&PLAIN.replace("m001_a", "m002_b"), "already"),
    ] {
        let problem = register(source, "m002_b").unwrap_err().to_string();
        assert!(problem.contains(says), "{problem}");
    }
}

#[test]
fn both_files_or_none() {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("src");
    fs::create_dir(&source).unwrap();
    fs::write(source.join("lib.rs"), PLAIN).unwrap();
    let migrations = MigrationsDir::of_crate(folder.path()).unwrap();
    let written = migrations.write("m002_b", "//! b\n").unwrap();
    assert_eq!(fs::read_to_string(written.path).unwrap(), "//! b\n");
    assert!(fs::read_to_string(source.join("lib.rs")).unwrap().contains("m002_b::Migration"));

    let before = fs::read_to_string(source.join("lib.rs")).unwrap();
    assert!(migrations.write("m003_c", "fn broken(").is_err());
    assert!(migrations.write("m002_b", "//! again\n").is_err());
    fs::write(source.join("m003_c.rs"), "//! mine\n").unwrap();
    assert!(migrations.write("m003_c", "//! c\n").is_err());
    assert_eq!(fs::read_to_string(source.join("lib.rs")).unwrap(), before);
    assert_eq!(fs::read_to_string(source.join("m003_c.rs")).unwrap(), "//! mine\n");
    assert_eq!(fs::read_dir(&source).unwrap().count(), 3, "no temporary file is left");
    assert!(migrations.check_all_registered(&["m001_a", "m002_b"]).is_err());
}

#[test]
fn the_list_says_the_order_and_the_modules_their_parents() {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("src");
    fs::create_dir(&source).unwrap();
    let list = added(PLAIN)
        .replace("Box::new(m001_a", "Box::new(m002_c::Migration),\n            Box::new(m001_a");
    fs::write(source.join("lib.rs"), list).unwrap();
    for (id, parent) in
        [("m001_a", "None"), ("m002_b", "Some(\"m001_a\")"), ("m002_c", "Some(\"m001_a\")")]
    {
        let text = format!("pub const DOWN_REVISION: Option<&str> = {parent};\n");
        fs::write(source.join(format!("{id}.rs")), text).unwrap();
    }
    let lineage = MigrationsDir::of_crate(folder.path()).unwrap().lineage().unwrap();
    let ids: Vec<_> = lineage.revisions().iter().map(|it| it.revision.as_str()).collect();
    assert_eq!(ids, ["m002_c", "m001_a", "m002_b"]);
    assert_eq!(lineage.heads().len(), 2);
    fs::write(source.join("lib.rs"), "<<<<<<< ours\n").unwrap();
    let error = MigrationsDir::of_crate(folder.path()).unwrap().lineage().unwrap_err();
    assert!(error.to_string().contains("no valid Rust (line 1"), "{error}");
}
