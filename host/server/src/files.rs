//! Files that the host keeps beside its records: keys, and lists that only grow. A key is there whole or not at all, whenever
//! the host is killed: an empty one would keep it from ever starting again.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read as _, Write as _},
    path::Path,
};

/// More than any key has, in bytes.
const LONGEST: u64 = 1_000;

/// The text of a key's file; if there is none it is made of `fresh`, for this user alone, and on the disk when this answers.
///
/// # Errors
/// If it cannot be read or made, or is no text.
pub(crate) fn key(path: &Path, fresh: impl FnOnce() -> io::Result<String>) -> io::Result<String> {
    match File::open(path) {
        Ok(file) => {
            let mut text = String::new();
            file.take(LONGEST).read_to_string(&mut text)?;
            return Ok(text);
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    let text = fresh()?;
    let unready = path.with_extension("unready");
    // Left by a host that was killed, or by somebody else: what others could read is no place for a key.
    fs::remove_file(&unready).ok();
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&unready)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&unready, path)?;
    sync_folder_of(path)?;
    Ok(text)
}

/// Has the disk know that this file is there.
///
/// # Errors
/// If it cannot be told.
pub(crate) fn sync_folder_of(path: &Path) -> io::Result<()> {
    let here = Path::new(".");
    let folder = path.parent().map_or(here, |folder| if folder.as_os_str().is_empty() { here } else { folder });
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_a_folder_lies_in_this_one() {
        sync_folder_of(Path::new("a-name-alone")).unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn what_others_could_read_becomes_no_key() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.key");
        let left = folder.path().join("a.unready");
        fs::write(&left, "left behind").unwrap();
        fs::set_permissions(&left, fs::Permissions::from_mode(0o666)).unwrap();
        assert_eq!(key(&path, || Ok("fresh".to_owned())).unwrap(), "fresh");
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        assert!(!left.exists());
        assert_eq!(key(&path, || panic!("there is one")).unwrap(), "fresh");
    }
}
