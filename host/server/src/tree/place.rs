//! Where a tree of folders lies: what it is asked, and in what words it answers.

use std::{collections::BTreeMap, fmt, io};

/// Files that a tree may have. A larger one is refused as a whole, and nothing that is known of it changes.
pub(super) const MOST: usize = 200_000;
/// How deep its folders may lie in each other.
pub(super) const DEEPEST: usize = 32;

/// A file as it was listed: what tells one content of it from the next, an `ETag` for instance.
pub(crate) type Mark = String;

/// A file's bytes.
pub(crate) type Bytes = Box<dyn io::Read + Send>;

/// Where a tree lies. Everything blocks, for a bounded time. Paths are those of files, from the top of the tree, with `/` in
/// between; none begins with one, and none has `.` or `..` in it.
pub(crate) trait Place: Send + Sync + fmt::Debug {
    /// All files with their marks; all of them, or an error.
    fn list(&self) -> io::Result<BTreeMap<String, Mark>>;
    /// The bytes of a file.
    fn read(&self, path: &str) -> io::Result<Bytes>;
    /// Writes a file that is not there yet, with the folders above it, and answers its mark. Half a file is never seen.
    ///
    /// # Errors
    /// `AlreadyExists` if there is one: it is not touched.
    fn write(&self, path: &str, bytes: &mut dyn io::Read, size: u64) -> io::Result<Mark>;
}

/// Whether a name in a folder counts: not what hides, and not what other programs leave beside a file that is open.
pub(super) fn counts(name: &str) -> bool {
    let left = name.is_empty() || ["~$", ".", "._"].iter().any(|start| name.starts_with(start));
    let lower = name.to_ascii_lowercase();
    let system = matches!(lower.rsplit_once('.'), Some(("thumbs", "db") | ("desktop", "ini")));
    !left && !system && !lower.ends_with(".tmp") && !lower.ends_with(".part") && !name.contains(['/', '\\', '\0'])
}
