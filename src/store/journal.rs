//! What a crawl has gathered so far, kept as it comes in, so that nothing is lost when it stops.
//!
//! A journal is a file to which entries are only ever appended. An entry is one piece, or several if it is
//! large; each carries its length and a checksum. Reading stops at the first entry that is not whole, which
//! is what a killed process leaves behind.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::location::{unreadable, unwritable};
use super::private;
use crate::error::{Error, Result};

const MAGIC: &[u8; 8] = b"plaudit2";

/// What stands before the body of a piece: its length and its checksum.
const HEAD: usize = 8;

/// The most bytes of an entry that stand in one piece, before they are packed. Packed they may be a sixth
/// more, which a length still holds beside its marks.
pub(super) const LARGEST_PIECE: usize = 512 << 20;

/// The bit of a length that marks a note. No length reaches it.
const NOTE: u32 = 1 << 31;

/// The bit of a length that says that the entry goes on in the next piece. No length reaches it.
const MORE: u32 = 1 << 30;

/// A journal, open for appending.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: File,
    /// The most bytes of an entry in one piece.
    piece: usize,
}

/// Where an entry stands in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position(u64);

impl Journal {
    /// Begins a journal, or goes on with one: what a killed process left unfinished at its end is
    /// cut off.
    pub fn open(path: &Path) -> Result<Journal> {
        Journal::open_in_pieces(path, LARGEST_PIECE)
    }

    /// The same, with entries in pieces of at most so many bytes.
    pub(super) fn open_in_pieces(path: &Path, piece: usize) -> Result<Journal> {
        let failed = |error: std::io::Error| unwritable(&path.display(), &error);
        let mut file = private::open_file(path).map_err(failed)?;
        if let Err(std::fs::TryLockError::WouldBlock) = file.try_lock() {
            return Err(Error::usage("another process is at work on this crawl")
                .at(path.display())
                .hint("wait until it has finished, or stop it"));
        }
        let length = file.metadata().map_err(failed)?.len();
        if length < MAGIC.len() as u64 {
            file.set_len(0).map_err(failed)?;
            file.write_all(MAGIC).map_err(failed)?;
        } else {
            let mut reader = JournalReader::open(path)?;
            while reader.next_raw()?.is_some() {}
            file.set_len(reader.at).map_err(failed)?;
            file.seek(SeekFrom::End(0)).map_err(failed)?;
        }
        Ok(Journal { path: path.to_path_buf(), file, piece: piece.clamp(1, LARGEST_PIECE) })
    }

    /// Appends an entry. When this returns, the entry survives the end of this process.
    pub fn append(&mut self, entry: &impl Serialize) -> Result<()> {
        self.append_marked(entry, 0)
    }

    /// Appends a small entry that tells of the one that follows, so that a reader can pass over that one.
    pub fn append_note(&mut self, entry: &impl Serialize) -> Result<()> {
        self.append_marked(entry, NOTE)
    }

    fn append_marked(&mut self, entry: &impl Serialize, mark: u32) -> Result<()> {
        let failed = |error: &dyn std::fmt::Display| unwritable(&self.path.display(), error);
        // Quick to write and to read matters more than small: the journal is gone when the crawl is over.
        let plain = rmp_serde::to_vec(entry).map_err(|error| failed(&error))?;
        let mut pieces = plain.chunks(self.piece).peekable();
        while let Some(piece) = pieces.next() {
            let mut bytes = vec![0; HEAD + snap::raw::max_compress_len(piece.len())];
            let packed = snap::raw::Encoder::new()
                .compress(piece, &mut bytes[HEAD..])
                .map_err(|error| failed(&error))?;
            bytes.truncate(HEAD + packed);
            let more = if pieces.peek().is_some() { MORE } else { 0 };
            let (head, body) = bytes.split_at_mut(HEAD);
            // A piece is smaller than its marks are.
            head[..4].copy_from_slice(&(packed as u32 | mark | more).to_le_bytes());
            head[4..].copy_from_slice(&checksum(body).to_le_bytes());
            self.file.write_all(&bytes).map_err(|error| failed(&error))?;
        }
        Ok(())
    }
}

fn checksum(bytes: &[u8]) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    crc.sum()
}

/// A journal, open for reading.
#[derive(Debug)]
pub struct JournalReader {
    path: PathBuf,
    file: BufReader<File>,
    at: u64,
    /// How long the file was when it was opened: no entry can claim more than is left of it.
    length: u64,
}

/// An entry that has not been understood yet.
#[derive(Debug)]
pub struct Raw {
    /// Where it stands.
    pub position: Position,
    /// Whether it only tells of the one that follows.
    pub is_note: bool,
    pieces: Vec<Vec<u8>>,
}

impl JournalReader {
    /// Opens a journal at its first entry.
    pub fn open(path: &Path) -> Result<JournalReader> {
        let file = File::open(path).map_err(|error| unreadable(&path.display(), &error))?;
        let length = file.metadata().map_err(|error| unreadable(&path.display(), &error))?.len();
        let mut reader =
            JournalReader { path: path.to_path_buf(), file: BufReader::new(file), at: 0, length };
        let mut magic = [0; 8];
        if reader.file.read_exact(&mut magic).is_err() || &magic != MAGIC {
            return Err(Error::failed("the file is not a journal of this version of plaudit")
                .at(path.display())
                .hint("remove the folder and crawl anew"));
        }
        reader.at = MAGIC.len() as u64;
        Ok(reader)
    }

    /// The next entry and where it stands; `None` after the last whole one.
    pub fn next_entry<T: DeserializeOwned>(&mut self) -> Result<Option<(Position, T)>> {
        let Some(raw) = self.next_raw()? else { return Ok(None) };
        Ok(Some((raw.position, self.read(&raw)?)))
    }

    /// The next entry, unread: where it stands, and whether it is a note; `None` after the last whole
    /// one. [`read`](JournalReader::read) understands it.
    pub fn next_raw(&mut self) -> Result<Option<Raw>> {
        let position = Position(self.at);
        let mut at = self.at;
        let mut pieces = Vec::new();
        loop {
            let mut head = [0; HEAD];
            if !self.fill(&mut head)? {
                return Ok(None);
            }
            let [l0, l1, l2, l3, c0, c1, c2, c3] = head;
            let marked = u32::from_le_bytes([l0, l1, l2, l3]);
            let length = marked & !(NOTE | MORE);
            if u64::from(length) > self.length.saturating_sub(at) {
                return Ok(None);
            }
            let mut body = vec![0; length as usize];
            if !self.fill(&mut body)? || checksum(&body) != u32::from_le_bytes([c0, c1, c2, c3]) {
                return Ok(None);
            }
            at += HEAD as u64 + u64::from(length);
            pieces.push(body);
            if marked & MORE == 0 {
                self.at = at;
                return Ok(Some(Raw { position, is_note: marked & NOTE != 0, pieces }));
            }
        }
    }

    /// Understands an entry.
    pub fn read<T: DeserializeOwned>(&self, raw: &Raw) -> Result<T> {
        let broken = |error: &dyn std::fmt::Display| {
            Error::failed(format!("an entry of the journal cannot be understood: {error}"))
                .at(self.path.display())
                .hint("it was written by another version of plaudit: crawl anew")
        };
        let mut plain = Vec::new();
        for piece in &raw.pieces {
            // Snappy's shortest copy of 64 bytes takes three; what claims to be more is not believed.
            let claimed = snap::raw::decompress_len(piece).map_err(|error| broken(&error))?;
            if claimed > 32 * piece.len() {
                return Err(broken(&format!("{claimed} bytes are said to be packed in {}", piece.len())));
            }
            let begin = plain.len();
            plain.resize(begin + claimed, 0);
            let unpacked = snap::raw::Decoder::new().decompress(piece, &mut plain[begin..]);
            plain.truncate(begin + unpacked.map_err(|error| broken(&error))?);
        }
        rmp_serde::from_slice(&plain).map_err(|error| broken(&error))
    }

    /// The entry at a position that [`next_entry`](JournalReader::next_entry) gave.
    pub fn entry<T: DeserializeOwned>(&mut self, position: Position) -> Result<T> {
        self.file
            .seek(SeekFrom::Start(position.0))
            .map_err(|error| unreadable(&self.path.display(), &error))?;
        self.at = position.0;
        let raw = self.next_raw()?.ok_or_else(|| {
            Error::failed("an entry of the journal is gone").at(self.path.display()).hint("crawl anew")
        })?;
        self.read(&raw)
    }

    /// Fills a buffer; `false` where the file ends before that.
    fn fill(&mut self, buffer: &mut [u8]) -> Result<bool> {
        match self.file.read_exact(buffer) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => Ok(false),
            Err(error) => Err(unreadable(&self.path.display(), &error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(path: &Path) -> Vec<String> {
        let mut reader = JournalReader::open(path).unwrap();
        let mut entries = Vec::new();
        while let Some((_, entry)) = reader.next_entry::<String>().unwrap() {
            entries.push(entry);
        }
        entries
    }

    #[test]
    fn a_journal_cut_anywhere_keeps_every_whole_entry_and_can_be_continued() {
        cut_anywhere(LARGEST_PIECE);
    }

    #[test]
    fn an_entry_in_pieces_is_kept_whole_or_not_at_all() {
        cut_anywhere(2);
    }

    fn cut_anywhere(piece: usize) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let mut journal = Journal::open_in_pieces(&path, piece).unwrap();
        let words = ["one", "two", "three"];
        let mut ends = vec![MAGIC.len()];
        for word in words {
            journal.append(&word).unwrap();
            ends.push(std::fs::metadata(&path).unwrap().len() as usize);
        }
        // Its lock ends with it.
        drop(journal);
        let whole = std::fs::read(&path).unwrap();
        for cut in MAGIC.len()..=whole.len() {
            std::fs::write(&path, &whole[..cut]).unwrap();
            let kept = ends.iter().filter(|end| **end <= cut).count() - 1;
            let mut journal = Journal::open_in_pieces(&path, piece).unwrap();
            assert_eq!(entries(&path), words[..kept]);
            journal.append(&"next").unwrap();
            assert_eq!(entries(&path).last().unwrap(), "next");
            assert_eq!(entries(&path).len(), kept + 1);
        }
    }

    #[test]
    fn an_entry_that_was_changed_ends_the_journal() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let mut journal = Journal::open(&path).unwrap();
        journal.append(&"one").unwrap();
        journal.append(&"two").unwrap();
        let mut bytes = std::fs::read(&path).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        std::fs::write(&path, bytes).unwrap();
        assert_eq!(entries(&path), ["one"]);
    }

    #[test]
    fn an_entry_can_be_read_again_by_its_position() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let mut journal = Journal::open_in_pieces(&path, 4).unwrap();
        for word in ["one", "two", "three"] {
            journal.append(&word).unwrap();
        }
        let mut reader = JournalReader::open(&path).unwrap();
        let mut positions = Vec::new();
        while let Some((position, _)) = reader.next_entry::<String>().unwrap() {
            positions.push(position);
        }
        assert_eq!(reader.entry::<String>(positions[2]).unwrap(), "three");
        assert_eq!(reader.entry::<String>(positions[0]).unwrap(), "one");
    }
}
