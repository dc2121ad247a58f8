//! Which revision builds on which, as the modules themselves say it.
//!
//! A compiled program knows the order of the list alone; the parents stand in the sources. They are
//! read as tokens, so that a module is understood while it doesn't compile.

use crate::error::{Error, Result};
use proc_macro2::{Delimiter, TokenStream, TokenTree};
use std::collections::BTreeSet;

/// A revision and what it builds on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Descent {
    /// The revision's id.
    pub revision: String,
    /// The revision that it builds on; `None` for the first one.
    pub parent: Option<String>,
    /// Whether `lib.rs` lists it, so that it is run.
    pub listed: bool,
}

/// All revisions of a source tree, in the order in which they are run; those that `lib.rs` doesn't
/// list come last.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lineage {
    revisions: Vec<Descent>,
}

impl Lineage {
    /// Puts modules together, each an id with what it says of its parent. One that says nothing,
    /// because it was written for another runner, builds on the one before it in the list.
    pub(super) fn new(listed: &[&str], modules: Vec<(String, Option<Parent>)>) -> Self {
        let place = |id: &str| listed.iter().position(|other| *other == id);
        let mut modules = modules;
        modules.sort_by_key(|(id, _)| (place(id).unwrap_or(usize::MAX), id.clone()));
        let mut revisions: Vec<Descent> = Vec::with_capacity(modules.len());
        for (revision, parent) in modules {
            let before = revisions.last().filter(|before| before.listed);
            let parent = match parent {
                Some(Parent::None) => None,
                Some(Parent::Revision(id)) => Some(id),
                None => before.map(|before| before.revision.clone()),
            };
            let listed = place(&revision).is_some();
            revisions.push(Descent { revision, parent, listed });
        }
        Self { revisions }
    }

    /// All revisions.
    #[must_use]
    pub fn revisions(&self) -> &[Descent] {
        &self.revisions
    }

    /// The revisions that no other one builds on.
    #[must_use]
    pub fn heads(&self) -> Vec<&Descent> {
        let parents: BTreeSet<_> =
            self.revisions.iter().filter_map(|it| it.parent.as_deref()).collect();
        self.revisions.iter().filter(|it| !parents.contains(it.revision.as_str())).collect()
    }

    /// A revision by its id.
    #[must_use]
    pub fn revision(&self, id: &str) -> Option<&Descent> {
        self.revisions.iter().find(|it| it.revision == id)
    }

    /// Refuses a history that isn't one line: with two heads, nobody has said which comes first;
    /// with a parent that is missing or runs later, what was proven is not what runs.
    ///
    /// `command` is how the command that puts one head on top of the other is written.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Refused`] with the heads and what to do.
    pub fn check(&self, command: &str) -> Result<()> {
        let heads = self.heads();
        if heads.len() > 1 {
            let ids: Vec<_> = heads.iter().map(|head| head.revision.as_str()).collect();
            let last = ids.last().copied().unwrap_or_default();
            return Err(Error::refused(format!(
                "the history has {} heads: {}",
                ids.len(),
                ids.join(" and ")
            ))
            .because("two branches were merged, and neither revision builds on the other")
            .state("Nothing was changed.")
            .next(format!(
                "`{command} {last}` puts that one on top of the other and proves it there."
            )));
        }
        for (at, descent) in self.revisions.iter().enumerate() {
            let Some(parent) = &descent.parent else { continue };
            if !self.revisions[..at].iter().any(|before| &before.revision == parent) {
                let revision = &descent.revision;
                let what = match self.revision(parent) {
                    None => format!("{revision} builds on {parent}, which is not there"),
                    Some(_) => {
                        format!("{revision} builds on {parent}, which lib.rs lists behind it")
                    }
                };
                return Err(Error::refused(what).state("Nothing was changed.").next(
                    "Correct its DOWN_REVISION, or the order of the list in migration/src/lib.rs.",
                ));
            }
        }
        Ok(())
    }
}

/// What a module says of its parent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Parent {
    /// It is the first revision.
    None,
    /// It builds on this one.
    Revision(String),
}

/// What a module's `DOWN_REVISION` says; `None` where there is no such constant.
pub(super) fn parent(source: &str) -> Option<Parent> {
    let mut tokens = value_of(source, "DOWN_REVISION")?.into_iter();
    match (tokens.next()?, tokens.next()) {
        (TokenTree::Ident(word), None) if word == "None" => Some(Parent::None),
        (TokenTree::Ident(word), Some(TokenTree::Group(group)))
            if word == "Some" && group.delimiter() == Delimiter::Parenthesis =>
        {
            let id: syn::LitStr = syn::parse2(group.stream()).ok()?;
            Some(Parent::Revision(id.value()))
        }
        _ => None,
    }
}

/// The tokens between `=` and `;` of a constant at the top of a file.
pub(super) fn value_of(source: &str, constant: &str) -> Option<TokenStream> {
    let tokens: TokenStream = source.parse().ok()?;
    let is =
        |token: &TokenTree, char| matches!(token, TokenTree::Punct(it) if it.as_char() == char);
    let mut tokens = tokens.into_iter();
    while let Some(token) = tokens.next() {
        let TokenTree::Ident(word) = &token else { continue };
        if word != "const" {
            continue;
        }
        match tokens.next()? {
            TokenTree::Ident(name) if name == constant => {
                let value = tokens.skip_while(|token| !is(token, '=')).skip(1);
                return Some(value.take_while(|token| !is(token, ';')).collect());
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lineage(listed: &[&str], parents: &[(&str, &str)]) -> Lineage {
        let parent = |parent: &str| match parent {
            "" => Some(Parent::None),
            "?" => None,
            parent => Some(Parent::Revision(parent.to_owned())),
        };
        let modules = parents.iter().map(|(id, of)| ((*id).to_owned(), parent(of)));
        Lineage::new(listed, modules.collect())
    }

    fn refusal(listed: &[&str], parents: &[(&str, &str)]) -> String {
        lineage(listed, parents).check("rebase").unwrap_err().to_string()
    }

    #[test]
    fn a_parent_is_read_from_its_constant_alone() {
        let source = |value| {
            format!(
                "//! pub const DOWN_REVISION: Option<&str> = None;\n\
                 fn f() {{ const DOWN_REVISION: u8 = 1; }}\n\
                 pub const REVISION: &str = \"m2\";\n\
                 /* why */ pub const DOWN_REVISION: Option<&str> =\n    {value};\n\
                 pub const SQL: &str = \"const DOWN_REVISION\";\n"
            )
        };
        assert_eq!(parent(&source("None")), Some(Parent::None));
        let m1 = Some(Parent::Revision("m1".to_owned()));
        assert_eq!(parent(&source("Some(\"m1\")")), m1);
        assert_eq!(parent(&source("Some(r#\"m1\"#)")), m1);
        for unknown in ["Some(OTHER)", "other()", ""] {
            assert_eq!(parent(&source(unknown)), None, "{unknown}");
        }
        assert_eq!(parent("pub struct Migration;"), None);
        assert_eq!(parent("fn broken( {"), None);
    }

    #[test]
    fn one_line_has_one_head() {
        let line = lineage(&["m1", "m2", "m3"], &[("m3", "m2"), ("m1", ""), ("m2", "?")]);
        line.check("rebase").unwrap();
        assert_eq!(line.heads().len(), 1);
        assert_eq!(line.heads()[0].revision, "m3");
        Lineage::default().check("rebase").unwrap();
    }

    #[test]
    fn what_is_no_line_is_refused() {
        let forked = [("m1", ""), ("m2_a", "m1"), ("m2_b", "m1")];
        let told = refusal(&["m1", "m2_a", "m2_b"], &forked);
        assert_eq!(told, "the history has 2 heads: m2_a and m2_b");
        let told = refusal(&["m1", "m2_b"], &forked);
        assert_eq!(told, "the history has 2 heads: m2_b and m2_a", "one is not listed");
        let told = refusal(&["m1", "m2"], &[("m1", ""), ("m2", "m0")]);
        assert!(told.contains("heads: m1 and m2"), "{told}");
        let told = refusal(&["m2"], &[("m2", "m1")]);
        assert!(told.contains("m1, which is not there"), "{told}");
        let told = refusal(&["m2", "m1"], &[("m1", ""), ("m2", "m1")]);
        assert!(told.contains("lists behind it"), "{told}");
    }
}
