//! The part of a dump that is being looked at: a dump may be far larger than the memory.
//!
//! It holds what was read and not yet understood: as a rule some hundred kilobytes, more only
//! where a single row or definition is longer.

use std::io::{self, BufRead, Read};

use crate::dump::seal::Hasher;

/// How much is read at once.
const BLOCK: usize = 1 << 18;

/// How much is kept only as long as one row or definition needs it.
const LARGE: usize = 8 * BLOCK;

/// What has been read from a stream and not yet been used.
pub(super) struct Window<R> {
    input: R,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    /// How much of the stream lies before the buffer.
    before: u64,
    /// Hashes everything that was used.
    hasher: Option<Hasher>,
    hashed: usize,
}

impl<R: Read> Window<R> {
    pub(super) fn new(input: R) -> Self {
        Self { input, buffer: vec![0; BLOCK], start: 0, end: 0, before: 0, hasher: None, hashed: 0 }
    }

    /// From now on, hashes what is used.
    pub(super) fn hash(&mut self) {
        self.hasher = Some(Hasher::default());
        self.hashed = self.start;
    }

    /// The hash of all that was used.
    pub(super) fn take_hash(&mut self) -> Option<String> {
        self.hash_used();
        self.hasher.take().map(Hasher::finish)
    }

    /// What there is.
    pub(super) fn at_hand(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }

    /// How much of the stream was used.
    pub(super) fn used(&self) -> u64 {
        self.before + self.start as u64
    }

    /// Reads on until there are this many bytes; false if the stream ends before.
    pub(super) fn reach(&mut self, length: usize) -> io::Result<bool> {
        while self.end - self.start < length {
            if self.start > 0 && self.buffer.len() - self.start < length.max(BLOCK) {
                self.move_to_front();
            }
            if self.end == self.buffer.len() {
                // Piece by piece: what the stream doesn't hold takes no memory.
                let missing = length - (self.end - self.start);
                self.buffer.resize(self.end + missing.clamp(BLOCK, LARGE), 0);
            }
            match self.input.read(&mut self.buffer[self.end..]) {
                Ok(0) => return Ok(false),
                Ok(count) => self.end += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(true)
    }

    fn hash_used(&mut self) {
        if let Some(hasher) = &mut self.hasher {
            hasher.update(&self.buffer[self.hashed..self.start]);
        }
        self.hashed = self.start;
    }

    fn move_to_front(&mut self) {
        self.hash_used();
        self.buffer.copy_within(self.start..self.end, 0);
        self.before += self.start as u64;
        self.end -= self.start;
        self.start = 0;
        self.hashed = 0;
        if self.buffer.len() > LARGE && self.end < BLOCK {
            self.buffer.truncate(2 * BLOCK);
            self.buffer.shrink_to_fit();
        }
    }
}

impl<R: Read> Read for Window<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let available = self.fill_buf()?;
        let count = available.len().min(buffer.len());
        buffer[..count].copy_from_slice(&available[..count]);
        self.consume(count);
        Ok(count)
    }
}

impl<R: Read> BufRead for Window<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.reach(1)?;
        Ok(self.at_hand())
    }

    fn consume(&mut self, count: usize) {
        self.start = (self.start + count).min(self.end);
        // The room of a long row goes at once: SQLite is about to need as much.
        if self.buffer.len() > LARGE && self.end - self.start < BLOCK {
            self.move_to_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::BufRead as _;

    use super::{BLOCK, Window};
    use crate::dump::seal::Hasher;

    #[test]
    fn it_moves_along_and_hashes_what_was_used() {
        let text: Vec<u8> = (0..5 * BLOCK).map(|at| u8::try_from(at % 251).unwrap()).collect();
        let mut window = Window::new(text.as_slice());
        window.hash();
        let mut seen = 0;
        while window.reach(1).unwrap() {
            let length = 1 + seen % (BLOCK + BLOCK / 2);
            let whole = window.reach(length).unwrap();
            assert_eq!(whole, seen + length <= text.len());
            let length = length.min(window.at_hand().len());
            assert_eq!(window.at_hand()[..length], text[seen..seen + length]);
            window.consume(length);
            seen += length;
            assert_eq!(window.used(), seen as u64);
        }
        assert_eq!(seen, text.len());
        let mut hasher = Hasher::default();
        hasher.update(&text);
        assert_eq!(window.take_hash(), Some(hasher.finish()));
    }
}
