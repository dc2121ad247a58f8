//! Doubles that every SQLite reads back as the same bits.

use std::io::Write as _;

/// Between these, 17 significant digits are read back exactly by every engine that was measured;
/// further out many versions of it are off by a unit or two in the last place.
const SAFE_RANGE: std::ops::RangeInclusive<f64> = 1e-60..=1e60;

/// 2^50, exact in 16 digits and so exact in every engine.
const SCALE: &str = "1125899906842624.0";
const SCALE_BITS: i32 = 50;

/// Appends a double as a literal, or as a product of exact ones where a literal would be misread.
pub(crate) fn write_real(out: &mut Vec<u8>, real: f64) {
    if real.is_nan() {
        // SQLite has no NaN: it stores NULL.
        out.extend_from_slice(b"NULL");
    } else if real.is_infinite() {
        out.extend_from_slice(if real > 0.0 { b"9e999" } else { b"-9e999" });
    } else if real == 0.0 {
        out.extend_from_slice(if real.is_sign_negative() { b"-0.0" } else { b"0.0" });
    } else if SAFE_RANGE.contains(&real.abs()) {
        let mut buffer = zmij::Buffer::new();
        let shortest = buffer.format_finite(real);
        if (1e-4..1e15).contains(&real.abs()) && is_exact_everywhere(shortest) {
            out.extend_from_slice(shortest.as_bytes());
        } else {
            write_digits(out, real, shortest);
        }
    } else {
        write_product(out, real);
    }
}

/// Whether every SQLite reads the decimal number, `19.99` for one, as the double that it is the
/// shortest text of.
///
/// Up to 3.42 SQLite divides the digits by a power of ten with 64 bits and then rounds to the 53
/// of a double. Rounding twice goes wrong if the first result lies halfway between two doubles.
fn is_exact_everywhere(shortest: &str) -> bool {
    let text = shortest.strip_prefix('-').unwrap_or(shortest).as_bytes();
    let Some(point) = text.iter().position(|byte| *byte == b'.') else { return false };
    let places = text.len() - point - 1;
    if places > 15 {
        return false;
    }
    let mut digits = 0_u64;
    for byte in text.iter().filter(|byte| **byte != b'.') {
        if !byte.is_ascii_digit() {
            return false;
        }
        // No shortest text has more than 17 digits.
        digits = digits.saturating_mul(10).saturating_add(u64::from(byte - b'0'));
    }
    let Some(power) = u32::try_from(places).ok().and_then(|places| 10_u64.checked_pow(places))
    else {
        return false;
    };
    if digits >= 1 << 53 {
        return false;
    }
    // The quotient with 64 or 65 bits; both numbers have at most 53, so nothing overflows.
    let (digits, power) = (u128::from(digits), u128::from(power));
    let shift = 64 + digits.leading_zeros() - power.leading_zeros();
    let quotient = (digits << shift) / power;
    let is_exact = quotient * power == digits << shift;
    let Some(surplus) = (128 - quotient.leading_zeros()).checked_sub(53) else { return false };
    let rest = quotient & ((1 << surplus) - 1);
    if is_exact { rest == 0 } else { rest.abs_diff(1 << (surplus - 1)) > 2 }
}

/// Writes 17 significant digits. Where the shortest text has that many it has these.
fn write_digits(out: &mut Vec<u8>, real: f64, shortest: &str) {
    let unsigned = shortest.strip_prefix('-').unwrap_or(shortest);
    match unsigned.split_once('.') {
        Some((whole, fraction))
            if !whole.starts_with('0')
                && whole.len() + fraction.len() == 17
                && fraction.bytes().all(|byte| byte.is_ascii_digit()) =>
        {
            if real.is_sign_negative() {
                out.push(b'-');
            }
            let (first, rest) = whole.split_at(1);
            for part in [first, ".", rest, fraction, "e"] {
                out.extend_from_slice(part.as_bytes());
            }
            out.extend_from_slice(itoa::Buffer::new().format(rest.len()).as_bytes());
        }
        // A Vec takes all that is written; there is no error to handle.
        _ => drop(write!(out, "{real:.16e}")),
    }
}

/// Writes `m × 2^k` as `m.0*1125899906842624.0*…` or with `/`. Each step only moves the exponent,
/// so each is exact.
fn write_product(out: &mut Vec<u8>, real: f64) {
    let bits = real.to_bits();
    let fraction = bits & ((1 << 52) - 1);
    // The mask leaves eleven bits.
    let biased = i32::try_from((bits >> 52) & 0x7ff).unwrap_or_default();
    let (mantissa, mut exponent) =
        if biased == 0 { (fraction, -1074) } else { (fraction | (1 << 52), biased - 1075) };
    if real.is_sign_negative() {
        out.push(b'-');
    }
    let _ = write!(out, "{mantissa}.0");
    let operator = if exponent < 0 { b'/' } else { b'*' };
    exponent = exponent.abs();
    while exponent > 0 {
        out.push(operator);
        if exponent >= SCALE_BITS {
            out.extend_from_slice(SCALE.as_bytes());
        } else {
            let _ = write!(out, "{}.0", 1_u64 << exponent);
        }
        exponent -= SCALE_BITS;
    }
}

#[cfg(test)]
mod tests {
    use super::write_real;

    /// What the writer of digits has to give, the slow way.
    fn slow(real: f64) -> String {
        format!("{real:.16e}")
    }

    #[test]
    fn doubles_are_spelled_to_the_last_digit() {
        let mut state = 1_u64;
        let (mut plain, mut long) = (0, 0);
        for number in 0_i32..200_000 {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let whole = i32::try_from(state >> 40).unwrap();
            let real = match number % 4 {
                0 => f64::from(whole) / 100.0,
                1 => f64::from(whole) / 16_777_216.0 * 1000.0 + f64::from(number) / 3.0,
                2 => -f64::from_bits(state >> 12 | 0x3ff << 52) * 1e9,
                _ => f64::from_bits(state >> 12 | (0x390 + (state >> 20 & 0x7f)) << 52),
            };
            let mut out = Vec::new();
            write_real(&mut out, real);
            let text = String::from_utf8(out).unwrap();
            if text.contains('e') {
                long += 1;
                assert_eq!(text, slow(real));
            } else {
                plain += 1;
                // The shortest; half-way between two there may be two of them.
                assert_eq!(text.len(), format!("{real:?}").len(), "{text}");
            }
            assert_eq!(text.parse::<f64>().unwrap().to_bits(), real.to_bits());
        }
        assert!(plain > 40_000 && long > 40_000, "{plain} {long}");
    }
}
