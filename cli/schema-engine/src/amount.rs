//! Counts and sizes as people read them.

/// A noun for one thing and for many.
#[derive(Debug, Clone, Copy)]
pub struct Noun(pub &'static str, pub &'static str);

/// A count with its noun: `1 row`, `1,208 rows`.
#[must_use]
pub fn counted(count: i64, Noun(one, many): Noun) -> String {
    format!("{} {}", grouped(count), if count == 1 { one } else { many })
}

/// An integer with a comma between its thousands.
#[must_use]
pub fn grouped(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut text = String::from(if number < 0 { "-" } else { "" });
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A size with two digits that count, in units of a thousand: `4.1 kB`, `12 MB`.
#[must_use]
pub fn size(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["kB", "MB", "GB", "TB", "PB"];
    if bytes < 1000 {
        return format!("{bytes} bytes");
    }
    let rounded = |amount: u64, by: u64| amount.saturating_add(by / 2) / by;
    // In tenths of the unit.
    let mut tenths = rounded(bytes, 100);
    for unit in UNITS {
        match tenths {
            0..100 => return format!("{}.{} {unit}", tenths / 10, tenths % 10),
            100..9_995 => return format!("{} {unit}", rounded(tenths, 10)),
            _ => tenths = rounded(tenths, 1000),
        }
    }
    format!("{} EB", rounded(tenths, 10))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_told_apart() {
        let texts: Vec<_> = [0, 7, 999, 1000, 1_234_567, -1234].map(grouped).into();
        assert_eq!(texts, ["0", "7", "999", "1,000", "1,234,567", "-1,234"]);
        assert_eq!(grouped(i64::MIN), "-9,223,372,036,854,775,808");
        assert_eq!(counted(1, Noun("row", "rows")), "1 row");
        assert_eq!(counted(0, Noun("row", "rows")), "0 rows");
    }

    #[test]
    fn sizes_have_two_digits_that_count() {
        let texts: Vec<_> =
            [0, 999, 1000, 4096, 12_288, 999_950, 1_000_000, 12_345_678].map(size).into();
        assert_eq!(
            texts,
            ["0 bytes", "999 bytes", "1.0 kB", "4.1 kB", "12 kB", "1.0 MB", "1.0 MB", "12 MB"]
        );
        assert!(size(u64::MAX).ends_with(" EB"));
    }
}
