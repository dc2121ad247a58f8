//! Files and folders that may not be written, root or not.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::Outcome;

/// Takes the right to write off something while it looks; root's too, where the file system can.
pub(crate) fn frozen(path: &Path, look: impl FnOnce() -> Outcome) -> Option<Outcome> {
    let chattr = |flag: &str| {
        let done = Command::new("chattr").arg(flag).arg(path).output();
        done.is_ok_and(|output| output.status.success())
    };
    let permissions = fs::metadata(path).unwrap().permissions();
    let mut less = permissions.clone();
    less.set_readonly(true);
    fs::set_permissions(path, less).unwrap();
    let by_attribute = chattr("+i");
    let can_still_write = if path.is_dir() {
        let probe = path.join("probe");
        fs::write(&probe, "").and_then(|()| fs::remove_file(&probe)).is_ok()
    } else {
        fs::OpenOptions::new().append(true).open(path).is_ok()
    };
    let outcome = if can_still_write {
        println!("not tried: nothing keeps this user from writing to {}", path.display());
        None
    } else {
        Some(look())
    };
    if by_attribute {
        assert!(chattr("-i"), "{} stays immutable", path.display());
    }
    fs::set_permissions(path, permissions).unwrap();
    outcome
}
