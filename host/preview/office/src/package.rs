//! The zip that an office document is. Guarantees that what is unpacked of it stays bounded, whatever it says of itself.

use std::io::{self, Cursor, Read as _, Write, copy, sink};

use zip::{ZipArchive, result::ZipError};

use crate::exports::client_connect::preview::converter::Cause;

/// Parts in a package.
const PARTS: usize = 10_000;
/// Bytes of all parts together, unpacked.
const UNPACKED: u64 = 256 << 20;
/// Bytes of a part that is kept.
const KEPT: u64 = 64 << 20;

/// A package, and how much may still be unpacked of it.
pub(crate) struct Package<'bytes> {
    archive: ZipArchive<Cursor<&'bytes [u8]>>,
    left: u64,
}

impl<'bytes> Package<'bytes> {
    /// Reads the table of what there is.
    ///
    /// # Errors
    /// `damaged`, `too-large`.
    pub(crate) fn open(bytes: &'bytes [u8]) -> Result<Self, Cause> {
        let archive = ZipArchive::new(Cursor::new(bytes)).map_err(|_| Cause::Damaged)?;
        if archive.len() > PARTS {
            return Err(Cause::TooLarge);
        }
        Ok(Self { archive, left: UNPACKED })
    }

    /// A part, unpacked; none of that name is no mistake.
    ///
    /// # Errors
    /// `damaged`, `too-large`, `encrypted`.
    pub(crate) fn part(&mut self, name: &str) -> Result<Option<Vec<u8>>, Cause> {
        let part = match self.archive.by_name(name) {
            Ok(part) => part,
            Err(ZipError::FileNotFound) => return Ok(None),
            Err(error) => return Err(cause(&error)),
        };
        let mut bytes = Vec::new();
        let room = self.left.min(KEPT);
        part.take(room + 1).read_to_end(&mut bytes).map_err(|_| Cause::Damaged)?;
        let size = bytes.len() as u64;
        if size > room {
            return Err(Cause::TooLarge);
        }
        self.left -= size;
        Ok(Some(bytes))
    }

    /// Unpacks all of it once and keeps nothing, before it is given to code that trusts it. Of sheets,
    /// the cells are counted as well: all together there may be so many.
    ///
    /// # Errors
    /// As of [`Self::part`].
    pub(crate) fn measure(&mut self, cells: usize) -> Result<(), Cause> {
        let mut counted = Cells { left: cells, last: [0; 2] };
        for index in 0..self.archive.len() {
            let part = self.archive.by_index(index).map_err(|error| cause(&error))?;
            let sheet = part.name().is_ok_and(|name| name.starts_with("xl/worksheets/"));
            let mut part = part.take(self.left + 1);
            let copied = if sheet { copy(&mut part, &mut counted) } else { copy(&mut part, &mut sink()) };
            let bytes = match copied {
                Ok(bytes) => bytes,
                Err(_) if counted.left == 0 => return Err(Cause::TooLarge),
                Err(_) => return Err(Cause::Damaged),
            };
            self.left = self.left.checked_sub(bytes).ok_or(Cause::TooLarge)?;
        }
        Ok(())
    }
}

/// Counts the tags that begin a cell, in whatever pieces a sheet arrives, and takes no more than there may be.
struct Cells {
    left: usize,
    last: [u8; 2],
}

impl Write for Cells {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        for byte in piece {
            let ends = matches!(byte, b' ' | b'>' | b'/' | b'\t' | b'\r' | b'\n');
            if ends && matches!(self.last, [b'<' | b':', b'c']) {
                self.left = self.left.checked_sub(1).ok_or_else(|| io::Error::other("too many cells"))?;
            }
            self.last = [self.last[1], *byte];
        }
        Ok(piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn cause(error: &ZipError) -> Cause {
    match error {
        ZipError::UnsupportedArchive(why) if *why == ZipError::PASSWORD_REQUIRED => Cause::Encrypted,
        _ => Cause::Damaged,
    }
}
