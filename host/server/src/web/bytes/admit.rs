//! What of a customer's files is taken at all: none whose bytes are plainly another kind than the name says, and no archive
//! that would unpack to far too much. Nothing is unpacked to find that out.
//!
//! A name and bytes contradict each other only where both are plain: pictures are called by each other's endings all the
//! time, and an old office format by many. What nobody knows passes; it leaves as bytes that no browser runs.

use std::io::{self, BufReader, Read, Seek, SeekFrom};

use zip::ZipArchive;

use crate::{
    blobs::{Blobs, Written},
    web::problem::{Fault, Problem},
};

/// An archive may unpack to this many times its own size,
const RATIO: u128 = 100;
/// or to this, however small it is.
const HARMLESS: u128 = 1 << 20;
/// and have so many entries,
const ENTRIES: usize = 10_000;
/// whose names and sizes take no more than this to read, in bytes.
const DIRECTORY: u64 = 8 << 20;

/// Refuses a file, if it is to be refused. Blocks.
///
/// # Errors
/// 422 with a fault `other-kind` or `unpacks-to-too-much`.
pub(crate) fn check(blobs: &Blobs, blob: &str, name: &str, written: &Written) -> Result<(), Problem> {
    if contradicts(name, &written.media_type) {
        let message = format!("“{name}” is not the kind of file that its name says.");
        return Err(refused(name, "other-kind", message));
    }
    // Whatever it begins with: what reads archives looks at the end.
    if unpacks_to_too_much(Bytes::new(blobs, blob, written.size), written.size) {
        let message = format!("“{name}” would unpack to far more than it is, or to too many files.");
        return Err(refused(name, "unpacks-to-too-much", message));
    }
    Ok(())
}

fn refused(name: &str, code: &'static str, message: String) -> Problem {
    let attributes = [("field".to_owned(), "file".to_owned()), ("name".to_owned(), name.to_owned())].into();
    Problem { errors: vec![Fault { code: code.into(), message, attributes }], ..Problem::invalid("") }
}

/// What a name's ending promises, or bytes are found to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Family {
    Pdf,
    Picture,
    /// An office document that is a ZIP archive; protected with a password it is an older container.
    Office,
    /// One of before: also RTF, or text in disguise.
    OldOffice,
    Zip,
    Text,
    /// What a browser runs.
    Page,
    /// What a computer runs.
    Program,
    /// What contradicts nothing.
    Other,
}

/// By the ending of a name; none: it promises nothing.
fn promised(name: &str) -> Option<Family> {
    let (_, ending) = name.rsplit_once('.')?;
    Some(match ending.to_ascii_lowercase().as_str() {
        "pdf" => Family::Pdf,
        "png" | "jpg" | "jpeg" | "jpe" | "gif" | "webp" | "bmp" | "tif" | "tiff" | "heic" | "heif" => Family::Picture,
        "docx" | "xlsx" | "pptx" | "odt" | "ods" | "odp" => Family::Office,
        "doc" | "xls" | "ppt" | "rtf" => Family::OldOffice,
        "zip" => Family::Zip,
        "txt" | "csv" | "md" | "eml" | "log" => Family::Text,
        _ => return None,
    })
}

/// By the bytes.
fn found(media_type: &str) -> Family {
    match media_type {
        "application/pdf" => Family::Pdf,
        "text/html" | "image/svg+xml" | "application/xhtml+xml" => Family::Page,
        "application/vnd.microsoft.portable-executable"
        | "application/x-executable"
        | "application/x-dosexec"
        | "application/x-ms-ne-executable"
        | "application/x-mach-binary"
        | "application/java-vm"
        | "application/java-archive"
        | "application/vnd.android.package-archive"
        | "application/x-ms-shortcut"
        | "application/x-msi"
        | "text/x-shellscript"
        | "application/vnd.ms-htmlhelp" => Family::Program,
        "application/zip" => Family::Zip,
        "application/rtf" | "text/rtf" | "application/x-cfb" => Family::OldOffice,
        "text/plain" | "message/rfc822" | "text/csv" | "application/xml" | "text/xml" => Family::Text,
        other if other.starts_with("application/vnd.openxmlformats-officedocument.") => Family::Office,
        other if other.starts_with("application/vnd.oasis.opendocument.") => Family::Office,
        "application/msword" | "application/vnd.ms-excel" | "application/vnd.ms-powerpoint" => Family::OldOffice,
        other if other.starts_with("image/") => Family::Picture,
        _ => Family::Other,
    }
}

fn contradicts(name: &str, media_type: &str) -> bool {
    use Family::{Office, OldOffice, Other, Page, Pdf, Picture, Program, Text, Zip};
    let (Some(promised), found) = (promised(name), found(media_type)) else { return false };
    match (promised, found) {
        // What nobody knows may be a damaged one of the kind, or a new one; a text harms nobody.
        (_, Other | Text) => false,
        (_, Program) => true,
        (Pdf | Picture | Zip, found) => found != promised && (promised, found) != (Zip, Office),
        // Of a document in a ZIP archive it may not show which; one with a password is in another container.
        (Office, found) => !matches!(found, Office | Zip | OldOffice),
        (OldOffice, found) => !matches!(found, OldOffice | Office | Zip | Page),
        (Text, found) => matches!(found, Pdf | Picture | Office | OldOffice | Zip),
        (Page | Program | Other, _) => false,
    }
}

/// As the archive's directory says. What is none, or one that nobody can read, unpacks to nothing.
fn unpacks_to_too_much(bytes: Bytes<'_>, size: u64) -> bool {
    let mut reader = BufReader::with_capacity(64 << 10, bytes);
    let opened = ZipArchive::new(&mut reader);
    let entries = match opened {
        Ok(mut archive) => {
            if archive.len() > ENTRIES {
                return true;
            }
            // By number, as of two entries with one name both are unpacked.
            let sizes = (0..archive.len()).map(|n| archive.by_index_raw(n).map_or(0, |entry| u128::from(entry.size())));
            sizes.sum::<u128>()
        }
        // Given up, as its directory has no end.
        Err(_) => return reader.get_ref().read > DIRECTORY,
    };
    entries > (u128::from(size) * RATIO).max(HARMLESS)
}

/// A blob, read here and there, and not more of it in all than a directory takes.
struct Bytes<'b> {
    blobs: &'b Blobs,
    blob: &'b str,
    size: u64,
    at: u64,
    read: u64,
}

impl<'b> Bytes<'b> {
    fn new(blobs: &'b Blobs, blob: &'b str, size: u64) -> Self {
        Self { blobs, blob, size, at: 0, read: 0 }
    }
}

impl Read for Bytes<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let length = usize::try_from(self.size.saturating_sub(self.at)).unwrap_or(into.len()).min(into.len());
        if length == 0 {
            return Ok(0);
        }
        if self.read > DIRECTORY {
            return Err(io::Error::other("the directory is too long"));
        }
        let bytes = self.blobs.open(self.blob, self.at).and_then(|mut reader| reader.read(length));
        let bytes = bytes.map_err(io::Error::other)?;
        into[..length].copy_from_slice(&bytes);
        self.at += length as u64;
        self.read += length as u64;
        Ok(length)
    }
}

impl Seek for Bytes<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.size.checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = at.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

    use super::*;

    #[test]
    fn a_name_is_contradicted_by_plain_bytes_alone() {
        const PE: &str = "application/vnd.microsoft.portable-executable";
        for (name, bytes) in [
            ("a.pdf", "text/html"),
            ("a.pdf", "image/png"),
            ("a.PDF", PE),
            ("a.jpg", "application/pdf"),
            ("a.png", "image/svg+xml"),
            ("a.docx", "application/pdf"),
            ("a.docx", "text/html"),
            ("a.doc", PE),
            ("a.txt", PE),
            ("a.csv", "application/zip"),
            ("a.zip", "application/java-archive"),
            ("a.b.pdf", "text/x-shellscript"),
        ] {
            assert!(contradicts(name, bytes), "{name} {bytes}");
        }
        for (name, bytes) in [
            ("a.pdf", "application/pdf"),
            ("a.pdf", "application/octet-stream"),
            ("a.pdf", "text/plain"),
            ("a.jpg", "image/png"),
            ("a.heic", "image/jpeg"),
            ("a.docx", "application/zip"),
            ("a.docx", "application/x-cfb"),
            ("a.doc", "application/rtf"),
            ("a.xls", "text/html"),
            ("a.csv", "text/plain"),
            ("a.txt", "text/html"),
            ("a.zip", "application/vnd.oasis.opendocument.text"),
            ("a", PE),
            ("a.exe", PE),
            ("pdf", "text/html"),
            ("a.pages", "application/zip"),
        ] {
            assert!(!contradicts(name, bytes), "{name} {bytes}");
        }
    }

    /// An archive that says of its entries that they have these sizes, whatever they have.
    fn archive(sizes: &[u32]) -> Vec<u8> {
        let mut zip = ZipWriter::new(io::Cursor::new(Vec::new()));
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
        for n in 0..sizes.len() {
            zip.start_file(format!("{n}.txt"), options).unwrap();
            zip.write_all(b"x").unwrap();
        }
        let mut bytes = zip.finish().unwrap().into_inner();
        let heads: Vec<usize> = (0..bytes.len() - 4).filter(|at| bytes[*at..].starts_with(b"PK\x01\x02")).collect();
        for (at, size) in heads.iter().zip(sizes) {
            bytes[at + 24..at + 28].copy_from_slice(&size.to_le_bytes());
        }
        bytes
    }

    async fn too_much(bytes: Vec<u8>) -> bool {
        let folder = tempfile::tempdir().unwrap();
        let mut answers = Vec::new();
        for blobs in [Blobs::folder(folder.path()).unwrap(), Blobs::remote_in_memory()] {
            let mut writer = blobs.write("ab12");
            writer.push(bytes.clone().into()).await.unwrap();
            let written = writer.finish().await.unwrap();
            let checked = tokio::task::spawn_blocking(move || check(&blobs, "ab12", "a.zip", &written)).await.unwrap();
            answers.push(checked.is_err());
        }
        assert_eq!(answers[0], answers[1]);
        answers[0]
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn an_archive_is_measured_by_its_directory() {
        let small = u32::try_from(HARMLESS).unwrap();
        assert!(!too_much(archive(&[1, 1, 1])).await);
        assert!(!too_much(archive(&[small])).await);
        assert!(too_much(archive(&[small, 1])).await);
        // All of them together count, and no number is too large to be added.
        assert!(too_much(archive(&[u32::MAX - 1; 300])).await);
        // By its own size: a larger one may unpack to more.
        let large = archive(&[100 * 200_000]);
        let limit = 100 * 200_000;
        let at = large.windows(4).position(|part| part == b"PK\x01\x02").unwrap();
        let padded = padded(&large, at, 200_000);
        assert!(!too_much(padded.clone()).await);
        let mut more = padded;
        let at = more.windows(4).position(|part| part == b"PK\x01\x02").unwrap();
        more[at + 24..at + 28].copy_from_slice(&(limit + 200_000_u32).to_le_bytes());
        assert!(too_much(more).await);
        assert!(!too_much(archive(&vec![1; ENTRIES])).await);
        assert!(too_much(archive(&vec![1; ENTRIES + 1])).await);
        // Cut off, it unpacks to nothing.
        let mut cut = archive(&[u32::MAX - 1; 300]);
        cut.truncate(cut.len() - 10);
        assert!(!too_much(cut).await);
    }

    /// The archive, with bytes that belong to nothing before its directory, so that it has this size.
    fn padded(bytes: &[u8], at: usize, size: usize) -> Vec<u8> {
        let padding = size - bytes.len();
        let directory = u32::try_from(at + padding).unwrap();
        let mut all = bytes[..at].to_vec();
        all.resize(at + padding, 0);
        all.extend(&bytes[at..]);
        let end = all.len() - 22;
        all[end + 16..end + 20].copy_from_slice(&directory.to_le_bytes());
        all
    }
}
