//! The project's own layout of Rust.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

/// The text as the project's rustfmt lays it out; `None` where there is none or it doesn't take it.
pub(super) fn rustfmt(text: &str, folder: &Path) -> Option<String> {
    // Read from standard input it looks for rustfmt.toml from its own folder upwards.
    let mut child = Command::new("rustfmt")
        .args(["--edition", "2024", "--emit", "stdout"])
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let mut input = child.stdin.take()?;
    let text = text.to_owned();
    let feeding = std::thread::spawn(move || input.write_all(text.as_bytes()));
    let output = child.wait_with_output().ok()?;
    let fed = feeding.join().is_ok_and(|written| written.is_ok());
    (fed && output.status.success()).then(|| String::from_utf8(output.stdout).ok()).flatten()
}
