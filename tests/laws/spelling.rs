//! One schema in many spellings: letter case, quotes, white space and comments.

use crate::model::{
    Clause, ClauseKind, Column, Conflict, KeyColumn, Object, ObjectKind, Part, Reference, Rule,
    RuleKind, Table,
};
use crate::rng::Rng;

/// How a statement is written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Spelling {
    pub(crate) keywords: Case,
    pub(crate) names: Case,
    pub(crate) quotes: Quotes,
    pub(crate) gaps: Gaps,
    pub(crate) comments: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Case {
    AsIs,
    Lower,
    Upper,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Quotes {
    /// Only where a name needs them.
    Needed,
    Double,
    Backtick,
    Bracket,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gaps {
    /// As most people write it.
    Plain,
    /// White space around every token.
    Wide,
    /// A column or constraint a line.
    Lines,
}

pub(crate) const PLAIN: Spelling = Spelling {
    keywords: Case::AsIs,
    names: Case::AsIs,
    quotes: Quotes::Needed,
    gaps: Gaps::Plain,
    comments: false,
};

impl Spelling {
    /// Letter case of names stays: stored texts are looked at by people.
    pub(crate) fn random(rng: &mut Rng) -> Self {
        Self {
            keywords: rng.pick(&[Case::AsIs, Case::AsIs, Case::Lower]),
            names: Case::AsIs,
            quotes: rng.pick(&[Quotes::Needed, Quotes::Double, Quotes::Backtick, Quotes::Bracket]),
            gaps: rng.pick(&[Gaps::Plain, Gaps::Lines, Gaps::Lines, Gaps::Wide]),
            comments: rng.chance(30),
        }
    }

    pub(crate) fn random_case(rng: &mut Rng) -> Self {
        Self { names: rng.pick(&[Case::AsIs, Case::Lower, Case::Upper]), ..Self::random(rng) }
    }
}

impl Case {
    fn of(self, text: &str) -> String {
        match self {
            Self::AsIs => text.to_owned(),
            Self::Lower => text.to_ascii_lowercase(),
            Self::Upper => text.to_ascii_uppercase(),
        }
    }
}

/// Words that may stand for themselves as a name.
const SIMPLE: [&str; 19] = [
    "id",
    "a",
    "b",
    "c",
    "name",
    "title",
    "rowid",
    "_rowid_",
    "oid",
    "state",
    "parent_id",
    "t",
    "tasks",
    "tags",
    "notes",
    "t__new",
    "w",
    "log",
    "x1",
];

struct Writer {
    spelling: Spelling,
    text: String,
    gaps: usize,
}

impl Writer {
    fn new(spelling: Spelling) -> Self {
        Self { spelling, text: String::new(), gaps: 0 }
    }

    fn gap(&mut self) {
        if self.text.is_empty() {
            return;
        }
        self.gaps += 1;
        let gap = match (self.spelling.comments && self.gaps % 5 == 4, self.spelling.gaps) {
            (true, Gaps::Lines) => " -- it's, \"so\" (\n    ",
            (true, _) => " /* ), 'no' */ ",
            (false, Gaps::Wide) => "  ",
            (false, _) => " ",
        };
        self.text.push_str(gap);
    }

    fn words(&mut self, words: &str) -> &mut Self {
        for word in words.split(' ') {
            self.gap();
            self.text.push_str(&self.spelling.keywords.of(word));
        }
        self
    }

    fn raw(&mut self, text: &str) -> &mut Self {
        self.gap();
        self.text.push_str(text);
        self
    }

    /// Punctuation that clings to what stands before it.
    fn tight(&mut self, text: &str) -> &mut Self {
        if self.spelling.gaps == Gaps::Wide {
            self.gap();
        }
        self.text.push_str(text);
        self
    }

    fn line(&mut self) -> &mut Self {
        if self.spelling.gaps == Gaps::Lines {
            self.text.push_str("\n   ");
        }
        self
    }

    fn name(&mut self, name: &str) -> &mut Self {
        self.gap();
        let name = self.spelling.names.of(name);
        let simple = SIMPLE.iter().any(|simple| simple.eq_ignore_ascii_case(&name));
        let quoted = match self.spelling.quotes {
            Quotes::Needed if simple => name,
            Quotes::Backtick => format!("`{}`", name.replace('`', "``")),
            Quotes::Bracket if !name.contains(']') => format!("[{name}]"),
            _ => format!("\"{}\"", name.replace('"', "\"\"")),
        };
        self.text.push_str(&quoted);
        self
    }

    fn names(&mut self, names: &[String]) {
        self.list(names, |writer, name| {
            writer.name(name);
        });
    }

    fn list<T>(&mut self, items: &[T], each: impl Fn(&mut Self, &T)) {
        self.raw("(");
        for (at, item) in items.iter().enumerate() {
            if at > 0 {
                self.tight(",");
            }
            each(self, item);
        }
        self.tight(")");
    }

    fn parts(&mut self, parts: &[Part]) {
        for part in parts {
            match part {
                Part::Word(word) => self.words(word),
                Part::Raw(text) => self.raw(text),
                Part::Table(name) | Part::Column(_, name) => self.name(name),
            };
        }
    }

    fn conflict(&mut self, conflict: Conflict) {
        if let Some(way) = conflict {
            self.words("ON CONFLICT").words(way);
        }
    }

    fn constraint_name(&mut self, name: Option<&String>) {
        if let Some(name) = name {
            self.words("CONSTRAINT").name(name);
        }
    }

    fn key_columns(&mut self, columns: &[KeyColumn], autoincrement: bool) {
        self.raw("(");
        for (at, column) in columns.iter().enumerate() {
            if at > 0 {
                self.tight(",");
            }
            self.name(&column.name);
            self.order(column.collation, column.descending);
        }
        if autoincrement {
            self.words("AUTOINCREMENT");
        }
        self.tight(")");
    }

    fn order(&mut self, collation: Option<&str>, descending: bool) {
        if let Some(collation) = collation {
            self.words("COLLATE").words(collation);
        }
        if descending {
            self.words("DESC");
        }
    }

    fn reference(&mut self, reference: &Reference) {
        self.words("REFERENCES").name(&reference.table);
        if !reference.columns.is_empty() {
            self.names(&reference.columns);
        }
        for (event, action) in [("DELETE", reference.on_delete), ("UPDATE", reference.on_update)] {
            if let Some(action) = action {
                self.words("ON").words(event).words(action);
            }
        }
        if let Some(deferral) = reference.deferral {
            self.words(deferral);
        }
    }

    fn parenthesised(&mut self, parts: &[Part]) {
        self.raw("(");
        self.parts(parts);
        self.tight(")");
    }

    fn column(&mut self, column: &Column) {
        self.name(&column.name);
        if !column.declared.is_empty() {
            self.raw(&column.declared);
        }
        for Clause { name, kind } in &column.clauses {
            self.constraint_name(name.as_ref());
            match kind {
                ClauseKind::PrimaryKey { descending, autoincrement, conflict } => {
                    self.words("PRIMARY KEY");
                    self.order(None, *descending);
                    self.conflict(*conflict);
                    if *autoincrement {
                        self.words("AUTOINCREMENT");
                    }
                }
                ClauseKind::NotNull(conflict) => self.words("NOT NULL").conflict(*conflict),
                ClauseKind::Unique(conflict) => self.words("UNIQUE").conflict(*conflict),
                ClauseKind::Check(text) => self.words("CHECK").parenthesised(text),
                ClauseKind::Default(text) => {
                    self.words("DEFAULT").raw(text);
                }
                ClauseKind::Collate(collation) => self.order(Some(collation), false),
                ClauseKind::References(reference) => self.reference(reference),
                ClauseKind::Generated { text, stored } => {
                    self.words("AS").parenthesised(text);
                    self.words(if *stored { "STORED" } else { "VIRTUAL" });
                }
            }
        }
    }

    fn rule(&mut self, rule: &Rule) {
        self.constraint_name(rule.name.as_ref());
        match &rule.kind {
            RuleKind::PrimaryKey { columns, autoincrement, conflict } => {
                self.words("PRIMARY KEY").key_columns(columns, *autoincrement);
                self.conflict(*conflict);
            }
            RuleKind::Unique { columns, conflict } => {
                self.words("UNIQUE").key_columns(columns, false);
                self.conflict(*conflict);
            }
            RuleKind::Check(text) => self.words("CHECK").parenthesised(text),
            RuleKind::ForeignKey { columns, reference } => {
                self.words("FOREIGN KEY").names(columns);
                self.reference(reference);
            }
        }
    }
}

impl Table {
    pub(crate) fn sql(&self) -> String {
        let mut writer = Writer::new(self.spelling);
        writer.name(&self.name).raw("(").line();
        for (at, column) in self.columns.iter().enumerate() {
            if at > 0 {
                writer.tight(",").line();
            }
            writer.column(column);
        }
        for rule in &self.rules {
            writer.tight(",").line().rule(rule);
        }
        if self.spelling.gaps == Gaps::Lines {
            writer.text.push('\n');
        }
        writer.tight(")");
        let options = [(self.without_rowid, "WITHOUT ROWID"), (self.strict, "STRICT")];
        for (at, (_, option)) in options.iter().filter(|(said, _)| *said).enumerate() {
            if at > 0 {
                writer.tight(",");
            }
            writer.words(option);
        }
        // However it is written, SQLite stores it so.
        format!("CREATE TABLE {}", writer.text)
    }
}

impl Object {
    pub(crate) fn sql(&self) -> String {
        let mut writer = Writer::new(self.spelling);
        writer.words("CREATE");
        match &self.kind {
            ObjectKind::Index { table, unique, parts, predicate } => {
                writer.words(if *unique { "UNIQUE INDEX" } else { "INDEX" }).name(&self.name);
                writer.words("ON").name(table);
                writer.list(parts, |writer, part| {
                    writer.parts(&part.text);
                    writer.order(part.collation, part.descending);
                });
                if let Some(predicate) = predicate {
                    writer.words("WHERE").parts(predicate);
                }
            }
            ObjectKind::Virtual(text) => {
                writer.words("VIRTUAL TABLE").name(&self.name).parts(text);
            }
            ObjectKind::View(text) => {
                writer.words("VIEW").name(&self.name).words("AS").parts(text);
            }
            ObjectKind::Trigger { text, .. } => {
                writer.words("TRIGGER").name(&self.name).parts(text);
            }
        }
        writer.text
    }
}
