//! A disk that has been told to write more than it has written: what it may hold after a power cut.
//!
//! What was flushed is there. Of everything since, any part may be: of a file's writes each sector by
//! itself, of a folder's names each by itself, as long as what is done to one name keeps its order. A
//! flushed file may have no name yet, and a name no content.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use crate::chance::Chance;
use crate::shim::Operation;

/// What a disk writes as a whole.
const SECTOR: usize = 512;

/// The files below a folder, as they are and as they surely are on the disk.
#[derive(Debug, Clone)]
pub(crate) struct Disk {
    root: PathBuf,
    files: Vec<File>,
    /// Where each name leads now.
    names: BTreeMap<PathBuf, usize>,
    flushed_names: BTreeMap<PathBuf, usize>,
    flushed_folders: BTreeSet<PathBuf>,
    pending: Vec<NameChange>,
}

#[derive(Debug, Clone)]
struct File {
    inode: u64,
    flushed: Vec<u8>,
    pending: Vec<Change>,
}

/// What was done to a file since it was flushed.
#[derive(Debug, Clone)]
enum Change {
    Write { offset: usize, data: Vec<u8> },
    Cut(usize),
}

/// What was done to the names of a folder since it was flushed.
#[derive(Debug, Clone)]
enum NameChange {
    File(PathBuf, usize),
    Folder(PathBuf),
    Removal(PathBuf),
    Renaming(PathBuf, PathBuf),
}

/// How much of what was not flushed is there after the cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Survival {
    Nothing,
    /// As if only the program had died.
    Everything,
    Names,
    Contents,
    /// Each file in its own way, each name by itself.
    Chance,
}

/// How much of the changes of one file.
#[derive(Clone, Copy)]
enum Part {
    Nothing,
    Everything,
    First(usize),
    Last,
    Writes,
    Sectors,
    /// And what was never written holds anything.
    GarbledSectors,
}

impl Disk {
    /// What is there now has been there for long.
    pub(crate) fn of(root: &Path) -> Self {
        let mut disk = Self {
            root: root.to_owned(),
            files: Vec::new(),
            names: BTreeMap::new(),
            flushed_names: BTreeMap::new(),
            flushed_folders: BTreeSet::new(),
            pending: Vec::new(),
        };
        disk.add(root);
        disk
    }

    fn add(&mut self, folder: &Path) {
        self.flushed_folders.insert(folder.to_owned());
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                self.add(&path);
                continue;
            }
            let flushed = fs::read(&path).unwrap();
            self.files.push(File { inode: inode(&path), flushed, pending: Vec::new() });
            self.names.insert(path.clone(), self.files.len() - 1);
            self.flushed_names.insert(path, self.files.len() - 1);
        }
    }

    /// Follows what a program did.
    pub(crate) fn follow(&mut self, operation: &Operation) {
        let Operation { kind, path, offset, data } = operation;
        let size = usize::try_from(*offset).unwrap();
        match kind {
            'w' => self.change(path, Change::Write { offset: size, data: data.clone() }),
            't' => self.change(path, Change::Cut(size)),
            's' if self.names.contains_key(path) => {
                let file = &mut self.files[self.names[path]];
                let changes = std::mem::take(&mut file.pending);
                for change in changes {
                    change.apply(&mut file.flushed);
                }
            }
            's' => self.flush_folder(path),
            'c' => {
                self.files.push(File { inode: *offset, flushed: Vec::new(), pending: Vec::new() });
                self.rename(NameChange::File(path.clone(), self.files.len() - 1));
            }
            'd' => self.rename(NameChange::Folder(path.clone())),
            'u' => self.rename(NameChange::Removal(path.clone())),
            'r' => {
                let to = PathBuf::from(String::from_utf8(data.clone()).unwrap());
                self.rename(NameChange::Renaming(path.clone(), to));
            }
            'n' => self.see(path, std::str::from_utf8(data).unwrap()),
            other => panic!("no such operation: {other}"),
        }
    }

    fn change(&mut self, path: &Path, change: Change) {
        let at = self.names.get(path).unwrap_or_else(|| panic!("{} isn't there", path.display()));
        self.files[*at].pending.push(change);
    }

    fn rename(&mut self, change: NameChange) {
        change.apply(&mut self.names, &mut BTreeSet::new());
        self.pending.push(change);
    }

    fn flush_folder(&mut self, folder: &Path) {
        let (flushed, pending): (Vec<_>, Vec<_>) =
            self.pending.drain(..).partition(|it| it.path().parent() == Some(folder));
        self.pending = pending;
        for change in flushed {
            change.apply(&mut self.flushed_names, &mut self.flushed_folders);
        }
    }

    /// What a folder holds is what was followed, except for renaming that went unseen.
    fn see(&mut self, folder: &Path, list: &str) {
        for line in list.lines() {
            let (inode, name) = line.split_once(' ').unwrap();
            let (inode, path): (u64, _) = (inode.parse().unwrap(), folder.join(name));
            let is_known = |at: &usize| self.files[*at].inode == inode;
            if self.names.get(&path).is_some_and(is_known) {
                continue;
            }
            // The newest, since numbers are given again.
            let old = self.names.iter().filter(|(_, at)| is_known(at)).max_by_key(|(_, at)| **at);
            let old = old.unwrap_or_else(|| panic!("nobody made {}", path.display())).0.clone();
            self.rename(NameChange::Renaming(old, path));
        }
    }

    /// What is there now is what was followed, to the byte: nothing went past this.
    pub(crate) fn assert_is_there(&self) {
        let mut seen = BTreeMap::new();
        collect(&self.root, &mut seen);
        let names: Vec<_> = self.names.keys().filter(|path| !is_shared_memory(path)).collect();
        assert_eq!(seen.keys().collect::<Vec<_>>(), names);
        for (path, content) in seen {
            let followed = self.files[self.names[&path]].now();
            assert!(followed == content, "{} was written by other means", path.display());
        }
    }

    /// Makes what the disk may hold after a cut at this moment.
    pub(crate) fn cut(&self, survival: Survival, chance: &mut Chance, into: &Path) {
        let (mut names, mut folders) = (self.flushed_names.clone(), self.flushed_folders.clone());
        let mut gone: BTreeSet<&Path> = BTreeSet::new();
        for change in &self.pending {
            let is_there = match survival {
                Survival::Nothing | Survival::Contents => false,
                Survival::Everything | Survival::Names => true,
                Survival::Chance => chance.below(3) > 0,
            };
            // What follows on something that didn't happen can't have happened.
            if is_there && !change.paths().iter().any(|path| gone.contains(path)) {
                change.apply(&mut names, &mut folders);
            } else {
                gone.extend(change.paths());
            }
        }
        let contents: Vec<_> = self.files.iter().map(|file| file.after(survival, chance)).collect();
        let _ = fs::remove_dir_all(into);
        for folder in &folders {
            fs::create_dir_all(into.join(folder.strip_prefix(&self.root).unwrap())).unwrap();
        }
        for (path, at) in names {
            let place = into.join(path.strip_prefix(&self.root).unwrap());
            // Without its folder there is no file.
            if place.parent().unwrap().exists() {
                let content = contents[at].as_slice();
                let memory = is_shared_memory(&path).then(|| chance.bytes(32768));
                fs::write(&place, memory.as_deref().unwrap_or(content)).unwrap();
            }
        }
    }
}

impl File {
    fn now(&self) -> Vec<u8> {
        let mut content = self.flushed.clone();
        for change in &self.pending {
            change.apply(&mut content);
        }
        content
    }

    fn after(&self, survival: Survival, chance: &mut Chance) -> Vec<u8> {
        let count = self.pending.len();
        let part = match survival {
            _ if count == 0 => Part::Nothing,
            Survival::Nothing | Survival::Names => Part::Nothing,
            Survival::Everything | Survival::Contents => Part::Everything,
            Survival::Chance => match chance.below(8) {
                0 => Part::Nothing,
                1 => Part::Everything,
                2 => Part::First(chance.below(count + 1)),
                3 => Part::Last,
                4 => Part::Writes,
                5 => Part::GarbledSectors,
                _ => Part::Sectors,
            },
        };
        let mut content = self.flushed.clone();
        for (at, change) in self.pending.iter().enumerate() {
            match part {
                Part::Nothing => {}
                Part::Everything => change.apply(&mut content),
                Part::First(first) => {
                    if at < first {
                        change.apply(&mut content);
                    }
                }
                Part::Last => {
                    if at + 1 == count {
                        change.apply(&mut content);
                    }
                }
                Part::Writes => {
                    if chance.below(2) == 0 {
                        change.apply(&mut content);
                    }
                }
                Part::Sectors | Part::GarbledSectors => {
                    let garbled = matches!(part, Part::GarbledSectors);
                    change.apply_sectors(&mut content, chance, garbled);
                }
            }
        }
        content
    }
}

impl Change {
    fn apply(&self, content: &mut Vec<u8>) {
        match self {
            Self::Write { offset, data } => {
                let end = offset + data.len();
                content.resize(content.len().max(end), 0);
                content[*offset..end].copy_from_slice(data);
            }
            Self::Cut(size) => content.resize(*size, 0),
        }
    }

    /// Some of the sectors of a write; one that was never written before may hold anything.
    fn apply_sectors(&self, content: &mut Vec<u8>, chance: &mut Chance, garbled: bool) {
        let Self::Write { offset, data } = self else {
            if chance.below(2) == 0 {
                self.apply(content);
            }
            return;
        };
        let (mut at, end) = (*offset, offset + data.len());
        while at < end {
            let until = end.min((at / SECTOR + 1) * SECTOR);
            let part = &data[at - offset..until - offset];
            if chance.below(2) == 0 {
                Self::Write { offset: at, data: part.to_vec() }.apply(content);
            } else if garbled && at >= content.len() {
                let junk = chance.bytes(part.len());
                Self::Write { offset: at, data: junk }.apply(content);
            }
            at = until;
        }
    }
}

impl NameChange {
    fn apply(&self, names: &mut BTreeMap<PathBuf, usize>, folders: &mut BTreeSet<PathBuf>) {
        match self {
            Self::File(path, at) => {
                names.insert(path.clone(), *at);
            }
            Self::Folder(path) => {
                folders.insert(path.clone());
            }
            Self::Removal(path) => {
                names.remove(path);
            }
            Self::Renaming(from, to) => {
                if let Some(at) = names.remove(from) {
                    names.insert(to.clone(), at);
                }
            }
        }
    }

    fn path(&self) -> &Path {
        self.paths()[0]
    }

    fn paths(&self) -> Vec<&Path> {
        match self {
            Self::File(path, _) | Self::Folder(path) | Self::Removal(path) => vec![path],
            Self::Renaming(from, to) => vec![from, to],
        }
    }
}

fn collect(folder: &Path, content: &mut BTreeMap<PathBuf, Vec<u8>>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, content);
        } else if !is_shared_memory(&path) {
            let bytes = fs::read(&path).unwrap();
            content.insert(path, bytes);
        }
    }
}

/// It is mapped, so nothing of it is seen, and nothing in it counts after a cut.
fn is_shared_memory(path: &Path) -> bool {
    path.to_string_lossy().ends_with("-shm")
}

#[cfg(unix)]
fn inode(path: &Path) -> u64 {
    std::os::unix::fs::MetadataExt::ino(&fs::metadata(path).unwrap())
}

#[cfg(not(unix))]
fn inode(_: &Path) -> u64 {
    0
}
