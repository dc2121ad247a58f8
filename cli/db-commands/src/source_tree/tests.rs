//! Trees made for the test: their fingerprints, and where they are found.

mod rebuild;

use std::fs;

use tempfile::TempDir;

use super::fingerprint::fingerprint;
use super::*;

/// The files of a workspace that cargo builds in a moment, having nothing to depend on.
const FILES: [(&str, &str); 7] = [
    ("Cargo.toml", "[workspace]\nresolver = '3'\nmembers = ['cli', 'entity', 'migration']\n"),
    (
        "cli/Cargo.toml",
        "[package]\nname = 'tgenie'\nedition = '2024'\n[dependencies]\nentity.path = '../entity'\n",
    ),
    ("cli/src/main.rs", "fn main() { println!(\"{}\", entity::TABLE); }\n"),
    ("entity/Cargo.toml", "[package]\nname = 'entity'\nedition = '2024'\n"),
    ("entity/src/lib.rs", "pub const TABLE: &str = \"tasks\";\n"),
    ("migration/Cargo.toml", "[package]\nname = 'migration'\nedition = '2024'\n"),
    ("migration/src/lib.rs", ""),
];

struct Tree {
    folder: TempDir,
}

impl Tree {
    fn new() -> Self {
        let tree = Self { folder: TempDir::new().expect("a temporary folder can be made") };
        for (file, content) in FILES {
            tree.write(file, content);
        }
        tree
    }

    fn root(&self) -> &Path {
        self.folder.path()
    }

    fn write(&self, file: &str, content: &str) {
        let path = self.root().join(file);
        fs::create_dir_all(path.parent().expect("a file lies in a folder")).unwrap();
        fs::write(path, content).unwrap();
    }

    fn fingerprint(&self) -> String {
        fingerprint(self.root()).unwrap()
    }

    /// The app as it is when it was built from the tree as it is.
    fn app(&self) -> App {
        App { fingerprint: self.fingerprint().leak(), ..App::TEST }
    }

    fn source_tree(&self) -> SourceTree {
        SourceTree { root: self.root().to_path_buf() }
    }

    fn surroundings(&self) -> Surroundings {
        Surroundings::in_folder(self.root())
    }
}

#[test]
fn a_fingerprint_is_of_names_and_contents() {
    let (tree, same) = (Tree::new(), Tree::new());
    let first = tree.fingerprint();
    assert_eq!(first.len(), 16);
    assert_eq!(first, same.fingerprint(), "it doesn't depend on the place");

    let mut seen = vec![first];
    let mut changes = |change: &dyn Fn(), what: &str| {
        change();
        let now = tree.fingerprint();
        assert!(!seen.contains(&now), "{what}");
        seen.push(now);
    };
    changes(&|| tree.write("entity/src/lib.rs", "// edited\n"), "an edit");
    changes(&|| tree.write("entity/src/deep/er/note.rs", ""), "a new file");
    changes(&|| tree.write("migration/src/m002.rs", ""), "a new migration");
    changes(&|| tree.write("migration/Cargo.toml", "# edited\n"), "a manifest");
    changes(&|| tree.write("Cargo.toml", "# edited\n"), "the workspace");
    let (from, to) = ("migration/src/m002.rs", "migration/src/m003.rs");
    changes(&|| fs::rename(tree.root().join(from), tree.root().join(to)).unwrap(), "a new name");
    changes(
        &|| {
            fs::remove_file(tree.root().join(to))
                .and(fs::write(tree.root().join("entity/src/x.rs"), ""))
                .unwrap();
        },
        "a move",
    );
}

#[test]
fn what_is_not_built_from_makes_no_difference() {
    let tree = Tree::new();
    let first = tree.fingerprint();
    for file in [
        "entity/src/notes.md",
        "entity/src/.lib.rs.swp",
        "entity/src/.#lib.rs",
        "entity/src/lib.rs~",
        "cli/src/main.rs",
        "entity/tests/a.rs",
        "README.md",
    ] {
        tree.write(file, "something else");
        assert_eq!(tree.fingerprint(), first, "{file}");
    }
}

#[test]
#[cfg(unix)]
fn links_are_followed_to_files_and_not_to_folders() {
    use std::os::unix::fs::symlink;
    let tree = Tree::new();
    let first = tree.fingerprint();
    symlink("..", tree.root().join("entity/src/up")).unwrap();
    symlink("..", tree.root().join("entity/src/up.rs")).unwrap();
    symlink("nowhere", tree.root().join("entity/src/gone.rs")).unwrap();
    assert_eq!(tree.fingerprint(), first);
    symlink("lib.rs", tree.root().join("entity/src/link.rs")).unwrap();
    assert_ne!(tree.fingerprint(), first);
}

#[test]
fn an_empty_folder_has_a_fingerprint_too() {
    assert_eq!(fingerprint(TempDir::new().unwrap().path()).unwrap().len(), 16);
}

#[test]
fn the_tree_is_found_from_inside_and_from_its_own_program() {
    let (tree, elsewhere) = (Tree::new(), TempDir::new().unwrap());
    let app = tree.app();
    let mut inside = tree.surroundings();
    inside.current_dir.push("entity/src");
    assert_eq!(Freshness::of(&app, &inside).unwrap(), Freshness::Fresh(tree.source_tree()));

    let mut outside = Surroundings::in_folder(elsewhere.path());
    outside.executable = Some(tree.root().join("target/debug/tgenie"));
    assert_eq!(Freshness::of(&app, &outside).unwrap(), Freshness::Fresh(tree.source_tree()));
    tree.write("entity/src/lib.rs", "// edited\n");
    assert_eq!(Freshness::of(&app, &outside).unwrap(), Freshness::Stale(tree.source_tree()));

    outside.executable = Some(tree.root().join("bin/tgenie"));
    assert_eq!(Freshness::of(&app, &outside).unwrap(), Freshness::NoTree);
}

#[test]
fn the_tree_around_us_comes_before_the_one_we_were_built_in() {
    let (around, built_in) = (Tree::new(), Tree::new());
    let mut surroundings = around.surroundings();
    surroundings.executable = Some(built_in.root().join("target/debug/tgenie"));
    assert_eq!(SourceTree::find(&App::TEST, &surroundings), Some(around.source_tree()));
}

#[test]
fn the_tree_of_another_app_and_a_program_without_fingerprint_have_none() {
    let tree = Tree::new();
    let app = tree.app();
    assert_eq!(Freshness::of(&App::TEST, &tree.surroundings()).unwrap(), Freshness::NoTree);
    tree.write("cli/Cargo.toml", "[package]\nname = 'notes'\n");
    assert_eq!(Freshness::of(&app, &tree.surroundings()).unwrap(), Freshness::NoTree);
}
