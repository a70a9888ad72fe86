//! The zip that an office document is. Guarantees that what is unpacked of it stays bounded, whatever it says of itself.

use std::io::{Cursor, Read as _, copy, sink};

use zip::{ZipArchive, result::ZipError};

use crate::exports::client_connect::preview::converter::Cause;

/// Parts in a package.
const PARTS: usize = 10_000;
/// Bytes of all parts together, unpacked.
const UNPACKED: u64 = 256 << 20;

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
        part.take(self.left + 1).read_to_end(&mut bytes).map_err(|_| Cause::Damaged)?;
        self.left = self.left.checked_sub(bytes.len() as u64).ok_or(Cause::TooLarge)?;
        Ok(Some(bytes))
    }

    /// Unpacks all of it once and keeps nothing, before it is given to code that trusts it.
    ///
    /// # Errors
    /// As of [`Self::part`].
    pub(crate) fn measure(&mut self) -> Result<(), Cause> {
        for index in 0..self.archive.len() {
            let part = self.archive.by_index(index).map_err(|error| cause(&error))?;
            let bytes = copy(&mut part.take(self.left + 1), &mut sink()).map_err(|_| Cause::Damaged)?;
            self.left = self.left.checked_sub(bytes).ok_or(Cause::TooLarge)?;
        }
        Ok(())
    }
}

fn cause(error: &ZipError) -> Cause {
    match error {
        ZipError::UnsupportedArchive(why) if *why == ZipError::PASSWORD_REQUIRED => Cause::Encrypted,
        _ => Cause::Damaged,
    }
}
