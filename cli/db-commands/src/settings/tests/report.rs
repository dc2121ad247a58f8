//! What `db settings` prints.

use super::*;
use crate::terminal::{Format, Terminal};

#[test]
fn the_settings_are_printed_with_their_origins() {
    let folder = Folder::new()
        .config("backups_keep = 7")
        .with("DATABASE_URL", "sqlite:a%20b.db?mode=ro")
        .with("TASKGENIE_ENV_FILE", "");
    let root = folder.folder.path().display().to_string();

    let (terminal, out, err) = Terminal::captured(None);
    print_settings(&folder.settings(), &terminal, Format::Text).unwrap();
    assert_eq!(
        out.text().replace(&root, "ROOT"),
        "database      ROOT/a b.db  (DATABASE_URL in the environment, read only)\n\
         data_dir      ROOT/home/.taskgenie  (default)\n\
         naming        sequential  (default)\n\
         backups_keep  7  (backups_keep in ROOT/home/.taskgenie/config.toml)\n\
         env_file      none  (nothing to read)\n\
         config_file   ROOT/home/.taskgenie/config.toml  (read)\n"
    );
    assert_eq!(err.text(), "");

    let (terminal, out, _) = Terminal::captured(None);
    print_settings(&folder.settings(), &terminal, Format::Json).unwrap();
    let document: serde_json::Value = serde_json::from_str(&out.text()).unwrap();
    assert_eq!(document["version"], 1);
    let database = &document["settings"]["database"];
    assert_eq!(database["value"], format!("{root}/a b.db"));
    assert_eq!(database["origin"]["kind"], "environment");
    assert_eq!(database["origin"]["name"], "DATABASE_URL");
    assert_eq!(document["settings"]["database_access"]["value"], "read_only");
    assert_eq!(document["settings"]["backups_keep"]["origin"]["key"], "backups_keep");
    assert_eq!(document["files"]["config_file"]["found"], true);
    assert_eq!(document["files"]["env_file"], serde_json::Value::Null);
}
