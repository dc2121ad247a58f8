//! What a stale program does.

use std::process::{Command, Stdio};

use schema_engine::ErrorKind;

use super::super::rebuild::{Build, executable_in};
use super::*;
use crate::Terminal;

/// The error of a stale program that may not or can't be rebuilt.
fn stale(policy: RebuildPolicy, variables: &[(&str, &str)]) -> (String, String) {
    let tree = Tree::new();
    let app = tree.app();
    tree.write("entity/src/lib.rs", "// edited\n");
    let mut surroundings = tree.surroundings();
    for (name, value) in variables {
        let value = value.replace("NOW", &tree.fingerprint());
        surroundings = surroundings.with(name, value);
    }
    let (terminal, _, err) = Terminal::captured(None);
    let error = ensure_fresh(&app, &surroundings, &terminal, policy).unwrap_err();
    assert_eq!(
        (error.kind(), error.data_state()),
        (ErrorKind::Failed, Some("Nothing was written."))
    );
    let root = tree.root().display().to_string();
    (format!("{error}\n{}", error.next_steps().join("\n")).replace(&root, "ROOT"), err.text())
}

#[test]
fn a_stale_program_that_may_not_be_rebuilt_says_what_to_run() {
    for (policy, variables) in
        [(RebuildPolicy::Never, &[][..]), (RebuildPolicy::Rebuild, &[("TGENIE_NO_REBUILD", "1")])]
    {
        let (error, said) = stale(policy, variables);
        assert_eq!(
            error,
            "the models or migrations changed since this program was built\n\
             Run `cargo build --manifest-path ROOT/Cargo.toml --package tgenie --bin tgenie` and \
             then the command again.\n\
             Or leave out --no-rebuild and TGENIE_NO_REBUILD to have it done for you."
        );
        assert_eq!(said, "");
    }
}

#[test]
fn a_rebuilt_program_that_is_stale_is_not_rebuilt_again() {
    let (error, _) = stale(RebuildPolicy::Rebuild, &[("TGENIE_REBUILT_FOR", "NOW")]);
    assert!(
        error.starts_with("the program was rebuilt and is still not of the sources"),
        "{error}"
    );
    let (error, _) = stale(RebuildPolicy::Rebuild, &[("TGENIE_REBUILT_FOR", "before")]);
    assert!(error.starts_with("the models or migrations changed again while"), "{error}");
}

#[test]
fn a_missing_cargo_is_an_error_that_names_it() {
    let (error, said) = stale(RebuildPolicy::Rebuild, &[("CARGO", "/nowhere/cargo")]);
    assert!(error.starts_with("/nowhere/cargo can't be run to rebuild the program"), "{error}");
    assert_eq!(
        said,
        "the models or migrations changed since this program was built: rebuilding…\n"
    );
}

#[test]
fn a_fresh_program_and_one_without_a_tree_run_here() {
    let (tree, nowhere) = (Tree::new(), TempDir::new().unwrap());
    let (terminal, ..) = Terminal::captured(None);
    let ready = |surroundings: &Surroundings| {
        ensure_fresh(&tree.app(), surroundings, &terminal, RebuildPolicy::Rebuild).unwrap()
    };
    let Ready::Here(Some(found)) = ready(&tree.surroundings()) else { panic!("it is fresh") };
    assert_eq!(found.migration_dir(), tree.root().join("migration"));
    let Ready::Here(None) = ready(&Surroundings::in_folder(nowhere.path())) else {
        panic!("there is no tree")
    };
}

#[test]
fn cargo_builds_the_program_and_says_where_it_is() {
    // By a name of its own: where all builds share a folder it must not replace the real one.
    let app = App { name: "fresh-test", package: "fresh-test", ..App::TEST };
    let tree = Tree::new();
    tree.write("cli/Cargo.toml", &FILES[1].1.replace("tgenie", app.package));
    let source_tree = tree.source_tree();
    let surroundings = match std::env::var_os("CARGO") {
        Some(cargo) => tree.surroundings().with("CARGO", cargo),
        None => tree.surroundings(),
    };
    let build = || Build::new(&app, &source_tree, &surroundings).run(Stdio::null());
    let output = Command::new(build().unwrap()).output().unwrap();
    assert_eq!(output.stdout, b"tasks\n");

    tree.write("entity/src/lib.rs", "");
    let error = build().unwrap_err();
    assert_eq!(
        (error.to_string().as_str(), error.kind()),
        ("the models or migrations don't compile", ErrorKind::Failed)
    );
    assert_eq!(error.data_state(), Some("Nothing was written."));
}

#[test]
fn the_program_is_told_from_what_else_cargo_says() {
    let artifact = |name: &str, executable: &str| {
        format!(
            r#"{{"reason":"compiler-artifact","target":{{"kind":["bin"],"name":"{name}"}},"executable":{executable},"fresh":false}}"#
        )
    };
    assert_eq!(
        executable_in(&artifact("tgenie", r#""/t/tgenie""#), "tgenie"),
        Some("/t/tgenie".into())
    );
    for line in [
        &artifact("other", r#""/t/other""#),
        &artifact("tgenie", "null"),
        r#"{"reason":"build-finished","success":true}"#,
        "no JSON",
    ] {
        assert_eq!(executable_in(line, "tgenie"), None, "{line}");
    }
}
