//! Writes the fingerprint of the entity and migration sources into the program, so that it knows
//! when it is older than they are.

#[path = "db-commands/src/source_tree/fingerprint.rs"]
mod fingerprint;

use std::env;
use std::path::Path;

fn main() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let fingerprint = fingerprint::fingerprint(&root)
        .unwrap_or_else(|error| panic!("the entity and migration sources can't be read: {error}"));
    println!("cargo::rustc-env=TGENIE_FINGERPRINT={fingerprint}");

    let profile = env::var("PROFILE").expect("cargo tells a build script its profile");
    println!("cargo::rustc-env=TGENIE_PROFILE={profile}");

    for source in fingerprint::SOURCES {
        println!("cargo::rerun-if-changed=../{source}");
    }
}
