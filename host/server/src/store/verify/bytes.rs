//! Checks between the records and the bytes, both ways.

use std::{fs, io::ErrorKind, path::Path};

use client_connect_runtime::types::HostError;
use sha2::{Digest, Sha256};

use super::{Finding, Settings};
use crate::{
    blobs::{BlobError, Blobs, PROBE},
    store::driver::OptionalExtension,
    store::{
        SqliteTx,
        sql::{Host, at, ms},
    },
};

/// How long bytes may lie about that no row names: the sweeper comes every hour.
const LOOSE: u64 = 24 * 60 * 60 * 1_000;
const CHUNK: usize = 1 << 20;

pub(super) fn stored(tx: &SqliteTx, blobs: &Blobs) -> Result<Finding, HostError> {
    let mut finding = Finding::new("INV-3", "every version's bytes are there, and are the ones that were stored");
    let mut select = tx
        .conn()
        .prepare(
            "SELECT document, version, blob, size, sha256 FROM versions v
             WHERE NOT EXISTS (SELECT 1 FROM quarantine q WHERE q.blob = v.blob AND q.state = 'found')",
        )
        .host()?;
    let mut rows = select.query([]).host()?;
    while let Some(row) = rows.next().host()? {
        let (document, version): (String, u32) = (row.get(0).host()?, row.get(1).host()?);
        let (blob, size, sha256): (String, i64, String) = (row.get(2).host()?, row.get(3).host()?, row.get(4).host()?);
        finding.checked += 1;
        if let Err(why) = compare(blobs, &blob, at(size), &sha256) {
            finding.fault(format!("document {document} version {version}: {why}"));
        }
    }
    Ok(finding)
}

/// What is held back from everybody: in words that are known, and of something that is there. Bytes in which something was
/// found are nobody's: they are loose, or gone.
pub(super) fn held(tx: &SqliteTx, blobs: &Blobs) -> Result<Finding, HostError> {
    let mut finding = Finding::new("INV-3", "what was not scanned, or was refused, is held back from everybody")
        .of(tx, "SELECT count(*) FROM quarantine")?
        .faults(
            tx,
            "SELECT 'held', blob FROM quarantine q WHERE state NOT IN ('waiting', 'found')
                OR NOT EXISTS (SELECT 1 FROM versions v WHERE v.blob = q.blob
                               UNION ALL SELECT 1 FROM uploads u WHERE u.blob = q.blob
                               UNION ALL SELECT 1 FROM upload_parts p WHERE p.blob = q.blob
                               UNION ALL SELECT 1 FROM loose_blobs l WHERE l.blob = q.blob)",
            &[],
        )?;
    let mut select = tx
        .conn()
        .prepare("SELECT blob FROM quarantine WHERE state = 'found' AND blob NOT IN (SELECT blob FROM loose_blobs)")
        .host()?;
    for blob in select.query_map([], |row| row.get::<_, String>(0)).host()? {
        let blob = blob.host()?;
        if blobs.open(&blob, 0).is_ok_and(|mut reader| reader.read(1).is_ok()) {
            finding.fault(["bytes that were refused are there: ", &blob].concat());
        }
    }
    Ok(finding)
}

/// What has come of uploads that go on: each row's bytes are its parts without a gap, or one blob with all of them.
pub(super) fn under_way(tx: &SqliteTx, blobs: &Blobs) -> Result<Finding, HostError> {
    let promise = "what has come of an upload is there, one part after the other, and no more than was announced";
    let mut finding = Finding::new("INV-3", promise).of(tx, "SELECT count(*) FROM uploads")?.faults(
        tx,
        "SELECT 'upload', u.id FROM uploads u
         WHERE u.received > u.length OR (u.blob IS NOT NULL AND u.received <> u.length)
            OR (u.blob IS NULL) <> (u.sha256 IS NULL) OR (u.blob IS NULL) <> (u.media_type IS NULL)
            OR (SELECT coalesce(sum(size), 0) FROM upload_parts WHERE upload = u.id) <> CASE WHEN u.blob IS NULL THEN u.received ELSE 0 END
            OR EXISTS (SELECT 1 FROM upload_parts p WHERE p.upload = u.id
                       AND p.start <> (SELECT coalesce(sum(size), 0) FROM upload_parts WHERE upload = u.id AND start < p.start))",
        &[],
    )?;
    let mut select = tx
        .conn()
        .prepare(
            "SELECT upload, blob, size, sha256 FROM upload_parts
             UNION ALL SELECT id, blob, length, sha256 FROM uploads WHERE blob IS NOT NULL",
        )
        .host()?;
    let mut rows = select.query([]).host()?;
    while let Some(row) = rows.next().host()? {
        let (upload, blob): (String, String) = (row.get(0).host()?, row.get(1).host()?);
        let (size, sha256): (i64, String) = (row.get(2).host()?, row.get(3).host()?);
        if let Err(why) = compare(blobs, &blob, at(size), &sha256) {
            finding.fault(format!("upload {upload}: {why}"));
        }
    }
    Ok(finding)
}

/// Reads a blob to its end.
pub(in crate::store) fn compare(blobs: &Blobs, blob: &str, size: u64, sha256: &str) -> Result<(), String> {
    let mut reader = blobs.open(blob, 0).map_err(|error| error.to_string())?;
    let mut hash = Sha256::new();
    let mut left = size;
    while left > 0 {
        let part = usize::try_from(left).unwrap_or(CHUNK).min(CHUNK);
        let bytes = reader.read(part).map_err(|error| error.to_string())?;
        hash.update(&bytes);
        left -= u64::try_from(part).unwrap_or(left).min(left);
    }
    if let Some(file) = reader.file() {
        let length = file.metadata().map_err(|error| error.to_string())?.len();
        if length != size {
            return Err(format!("it has {length} bytes instead of {size}"));
        }
    }
    if hex::encode(hash.finalize()) == sha256 { Ok(()) } else { Err("its bytes are others".to_owned()) }
}

/// What is condemned, marked by no time at all, is on its way out at this moment, or at the sweeper's next round.
pub(super) fn loose(tx: &SqliteTx, blobs: &Blobs, settings: &Settings<'_>) -> Result<Finding, HostError> {
    let old = ms(settings.now.saturating_sub(LOOSE));
    let mut finding = Finding::new("INV-3", "bytes that no row names are known to be loose, and do not stay")
        .of(tx, "SELECT count(*) FROM loose_blobs")?
        .faults(tx, "SELECT 'loose for too long', blob FROM loose_blobs WHERE since > 0 AND since < ?1", &[&old])?;
    let mut known = tx
        .conn()
        .prepare(
            "SELECT 1 FROM named_blobs WHERE blob = ?1 UNION ALL SELECT 1 FROM loose_blobs WHERE blob = ?1 LIMIT 1",
        )
        .host()?;
    let Some(folder) = settings.folder else {
        for blob in blobs.list() {
            let (blob, _) = blob.map_err(unlisted)?;
            finding.checked += 1;
            if blob != PROBE && known.query_row([&blob], |_| Ok(())).optional().host()?.is_none() {
                finding.fault(["no row names ", &blob].concat());
            }
        }
        return Ok(finding);
    };
    let failed = |error: std::io::Error| HostError::Other(error.to_string());
    for part in entries(folder).map_err(failed)? {
        let part = part.map_err(failed)?.path();
        if !part.is_dir() {
            finding.fault(["a file that is no blob: ", &part.to_string_lossy()].concat());
            continue;
        }
        for file in entries(&part).map_err(failed)? {
            let name = file.map_err(failed)?.file_name().to_string_lossy().into_owned();
            // What is being written has a suffix.
            let blob = name.split('#').next().unwrap_or(&name);
            finding.checked += 1;
            if blob != PROBE && known.query_row([blob], |_| Ok(())).optional().host()?.is_none() {
                finding.fault(["no row names ", &name].concat());
            }
        }
    }
    Ok(finding)
}

/// What stands in the folder beside the bytes that rows name is loose: nothing takes room for ever.
pub(super) fn room(tx: &SqliteTx, blobs: &Blobs, settings: &Settings<'_>) -> Result<Finding, HostError> {
    let mut finding = Finding::new("INV-10", "the documents take the room that their records say, and no more");
    let failed = |error: std::io::Error| HostError::Other(error.to_string());
    let named = "SELECT (SELECT coalesce(sum(size), 0) FROM versions v
                         WHERE NOT EXISTS (SELECT 1 FROM quarantine q WHERE q.blob = v.blob AND q.state = 'found')) + (SELECT coalesce(sum(length), 0) FROM uploads WHERE blob IS NOT NULL)
                 + (SELECT coalesce(sum(size), 0) FROM upload_parts)";
    let must = at(tx.conn().query_row(named, [], |row| row.get(0)).host()?);
    let mut known = tx.conn().prepare("SELECT 1 FROM named_blobs WHERE blob = ?1 LIMIT 1").host()?;
    let (mut is, mut beside) = (0, 0);
    if let Some(folder) = settings.folder {
        for part in entries(folder).map_err(failed)? {
            let part = part.map_err(failed)?.path();
            for file in if part.is_dir() { entries(&part).map_err(failed)? } else { continue } {
                let file = file.map_err(failed)?;
                let name = file.file_name().to_string_lossy().into_owned();
                let size = match file.metadata() {
                    Ok(about) => about.len(),
                    // Thrown away in this moment.
                    Err(error) if error.kind() == ErrorKind::NotFound => continue,
                    Err(error) => return Err(failed(error)),
                };
                finding.checked += 1;
                let (blob, draft) = name.split_once('#').map_or((name.as_str(), false), |(blob, _)| (blob, true));
                match known.query_row([blob], |_| Ok(())).optional().host()? {
                    None => beside += size,
                    Some(()) if draft => finding.fault(["a draft of what has long been stored: ", &name].concat()),
                    Some(()) => is += size,
                }
            }
        }
    } else {
        for blob in blobs.list() {
            let (blob, size) = blob.map_err(unlisted)?;
            finding.checked += 1;
            match known.query_row([blob], |_| Ok(())).optional().host()? {
                None => beside += size,
                Some(()) => is += size,
            }
        }
    }
    if is != must {
        finding.fault(format!("{is} bytes in the place of {must}"));
    }
    finding.note =
        (beside > 0).then(|| format!("{beside} bytes are loose, and go at one of the sweeper's next rounds"));
    Ok(finding)
}

fn unlisted(error: BlobError) -> HostError {
    HostError::Unavailable(error.to_string())
}

fn entries(folder: &Path) -> std::io::Result<Box<dyn Iterator<Item = std::io::Result<fs::DirEntry>>>> {
    match fs::read_dir(folder) {
        Ok(entries) => Ok(Box::new(entries)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Box::new(std::iter::empty())),
        Err(error) => Err(error),
    }
}
