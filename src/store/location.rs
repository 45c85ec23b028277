//! Where a store is: a folder, or a prefix of an S3 bucket.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures::TryStreamExt;
use object_store::aws::{AmazonS3, AmazonS3Builder, AwsCredentialProvider};
use object_store::client::{HttpClient, HttpConnector};
use object_store::{ClientOptions, ObjectMeta, ObjectStore, ObjectStoreExt};

use super::folder::{Folder, Readers, read_small, replace_file, temporary_folder};
use super::key::Key;
use super::owner::{ExpectedOwner, OwnerCondition};
use super::private;
use crate::error::{Error, Result};

/// How a bucket is reached. Made by `crawl`, which alone knows AWS's credential chain.
#[derive(Clone, Debug)]
pub struct BucketAccess {
    /// The credentials, refreshed when they expire.
    pub credentials: AwsCredentialProvider,
    /// The Region that is asked: the caller's, or the bucket's after [`BucketAccess::in_region_of`].
    pub region: String,
    /// Instead of AWS's own address: `AWS_ENDPOINT_URL_S3` or `AWS_ENDPOINT_URL`.
    pub endpoint_url: Option<String>,
    /// The account to which the bucket must belong; `None` takes anybody's.
    pub expected_owner: Option<ExpectedOwner>,
    /// The KMS key that encrypts what is written; the bucket's own default without one.
    pub kms_key_id: Option<String>,
    /// Sends the requests, and knows proxies, root certificates and whom to refuse.
    pub client: HttpClient,
}

/// Hands out the client that it was given.
#[derive(Debug)]
struct Given(HttpClient);

impl HttpConnector for Given {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(self.0.clone())
    }
}

/// A place that holds files under keys such as `vpc_endpoint/snapshot_id=.../part-0.parquet`.
#[derive(Clone, Debug)]
pub enum Location {
    /// A folder; keys are paths below it.
    Folder(Folder),
    /// A prefix of a bucket.
    Bucket(Bucket),
}

/// A prefix of a bucket, and the folder that holds what was fetched from it.
#[derive(Clone, Debug)]
pub struct Bucket {
    url: String,
    prefix: object_store::path::Path,
    expected_owner: Option<ExpectedOwner>,
    kms_key_id: Option<String>,
    pub(super) client: Arc<AmazonS3>,
    pub(super) fetched: Arc<tempfile::TempDir>,
}

impl Location {
    /// Reads a location from text. A bucket needs `access`.
    pub fn open(text: &str, access: Option<&BucketAccess>) -> Result<Location> {
        let Some(rest) = text.strip_prefix("s3://") else {
            if text.is_empty() {
                return Err(
                    Error::usage("the store has no path").hint("give a folder, or s3://bucket/prefix")
                );
            }
            if let Some((scheme, path)) = text.split_once("://") {
                let hint = match scheme {
                    "file" => format!("give the folder alone: {path}"),
                    _ => "give a folder, or s3://bucket/prefix".to_owned(),
                };
                return Err(Error::usage(format!("plaudit does not read or write {scheme}:// addresses"))
                    .at(text)
                    .hint(hint));
            }
            return Ok(Location::Folder(Folder { path: PathBuf::from(text), readers: Readers::Owner }));
        };
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        let wrong = |problem: String| {
            Error::usage(problem).at(text).hint("write s3://bucket/prefix, or give a folder")
        };
        if bucket.is_empty() {
            return Err(wrong("the S3 address names no bucket".to_owned()));
        }
        let access = access.ok_or_else(|| {
            Error::usage("there are no AWS credentials to reach the bucket with")
                .at(text)
                .hint("run `aws configure`, set AWS_PROFILE, or give a folder with --store")
        })?;
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(bucket)
            .with_region(&access.region)
            .with_credentials(access.credentials.clone())
            .with_http_connector(Given(access.client.clone()));
        if let Some(endpoint) = &access.endpoint_url {
            builder = builder.with_endpoint(endpoint).with_allow_http(endpoint.starts_with("http://"));
        }
        if let Some(owner) = &access.expected_owner {
            let condition = OwnerCondition::new(owner, access)
                .ok_or_else(|| wrong("the bucket's owner is not named like an account".to_owned()))?;
            builder = builder.with_credentials(condition.credentials()).with_http_connector(condition);
        }
        if let Some(key) = &access.kms_key_id {
            builder = builder.with_sse_kms_encryption(key);
        }
        let client =
            builder.build().map_err(|error| wrong(format!("the bucket cannot be reached: {error}")))?;
        let fetched = temporary_folder(&std::env::temp_dir())
            .map_err(|error| Error::failed(format!("no folder for fetched files could be made: {error}")))?;
        Ok(Location::Bucket(Bucket {
            url: text.trim_end_matches('/').to_owned(),
            prefix: object_store::path::Path::from(prefix),
            expected_owner: access.expected_owner.clone(),
            kms_key_id: access.kms_key_id.clone(),
            client: Arc::new(client),
            fetched: Arc::new(fetched),
        }))
    }

    /// Says who may read what is written to a folder. A bucket has its policy for that.
    pub fn readable_by(mut self, readers: Readers) -> Location {
        if let Location::Folder(folder) = &mut self {
            folder.readers = readers;
        }
        self
    }

    /// Who may read the files that are made for it on this machine.
    pub(super) fn readers(&self) -> Readers {
        match self {
            Location::Folder(folder) => folder.readers,
            Location::Bucket(_) => Readers::Owner,
        }
    }

    /// The address of a key, as another tool would be told.
    pub fn address(&self, key: &str) -> String {
        match self {
            Location::Folder(folder) => folder.path.join(key).display().to_string(),
            Location::Bucket(bucket) => format!("{}/{key}", bucket.url),
        }
    }

    /// The folder for work that is not finished. For a bucket it is on this machine, among what the user's
    /// programs keep for themselves, under a name that depends on the address alone, so that a later run
    /// finds it again.
    pub fn work_folder(&self) -> PathBuf {
        match self {
            Location::Folder(folder) => folder.path.join("_partial"),
            Location::Bucket(bucket) => {
                let name: String =
                    bucket.url.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
                private::state_folder().join("plaudit").join(name)
            }
        }
    }

    /// Makes a folder in the work folder, which nobody else can open.
    pub(super) fn make_work_folder(&self, path: &Path) -> Result<()> {
        match self {
            Location::Folder(folder) => folder.make_private(path),
            Location::Bucket(_) => private::make_below_state(path),
        }
    }

    /// Makes a folder for the files of one command, which is removed with what is returned.
    pub(super) fn temporary_folder(&self) -> Result<tempfile::TempDir> {
        let parent = match self {
            // In the same file system, so that files can be moved to their places.
            Location::Folder(folder) => {
                folder.make()?;
                folder.path.clone()
            }
            Location::Bucket(_) => std::env::temp_dir(),
        };
        temporary_folder(&parent).map_err(|error| unwritable(&parent.display(), &error))
    }

    /// Whether files can be added: a copy of a store may be there only to be read. `known` is a file that is
    /// there, with its content.
    pub(super) async fn takes_files(&self, (key, content): (&Key, Vec<u8>)) -> bool {
        match self {
            Location::Folder(folder) => {
                use std::io::ErrorKind::{PermissionDenied, ReadOnlyFilesystem};
                let tried = temporary_folder(&folder.path);
                !tried.is_err_and(|error| matches!(error.kind(), PermissionDenied | ReadOnlyFilesystem))
            }
            // S3 says so only when it is asked to.
            Location::Bucket(bucket) => {
                let written = bucket.client.put(&bucket.key(key), content.into()).await;
                !matches!(written, Err(object_store::Error::PermissionDenied { .. }))
            }
        }
    }

    /// Refuses a key that leads out of the store by a link.
    pub(super) fn refuse_links(&self, key: &Key) -> Result<()> {
        match self {
            Location::Folder(folder) => folder.refuse_links(key),
            Location::Bucket(_) => Ok(()),
        }
    }

    /// The keys that begin with `folder/`, without that beginning, sorted. A folder that does not
    /// exist holds none.
    pub async fn list(&self, folder: &str) -> Result<Vec<String>> {
        let mut names: Vec<String> = match self {
            Location::Folder(root) => {
                let path = root.path.join(folder);
                let entries = match std::fs::read_dir(&path) {
                    Ok(entries) => entries,
                    Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                        return Ok(Vec::new());
                    }
                    Err(error) => return Err(unreadable(&path.display(), &error)),
                };
                entries
                    .map(|entry| entry.map(|entry| entry.file_name().to_string_lossy().into_owned()))
                    .collect::<std::io::Result<_>>()
                    .map_err(|error| unreadable(&path.display(), &error))?
            }
            Location::Bucket(bucket) => {
                let prefix = bucket.prefix.clone().join(folder);
                let objects = bucket.objects(&prefix, folder).await?;
                objects.iter().filter_map(|object| object.location.filename().map(str::to_owned)).collect()
            }
        };
        names.sort();
        Ok(names)
    }

    /// All keys, at whatever depth, sorted. Links to folders are not followed, and what is no regular file
    /// is passed over, as is what a bucket holds under a name that could not be a file's.
    pub async fn walk(&self) -> Result<Vec<Key>> {
        let mut keys = match self {
            // The walk may take long; the signals that end it are looked at meanwhile.
            Location::Folder(root) => {
                let root = root.path.clone();
                tokio::task::spawn_blocking(move || walk_folder(&root)).await.unwrap_or_else(|error| {
                    Err(Error::failed(format!("the folder could not be read: {error}")))
                })?
            }
            Location::Bucket(bucket) => {
                let objects = bucket.objects(&bucket.prefix, "").await?;
                let keys = objects.iter().filter_map(|object| {
                    let parts = object.location.prefix_match(&bucket.prefix)?;
                    Key::parse(&parts.map(|part| part.as_ref().to_owned()).collect::<Vec<_>>().join("/"))
                });
                keys.collect()
            }
        };
        keys.sort();
        Ok(keys)
    }

    /// Reads a small file whole; `None` where it does not exist.
    pub async fn read(&self, key: &Key) -> Result<Option<Vec<u8>>> {
        match self {
            Location::Folder(root) => {
                let path = key.below(&root.path);
                match read_small(&path) {
                    Ok(bytes) => Ok(Some(bytes)),
                    Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
                    Err(error) => Err(unreadable(&path.display(), &error)),
                }
            }
            Location::Bucket(bucket) => match bucket.client.get(&bucket.key(key)).await {
                Ok(found) if found.meta.size > LONGEST_SMALL_FILE => {
                    let longer = format!("it is longer than {} MiB", LONGEST_SMALL_FILE >> 20);
                    Err(bucket.failed("read", key, &longer))
                }
                Ok(found) => {
                    let bytes = found.bytes().await.map_err(|error| bucket.failed("read", key, &error))?;
                    Ok(Some(bytes.to_vec()))
                }
                Err(object_store::Error::NotFound { .. }) => Ok(None),
                Err(error) => Err(bucket.failed("read", key, &error)),
            },
        }
    }

    /// Writes a small file whole; a reader sees the old one or the new one, never a part.
    pub async fn write(&self, key: &Key, bytes: Vec<u8>) -> Result<()> {
        match self {
            Location::Folder(folder) => {
                let path = folder.make_place(key)?;
                replace_file(&path, folder.readers, |out| out.write_all(&bytes))
                    .map_err(|error| unwritable(&path.display(), &error))
            }
            Location::Bucket(bucket) => bucket
                .client
                .put(&bucket.key(key), bytes.into())
                .await
                .map(|_| ())
                .map_err(|error| bucket.failed("written", key, &error)),
        }
    }

    /// Moves a finished file of this machine to its key. It should be on disk by then.
    pub async fn publish(&self, file: &Path, key: &Key) -> Result<()> {
        match self {
            Location::Folder(folder) => {
                let path = folder.make_place(key)?;
                std::fs::rename(file, &path).map_err(|error| unwritable(&path.display(), &error))
            }
            Location::Bucket(bucket) => {
                let mut reader =
                    tokio::fs::File::open(file).await.map_err(|error| unreadable(&file.display(), &error))?;
                let mut writer =
                    object_store::buffered::BufWriter::new(bucket.client.clone(), bucket.key(key));
                let copied = async {
                    tokio::io::copy(&mut reader, &mut writer).await?;
                    tokio::io::AsyncWriteExt::shutdown(&mut writer).await
                };
                copied.await.map_err(|error| bucket.failed("written", key, &error))
            }
        }
    }

    /// A path on this machine under which a file can be read; `None` where it does not exist.
    pub async fn fetch(&self, key: &Key) -> Result<Option<PathBuf>> {
        match self {
            Location::Folder(root) => {
                let path = key.below(&root.path);
                // A pipe would be waited for.
                Ok(path.is_file().then_some(path))
            }
            Location::Bucket(bucket) => {
                let path = key.below(bucket.fetched.path());
                if path.exists() {
                    return Ok(Some(path));
                }
                let found = match bucket.client.get(&bucket.key(key)).await {
                    Ok(found) if found.meta.size > LONGEST_FILE => {
                        let longer = format!("it is longer than {} GiB", LONGEST_FILE >> 30);
                        return Err(bucket.failed("read", key, &longer));
                    }
                    Ok(found) => found,
                    Err(object_store::Error::NotFound { .. }) => return Ok(None),
                    Err(error) => return Err(bucket.failed("read", key, &error)),
                };
                make_parent(&path)?;
                let copied = async {
                    // Under a name of its own: another task may fetch the same.
                    let part = tempfile::NamedTempFile::new_in(path.parent().unwrap_or(&path))?;
                    let mut stream = found.into_stream();
                    let mut file = tokio::fs::File::from_std(part.reopen()?);
                    while let Some(chunk) = stream.try_next().await.map_err(std::io::Error::other)? {
                        tokio::io::AsyncWriteExt::write_all(&mut file, &chunk).await?;
                    }
                    tokio::io::AsyncWriteExt::flush(&mut file).await?;
                    part.persist(&path).map(drop).map_err(|error| error.error)
                };
                copied.await.map_err(|error| bucket.failed("read", key, &error))?;
                Ok(Some(path))
            }
        }
    }
}

/// The longest file of a bucket that is read whole into memory, in bytes: a manifest, a list of prices.
pub(super) const LONGEST_SMALL_FILE: u64 = 64 << 20;

/// The longest file that is fetched from a bucket to disk, in bytes: a table, a bill.
pub const LONGEST_FILE: u64 = 16 << 30;

impl Location {
    /// Removes what was fetched from a bucket, once it is not needed any more.
    pub(super) fn forget(&self, path: &Path) {
        if let Location::Bucket(bucket) = self
            && path.starts_with(bucket.fetched.path())
        {
            // What cannot be removed goes with the folder.
            let _ = std::fs::remove_file(path);
        }
    }
}

/// The most files that a folder of bills, or a bucket's prefix, may hold.
const MOST_FILES: usize = 1_000_000;

/// How deep folders may lie in each other.
const DEEPEST: usize = 32;

fn too_many(place: &dyn std::fmt::Display) -> Error {
    Error::usage(format!("there are more than {MOST_FILES} files"))
        .at(place)
        .hint("name the folder or prefix that holds the files themselves")
}

fn walk_folder(root: &Path) -> Result<Vec<Key>> {
    let mut keys = Vec::new();
    let mut folders = vec![(String::new(), 0)];
    while let Some((folder, depth)) = folders.pop() {
        let path = root.join(&folder);
        for entry in std::fs::read_dir(&path).map_err(|error| unreadable(&path.display(), &error))? {
            let entry = entry.map_err(|error| unreadable(&path.display(), &error))?;
            let Ok(name) = entry.file_name().into_string() else { continue };
            let key = if folder.is_empty() { name } else { format!("{folder}/{name}") };
            let kind = entry.file_type().map_err(|error| unreadable(&entry.path().display(), &error))?;
            if kind.is_dir() {
                if depth == DEEPEST {
                    return Err(Error::usage(format!("folders lie more than {DEEPEST} deep"))
                        .at(entry.path().display())
                        .hint("name the folder that holds the files themselves"));
                }
                folders.push((key, depth + 1));
            } else if entry.path().is_file() {
                keys.extend(Key::parse(&key));
            }
            if keys.len() + folders.len() > MOST_FILES {
                return Err(too_many(&root.display()));
            }
        }
    }
    Ok(keys)
}

impl Bucket {
    /// Lists what lies below a prefix; `folder` names it in errors.
    async fn objects(&self, prefix: &object_store::path::Path, folder: &str) -> Result<Vec<ObjectMeta>> {
        let mut listed = self.client.list(Some(prefix));
        let mut objects = Vec::new();
        while let Some(object) =
            listed.try_next().await.map_err(|error| self.failed("listed", &folder, &error))?
        {
            objects.push(object);
            if objects.len() > MOST_FILES {
                return Err(too_many(&self.url));
            }
        }
        Ok(objects)
    }

    pub(super) fn key(&self, key: &Key) -> object_store::path::Path {
        key.as_str().split('/').fold(self.prefix.clone(), |path, part| path.join(part))
    }

    pub(super) fn failed(
        &self,
        verb: &str,
        key: &dyn std::fmt::Display,
        error: &dyn std::fmt::Display,
    ) -> Error {
        let text = error.to_string();
        let mut hint =
            "the caller needs s3:GetObject and s3:ListBucket on the store's bucket, and s3:PutObject \
                        to keep a snapshot there"
                .to_owned();
        if self.kms_key_id.is_some() {
            hint.push_str(", and kms:GenerateDataKey and kms:Decrypt for [store] kms_key_id");
        }
        // S3 answers alike whether the caller or the bucket's owner is another than it should be.
        if let Some(ExpectedOwner { account_id, key }) = &self.expected_owner
            && text.contains("403 Forbidden")
        {
            hint = format!(
                "the bucket is expected to belong to account {account_id}: if it is another's, and should be, \
                 name that account with {key}; if not, {hint}"
            );
        }
        Error::failed(format!("the store could not be {verb}: {text}"))
            .at(format!("{}/{key}", self.url))
            .hint(hint)
    }
}

pub(super) fn make_parent(path: &Path) -> Result<()> {
    let Some(parent) = path.parent() else {
        return Ok(());
    };
    std::fs::create_dir_all(parent).map_err(|error| unwritable(&parent.display(), &error))
}

/// A file or folder of the store that cannot be read.
pub(super) fn unreadable(place: &dyn std::fmt::Display, error: &dyn std::fmt::Display) -> Error {
    Error::failed(format!("the store could not be read: {error}"))
        .at(place)
        .hint("check the folder's permissions, or name another store with --store")
}

/// A file or folder of the store that cannot be written.
pub(super) fn unwritable(place: &dyn std::fmt::Display, error: &dyn std::fmt::Display) -> Error {
    Error::failed(format!("the store could not be written: {error}"))
        .at(place)
        .hint("check the folder's permissions and the free space, or name another store with --store")
}
