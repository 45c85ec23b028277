//! What was written: how much, and its SHA-256.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use ring::digest::{Context, SHA256};

/// The size and the SHA-256 of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Digest {
    /// Its size in bytes.
    pub bytes: u64,
    /// Its SHA-256: 64 hexadecimal digits, in lower case.
    pub sha256: String,
}

/// Reads a file to its end.
pub(super) fn of_file(path: &Path) -> io::Result<Digest> {
    let mut file = File::open(path)?;
    let mut seen = Seen::default();
    let mut buffer = vec![0; 1 << 18];
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return Ok(seen.digest()),
            Ok(length) => seen.add(&buffer[..length]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

struct Seen {
    context: Context,
    bytes: u64,
}

impl Default for Seen {
    fn default() -> Seen {
        Seen { context: Context::new(&SHA256), bytes: 0 }
    }
}

impl Seen {
    fn add(&mut self, bytes: &[u8]) {
        self.context.update(bytes);
        self.bytes += bytes.len() as u64;
    }

    fn digest(&self) -> Digest {
        let digest = self.context.clone().finish();
        let sha256 = digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        Digest { bytes: self.bytes, sha256 }
    }
}

/// A file that is being written, and the digest of what has been. Parquet is written from its beginning to
/// its end, so it need not be read again.
pub(super) struct Digesting {
    file: File,
    seen: Arc<Mutex<Seen>>,
}

/// The digest of what a [`Digesting`] has written so far; its writer keeps that one to itself.
pub(super) struct Written(Arc<Mutex<Seen>>);

impl Digesting {
    pub fn new(file: File) -> (Digesting, Written) {
        let seen = Arc::<Mutex<Seen>>::default();
        (Digesting { file, seen: seen.clone() }, Written(seen))
    }
}

impl Written {
    pub fn digest(&self) -> Digest {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).digest()
    }
}

impl Write for Digesting {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let length = self.file.write(bytes)?;
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).add(&bytes[..length]);
        Ok(length)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_has_the_digest_of_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("abc");
        let (mut file, written) = Digesting::new(File::create_new(&path).unwrap());
        file.write_all(b"a").unwrap();
        file.write_all(b"bc").unwrap();
        // FIPS 180-2, appendix B.1.
        let sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad".to_owned();
        assert_eq!(written.digest(), Digest { bytes: 3, sha256 });
        assert_eq!(of_file(&path).unwrap(), written.digest());
    }
}
