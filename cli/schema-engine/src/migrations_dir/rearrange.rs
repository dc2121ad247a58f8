//! Moving revisions to the end of the list in `lib.rs`, under other names.
//!
//! As when one is added, the places come from the spans, and nothing else changes.

use super::branch::Moved;
use super::register::{Problem, last_vec, migrations};
use crate::sql::edit::Edits;
use proc_macro2::{TokenStream, TokenTree};
use std::ops::Range;
use syn::Item;
use syn::spanned::Spanned as _;

/// The source with these revisions last in the list, in this order, and declared by their new names.
pub(super) fn rearrange(source: &str, moved: &[Moved]) -> Result<String, Problem> {
    let file = syn::parse_file(source).map_err(Problem::Unparsable)?;
    let list = file.items.iter().find_map(migrations).ok_or(Problem::NoMigrator)?;
    let (tokens, _) = last_vec(list).ok_or(Problem::NoVec)?;
    let entries = entries(tokens);
    let of = |id: &str| entries.iter().find(|entry| word(&entry.tokens, id).is_some());
    let mut order: Vec<String> = Vec::with_capacity(entries.len());
    let goes = |entry: &&Entry| !moved.iter().any(|it| word(&entry.tokens, &it.from).is_some());
    order.extend(entries.iter().filter(goes).map(|entry| source[entry.span.clone()].to_owned()));
    for it in moved {
        let entry = of(&it.from).ok_or(Problem::NoEntry)?;
        order.push(with_name(source, entry, it));
    }
    let mut edits = Edits::default();
    for (entry, text) in entries.iter().zip(order) {
        if source[entry.span.clone()] != text {
            edits.replace(entry.span.clone(), text);
        }
    }
    declare(source, &file, moved, &mut edits);
    let edited = edits.apply(source);
    syn::parse_file(&edited).map_err(Problem::Unparsable)?;
    Ok(edited)
}

/// An element of the list.
struct Entry {
    tokens: Vec<TokenTree>,
    span: Range<usize>,
}

fn entries(tokens: TokenStream) -> Vec<Entry> {
    let tokens: Vec<_> = tokens.into_iter().collect();
    let is_comma = |token: &TokenTree| matches!(token, TokenTree::Punct(it) if it.as_char() == ',');
    let parts = tokens.split(is_comma);
    parts
        .filter_map(|part| {
            let (first, last) = (part.first()?, part.last()?);
            let span = first.span().byte_range().start..last.span().byte_range().end;
            Some(Entry { tokens: part.to_vec(), span })
        })
        .collect()
}

/// Where a name stands among tokens, however deep.
fn word(tokens: &[TokenTree], name: &str) -> Option<Range<usize>> {
    tokens.iter().find_map(|token| match token {
        TokenTree::Ident(word) if word == name => Some(word.span().byte_range()),
        TokenTree::Group(group) => {
            let inside: Vec<_> = group.stream().into_iter().collect();
            word(&inside, name)
        }
        _ => None,
    })
}

fn with_name(source: &str, entry: &Entry, moved: &Moved) -> String {
    let mut text = source[entry.span.clone()].to_owned();
    if let Some(place) = word(&entry.tokens, &moved.from) {
        let start = entry.span.start;
        text.replace_range(place.start - start..place.end - start, &moved.to);
    }
    text
}

/// Modules with another name are declared behind the others, so that they stay in order.
fn declare(source: &str, file: &syn::File, moved: &[Moved], edits: &mut Edits) {
    let renamed: Vec<_> = moved.iter().filter(|it| it.from != it.to).collect();
    let module = |item: &Item| match item {
        Item::Mod(module) if module.content.is_none() => {
            let renamed = renamed.iter().find(|it| module.ident == it.from.as_str());
            Some((module.ident.span().byte_range(), module.span().byte_range(), renamed.copied()))
        }
        _ => None,
    };
    let modules: Vec<_> = file.items.iter().filter_map(module).collect();
    let staying = modules.iter().filter(|(_, _, it)| it.is_none());
    let last = staying.map(|(_, item, _)| item.end).max();
    let line_end = |at: usize| source[at..].find('\n').map_or(source.len(), |end| at + end);
    for it in renamed {
        let found = modules.iter().find(|(_, _, other)| *other == Some(it));
        let Some((name, item, _)) = found else { continue };
        let from = source[..item.start].rfind('\n').unwrap_or_default();
        let is_alone = source[from..item.start].trim().is_empty() && line_end(item.end) == item.end;
        match last {
            Some(last) if is_alone => {
                let mut text = source[item.clone()].to_owned();
                text.replace_range(name.start - item.start..name.end - item.start, &it.to);
                edits.remove(from..item.end);
                edits.insert(line_end(last), format!("\n{text}"));
            }
            // With something beside it, a comment for one, it stays in its place.
            _ => edits.replace(name.clone(), it.to.as_str()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = "pub mod m001_a;
pub mod m002_b; // ours
/// Theirs.
pub mod m002_c;
pub mod m003_d;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            // oldest first
            Box::new(m001_a::Migration),
            Box::new(m002_b::Migration), // b
            Box::new(m002_c::Migration),
            Box::new(m003_d::Migration),
        ]
    }
}
";

    fn moved(ids: &[(&str, &str)]) -> Vec<Moved> {
        let moved = ids.iter().map(|(from, to)| Moved {
            from: (*from).to_owned(),
            to: (*to).to_owned(),
            parent: String::new(),
        });
        moved.collect()
    }

    #[test]
    fn what_moves_comes_last() {
        let text = rearrange(LIST, &moved(&[("m002_b", "m004_b")])).unwrap();
        let expected = LIST
            .replace("mod m002_b; // ours", "mod m004_b; // ours")
            .replace("m003_d::M", "x::M")
            .replace("m002_c::M", "m003_d::M")
            .replace("m002_b::M", "m002_c::M")
            .replace("x::M", "m004_b::M");
        assert_eq!(text, expected);
        let plain = LIST.replace(" // ours", "");
        let text = rearrange(&plain, &moved(&[("m002_b", "m004_b")])).unwrap();
        let declared =
            "pub mod m001_a;\n/// Theirs.\npub mod m002_c;\npub mod m003_d;\npub mod m004_b;\n\n";
        assert!(text.starts_with(declared), "{text}");
    }

    #[test]
    fn two_move_together_and_keep_their_comments() {
        let text = rearrange(LIST, &moved(&[("m002_c", "m003_c"), ("m003_d", "m004_d")])).unwrap();
        let expected = LIST.replace("m003_d", "m004_d").replace("m002_c", "m003_c");
        assert_eq!(text, expected);
        let same = rearrange(LIST, &moved(&[("m003_d", "m003_d")])).unwrap();
        assert_eq!(same, LIST);
        assert!(rearrange(LIST, &moved(&[("m009_x", "m010_x")])).is_err());
    }
}
