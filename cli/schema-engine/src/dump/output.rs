//! Takes the text of a dump away: hashed, compressed and written in a thread of its own, while the
//! next of it is read from the database.

use std::io::{self, Write};
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, ScopedJoinHandle};

use super::seal::{Counts, Hasher, Holds, Seal};
use crate::error::{Error, Result};

/// How much text is gathered before it is handed over.
pub(super) const CHUNK: usize = 256 * 1024;

/// Room for a chunk and the row that completes it.
pub(super) const CAPACITY: usize = CHUNK + CHUNK / 4;

/// How many chunks are on their way.
const WAITING: usize = 4;

/// How a dump is packed, by the name of its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Packing {
    Plain,
    Gzip,
    Zstd,
}

impl Packing {
    /// What the name of a file asks for.
    pub(super) fn of(path: &Path) -> Self {
        let suffix = path.extension().unwrap_or_default();
        if suffix.eq_ignore_ascii_case("gz") {
            Self::Gzip
        } else if suffix.eq_ignore_ascii_case("zst") {
            Self::Zstd
        } else {
            Self::Plain
        }
    }
}

enum Message {
    Text(Vec<u8>),
    /// The text is complete.
    End(Holds, Counts),
}

/// What came of it.
pub(super) struct Written {
    pub(super) sha256: String,
    /// The length of the file.
    pub(super) bytes: u64,
}

/// Where the text goes.
pub(super) struct Output<'scope> {
    messages: SyncSender<Message>,
    /// Chunks that were written and can be filled again.
    used: Receiver<Vec<u8>>,
    writer: ScopedJoinHandle<'scope, io::Result<Option<Written>>>,
}

impl<'scope> Output<'scope> {
    /// Starts the thread.
    pub(super) fn start<'env>(
        scope: &'scope thread::Scope<'scope, 'env>,
        target: &'scope mut (dyn Write + Send),
        packing: Packing,
    ) -> Result<Self> {
        let (messages, waiting) = sync_channel(WAITING);
        let (done, used) = sync_channel(WAITING);
        for _ in 0..WAITING {
            // There is room for as many.
            let _ = done.try_send(Vec::with_capacity(CAPACITY));
        }
        let writer = thread::Builder::new()
            .name("dump writer".to_owned())
            .spawn_scoped(scope, move || write(target, packing, &waiting, &done))
            .map_err(cant_write)?;
        Ok(Self { messages, used, writer })
    }

    /// Hands a chunk over and answers with an empty one. If the thread has given up, an error says
    /// so; [`Output::abandon`] tells the reason.
    pub(super) fn put(&self, chunk: Vec<u8>) -> std::result::Result<Vec<u8>, GaveUp> {
        self.messages.send(Message::Text(chunk)).map_err(|_| GaveUp)?;
        self.used.recv().map_err(|_| GaveUp)
    }

    /// Ends the dump with its last line.
    pub(super) fn finish(self, holds: Holds, counts: Counts) -> Result<Written> {
        // If that fails the thread is over, and its result tells why.
        let _ = self.messages.send(Message::End(holds, counts));
        self.result()?.ok_or_else(|| Error::failed("the dump was not finished"))
    }

    /// Ends the thread without finishing the dump; an error if it gave up by itself.
    pub(super) fn abandon(self) -> Result<()> {
        self.result().map(drop)
    }

    fn result(self) -> Result<Option<Written>> {
        drop(self.messages);
        match self.writer.join() {
            Ok(written) => written.map_err(cant_write),
            Err(_) => Err(Error::failed("the thread that writes the dump broke off")),
        }
    }
}

/// The thread that writes is over.
pub(super) struct GaveUp;

fn cant_write(error: io::Error) -> Error {
    let is_full = error.kind() == io::ErrorKind::StorageFull;
    let error = Error::failed("can't write the dump").because(error);
    if is_full { error.next("Make room on the disk or choose another one.") } else { error }
}

fn write(
    target: &mut dyn Write,
    packing: Packing,
    messages: &Receiver<Message>,
    used: &SyncSender<Vec<u8>>,
) -> io::Result<Option<Written>> {
    let mut target = Counting { target, bytes: 0 };
    let mut packer = Packer::new(packing, &mut target)?;
    let mut hasher = Hasher::default();
    while let Ok(message) = messages.recv() {
        match message {
            Message::Text(mut chunk) => {
                hasher.update(&chunk);
                packer.write_all(&chunk)?;
                chunk.clear();
                // What it grew to for a large row isn't kept.
                chunk.shrink_to(2 * CHUNK);
                // The other side may be over; then nobody needs it.
                let _ = used.send(chunk);
            }
            Message::End(holds, counts) => {
                let seal = Seal { holds, counts, sha256: hasher.finish() };
                packer.write_all(format!("{seal}\n").as_bytes())?;
                packer.finish()?;
                target.flush()?;
                return Ok(Some(Written { sha256: seal.sha256, bytes: target.bytes }));
            }
        }
    }
    Ok(None)
}

/// Packs what is written to it.
enum Packer<'a, 'b> {
    Plain(&'a mut Counting<'b>),
    Gzip(flate2::write::GzEncoder<&'a mut Counting<'b>>),
    Zstd(zstd::Encoder<'static, &'a mut Counting<'b>>),
}

impl<'a, 'b> Packer<'a, 'b> {
    /// With the quickest levels that still pack well: a dump shouldn't have to wait for them.
    fn new(packing: Packing, target: &'a mut Counting<'b>) -> io::Result<Self> {
        Ok(match packing {
            Packing::Plain => Self::Plain(target),
            Packing::Gzip => {
                Self::Gzip(flate2::write::GzEncoder::new(target, flate2::Compression::new(1)))
            }
            Packing::Zstd => {
                let mut encoder = zstd::Encoder::new(target, 1)?;
                encoder.include_checksum(true)?;
                Self::Zstd(encoder)
            }
        })
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Plain(target) => target.write_all(bytes),
            Self::Gzip(encoder) => encoder.write_all(bytes),
            Self::Zstd(encoder) => encoder.write_all(bytes),
        }
    }

    fn finish(self) -> io::Result<()> {
        match self {
            Self::Plain(_) => Ok(()),
            Self::Gzip(encoder) => encoder.finish().map(drop),
            Self::Zstd(encoder) => encoder.finish().map(drop),
        }
    }
}

struct Counting<'a> {
    target: &'a mut dyn Write,
    bytes: u64,
}

impl Write for Counting<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.target.write(bytes)?;
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.target.flush()
    }
}
