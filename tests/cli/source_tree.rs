//! The developer's side: the program in a clone of the repository, rebuilding itself.
//!
//! The clone is a copy of the sources under `target/tmp`, kept from one run to the next, so that
//! only what changed is compiled. The tests here take turns in it.

mod drift;
mod questions;
mod tree;
mod two_heads;
mod workflow;
mod wrong_paths;

use tree::Tree;
