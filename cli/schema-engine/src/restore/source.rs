//! What there is to restore from, known by its content and never by its name.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::database_file::{DatabaseFile, Found};
use crate::error::{Error, Result};

/// What to restore from.
#[non_exhaustive]
pub enum RestoreSource<'a> {
    /// A dump or a database file.
    File(&'a Path),
    /// A stream, such as stdin. It is read by another thread, to its end or until it makes no sense.
    Stream(Box<dyn Read + Send>),
}

impl<'a, P: AsRef<Path> + ?Sized> From<&'a P> for RestoreSource<'a> {
    fn from(path: &'a P) -> Self {
        Self::File(path.as_ref())
    }
}

impl RestoreSource<'_> {
    /// What a message calls it.
    pub(super) fn name(&self) -> String {
        match self {
            Self::File(path) => path.display().to_string(),
            Self::Stream(_) => "the input".to_owned(),
        }
    }
}

/// What a file to restore from is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SourceKind {
    /// SQL text.
    Dump,
    /// A SQLite database.
    Database,
}

/// How a source is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Packing {
    /// Not at all.
    Plain,
    /// With gzip.
    Gzip,
    /// With zstd.
    Zstd,
}

/// A source that was looked at.
pub(super) struct Opened<'a> {
    pub(super) packing: Packing,
    pub(super) content: Content<'a>,
    /// How many bytes of it were read.
    pub(super) read: Arc<AtomicU64>,
    /// How many there are, where that is known.
    pub(super) total: Option<u64>,
}

/// What is in a source.
pub(super) enum Content<'a> {
    /// A dump, unpacked while it is read.
    Dump(Box<dyn Read + Send>),
    /// A database that has a file of its own, and perhaps a WAL.
    DatabaseFile(&'a Path),
    /// The bytes of one.
    DatabaseBytes(Box<dyn Read + Send>),
}

/// Looks at a source.
pub(super) fn open(source: RestoreSource<'_>) -> Result<Opened<'_>> {
    let name = source.name();
    let (input, total) = match source {
        RestoreSource::Stream(input) => (input, None),
        RestoreSource::File(path) => {
            let length = look(path)?;
            if DatabaseFile::resolve(path)?.found()? == Found::Database {
                let content = Content::DatabaseFile(path);
                let (packing, read) = (Packing::Plain, Arc::default());
                return Ok(Opened { packing, content, read, total: None });
            }
            let file = File::open(path).map_err(|error| unreadable(path, error))?;
            (Box::new(file) as Box<dyn Read + Send>, Some(length))
        }
    };
    let failed = |error| {
        let error = Error::failed(format!("can't read {name}")).because(error);
        error.next("Take another copy of it if it is damaged.")
    };
    let read = Arc::new(AtomicU64::new(0));
    let counted = Counted { input, read: Arc::clone(&read) };
    let (start, input) = peek(Box::new(counted)).map_err(failed)?;
    if start.is_empty() {
        return Err(Error::failed(format!("{name} is empty"))
            .next("Take another copy of the dump: this one holds nothing."));
    }
    let (packing, unpacked): (_, Box<dyn Read + Send>) = match start.as_slice() {
        [0x1f, 0x8b, ..] => (Packing::Gzip, Box::new(flate2::read::MultiGzDecoder::new(input))),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => {
            (Packing::Zstd, Box::new(zstd::Decoder::new(input).map_err(failed)?))
        }
        _ => (Packing::Plain, input),
    };
    let (start, input) = if packing == Packing::Plain {
        (start, unpacked)
    } else {
        let bounded = Bounded { input: unpacked, packed: Arc::clone(&read), unpacked: 0 };
        peek(Box::new(bounded)).map_err(failed)?
    };
    if start.starts_with(b"SQLite format 3\0") {
        return Ok(Opened { packing, content: Content::DatabaseBytes(input), read, total });
    }
    if let Some((what, advice)) = foreign_format(&start) {
        let within = if packing == Packing::Plain { "is" } else { "is compressed, and within is" };
        return Err(Error::failed(format!("{name} {within} {what}")).next(advice));
    }
    Ok(Opened { packing, content: Content::Dump(input), read, total })
}

/// Looks at a file from outside; how long it is.
fn look(source: &Path) -> Result<u64> {
    let shown = source.display();
    let metadata = match fs::metadata(source) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(
                Error::failed(format!("there is no file {shown}")).next("Look at the path.")
            );
        }
        Err(error) => return Err(unreadable(source, error)),
    };
    if metadata.is_dir() {
        return Err(Error::refused(format!("{shown} is a folder")).next("Name a file in it."));
    }
    if !metadata.is_file() {
        return Err(Error::refused(format!("{shown} is not a regular file"))
            .next("Save it to a file first, or let `--in -` read it from stdin."));
    }
    Ok(metadata.len())
}

fn unreadable(source: &Path, error: io::Error) -> Error {
    Error::failed(format!("can't read {}", source.display())).because(error)
}

/// The first bytes of a stream, and the whole stream.
fn peek(mut input: Box<dyn Read + Send>) -> io::Result<(Vec<u8>, Box<dyn Read + Send>)> {
    let mut start = Vec::new();
    input.by_ref().take(16).read_to_end(&mut start)?;
    let whole = io::Cursor::new(start.clone()).chain(input);
    Ok((start, Box::new(whole)))
}

fn foreign_format(start: &[u8]) -> Option<(&'static str, &'static str)> {
    if let [b'\t'..=b'~', 0, b'\t'..=b'~', 0, ..] | [0, b'\t'..=b'~', 0, b'\t'..=b'~', ..] = start {
        return Some(("UTF-16 text", "Save it as UTF-8 first."));
    }
    let formats: [(&[u8], &str, &str); 7] = [
        (b"\x1f\x8b", "compressed with gzip once more", "Unpack it with gunzip first."),
        (b"\x28\xb5\x2f\xfd", "compressed with zstd once more", "Unpack it with unzstd first."),
        (b"PK\x03\x04", "a zip archive", "Unpack it first."),
        (b"BZh", "compressed with bzip2", "Unpack it with bunzip2 first."),
        (b"\xfd7zXZ\0", "compressed with xz", "Unpack it with unxz first."),
        (b"\xff\xfe", "UTF-16 text", "Save it as UTF-8 first."),
        (b"\xfe\xff", "UTF-16 text", "Save it as UTF-8 first."),
    ];
    formats
        .into_iter()
        .find(|(magic, ..)| start.starts_with(magic))
        .map(|(_, what, advice)| (what, advice))
}

/// Counts what is read.
struct Counted {
    input: Box<dyn Read + Send>,
    read: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.input.read(buffer)?;
        self.read.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

/// Stops where a few bytes unpack to more than a dump does: text packs to a tenth, and a database
/// full of zeros to a thousandth.
struct Bounded {
    input: Box<dyn Read + Send>,
    packed: Arc<AtomicU64>,
    unpacked: u64,
}

impl Bounded {
    const AT_FIRST: u64 = 256 << 20;
    const TIMES: u64 = 200;
}

impl Read for Bounded {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.input.read(buffer).map_err(explained)?;
        self.unpacked += count as u64;
        let packed = self.packed.load(Ordering::Relaxed);
        if self.unpacked > Self::AT_FIRST + Self::TIMES * packed {
            return Err(io::Error::other(
                "it unpacks to hundreds of times its size; unpack it yourself if that is meant",
            ));
        }
        Ok(count)
    }
}

/// An error while something is unpacked, with the way round where it isn't the fault of the file.
fn explained(error: io::Error) -> io::Error {
    // The error comes as words of the library, and its code isn't handed on.
    if error.to_string() == "Frame requires too much memory for decoding" {
        return io::Error::other(
            "unpacking it takes more than 128 MB of memory; unpack it yourself with `zstd -d --long=31`",
        );
    }
    error
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};

    use super::{Content, Packing, RestoreSource, open};

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(bytes).unwrap();
        packed.finish().unwrap()
    }

    fn text(bytes: Vec<u8>) -> (Packing, std::io::Result<Vec<u8>>) {
        let opened = open(RestoreSource::Stream(Box::new(std::io::Cursor::new(bytes)))).unwrap();
        let Content::Dump(mut input) = opened.content else { panic!("no dump") };
        let mut found = Vec::new();
        let outcome = input.read_to_end(&mut found);
        (opened.packing, outcome.map(|_| found))
    }

    #[test]
    fn what_is_packed_is_unpacked() {
        let dump = b"BEGIN;\nCOMMIT;\n".repeat(1000);
        let (packing, found) = text(dump.clone());
        assert_eq!((packing, found.unwrap()), (Packing::Plain, dump.clone()));
        let (packing, found) = text(gzip(&dump));
        assert_eq!((packing, found.unwrap()), (Packing::Gzip, dump.clone()));
        // One after the other, as `cat a.gz b.gz` and pigz make them.
        let (head, tail) = dump.split_at(700);
        assert_eq!(text([gzip(head), gzip(tail)].concat()).1.unwrap(), dump);
        let zstd = zstd::encode_all(dump.as_slice(), 1).unwrap();
        let (packing, found) = text(zstd);
        assert_eq!((packing, found.unwrap()), (Packing::Zstd, dump.clone()));
        let packed = gzip(&dump);
        assert!(text(packed[..packed.len() - 9].to_vec()).1.is_err());
    }

    #[test]
    fn a_bomb_is_stopped_and_a_packed_package_refused() {
        let bomb = zstd::encode_all(std::io::repeat(b'\n').take(400 << 20), 1).unwrap();
        let error = text(bomb).1.unwrap_err().to_string();
        assert!(error.contains("hundreds of times"), "{error}");
        let twice = gzip(&gzip(b"BEGIN;"));
        let error = open(RestoreSource::Stream(Box::new(std::io::Cursor::new(twice))));
        let error = error.err().expect("an error").to_string();
        assert!(error.contains("once more"), "{error}");
    }

    #[test]
    fn what_takes_too_much_memory_is_not_unpacked() {
        let mut encoder = zstd::Encoder::new(Vec::new(), 1).unwrap();
        encoder.window_log(28).unwrap();
        encoder.write_all(b"BEGIN;").unwrap();
        let packed = encoder.finish().unwrap();
        let error = open(RestoreSource::Stream(Box::new(std::io::Cursor::new(packed))));
        let error = error.err().expect("an error");
        let reason = std::error::Error::source(&error).expect("a reason").to_string();
        assert!(reason.contains("128 MB of memory"), "{reason}");
    }
}
