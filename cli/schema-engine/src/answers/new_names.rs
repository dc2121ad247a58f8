//! Asking a database that isn't renamed yet by the names that it shall have.

use super::{Answers, Rename};
use crate::ident::Ident;
use crate::schema::Schema;
use std::collections::BTreeMap;

/// A table under its new name.
struct Renamed {
    /// The name that it has.
    table: Ident,
    /// The names that its columns have and shall have, in their order.
    columns: Vec<(Ident, Ident)>,
}

impl Answers {
    /// A query with what was renamed put before it, so that it can use the new names in a database
    /// that has the old ones: each renamed table becomes a common table expression
    /// (<https://www.sqlite.org/lang_with.html>). The query must be a SELECT.
    #[must_use]
    pub fn by_new_names(&self, query: &str, current: &Schema) -> String {
        let mut renamed: BTreeMap<Ident, Renamed> = BTreeMap::new();
        for rename in &self.renames {
            let (Rename::Table { from, .. } | Rename::Column { table: from, .. }) = rename;
            let known = renamed.remove(from).or_else(|| {
                let table = current.tables.get(from)?;
                let names = table.columns.iter().map(|column| &column.name);
                let columns = names.map(|name| (name.clone(), name.clone())).collect();
                Some(Renamed { table: from.clone(), columns })
            });
            let Some(mut table) = known else { continue };
            let name = match rename {
                Rename::Table { to, .. } => to,
                Rename::Column { table: name, from, to } => {
                    for (_, column) in table.columns.iter_mut().filter(|(_, name)| name == from) {
                        *column = to.clone();
                    }
                    name
                }
            };
            renamed.insert(name.clone(), table);
        }
        if renamed.is_empty() {
            return query.to_owned();
        }
        let tables = renamed.iter().map(|(name, Renamed { table, columns })| {
            let (old, new): (Vec<_>, Vec<_>) =
                columns.iter().map(|(old, new)| (old.quoted(), new.quoted())).unzip();
            format!(
                "{} ({}) AS (SELECT {} FROM main.{})",
                name.quoted(),
                new.join(", "),
                old.join(", "),
                table.quoted()
            )
        });
        format!("WITH {} {query}", tables.collect::<Vec<_>>().join(", "))
    }
}
