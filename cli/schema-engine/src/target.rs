//! Where an upgrade or a downgrade shall end: what `--rev` takes.

use crate::error::{Error, Result};

/// Which way a target is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Towards the newest revision.
    Up,
    /// Towards the empty database.
    Down,
}

/// How many of the revisions shall be applied when it is done: 0 is `base`.
///
/// `revisions` are all ids, oldest first; `current` is how many of them, from the oldest on, the
/// database stands at. Understood are `head`, `base`, a full id, a unique part of one, `+N` and
/// `-N` from where the database stands, and `ID+N` and `ID-N`.
///
/// # Errors
/// When the text names no revision, several, or one that lies the other way.
pub fn resolve(
    revisions: &[&str],
    current: usize,
    text: &str,
    direction: Direction,
) -> Result<usize> {
    let (anchor, steps) = split(text);
    let start = match anchor {
        "" if steps.is_some() => current,
        "head" => revisions.len(),
        "base" => 0,
        part => find(revisions, part)? + 1,
    };
    let target = start.checked_add_signed(steps.unwrap_or(0)).filter(|end| *end <= revisions.len());
    let Some(target) = target else {
        return Err(out_of_range(revisions, current, text, steps.unwrap_or(0) < 0));
    };
    let wrong_way = match direction {
        Direction::Up => target < current,
        Direction::Down => target > current,
    };
    if wrong_way {
        let (name, other) = match direction {
            Direction::Up => ("an upgrade", "downgrade"),
            Direction::Down => ("a downgrade", "upgrade"),
        };
        return Err(Error::usage(format!(
            "`{text}` is no target for {name}: it lies the other way"
        ))
        .state("The database is unchanged.")
        .next(format!("`db {other} --rev {text}` goes there.")));
    }
    Ok(target)
}

/// More steps than there are revisions: says where the database stands and where the history ends.
fn out_of_range(revisions: &[&str], current: usize, text: &str, below: bool) -> Error {
    let at = |count: usize| count.checked_sub(1).map_or("base", |last| revisions[last]);
    let count = match revisions.len() {
        1 => "1 revision".to_owned(),
        count => format!("{count} revisions"),
    };
    let end = if below { 0 } else { revisions.len() };
    let already = if current == end { ", and the database is there already" } else { "" };
    Error::usage(format!("`{text}` is out of range: there are not that many revisions"))
        .because(format!("the history has {count}, and the database is at {}", at(current)))
        .state("The database is unchanged.")
        .next(if below {
            format!("It begins at `base`, before the first revision{already}.")
        } else {
            format!("It ends at `head`, which is {}{already}.", at(end))
        })
        .next("`db history` lists the revisions.")
}

/// Parts `ID+N` into the id and the steps.
fn split(text: &str) -> (&str, Option<isize>) {
    let at = text.rfind(['+', '-']);
    match at.map(|at| (at, text[at..].parse::<isize>())) {
        Some((at, Ok(steps)))
            if text[at + 1..].starts_with(|digit: char| digit.is_ascii_digit()) =>
        {
            (&text[..at], Some(steps))
        }
        _ => (text, None),
    }
}

/// The place of the one revision that a part stands for: the whole id, else its beginning with or
/// without the leading `m`, else any part of it.
fn find(revisions: &[&str], part: &str) -> Result<usize> {
    let rules: [fn(&str, &str) -> bool; 3] = [
        |id, part| id == part,
        |id, part| {
            id.starts_with(part) || id.strip_prefix('m').is_some_and(|id| id.starts_with(part))
        },
        |id, part| id.contains(part),
    ];
    if !part.is_empty() {
        for rule in rules {
            let found: Vec<usize> =
                (0..revisions.len()).filter(|at| rule(revisions[*at], part)).collect();
            match found.as_slice() {
                [] => {}
                [only] => return Ok(*only),
                several => {
                    let names: Vec<_> = several.iter().take(5).map(|at| revisions[*at]).collect();
                    return Err(Error::usage(format!(
                        "`{part}` stands for {} revisions",
                        several.len()
                    ))
                    .state("The database is unchanged.")
                    .next(format!("Name one of them: {}.", names.join(", "))));
                }
            }
        }
    }
    let error =
        Error::usage(format!("there is no revision `{part}`")).state("The database is unchanged.");
    Err(match nearest(revisions, part) {
        names if names.is_empty() => error.next("The history is empty; `db revision` begins it."),
        names if names.len() == 1 => error.next(format!("The only one is {}.", names[0])),
        names => error.next(format!("The nearest are {}.", names.join(", "))),
    })
}

/// The three ids that are most like a part of one.
fn nearest<'a>(revisions: &[&'a str], part: &str) -> Vec<&'a str> {
    similar::get_close_matches(part, revisions, 3, 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const IDS: [&str; 4] = ["m001_initial", "m002_add_priority", "m003_add_tags", "m004_add"];

    fn up(current: usize, text: &str) -> Result<usize> {
        resolve(&IDS, current, text, Direction::Up)
    }

    fn down(current: usize, text: &str) -> Result<usize> {
        resolve(&IDS, current, text, Direction::Down)
    }

    #[test]
    fn what_is_understood() {
        for (current, text, target) in [
            (0, "head", 4),
            (4, "head", 4),
            (0, "base", 0),
            (1, "+2", 3),
            (0, "m002_add_priority", 2),
            (0, "002", 2),
            (0, "m003", 3),
            (0, "tags", 3),
            (0, "m004_add", 4),
            (0, "001+2", 3),
            (0, "head-1", 3),
            (1, "+0", 1),
        ] {
            assert_eq!(up(current, text).unwrap(), target, "{text}");
        }
        for (current, text, target) in [
            (4, "-1", 3),
            (4, "base", 0),
            (4, "002", 2),
            (4, "-4", 0),
            (3, "head-1", 3),
            (4, "tags-1", 2),
        ] {
            assert_eq!(down(current, text).unwrap(), target, "{text}");
        }
    }

    #[test]
    fn what_is_not() {
        for (text, says) in [
            ("add", "stands for 3"),
            ("nope", "no revision"),
            ("+5", "out of range"),
            ("-1", "out of range"),
            ("", "no revision"),
            ("m00", "stands for 4"),
            ("head+1", "out of range"),
        ] {
            let error = up(0, text).unwrap_err();
            assert!(error.to_string().contains(says), "{text}: {error}");
        }
        assert!(up(3, "001").unwrap_err().to_string().contains("other way"));
        assert!(down(1, "head").unwrap_err().to_string().contains("other way"));
        assert!(down(0, "-1").is_err());
    }
}
