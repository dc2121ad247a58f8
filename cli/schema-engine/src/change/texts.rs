//! The stored texts of what differs, line by line.

use super::Change;
use crate::ident::Ident;
use crate::pair::Pair;
use crate::sql::layout::laid_out;
use similar::TextDiff;

/// How many equal lines are shown around those that differ.
const CONTEXT: usize = 3;

/// What a line of a text difference is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineKind {
    /// `---` and `+++`: which texts are compared.
    File,
    /// `@@`: where in them.
    Place,
    /// `+`: only desired.
    Added,
    /// `-`: only there.
    Removed,
    /// On both sides.
    Same,
}

/// A line of a unified diff, its sign included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextLine {
    /// What it is.
    pub kind: LineKind,
    /// The line, without its end.
    pub text: String,
}

impl Change {
    /// The two stored texts as a unified diff; empty for what is on one side alone.
    ///
    /// `sides` are the names of the two sides. Where a text is all on one line, both are laid out
    /// first, a clause a line.
    #[must_use]
    pub fn text_lines(&self, sides: Pair<&str>) -> Vec<TextLine> {
        let (what, texts) = match self {
            Self::AlterTable(difference) => {
                ("table", difference.tables.as_ref().map(|table| (&table.name, &table.sql)))
            }
            Self::ReplaceIndex(indexes) => {
                ("index", indexes.as_ref().map(|index| (&index.name, &index.sql)))
            }
            Self::ReplaceObject(objects) => (
                objects.desired.kind.word(),
                objects.as_ref().map(|object| (&object.name, &object.sql)),
            ),
            _ => return Vec::new(),
        };
        unified(what, texts, sides)
    }
}

fn unified(what: &str, texts: Pair<(&Ident, &String)>, sides: Pair<&str>) -> Vec<TextLine> {
    let header = |side: &str, name: &Ident| {
        // A line end in a name would make two lines of it.
        format!("{side}: {what} {name}").replace(['\n', '\r'], " ")
    };
    let names =
        Pair::new(header(sides.current, texts.current.0), header(sides.desired, texts.desired.0));
    let texts = texts.map(|(_, sql)| sql.trim());
    let is_one_line = [texts.current, texts.desired].iter().any(|sql| !sql.contains('\n'));
    let texts = texts.map(|sql| {
        let text = if is_one_line { laid_out(sql) } else { sql.to_owned() };
        // One kind of line end, or a line of the diff would not be a line of the output.
        text.replace("\r\n", "\n").replace('\r', "\n") + "\n"
    });
    let difference = TextDiff::from_lines(&texts.current, &texts.desired);
    let mut unified = difference.unified_diff();
    let unified = unified.context_radius(CONTEXT).header(&names.current, &names.desired);
    let text = unified.to_string();
    text.lines()
        .enumerate()
        .map(|(number, line)| {
            let kind = match (number, line.chars().next()) {
                (0 | 1, _) => LineKind::File,
                (_, Some('@')) => LineKind::Place,
                (_, Some('+')) => LineKind::Added,
                (_, Some('-')) => LineKind::Removed,
                _ => LineKind::Same,
            };
            TextLine { kind, text: line.to_owned() }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::unified;
    use crate::ident::Ident;
    use crate::pair::Pair;

    fn text(current: &str, desired: &str) -> String {
        let (name, sides) = (Ident::from("t"), Pair::new("a.db", "b.sql"));
        let texts = Pair::new(current.to_owned(), desired.to_owned());
        let texts = texts.as_ref().map(|sql| (&name, sql));
        let lines = unified("table", texts, sides);
        lines.into_iter().map(|line| line.text + "\n").collect()
    }

    #[test]
    fn one_line_becomes_several() {
        assert_eq!(
            text("CREATE TABLE t (a, b, c, d, e)", "CREATE TABLE t (a, b, c, d, x DEFAULT 1, e)"),
            "--- a.db: table t\n+++ b.sql: table t\n@@ -3,5 +3,6 @@\n     b,\n     c,\n     d,\n\
             +    x DEFAULT 1,\n     e\n )\n"
        );
    }

    #[test]
    fn several_lines_stay_as_they_are() {
        assert_eq!(
            text("CREATE TABLE t (a,\n  b\n)", "CREATE TABLE t (a,\n  b, c\n)"),
            "--- a.db: table t\n+++ b.sql: table t\n@@ -1,3 +1,3 @@\n CREATE TABLE t (a,\n-  b\n+  b, c\n )\n"
        );
    }

    #[test]
    fn a_line_end_is_a_line_end() {
        let (unix, windows) = ("CREATE TABLE t (\na,\nb\n)", "CREATE TABLE t (\r\na,\rc\r\n)");
        assert!(text(unix, windows).ends_with(" a,\n-b\n+c\n )\n"), "{}", text(unix, windows));
    }

    #[test]
    fn equal_texts_give_nothing() {
        assert_eq!(text("CREATE TABLE t (a)", "CREATE TABLE t (\n a\n)"), "");
    }
}
