//! Which layer wins, and what the values mean.

mod files;
mod report;

use std::fs;

use schema_engine::ErrorKind;
use tempfile::TempDir;

use super::*;

/// A folder to stand in, with a home folder beside it that holds the app's folder.
struct Folder {
    folder: TempDir,
    surroundings: Surroundings,
}

impl Folder {
    fn new() -> Self {
        let folder = TempDir::new().expect("a temporary folder can be made");
        fs::create_dir_all(folder.path().join("home/.taskgenie")).unwrap();
        let surroundings = Surroundings::in_folder(folder.path());
        Self { folder, surroundings }
    }

    fn with(mut self, name: &str, value: impl Into<std::ffi::OsString>) -> Self {
        self.surroundings = self.surroundings.with(name, value);
        self
    }

    fn file(self, path: &str, content: impl AsRef<[u8]>) -> Self {
        fs::write(self.path(path), content).unwrap();
        self
    }

    fn config(self, content: &str) -> Self {
        self.file("home/.taskgenie/config.toml", content)
    }

    fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    fn resolve(&self) -> Result<Settings> {
        Settings::resolve(&App::TEST, &self.surroundings, None)
    }

    fn settings(&self) -> Settings {
        self.resolve().expect("the settings can be read")
    }

    fn error(&self) -> Error {
        self.resolve().expect_err("the settings can't be read")
    }

    fn in_config(&self, key: &'static str) -> Origin {
        Origin::ConfigFile { file: self.path("home/.taskgenie/config.toml"), key }
    }
}

fn environment(name: &str) -> Origin {
    Origin::Environment { name: name.to_owned() }
}

#[test]
fn the_defaults_lie_in_the_home_folder_and_make_nothing() {
    let folder = Folder::new();
    let settings = folder.settings();
    assert_eq!(
        settings.database.value,
        Database::at(folder.path("home/.taskgenie/data/taskgenie.db"))
    );
    assert_eq!(settings.database.origin, Origin::Default);
    assert_eq!(settings.data_dir.unwrap().value, folder.path("home/.taskgenie"));
    assert_eq!(settings.naming.value, Naming::Sequential);
    assert_eq!(settings.backups_keep.value, 5);
    assert!(!folder.path("home/.taskgenie/data").exists());
}

#[test]
fn each_layer_wins_over_those_below() {
    let folder =
        Folder::new().config("[database]\nurl = 'sqlite:config.db'\n[app]\ndata_dir = '/c'");
    let settings = folder.settings();
    assert_eq!(settings.database.value.path, folder.path("config.db"));
    assert_eq!(settings.database.origin, folder.in_config("database.url"));
    assert_eq!(settings.data_dir.unwrap().origin, folder.in_config("app.data_dir"));

    let folder = folder.file(".env", "DATABASE_URL=sqlite:env-file.db\nTASKGENIE_DATA_DIR='/e'\n");
    let settings = folder.settings();
    assert_eq!(settings.database.value.path, folder.path("env-file.db"));
    let origin = Origin::EnvFile { file: folder.path(".env"), name: "DATABASE_URL".to_owned() };
    assert_eq!(settings.database.origin, origin);
    assert_eq!(settings.data_dir.unwrap().value, Path::new("/e"));

    let folder = folder.with("DATABASE_URL", "sqlite:process.db").with("TASKGENIE_DATA_DIR", "/p");
    let settings = folder.settings();
    assert_eq!(settings.database.value.path, folder.path("process.db"));
    assert_eq!(settings.database.origin, environment("DATABASE_URL"));
    assert_eq!(settings.data_dir.unwrap().value, Path::new("/p"));

    let flag = OsStr::new("flag.db");
    let settings = Settings::resolve(&App::TEST, &folder.surroundings, Some(flag)).unwrap();
    assert_eq!(settings.database.value.path, folder.path("flag.db"));
    assert_eq!(settings.database.origin, Origin::Flag { name: "--database" });
}

#[test]
fn an_empty_variable_is_not_set() {
    let folder = Folder::new()
        .file(".env", "DATABASE_URL=sqlite:env-file.db\n")
        .with("DATABASE_URL", "")
        .with("TASKGENIE_DATA_DIR", "");
    let settings = folder.settings();
    assert_eq!(settings.database.value.path, folder.path("env-file.db"));
    assert_eq!(settings.data_dir.unwrap().value, folder.path("home/.taskgenie"));
    let folder = folder.file(".env", "DATABASE_URL=\n");
    assert_eq!(folder.settings().database.origin, Origin::Default);
}

#[test]
fn the_data_folder_names_the_database() {
    for (value, expected) in [("~/x", "home/x"), ("x y/[z]?#50%", "x y/[z]?#50%"), ("./x", "x")] {
        let folder = Folder::new().with("TASKGENIE_DATA_DIR", value);
        let settings = folder.settings();
        assert_eq!(settings.data_dir.unwrap().value, folder.path(expected));
        assert_eq!(settings.database.value.path, folder.path(expected).join("data/taskgenie.db"));
    }
}

#[test]
#[cfg(unix)]
fn a_data_folder_need_not_be_utf8() {
    use std::os::unix::ffi::OsStringExt;
    let name = std::ffi::OsString::from_vec(b"/d\xff".to_vec());
    let folder = Folder::new().with("TASKGENIE_DATA_DIR", name.clone());
    let settings = folder.settings();
    assert_eq!(settings.database.value.path, Path::new(&name).join("data/taskgenie.db"));

    let flag = Settings::resolve(&App::TEST, &folder.surroundings, Some(&name)).unwrap();
    assert_eq!(flag.database.value.path, Path::new(&name));

    let folder = Folder::new().with("DATABASE_URL", name);
    assert_eq!(folder.error().kind(), ErrorKind::Usage);
}

#[test]
fn values_that_make_no_sense_are_told_with_their_origin() {
    for (name, value, what) in [
        (
            "TASKGENIE_NAMING",
            "random",
            "naming is `random`, set by TASKGENIE_NAMING in the environment",
        ),
        (
            "TASKGENIE_BACKUPS_KEEP",
            "-1",
            "backups_keep is `-1`, set by TASKGENIE_BACKUPS_KEEP in the environment",
        ),
    ] {
        let error = Folder::new().with(name, value).error();
        assert_eq!((error.to_string().as_str(), error.kind()), (what, ErrorKind::Usage));
    }
    let folder =
        Folder::new().with("TASKGENIE_NAMING", "timestamp").with("TASKGENIE_BACKUPS_KEEP", "0");
    assert_eq!(folder.settings().naming.value, Naming::Timestamp);
    assert_eq!(folder.settings().backups_keep.value, 0);
}

#[test]
fn without_a_home_folder_something_must_name_the_database() {
    let mut folder = Folder::new();
    folder.surroundings.home = None;
    let error = folder.error();
    assert_eq!(error.to_string(), "there is no home folder to hold the database");
    assert_eq!(error.next_steps().len(), 3);

    let folder = folder.with("DATABASE_URL", "sqlite:a.db");
    assert_eq!(folder.settings().data_dir, None);
    assert_eq!(folder.settings().config_file, None);
}

#[test]
fn a_url_that_is_not_understood_is_never_the_default_database() {
    for url in ["postgres://host/db", ":memory:", "/a.db", "sqlite:///a.db?vfs=unix"] {
        assert!(Folder::new().with("DATABASE_URL", url).resolve().is_err(), "{url}");
        assert!(
            Folder::new().config(&format!("database_url = '{url}'")).resolve().is_err(),
            "{url}"
        );
    }
}

#[test]
fn another_app_has_its_own_names() {
    let app =
        App { prefix: "NOTES", home_folder: ".notes", database_file: "notes.db", ..App::TEST };
    let folder = Folder::new().with("TASKGENIE_DATA_DIR", "/t");
    let settings = Settings::resolve(&app, &folder.surroundings, None).unwrap();
    assert_eq!(settings.database.value.path, folder.path("home/.notes/notes.db"));
}

#[test]
#[cfg(unix)]
fn the_folders_above_the_database_are_made_for_the_user_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new();
    let mut database = folder.settings().database.value;
    database.ensure_parent().unwrap();
    database.ensure_parent().expect("a folder that is there is left as it is");
    let mode = |path| fs::metadata(folder.path(path)).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode("home/.taskgenie/data"), 0o700);
    assert_ne!(mode("home/.taskgenie"), 0o700, "it was there before");

    database.access = Access::ExistingOnly;
    assert_eq!(database.ensure_writable().unwrap_err().kind(), ErrorKind::Refused);
    fs::write(&database.path, "").unwrap();
    database.ensure_writable().unwrap();
    database.access = Access::ReadOnly;
    assert_eq!(database.ensure_parent().unwrap_err().kind(), ErrorKind::Refused);
}
