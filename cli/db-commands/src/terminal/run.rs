//! What is said while revisions run.

use super::Terminal;
use schema_engine::executor::Observer;

impl Observer for Terminal {
    fn waiting(&self, users: Option<&str>) {
        let users = users.unwrap_or("another program");
        self.say(&format!("Waiting: the database is used by {users}…"));
    }

    fn interrupted(&self, how: &str) {
        self.warn(how);
    }
}
