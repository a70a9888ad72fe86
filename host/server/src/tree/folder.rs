//! A tree in a folder of this machine: a disk of its own, or one that is mounted. Links are not followed: nothing outside of
//! the folder is ever read.

use std::{
    collections::BTreeMap,
    fs::{self, File, OpenOptions},
    io::{self, Read},
    os::unix::fs::{MetadataExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

use nix::fcntl::OFlag;

use super::place::{Bytes, DEEPEST, MOST, Mark, Place, counts};

/// The folder.
#[derive(Debug)]
pub(crate) struct Folder {
    root: PathBuf,
}

fn mark(about: &fs::Metadata) -> Mark {
    format!("{}-{}-{}", about.len(), about.mtime(), about.mtime_nsec())
}

impl Folder {
    pub(crate) fn new(root: &Path) -> Self {
        Self { root: root.to_owned() }
    }

    fn walk(&self, folder: &Path, inside: &str, depth: usize, found: &mut BTreeMap<String, Mark>) -> io::Result<()> {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let name = entry.file_name();
            let Some(name) = name.to_str().filter(|name| counts(name)) else { continue };
            let path = if inside.is_empty() { name.to_owned() } else { format!("{inside}/{name}") };
            let about = match entry.metadata() {
                Ok(about) => about,
                // Gone since it was listed.
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(error),
            };
            if about.is_dir() && depth < DEEPEST {
                self.walk(&entry.path(), &path, depth + 1, found)?;
            } else if about.is_file() {
                found.insert(path, mark(&about));
                if found.len() > MOST {
                    return Err(io::Error::other(format!("it has more than {MOST} files")));
                }
            }
        }
        Ok(())
    }

    /// A file's own place, if each folder above it is one, and no link.
    fn place(&self, path: &str) -> io::Result<PathBuf> {
        let mut place = self.root.clone();
        let mut parts = path.split('/').peekable();
        while let Some(part) = parts.next() {
            if !counts(part) {
                return Err(io::ErrorKind::InvalidInput.into());
            }
            place.push(part);
            if parts.peek().is_some() && fs::symlink_metadata(&place).is_ok_and(|about| !about.is_dir()) {
                return Err(io::ErrorKind::NotADirectory.into());
            }
        }
        Ok(place)
    }
}

/// Gives a whole file its name, unless somebody has that. Unlike a rename, a link takes nobody's place; where a disk knows
/// no links, as some of the network do not, the file is written a second time.
fn put(draft: &Path, place: &Path) -> io::Result<()> {
    match fs::hard_link(draft, place) {
        Err(error) if matches!(error.kind(), io::ErrorKind::Unsupported | io::ErrorKind::PermissionDenied) => {
            let mut file = OpenOptions::new().write(true).create_new(true).open(place)?;
            io::copy(&mut File::open(draft)?, &mut file)?;
            file.sync_all()
        }
        linked => linked,
    }
}

impl Place for Folder {
    fn list(&self) -> io::Result<BTreeMap<String, Mark>> {
        let mut found = BTreeMap::new();
        self.walk(&self.root, "", 0, &mut found)?;
        Ok(found)
    }

    fn read(&self, path: &str) -> io::Result<Bytes> {
        let place = self.place(path)?;
        let mut options = OpenOptions::new();
        // A pipe that somebody has put in its place would never answer.
        let file = options.read(true).custom_flags((OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK).bits()).open(place)?;
        if !file.metadata()?.is_file() {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        Ok(Box::new(file))
    }

    fn write(&self, path: &str, bytes: &mut dyn Read, _: u64) -> io::Result<Mark> {
        let place = self.place(path)?;
        let above = place.parent().unwrap_or(&self.root);
        fs::create_dir_all(above)?;
        // A name that does not count, until it is whole.
        let draft = above.join(format!(".{}.part", crate::store::new_id()));
        let mut file = OpenOptions::new().write(true).create_new(true).open(&draft)?;
        let written = io::copy(bytes, &mut file).and_then(|_| file.sync_all()).and_then(|()| {
            put(&draft, &place)?;
            File::open(above)?.sync_all()
        });
        fs::remove_file(&draft)?;
        written?;
        Ok(mark(&fs::symlink_metadata(&place)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_and_what_hides_are_no_files_of_it() {
        let (outside, root) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        fs::write(outside.path().join("secret"), "outside").unwrap();
        fs::create_dir_all(root.path().join("Brown/Letters")).unwrap();
        fs::write(root.path().join("Brown/Letters/will.pdf"), "will").unwrap();
        for name in ["~$will.docx", ".hidden", "Thumbs.db", "half.part"] {
            fs::write(root.path().join("Brown").join(name), "no").unwrap();
        }
        std::os::unix::fs::symlink(outside.path().join("secret"), root.path().join("Brown/link.pdf")).unwrap();
        std::os::unix::fs::symlink(outside.path(), root.path().join("Brown/folder")).unwrap();
        let folder = Folder::new(root.path());
        assert_eq!(folder.list().unwrap().into_keys().collect::<Vec<_>>(), ["Brown/Letters/will.pdf"]);
        for path in ["Brown/link.pdf", "Brown/folder/secret", "../secret", "Brown/../../secret", "/etc/passwd"] {
            assert!(folder.read(path).is_err(), "{path}");
            assert!(folder.write(path, &mut &b"mine"[..], 4).is_err(), "{path}");
        }
        assert_eq!(fs::read(outside.path().join("secret")).unwrap(), b"outside");
    }

    #[test]
    fn a_file_that_is_there_is_not_written_over() {
        let root = tempfile::tempdir().unwrap();
        let folder = Folder::new(root.path());
        let mark = folder.write("Brown/From customers/a.pdf", &mut &b"first"[..], 5).unwrap();
        assert_eq!(folder.list().unwrap(), BTreeMap::from([("Brown/From customers/a.pdf".to_owned(), mark)]));
        let again = folder.write("Brown/From customers/a.pdf", &mut &b"second"[..], 6);
        assert_eq!(again.unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        let mut said = String::new();
        folder.read("Brown/From customers/a.pdf").unwrap().read_to_string(&mut said).unwrap();
        assert_eq!(said, "first");
        assert_eq!(fs::read_dir(root.path().join("Brown/From customers")).unwrap().count(), 1, "no draft is left");
    }
}
