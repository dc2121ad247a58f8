//! `~` at the beginning of a path.

use std::path::{Component, Path, PathBuf};

use schema_engine::{Error, Result};

/// The path with a leading `~` replaced by the home folder.
///
/// A shell does this for an argument, nobody does it for a value in a file or a variable.
/// `~name` is refused rather than taken as a folder of that name.
pub(super) fn expand(path: &Path, home: Option<&Path>) -> Result<PathBuf> {
    let mut components = path.components();
    let first = match components.next() {
        Some(Component::Normal(first)) if first.as_encoded_bytes().starts_with(b"~") => first,
        _ => return Ok(path.to_path_buf()),
    };
    if first != "~" {
        return Err(Error::usage(format!("`{}` begins with somebody's `~`", path.display()))
            .state("No database was opened.")
            .next("Write the folder in full.")
            .next(format!("For a folder of that very name write `./{}`.", path.display())));
    }
    let Some(home) = home else {
        return Err(Error::failed(format!("there is no home folder for `{}`", path.display()))
            .state("No database was opened.")
            .next("Set HOME to your home folder, or write the folder in full."));
    };
    // Joining an empty rest would add a slash at the end.
    let rest = components.as_path();
    Ok(if rest.as_os_str().is_empty() { home.to_path_buf() } else { home.join(rest) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_leading_tilde_is_the_home_folder() {
        let home = Path::new("/home/me");
        for (path, expected) in [
            ("~", "/home/me"),
            ("~/", "/home/me"),
            ("~/a b/~", "/home/me/a b/~"),
            ("a/~", "a/~"),
            ("./~x", "./~x"),
            ("/~", "/~"),
        ] {
            assert_eq!(expand(Path::new(path), Some(home)).unwrap(), Path::new(expected), "{path}");
        }
    }

    #[test]
    fn another_ones_home_and_a_missing_home_are_errors() {
        assert!(expand(Path::new("~root/x"), Some(Path::new("/home/me"))).is_err());
        assert!(expand(Path::new("~/x"), None).is_err());
    }
}
