//! Files and folders that may not be written, root or not.

use std::fs::{self, Permissions};
use std::path::Path;
use std::process::Command;

use super::Outcome;

/// Takes the right to write off something while it looks; root's too, where the file system can.
/// Nothing is looked at where that doesn't help.
pub(crate) fn frozen(path: &Path, look: impl FnOnce() -> Outcome) -> Option<Outcome> {
    let ice = Ice::over(path);
    if ice.holds() {
        return Some(look());
    }
    println!("not tried: nothing keeps this user from writing to {}", path.display());
    None
}

/// The right to write comes back when it is dropped, also after a failure.
struct Ice<'a> {
    path: &'a Path,
    before: Permissions,
}

impl<'a> Ice<'a> {
    fn over(path: &'a Path) -> Self {
        let before = fs::metadata(path).unwrap().permissions();
        let mut less = before.clone();
        less.set_readonly(true);
        fs::set_permissions(path, less).unwrap();
        chattr("+i", path);
        Self { path, before }
    }

    fn holds(&self) -> bool {
        let written = if self.path.is_dir() {
            let probe = self.path.join("probe");
            fs::write(&probe, "").and_then(|()| fs::remove_file(&probe))
        } else {
            fs::OpenOptions::new().append(true).open(self.path).map(drop)
        };
        written.is_err()
    }
}

impl Drop for Ice<'_> {
    fn drop(&mut self) {
        chattr("-i", self.path);
        let _ = fs::set_permissions(self.path, self.before.clone());
    }
}

/// Linux can make a file immutable for root as well. Elsewhere this does nothing.
fn chattr(flag: &str, path: &Path) {
    let _ = Command::new("chattr").arg(flag).arg(path).output();
}
