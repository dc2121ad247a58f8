//! Adding a revision to `lib.rs`, touching no line that somebody else wrote.
//!
//! The file is parsed with syn, the places come from the spans, and the bytes are spliced. The
//! outcome is parsed once more before it is used.

use proc_macro2::{TokenStream, TokenTree};
use std::collections::BTreeSet;
use std::fmt;
use syn::spanned::Spanned as _;
use syn::{ImplItem, ImplItemFn, Item, Stmt};

/// Why a revision can't be added.
#[derive(Debug)]
pub(super) enum Problem {
    Unparsable(syn::Error),
    NoMigrator,
    NoVec,
    NoEntry,
    Taken,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unparsable(error) => {
                let start = error.span().start();
                write!(f, "it is no valid Rust (line {}: {error})", start.line)
            }
            Self::NoMigrator => {
                f.write_str("it has no `impl MigratorTrait for …` with `fn migrations`")
            }
            Self::NoVec => f.write_str("its `fn migrations` doesn't end in a `vec![…]`"),
            Self::NoEntry => f.write_str("its list doesn't name the revision"),
            Self::Taken => f.write_str("it has a module of that name already"),
        }
    }
}

/// The source with the module declared and put at the end of the list.
pub(super) fn register(source: &str, id: &str) -> Result<String, Problem> {
    let file = syn::parse_file(source).map_err(Problem::Unparsable)?;
    if file.items.iter().any(|item| matches!(item, Item::Mod(module) if module.ident == id)) {
        return Err(Problem::Taken);
    }
    let list = file.items.iter().find_map(migrations).ok_or(Problem::NoMigrator)?;
    let (tokens, close) = last_vec(list).ok_or(Problem::NoVec)?;
    let mut edits = vec![entry(source, &tokens, close, id), declaration(source, &file, id)];
    edits.sort_by_key(|(at, _)| *at);
    let mut edited = String::with_capacity(source.len() + 100);
    let mut from = 0;
    for (at, text) in edits {
        edited.push_str(&source[from..at]);
        edited.push_str(&text);
        from = at;
    }
    edited.push_str(&source[from..]);
    syn::parse_file(&edited).map_err(Problem::Unparsable)?;
    Ok(edited)
}

/// Which of the modules `migrations()` lists, in its order.
pub(super) fn listed(source: &str, modules: &BTreeSet<String>) -> Result<Vec<String>, Problem> {
    let file = syn::parse_file(source).map_err(Problem::Unparsable)?;
    let list = file.items.iter().find_map(migrations).ok_or(Problem::NoMigrator)?;
    let (tokens, _) = last_vec(list).ok_or(Problem::NoVec)?;
    let mut listed = Vec::new();
    names(tokens, modules, &mut listed);
    Ok(listed)
}

fn names(tokens: TokenStream, wanted: &BTreeSet<String>, found: &mut Vec<String>) {
    for token in tokens {
        match token {
            TokenTree::Group(group) => names(group.stream(), wanted, found),
            TokenTree::Ident(word) => found.extend(wanted.get(&word.to_string()).cloned()),
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
}

pub(super) fn migrations(item: &Item) -> Option<&ImplItemFn> {
    let Item::Impl(block) = item else { return None };
    let (path, _) = block.trait_.as_ref()?;
    if path.segments.last()?.ident != "MigratorTrait" {
        return None;
    }
    block.items.iter().find_map(|item| match item {
        ImplItem::Fn(function) if function.sig.ident == "migrations" => Some(function),
        _ => None,
    })
}

/// The tokens inside the `vec![…]` that the function ends in, and the byte of its closing bracket.
pub(super) fn last_vec(function: &ImplItemFn) -> Option<(TokenStream, usize)> {
    let list = match function.block.stmts.last()? {
        Stmt::Expr(syn::Expr::Macro(expression), None) => &expression.mac,
        Stmt::Macro(statement) if statement.semi_token.is_none() => &statement.mac,
        _ => return None,
    };
    let is_vec = list.path.is_ident("vec");
    is_vec.then(|| (list.tokens.clone(), list.delimiter.span().close().byte_range().start))
}

/// Where the new entry goes and what it says: on a line of its own, laid out as the others are.
fn entry(source: &str, tokens: &TokenStream, close: usize, id: &str) -> (usize, String) {
    let last = tokens.clone().into_iter().last();
    let one_line = source[..close].lines().last().is_some_and(|line| line.contains("vec!"));
    let comma = match &last {
        None => "",
        Some(TokenTree::Punct(punct)) if punct.as_char() == ',' => "",
        Some(_) => ",",
    };
    let last_is_none = last.is_none();
    let at = last.map_or(close, |token| token.span().byte_range().end);
    let outer = indentation(source, close);
    let entry = format!("Box::new({id}::Migration),");
    if last_is_none && !one_line {
        // Nothing but comments so far: the line above the bracket's.
        let line = source[..close].rfind('\n').map_or(close, |end| end + 1);
        return (line, format!("{outer}    {entry}\n"));
    }
    if one_line {
        // The whole list was in one line: give the closing bracket one of its own.
        return (at, format!("{comma}\n{outer}    {entry}\n{outer}"));
    }
    // A comment may stand between the last entry and the bracket: stay behind the entry's line.
    let line_end = source[at..close].find('\n').map_or(close, |end| at + end);
    let place = if comma.is_empty() { line_end } else { at };
    (place, format!("{comma}\n{outer}    {entry}"))
}

/// The white space that begins the line of a byte.
fn indentation(source: &str, at: usize) -> &str {
    let line = &source[source[..at].rfind('\n').map_or(0, |end| end + 1)..];
    &line[..line.len() - line.trim_start().len()]
}

/// Behind the last module that is declared, else before the first item that isn't imported.
fn declaration(source: &str, file: &syn::File, id: &str) -> (usize, String) {
    let modules = file.items.iter().filter_map(|item| match item {
        Item::Mod(module) if module.content.is_none() => Some(module.span().byte_range().end),
        _ => None,
    });
    if let Some(end) = modules.max() {
        return (end, format!("\npub mod {id};"));
    }
    let item = file.items.iter().find(|item| !matches!(item, Item::Use(_)));
    let start = item.map_or(source.len(), |item| item.span().byte_range().start);
    (start, format!("pub mod {id};\n\n"))
}
