//! Packs the text of a dump chunk by chunk, on as many cores as there are.
//!
//! Every chunk is packed for itself, so the file is the same whatever the number of threads. With
//! gzip the chunks are parts of one member, each ending on a byte
//! (<https://www.rfc-editor.org/rfc/rfc1951#section-3.2.4>); with zstd each is a frame.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use crc32fast::Hasher as Crc;
use zstd::zstd_safe::{CParameter, ParamSwitch};

use super::CHUNK;
use super::deflate::Deflater;

/// How a dump is packed. With the quickest levels that still pack well: it shouldn't have to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::dump) enum Packing {
    Gzip,
    Zstd,
}

impl Packing {
    /// What the name of a file asks for.
    pub(in crate::dump) fn of(path: &Path) -> Option<Self> {
        let suffix = path.extension()?;
        if suffix.eq_ignore_ascii_case("gz") {
            Some(Self::Gzip)
        } else if suffix.eq_ignore_ascii_case("zst") {
            Some(Self::Zstd)
        } else {
            None
        }
    }
}

/// How many threads pack at most; more would wait for the one that reads the database.
const MOST_THREADS: usize = 4;

/// How many chunks are packed by threads or wait for their turn to be written.
pub(super) const IN_FLIGHT: usize = 2 * MOST_THREADS;

/// A header of gzip: deflate, no name, no time, the quickest level, any system.
/// <https://www.rfc-editor.org/rfc/rfc1952#section-2.3>
const GZIP_HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 4, 0xff];

/// The last block of a deflate stream, an empty one.
const LAST_BLOCK: [u8; 2] = [3, 0];

/// A chunk on its way to a thread, with the way back.
struct Job {
    text: Vec<u8>,
    /// Room for what comes of it: new room comes as new pages from the system.
    packed: Vec<u8>,
    done: SyncSender<io::Result<Packed>>,
}

/// A chunk that was packed.
pub(super) struct Packed {
    pub(super) text: Vec<u8>,
    packed: Vec<u8>,
    crc: Crc,
}

/// Packs what is put into it, unless it is packed already, and writes it in that order.
pub(super) struct Pool<W> {
    target: W,
    packing: Packing,
    packers: Packers,
    /// What threads pack, or have packed.
    in_order: VecDeque<Receiver<io::Result<Packed>>>,
    /// Room that was used and can be filled again.
    spare: Vec<Vec<u8>>,
    crc: Crc,
    /// How much text was packed, modulo 2^32.
    length: u32,
}

/// Who packs.
enum Packers {
    /// The thread that writes, where there is one core for both. As two threads they would take turns
    /// from the one that reads the database.
    Writer(Packer),
    Threads(SyncSender<Job>),
}

impl<W: Write> Pool<W> {
    /// Starts threads, if there are cores for them, which end when the pool is dropped.
    pub(super) fn start<'scope>(
        scope: &'scope thread::Scope<'scope, '_>,
        target: W,
        packing: Packing,
    ) -> io::Result<Self> {
        // One core is busy with reading the database.
        let cores = thread::available_parallelism().map_or(1, usize::from);
        Self::with(scope, target, packing, (cores - 1).clamp(1, MOST_THREADS))
    }

    fn with<'scope>(
        scope: &'scope thread::Scope<'scope, '_>,
        mut target: W,
        packing: Packing,
        threads: usize,
    ) -> io::Result<Self> {
        let packers = if threads == 1 {
            Packers::Writer(Packer::new(packing)?)
        } else {
            let (jobs, waiting) = sync_channel(IN_FLIGHT);
            let waiting = Arc::new(Mutex::new(waiting));
            for _ in 0..threads {
                let (packer, waiting) = (Packer::new(packing)?, Arc::clone(&waiting));
                thread::Builder::new()
                    .name("dump packer".to_owned())
                    .spawn_scoped(scope, move || work_off(&waiting, packer))?;
            }
            Packers::Threads(jobs)
        };
        if packing == Packing::Gzip {
            target.write_all(&GZIP_HEADER)?;
        }
        let (in_order, spare) = (VecDeque::new(), Vec::new());
        Ok(Self { target, packing, packers, in_order, spare, crc: Crc::new(), length: 0 })
    }

    /// Takes a chunk, and gives one back that was written, if any was.
    pub(super) fn put(&mut self, text: Vec<u8>) -> io::Result<Option<Vec<u8>>> {
        if !is_packed_whole(&text) {
            for piece in text.chunks(CHUNK) {
                self.pack(piece.to_vec())?;
            }
            return Ok(Some(text));
        }
        self.pack(text)
    }

    /// Takes a chunk that is packed already, and gives one back that was written, if any was.
    pub(super) fn put_packed(&mut self, packed: Packed) -> io::Result<Option<Vec<u8>>> {
        match &self.packers {
            Packers::Writer(_) => self.write(packed).map(Some),
            Packers::Threads(_) => {
                let (done, result) = sync_channel(1);
                // There is room for it.
                let _ = done.send(Ok(packed));
                self.queue(result)
            }
        }
    }

    fn pack(&mut self, text: Vec<u8>) -> io::Result<Option<Vec<u8>>> {
        let packed = self.spare.pop().unwrap_or_default();
        match &mut self.packers {
            Packers::Writer(packer) => {
                let packed = packer.packed(text, packed)?;
                self.write(packed).map(Some)
            }
            Packers::Threads(jobs) => {
                let (done, result) = sync_channel(1);
                jobs.send(Job { text, packed, done }).map_err(|_| broke_off())?;
                self.queue(result)
            }
        }
    }

    /// Has a chunk wait for its turn, and writes the one whose turn it is if too many wait.
    fn queue(&mut self, result: Receiver<io::Result<Packed>>) -> io::Result<Option<Vec<u8>>> {
        self.in_order.push_back(result);
        if self.in_order.len() > IN_FLIGHT { self.write_next() } else { Ok(None) }
    }

    /// Waits for the chunk whose turn it is, if one is on its way, and writes it.
    fn write_next(&mut self) -> io::Result<Option<Vec<u8>>> {
        let Some(next) = self.in_order.pop_front() else { return Ok(None) };
        let packed = next.recv().map_err(|_| broke_off())??;
        self.write(packed).map(Some)
    }

    /// Gives the text back.
    fn write(&mut self, Packed { text, packed, crc }: Packed) -> io::Result<Vec<u8>> {
        self.target.write_all(&packed)?;
        // What the thread that reads has packed comes with room of its own.
        if self.spare.len() < IN_FLIGHT {
            self.spare.push(packed);
        }
        self.crc.combine(&crc);
        // As the format has it: what is beyond 32 bits is lost. No chunk is that long.
        self.length = self.length.wrapping_add(u32::try_from(text.len()).unwrap_or_default());
        Ok(text)
    }

    /// Writes what is on its way, and the end.
    pub(super) fn finish(mut self) -> io::Result<()> {
        while self.write_next()?.is_some() {}
        if self.packing == Packing::Gzip {
            self.target.write_all(&LAST_BLOCK)?;
            self.target.write_all(&self.crc.finalize().to_le_bytes())?;
            self.target.write_all(&self.length.to_le_bytes())?;
        }
        Ok(())
    }
}

/// A large row goes piece by piece: what it packs to would be as large once more.
pub(super) fn is_packed_whole(text: &[u8]) -> bool {
    text.len() <= 2 * CHUNK
}

fn broke_off() -> io::Error {
    io::Error::other("a thread that packs the dump broke off")
}

fn work_off(waiting: &Mutex<Receiver<Job>>, mut packer: Packer) {
    loop {
        // The lock is held while it waits: then there is nothing to do for the others either.
        let job = waiting.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(Job { text, packed, done }) = job else { return };
        // The other side may have given up; then nobody needs it.
        let _ = done.send(packer.packed(text, packed));
    }
}

pub(super) enum Packer {
    Gzip(Deflater),
    Zstd(zstd::bulk::Compressor<'static>),
}

impl Packer {
    pub(super) fn new(packing: Packing) -> io::Result<Self> {
        Ok(match packing {
            Packing::Gzip => Self::Gzip(Deflater::default()),
            Packing::Zstd => {
                let mut compressor = zstd::bulk::Compressor::new(1)?;
                compressor.include_checksum(true)?;
                // Where nothing repeats, fewer places are looked at than the level would, and no
                // repeat of less than seven bytes is looked for. A tenth quicker or more, and a
                // hundredth larger, up to a fifteenth where it is all prose. In windows of more than
                // 2^18 bytes it is looked for in another way, which takes a tenth longer.
                for parameter in [
                    CParameter::WindowLog(18),
                    CParameter::TargetLength(2),
                    CParameter::HashLog(13),
                    CParameter::MinMatch(7),
                    CParameter::LiteralCompressionMode(ParamSwitch::Enable),
                ] {
                    compressor.set_parameter(parameter)?;
                }
                Self::Zstd(compressor)
            }
        })
    }

    /// Packs a chunk into this room.
    pub(super) fn packed(&mut self, text: Vec<u8>, mut packed: Vec<u8>) -> io::Result<Packed> {
        packed.clear();
        let mut crc = Crc::new();
        match self {
            Self::Zstd(compressor) => {
                packed.reserve(zstd::zstd_safe::compress_bound(text.len()));
                compressor.compress_to_buffer(&text, &mut packed)?;
            }
            Self::Gzip(deflater) => {
                crc.update(&text);
                packed.extend_from_slice(deflater.deflate(&text));
            }
        }
        Ok(Packed { text, packed, crc })
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::process::{Command, Stdio};
    use std::thread;

    use super::{CHUNK, Packer, Packing, Pool, is_packed_whole};

    /// Text that packs, with some that doesn't, in chunks of odd lengths.
    fn chunks() -> Vec<Vec<u8>> {
        let mut state = 1_u64;
        let mut noise = |length: usize| -> Vec<u8> {
            let mut next = || {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                state.to_be_bytes()[0]
            };
            (0..length).map(|_| next()).collect()
        };
        let text = b"INSERT INTO t VALUES(1,'the same again');\n";
        let mut chunks: Vec<_> =
            (1..40).map(|n| text.repeat(n * 15)).chain([noise(CHUNK), noise(1)]).collect();
        // Larger than a chunk gets but for a large row.
        chunks.push(text.repeat(14_000));
        chunks.push(noise(2 * CHUNK + 1));
        chunks
    }

    fn packed(packing: Packing, threads: usize) -> Vec<u8> {
        packed_with_help(packing, threads, |_| false)
    }

    /// The same, where some of the chunks come packed.
    fn packed_with_help(packing: Packing, threads: usize, helps: fn(usize) -> bool) -> Vec<u8> {
        let mut file = Vec::new();
        let mut helper = Packer::new(packing).unwrap();
        thread::scope(|scope| {
            let mut pool = Pool::with(scope, &mut file, packing, threads).unwrap();
            for (place, chunk) in chunks().into_iter().enumerate() {
                let _ = if helps(place) && is_packed_whole(&chunk) {
                    pool.put_packed(helper.packed(chunk, Vec::new()).unwrap()).unwrap()
                } else {
                    pool.put(chunk).unwrap()
                };
            }
            pool.finish().unwrap();
        });
        file
    }

    #[test]
    fn what_is_packed_by_many_threads_is_one_file() {
        let text = chunks().concat();
        let gzip = packed(Packing::Gzip, 1);
        let mut found = Vec::new();
        // One member: this reader takes no more.
        flate2::read::GzDecoder::new(gzip.as_slice()).read_to_end(&mut found).unwrap();
        assert!(found == text);
        assert!(gzip.len() < text.len() / 2);
        let zstd = packed(Packing::Zstd, 1);
        assert!(zstd::decode_all(zstd.as_slice()).unwrap() == text);
        // The threads come in another order each time.
        for threads in [2, 4] {
            assert!(packed(Packing::Gzip, threads) == gzip);
            assert!(packed(Packing::Zstd, threads) == zstd);
        }
        for threads in [1, 2, 4] {
            for helps in [|place| place % 3 > 0, |_| true] {
                assert!(packed_with_help(Packing::Gzip, threads, helps) == gzip);
                assert!(packed_with_help(Packing::Zstd, threads, helps) == zstd);
            }
        }
    }

    #[test]
    fn gzip_itself_reads_it() {
        let program = Command::new("gzip")
            .args(["-d", "-c"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn();
        // Not every system has it.
        let Ok(mut program) = program else { return };
        let mut input = program.stdin.take().unwrap();
        let writer = thread::spawn(move || input.write_all(&packed(Packing::Gzip, 2)));
        let output = program.wait_with_output().unwrap();
        writer.join().unwrap().unwrap();
        assert!(output.status.success() && output.stdout == chunks().concat());
    }

    #[test]
    fn an_error_of_the_target_ends_the_threads() {
        struct Full;
        impl std::io::Write for Full {
            fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
                Err(std::io::ErrorKind::StorageFull.into())
            }
            fn flush(&mut self) -> std::io::Result<()> {
                Ok(())
            }
        }
        for threads in [1, 2] {
            thread::scope(|scope| {
                let mut pool = Pool::with(scope, Full, Packing::Zstd, threads).unwrap();
                let results: Vec<_> = chunks().into_iter().map(|chunk| pool.put(chunk)).collect();
                assert!(results.iter().any(Result::is_err));
            });
        }
    }
}
