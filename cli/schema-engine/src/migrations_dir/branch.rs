//! Putting one of two branches on top of the other: which revisions move, what they are called
//! then, and what of their text changes.

use super::lineage::{Lineage, value_of};
use super::name::{number, words};
use crate::error::{Error, Result};
use crate::sql::edit::Edits;
use proc_macro2::{Span, TokenTree};

/// The revisions of a branch that go on top of another head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Branch {
    /// Those that both branches have, oldest first.
    pub common: Vec<String>,
    /// Those of the other branch, oldest first.
    pub onto: Vec<String>,
    /// Those that move, oldest first.
    pub moved: Vec<Moved>,
}

/// A revision that moves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// Its id so far.
    pub from: String,
    /// Its id from now on; the same where its number is the highest anyway.
    pub to: String,
    /// What it builds on from now on.
    pub parent: String,
}

impl Branch {
    /// The branch that a revision is on: all of it from where the other begins. `now` is the time
    /// for ids that are made of one, as `YYYYMMDD_HHMMSS`.
    ///
    /// # Errors
    /// When there is no such revision, no second head, or one that isn't in the list.
    pub fn of(lineage: &Lineage, id: &str, now: &str) -> Result<Self> {
        let nothing = |error: Error| error.state("Nothing was changed.");
        if let Some(unlisted) = lineage.revisions().iter().find(|it| !it.listed) {
            let what = format!("lib.rs doesn't list {}, so it can't be tried", unlisted.revision);
            return Err(nothing(Error::refused(what).next(
                "Add a `pub mod` line and a `Box::new(…::Migration)` for it, and run this again.",
            )));
        }
        let heads: Vec<_> = lineage.heads().into_iter().map(|it| it.revision.as_str()).collect();
        if heads.len() < 2 {
            return Err(nothing(Error::usage(
                "the history has one head: nothing is to be put on top of anything",
            )));
        }
        let mut named = lineage.revisions().iter().filter(|it| it.revision.contains(id));
        let named = match (lineage.revision(id), named.next(), named.next()) {
            (Some(exact), _, _) | (None, Some(exact), None) => exact.revision.as_str(),
            _ => {
                return Err(nothing(Error::usage(format!("`{id}` names no revision, or several")))
                    .next(format!("The heads are {}.", heads.join(" and "))));
            }
        };
        let lines: Vec<_> = heads.iter().map(|head| line(lineage, head)).collect();
        let mut on = lines.iter().filter(|line| line.contains(&named));
        let (Some(own), None) = (on.next(), on.next()) else {
            return Err(nothing(Error::usage(format!("{named} is on both branches")))
                .next(format!("Name one of the heads: {}.", heads.join(", "))));
        };
        let shared = |other: &Vec<&str>| own.iter().zip(other).take_while(|(a, b)| a == b).count();
        // The branch that parted last: what moves has no branches of its own then.
        let mut others: Vec<_> = lines.iter().filter(|line| *line != own).collect();
        others.sort_by_key(|other| std::cmp::Reverse(shared(other)));
        let other = others.first().ok_or_else(|| Error::usage("there is no other branch"))?;
        let at = shared(other);
        let texts = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>();
        let (common, onto) = (texts(&own[..at]), texts(&other[at..]));
        let going = &own[at..];
        let stays = lineage.revisions().iter().map(|it| it.revision.clone());
        let mut taken: Vec<_> = stays.filter(|id| !going.contains(&id.as_str())).collect();
        let mut parent = other.last().map(|id| (*id).to_owned()).unwrap_or_default();
        let mut moved = Vec::new();
        for from in going {
            let to = renumbered(from, &taken, now);
            moved.push(Moved { from: (*from).to_owned(), to: to.clone(), parent });
            taken.push(to.clone());
            parent = to;
        }
        Ok(Self { common, onto, moved })
    }
}

/// The revisions up to a head, oldest first.
fn line<'a>(lineage: &'a Lineage, head: &'a str) -> Vec<&'a str> {
    let mut line = Vec::new();
    let mut at = lineage.revision(head);
    while let Some(descent) = at.filter(|it| !line.contains(&it.revision.as_str())) {
        line.push(descent.revision.as_str());
        at = descent.parent.as_deref().and_then(|parent| lineage.revision(parent));
    }
    line.reverse();
    line
}

/// The id with a number behind all others.
fn renumbered(id: &str, taken: &[String], now: &str) -> String {
    let Some(own) = number(id) else {
        let is_last = taken.iter().all(|other| other.as_str() < id);
        return if is_last { id.to_owned() } else { format!("m{now}_{}", words(id)) };
    };
    let highest = taken.iter().filter_map(|id| number(id)).max().unwrap_or(0);
    if own > highest { id.to_owned() } else { format!("m{:03}_{}", highest + 1, words(id)) }
}

/// A module's text with its new name and parent; nothing else in it changes.
pub(super) fn renamed(source: &str, moved: &Moved) -> Result<String, &'static str> {
    let mut edits = Edits::default();
    match value_of(source, "REVISION").map(|tokens| tokens.into_iter().collect::<Vec<_>>()) {
        Some(tokens) => match tokens.as_slice() {
            [TokenTree::Literal(id)] => edits.replace(bytes(id.span()), format!("{:?}", moved.to)),
            _ => return Err("its REVISION is no literal"),
        },
        // The name follows the file's.
        None if source.contains("DeriveMigrationName") => {}
        None => return Err("it has no REVISION"),
    }
    let parent = value_of(source, "DOWN_REVISION").ok_or("it has no DOWN_REVISION")?;
    let (mut first, mut last) = (None, None);
    for token in parent {
        first = first.or(Some(bytes(token.span()).start));
        last = Some(bytes(token.span()).end);
    }
    let (Some(first), Some(last)) = (first, last) else { return Err("its DOWN_REVISION is empty") };
    edits.replace(first..last, format!("Some({:?})", moved.parent));
    let mut at = 0;
    for line in source.split_inclusive('\n').take_while(|line| line.starts_with("//!")) {
        let content = line.trim_end();
        for (what, id) in [("//! - Revision: `", &moved.to), ("//! - Parent: ", &moved.parent)] {
            if content.starts_with(what) {
                let what = what.trim_end_matches('`');
                edits.replace(at..at + content.len(), format!("{what}`{id}`"));
            }
        }
        at += line.len();
    }
    Ok(edits.apply(source))
}

fn bytes(span: Span) -> std::ops::Range<usize> {
    span.byte_range()
}

#[cfg(test)]
mod tests {
    use super::super::lineage::Parent;
    use super::*;

    const TREE: [(&str, &str); 6] = [
        ("m001_a", ""),
        ("m002_b", "m001_a"),
        ("m003_left", "m002_b"),
        ("m003_right", "m002_b"),
        ("m004_right_too", "m003_right"),
        ("m003_other", "m001_a"),
    ];

    fn lineage(count: usize) -> Lineage {
        let listed: Vec<_> = TREE[..count].iter().map(|(id, _)| *id).collect();
        let modules = TREE[..count].iter().map(|(id, parent)| {
            let parent = match *parent {
                "" => Parent::None,
                parent => Parent::Revision(parent.to_owned()),
            };
            ((*id).to_owned(), Some(parent))
        });
        Lineage::new(&listed, modules.collect())
    }

    fn told(count: usize, id: &str) -> (Vec<String>, Vec<String>) {
        let branch = Branch::of(&lineage(count), id, "20261125_120000").unwrap();
        let moved = branch.moved.iter().map(|it| format!("{}>{} on {}", it.from, it.to, it.parent));
        (branch.onto.clone(), moved.collect())
    }

    #[test]
    fn a_branch_moves_as_a_whole() {
        let (onto, moved) = told(5, "right_too");
        assert_eq!(onto, ["m003_left"]);
        assert_eq!(
            moved,
            ["m003_right>m004_right on m003_left", "m004_right_too>m005_right_too on m004_right"]
        );
        assert_eq!(told(5, "m003_right").1, moved);
        let (onto, moved) = told(5, "left");
        assert_eq!(onto, ["m003_right", "m004_right_too"]);
        assert_eq!(moved, ["m003_left>m005_left on m004_right_too"]);
        // Of three heads the nearest one counts.
        assert_eq!(told(6, "left").0, ["m003_right", "m004_right_too"]);
        assert_eq!(told(6, "other").1, ["m003_other>m005_other on m003_left"]);
    }

    #[test]
    fn what_is_no_branch_is_refused() {
        for (count, id, says) in [
            (3, "left", "one head"),
            (5, "m002_b", "on both branches"),
            (5, "m009", "names no revision"),
            (5, "m003", "names no revision, or several"),
        ] {
            let error = Branch::of(&lineage(count), id, "").unwrap_err();
            assert!(error.to_string().contains(says), "{error}");
        }
    }

    #[test]
    fn numbers_follow_the_highest() {
        let taken = ["m004_x".to_owned(), "m20260101_000000_y".to_owned()];
        let new = |id| renumbered(id, &taken, "20261125_120000");
        assert_eq!(new("m004_mine"), "m005_mine");
        assert_eq!(new("m007_mine"), "m007_mine");
        assert_eq!(new("m20250101_000000_mine"), "m20261125_120000_mine");
        assert_eq!(new("m20260701_000000_mine"), "m20260701_000000_mine");
    }

    #[test]
    fn only_names_change_in_a_module() {
        let source = "//! Add x\n//!\n//! - Revision: `m003_right`\n//! - Parent: `m002_b`\n//!\n\
            //! - Parent of nothing\n\nuse x;\n\npub const REVISION: &str = \"m003_right\";\n\
            pub const DOWN_REVISION: Option<&str> = Some(\"m002_b\");\n\
            fn body() { let m003_right = \"m003_right\"; }\n";
        let moved = Moved {
            from: "m003_right".to_owned(),
            to: "m004_right".to_owned(),
            parent: "m003_left".to_owned(),
        };
        let text = renamed(source, &moved).unwrap();
        let expected = source
            .replace("Revision: `m003", "Revision: `m004")
            .replace("str = \"m003", "str = \"m004")
            .replace("m002_b", "m003_left");
        assert_eq!(text, expected);
        let root = source.replace("Some(\"m002_b\")", "None");
        assert!(renamed(&root, &moved).unwrap().contains("= Some(\"m003_left\");"));
        for (from, to) in [("const REVISION", "const NAME"), ("const DOWN_REVISION", "const UP")] {
            assert!(renamed(&source.replace(from, to), &moved).is_err(), "{from}");
        }
    }
}
