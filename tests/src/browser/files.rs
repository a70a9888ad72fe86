//! Files that a person saves, and those that they send.

use std::{fs, path::PathBuf};

use super::Browser;

impl Browser {
    /// The file that was saved last under this name, once it is whole.
    #[track_caller]
    pub fn downloaded(&self, name: &str) -> Vec<u8> {
        let path = self.profile.path().join("downloads").join(name);
        // It is there under its name before it has its bytes.
        self.wait(&format!("the download of {name}"), || fs::read(&path).ok().filter(|bytes| !bytes.is_empty()))
    }

    /// The names of the files that were saved.
    #[track_caller]
    pub fn downloads(&self) -> Vec<String> {
        let files = fs::read_dir(self.profile.path().join("downloads")).expect("a folder for downloads");
        let names = files.flatten().map(|file| file.file_name().to_string_lossy().into_owned());
        names.filter(|name| !name.ends_with(".crdownload") && !name.starts_with('.')).collect()
    }

    /// A file of this person's, to be sent; the same name holds other bytes when it is made again.
    ///
    /// # Panics
    /// If it cannot be written.
    pub fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let folder = self.profile.path().join("own");
        fs::create_dir_all(&folder).expect("a folder for their files");
        let path = folder.join(name);
        fs::write(&path, bytes).expect("a file of theirs");
        path
    }
}
