//! What comes through the portal, or is uploaded here, is written into the tree: over no file that is there.

use std::{
    io::{self, Read},
    sync::Arc,
};

use super::{
    Tree,
    changes::{Known, PART, row},
    place::{Mark, Place},
};
use crate::{
    app::{App, SharedApp},
    blobs::Reader,
    store::{audit, documents, tree, versions},
    web::{Problem, blocking},
};

/// Documents that are written out in one look.
const WRITTEN: u32 = 100;
/// Where in a matter's folder customers' uploads are put.
const FROM_CUSTOMERS: &str = "From customers";

/// Writes into the tree what it does not have. Answers whether there was anything.
pub(super) async fn write_out(app: &SharedApp, tree: &Tree, known: &Known) -> Result<bool, Problem> {
    let place = tree.place.clone();
    let firm = known.owner.firm.clone();
    let own = blocking(app, |app| app.runtime.read(|unit| Ok::<_, Problem>(tree::own(unit.tx(), WRITTEN)?))).await?;
    // It may have been long since the look began: two hosts at once would write a file twice.
    if own.is_empty() || !super::is_ours(app, tree).await? {
        return Ok(false);
    }
    blocking(app, move |app| {
        let mut written = false;
        for own in own {
            let version =
                app.runtime.read(|unit| Ok::<_, Problem>(versions::get(unit.tx(), &own.document, own.version)?))?;
            // What is held back goes nowhere.
            let Some((blob, size)) = version.and_then(|version| Some((version.blob.ok()?, version.size))) else {
                continue;
            };
            let (path, mark) = match put(&place, app, &own, &blob, size) {
                Ok(put) => put,
                Err(error) => {
                    tracing::warn!(document = own.document, %error, "a document is not in the tree yet");
                    continue;
                }
            };
            app.runtime.write(|unit| {
                tree::put(unit.tx(), &path, &own.document, &mark)?;
                let matter = documents::matter_of(unit.tx(), &own.document)?.unwrap_or_default();
                let row = row(unit, "document.written-out", &matter, &path).document(&own.document);
                audit::append(unit.tx(), &firm, &row)?;
                Ok::<_, Problem>(())
            })?;
            written = true;
        }
        Ok(written)
    })
    .await
}

/// Writes a document under the first name that is free.
fn put(place: &Arc<dyn Place>, app: &App, own: &tree::Own, blob: &str, size: u64) -> io::Result<(String, Mark)> {
    let folder = if own.sent { format!("{}/{FROM_CUSTOMERS}", own.folder) } else { own.folder.clone() };
    // A name that hides would not be seen again.
    let name = own.name.trim_start_matches(['.', '~']).replace(['/', '\\'], "_");
    let (stem, ending) = match name.rsplit_once('.') {
        Some((stem, ending)) if !stem.is_empty() => (stem.to_owned(), format!(".{ending}")),
        _ => (name.clone(), String::new()),
    };
    for n in 1..100 {
        let name = if n == 1 { format!("{stem}{ending}") } else { format!("{stem} ({n}){ending}") };
        let path = format!("{folder}/{name}");
        let reader = app.blobs.open(blob, 0).map_err(io::Error::other)?;
        match place.write(&path, &mut Whole { reader, left: size }, size) {
            Ok(mark) => return Ok((path, mark)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

/// Stored bytes as a stream.
struct Whole {
    reader: Reader,
    left: u64,
}

impl Read for Whole {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len()).min(PART);
        if length == 0 {
            return Ok(0);
        }
        let bytes = self.reader.read(length).map_err(io::Error::other)?;
        buffer[..length].copy_from_slice(&bytes);
        self.left -= length as u64;
        Ok(length)
    }
}
