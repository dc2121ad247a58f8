//! Takes the text of a dump away: hashed, compressed and written in a thread of its own, while the
//! next of it is read from the database. The thread that reads compresses, too, while that one has
//! more than it can take.

mod deflate;
mod pack;

use std::cell::RefCell;
use std::io::{self, Write};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::{self, ScopedJoinHandle};

use super::seal::{Counts, Hasher, Holds, Seal};
use crate::error::{Error, Result};
pub(super) use pack::Packing;
use pack::{IN_FLIGHT, Packed, Packer, Pool, is_packed_whole};

/// How much text is gathered before it is handed over. With the row that completes it, it is nearly
/// always within 256 kB: two blocks of zstd, whose window takes it in.
pub(super) const CHUNK: usize = 252 * 1024;

/// Room for a chunk and the row that completes it.
pub(super) const CAPACITY: usize = CHUNK + CHUNK / 4;

/// How many chunks are on their way.
const WAITING: usize = 4;

enum Message {
    Text(Vec<u8>),
    /// Text that this side has packed, or why it couldn't.
    Packed(io::Result<Packed>),
    /// The text is complete.
    End(Holds, Counts),
}

/// What came of it.
pub(super) struct Written {
    pub(super) blake3: String,
    /// The length of the file.
    pub(super) bytes: u64,
}

/// Where the text goes.
pub(super) struct Output<'scope> {
    messages: SyncSender<Message>,
    /// Chunks that were written and can be filled again.
    used: Receiver<Vec<u8>>,
    /// Packs on this side, while the other has enough to do.
    packer: Option<RefCell<Packer>>,
    writer: ScopedJoinHandle<'scope, io::Result<Option<Written>>>,
}

impl<'scope> Output<'scope> {
    /// Starts the thread.
    pub(super) fn start<'env>(
        scope: &'scope thread::Scope<'scope, 'env>,
        target: &'scope mut (dyn Write + Send),
        packing: Option<Packing>,
    ) -> Result<Self> {
        let (messages, waiting) = sync_channel(WAITING);
        // More than a pool keeps, or this side and the pool would wait for each other.
        let chunks = WAITING + packing.map_or(0, |_| IN_FLIGHT);
        let (done, used) = sync_channel(chunks);
        for _ in 0..chunks {
            // There is room for as many.
            let _ = done.try_send(Vec::with_capacity(CAPACITY));
        }
        let packer = packing.map(Packer::new).transpose().map_err(cant_write)?.map(RefCell::new);
        let writer = thread::Builder::new()
            .name("dump writer".to_owned())
            .spawn_scoped(scope, move || write(target, packing, &waiting, &done))
            .map_err(cant_write)?;
        Ok(Self { messages, used, packer, writer })
    }

    /// Hands a chunk over and answers with an empty one. If the thread has given up, an error says
    /// so; [`Output::abandon`] tells the reason.
    pub(super) fn put(&self, chunk: Vec<u8>) -> std::result::Result<Vec<u8>, GaveUp> {
        match self.messages.try_send(Message::Text(chunk)) {
            Err(TrySendError::Full(Message::Text(chunk))) => {
                // Where text packs slowly, that is quicker than to wait for the other side.
                let message = match &self.packer {
                    Some(packer) if is_packed_whole(&chunk) => {
                        Message::Packed(packer.borrow_mut().packed(chunk, Vec::new()))
                    }
                    _ => Message::Text(chunk),
                };
                self.messages.send(message).map_err(|_| GaveUp)?;
            }
            sent => sent.map_err(|_| GaveUp)?,
        }
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
    packing: Option<Packing>,
    messages: &Receiver<Message>,
    used: &SyncSender<Vec<u8>>,
) -> io::Result<Option<Written>> {
    let mut target = Counting { target, bytes: 0 };
    let blake3 = thread::scope(|scope| {
        let mut way = match packing {
            None => Way::Plain(&mut target),
            Some(packing) => Way::Packed(Pool::start(scope, &mut target, packing)?),
        };
        let mut hasher = Hasher::default();
        while let Ok(message) = messages.recv() {
            let written = match message {
                Message::Text(text) => {
                    hasher.update(&text);
                    way.put(text)?
                }
                Message::Packed(packed) => {
                    let packed = packed?;
                    hasher.update(&packed.text);
                    way.put_packed(packed)?
                }
                Message::End(holds, counts) => {
                    let seal = Seal { holds, counts, blake3: hasher.finish() };
                    let _ = way.put(format!("{seal}\n").into_bytes())?;
                    way.finish()?;
                    return Ok(Some(seal.blake3));
                }
            };
            if let Some(mut chunk) = written {
                chunk.clear();
                // What it grew to for a large row isn't kept.
                chunk.shrink_to(2 * CHUNK);
                // The other side may be over; then nobody needs it.
                let _ = used.send(chunk);
            }
        }
        Ok::<_, io::Error>(None)
    })?;
    target.flush()?;
    Ok(blake3.map(|blake3| Written { blake3, bytes: target.bytes }))
}

/// How text gets into the file.
enum Way<'a, 'b> {
    Plain(&'a mut Counting<'b>),
    Packed(Pool<&'a mut Counting<'b>>),
}

impl Way<'_, '_> {
    /// Takes a chunk, and gives one back that was written, if any was.
    fn put(&mut self, chunk: Vec<u8>) -> io::Result<Option<Vec<u8>>> {
        match self {
            Self::Plain(target) => target.write_all(&chunk).map(|()| Some(chunk)),
            Self::Packed(pool) => pool.put(chunk),
        }
    }

    /// The same, of a chunk that is packed if anything is.
    fn put_packed(&mut self, packed: Packed) -> io::Result<Option<Vec<u8>>> {
        match self {
            Self::Plain(_) => self.put(packed.text),
            Self::Packed(pool) => pool.put_packed(packed),
        }
    }

    fn finish(self) -> io::Result<()> {
        match self {
            Self::Plain(_) => Ok(()),
            Self::Packed(pool) => pool.finish(),
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

#[cfg(test)]
mod tests {
    use std::io::{self, Write};
    use std::thread;
    use std::time::Duration;

    use super::{Counts, Holds, Output, Packing};

    /// A disk that takes its time at first.
    struct Slow(Vec<u8>);

    impl Write for Slow {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if self.0.is_empty() {
                thread::sleep(Duration::from_millis(50));
            }
            self.0.write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn text_that_finds_no_room_on_its_way_is_packed_meanwhile() {
        let chunk = |number: usize| format!("INSERT INTO t VALUES({number});\n").repeat(1000);
        let mut target = Slow(Vec::new());
        thread::scope(|scope| {
            let output = Output::start(scope, &mut target, Some(Packing::Zstd)).ok().unwrap();
            for number in 0..40 {
                let next = output.put(chunk(number).into_bytes()).ok().unwrap();
                assert!(next.is_empty());
            }
            output.finish(Holds::Everything, Counts::default()).unwrap();
        });
        let text = zstd::decode_all(target.0.as_slice()).unwrap();
        assert!(text.starts_with((0..40).map(chunk).collect::<String>().as_bytes()));
    }
}
