//! Files of a bucket of which only parts are fetched: a file of the same length on this machine, with
//! nothing between those parts.

use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};

use object_store::{GetOptions, GetRange, ObjectStore, ObjectStoreExt};

use super::key::Key;
use super::location::{Location, make_parent, unwritable};
use crate::error::Result;

/// A file that is there in parts.
#[derive(Debug)]
pub struct Partial<'a> {
    location: &'a Location,
    key: &'a Key,
    /// Where it can be read on this machine.
    pub path: PathBuf,
}

impl Location {
    /// Fetches the end of a file, as many bytes as that. `None` for a file in a folder, which is there
    /// already, and for one that is hardly longer.
    pub async fn fetch_end<'a>(&'a self, key: &'a Key, bytes: u64) -> Result<Option<Partial<'a>>> {
        let Location::Bucket(bucket) = self else { return Ok(None) };
        let place = bucket.key(key);
        let size = match bucket.client.head(&place).await {
            Ok(found) if found.size > 2 * bytes => found.size,
            Ok(_) | Err(object_store::Error::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(bucket.failed("read", key, &error)),
        };
        let path = key.below(&bucket.fetched.path().join("parts"));
        make_parent(&path)?;
        let created = File::create(&path).and_then(|file| file.set_len(size));
        created.map_err(|error| unwritable(&path.display(), &error))?;
        let partial = Partial { location: self, key, path };
        let options = GetOptions { range: Some(GetRange::Suffix(bytes)), ..GetOptions::default() };
        let failed = |error| bucket.failed("read", key, &error);
        let end = bucket.client.get_opts(&place, options).await.map_err(failed)?;
        let bytes_of_end = end.bytes().await.map_err(failed)?;
        write_at(&partial.path, size - bytes_of_end.len() as u64, &bytes_of_end)?;
        Ok(Some(partial))
    }
}

impl Partial<'_> {
    /// Fetches more parts. They are held in memory together until they are written.
    pub async fn fetch(&self, parts: &[Range<u64>]) -> Result<()> {
        let Location::Bucket(bucket) = self.location else { return Ok(()) };
        let fetched = bucket.client.get_ranges(&bucket.key(self.key), parts).await;
        let fetched = fetched.map_err(|error| bucket.failed("read", self.key, &error))?;
        for (part, bytes) in parts.iter().zip(fetched) {
            write_at(&self.path, part.start, &bytes)?;
        }
        Ok(())
    }
}

fn write_at(path: &Path, at: u64, bytes: &[u8]) -> Result<()> {
    let write = || {
        let mut file = File::options().write(true).open(path)?;
        file.seek(SeekFrom::Start(at))?;
        file.write_all(bytes)
    };
    write().map_err(|error: std::io::Error| unwritable(&path.display(), &error))
}
