//! Where a database lies: some places are bad for one.

use std::path::Path;

/// What is wrong with the place of a database, as a note; `None` for an ordinary one.
///
/// On a network file system locks may not hold what they promise
/// (<https://www.sqlite.org/howtocorrupt.html#_filesystems_with_broken_or_missing_lock_implementations>).
/// A program that copies a folder elsewhere takes the file in the middle of a change, and without
/// what stands in its WAL.
pub(crate) fn doubt(database: &Path) -> Option<String> {
    if let Some(kind) = network(database.parent()?) {
        return Some(format!(
            "the database lies on a network file system ({kind}), where locks may not hold: let no other computer use it meanwhile"
        ));
    }
    let service = synced_by(database)?;
    Some(format!(
        "the database lies in a folder of {service}, which may copy it in the middle of a change: let it rest meanwhile, or keep the database elsewhere"
    ))
}

fn synced_by(database: &Path) -> Option<&'static str> {
    const SERVICES: [(&str, &str); 9] = [
        ("dropbox", "Dropbox"),
        ("onedrive", "OneDrive"),
        ("google drive", "Google Drive"),
        ("googledrive", "Google Drive"),
        ("mobile documents", "iCloud"),
        ("icloud drive", "iCloud"),
        ("nextcloud", "Nextcloud"),
        ("owncloud", "ownCloud"),
        ("pcloud", "pCloud"),
    ];
    for folder in database.ancestors().skip(1) {
        let Some(name) = folder.file_name() else { continue };
        let name = name.to_string_lossy().to_ascii_lowercase();
        // `OneDrive - Company`, `Dropbox (Personal)`.
        let is = |start: &str| {
            name.strip_prefix(start)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '-']))
        };
        if let Some((_, service)) = SERVICES.iter().find(|(start, _)| is(start)) {
            return Some(service);
        }
        if folder.join(".stfolder").exists() {
            return Some("Syncthing");
        }
    }
    None
}

/// The kind of a network file system, by the numbers of statfs(2).
#[cfg(target_os = "linux")]
fn network(folder: &Path) -> Option<&'static str> {
    let kind = rustix::fs::statfs(folder).ok()?.f_type;
    #[allow(clippy::useless_conversion, reason = "another architecture has another type there")]
    match i64::from(kind) & 0xffff_ffff {
        0x6969 => Some("NFS"),
        0x517b | 0xff53_4d42 | 0xfe53_4d42 => Some("SMB"),
        0x0102_1997 => Some("9P"),
        0x5346_414f => Some("AFS"),
        0x00c3_6400 => Some("Ceph"),
        _ => None,
    }
}

#[cfg(not(target_os = "linux"))]
fn network(_folder: &Path) -> Option<&'static str> {
    None
}

#[cfg(test)]
mod tests {
    use super::doubt;
    use std::path::Path;

    #[test]
    fn folders_that_are_copied_elsewhere_are_told() {
        for (path, told) in [
            ("/nowhere/ada/Dropbox/app.db", Some("Dropbox")),
            ("/nowhere/ada/Dropbox (Personal)/a/app.db", Some("Dropbox")),
            ("/nowhere/ada/OneDrive - Works/app.db", Some("OneDrive")),
            ("/nowhere/Library/Mobile Documents/app.db", Some("iCloud")),
            ("/nowhere/dropboxes/app.db", None),
            ("/nowhere/onedrive.db", None),
        ] {
            let doubt = doubt(Path::new(path));
            assert_eq!(doubt.is_some(), told.is_some(), "{path}: {doubt:?}");
            assert!(doubt.unwrap_or_default().contains(told.unwrap_or_default()), "{path}");
        }
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(doubt(&folder.path().join("app.db")), None);
        std::fs::create_dir(folder.path().join(".stfolder")).unwrap();
        assert!(doubt(&folder.path().join("app.db")).unwrap().contains("Syncthing"));
    }
}
