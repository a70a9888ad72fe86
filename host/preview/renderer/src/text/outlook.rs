//! A letter as Outlook saves it: a small file system, a property of the letter in each of its files.
//!
//! Shown are the head, the body as text or as HTML, and the names of what was attached. A letter whose body is rich
//! text alone says that it is not shown.

use std::io::{Cursor, Read};

use cfb::CompoundFile;

use super::{
    decode,
    flow::Flow,
    html,
    mail::{self, Letter},
};
use crate::{Cause, limits};

type File<'b> = CompoundFile<Cursor<&'b [u8]>>;

/// Properties, by their numbers.
const SUBJECT: u16 = 0x0037;
const HEADERS: u16 = 0x007d;
const SENDER: u16 = 0x0c1a;
const SENDER_ADDRESS: [u16; 2] = [0x5d01, 0x0c1f];
const TO: u16 = 0x0e04;
const CC: u16 = 0x0e03;
const BODY: u16 = 0x1000;
const BODY_HTML: u16 = 0x1013;
const FILE_NAMES: [u16; 3] = [0x3707, 0x3704, 0x3001];
const CONTENT: u16 = 0x3701;

/// Whether such a file holds a letter, and no document of an office.
pub(crate) fn is(bytes: &[u8]) -> bool {
    CompoundFile::open(Cursor::new(bytes)).is_ok_and(|file| file.is_stream("/__properties_version1.0"))
}

/// Sets a letter.
pub(super) fn lay_out(flow: &mut Flow, bytes: &[u8]) -> Result<(), Cause> {
    let mut file = CompoundFile::open(Cursor::new(bytes)).map_err(|_| Cause::Damaged)?;
    mail::set(flow, &read(&mut file));
    Ok(())
}

fn read(file: &mut File<'_>) -> Letter {
    let mut letter = Letter { subject: property(file, "", SUBJECT).unwrap_or_default(), ..Letter::default() };
    let name = property(file, "", SENDER).unwrap_or_default();
    let address = SENDER_ADDRESS.iter().find_map(|id| property(file, "", *id)).filter(|address| address.contains('@'));
    let from = match address {
        Some(address) if !name.contains(&address) => format!("{name} <{address}>"),
        _ => name,
    };
    let headers = property(file, "", HEADERS).unwrap_or_default();
    let date = headers.lines().find_map(|line| line.strip_prefix("Date:")).map(|date| date.trim().to_owned());
    let to = property(file, "", TO).unwrap_or_default();
    let cc = property(file, "", CC).unwrap_or_default();
    let date = date.or_else(|| sent(file)).unwrap_or_default();
    let all = [("From", from), ("To", to), ("Cc", cc), ("Date", date)];
    letter.lines = all.into_iter().filter(|(_, value)| !value.trim().is_empty()).collect();
    let body = property(file, "", BODY).filter(|body| !body.trim().is_empty());
    letter.body = body
        .or_else(|| {
            stream(file, &format!("/__substg1.0_{BODY_HTML:04X}0102")).map(|bytes| html::text(&decode::text(&bytes)))
        })
        .or_else(|| property(file, "", BODY_HTML).map(|markup| html::text(&markup)))
        .unwrap_or_else(|| "[The words of this letter are kept in a form that is not shown here.]".to_owned());
    letter.body = letter.body.replace("\r\n", "\n");
    let folders: Vec<String> = file
        .read_root_storage()
        .filter(|entry| entry.is_storage() && entry.name().starts_with("__attach_version1.0_"))
        .map(|entry| format!("/{}", entry.name()))
        .take(1_000)
        .collect();
    for folder in folders {
        let name = FILE_NAMES.iter().find_map(|id| property(file, &folder, *id));
        let size = file.entry(format!("{folder}/__substg1.0_{CONTENT:04X}0102")).ok().map(|entry| entry.len());
        let size = size.and_then(|size| usize::try_from(size).ok());
        letter.attached.push((name.unwrap_or_else(|| "without a name".to_owned()), size));
    }
    letter
}

/// A property that is text, in either of the ways it is written.
fn property(file: &mut File<'_>, folder: &str, id: u16) -> Option<String> {
    if let Some(wide) = stream(file, &format!("{folder}/__substg1.0_{id:04X}001F")) {
        let (text, _) = encoding_rs::UTF_16LE.decode_without_bom_handling(&wide);
        return Some(text.trim_end_matches('\0').to_owned());
    }
    let narrow = stream(file, &format!("{folder}/__substg1.0_{id:04X}001E"))?;
    Some(decode::text(&narrow).trim_end_matches('\0').to_owned())
}

fn stream(file: &mut File<'_>, path: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    file.open_stream(path).ok()?.take(limits::TEXT as u64).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

/// When it was submitted or delivered, from the table of properties that have a fixed length: after a head of 32 bytes,
/// 16 bytes for each.
fn sent(file: &mut File<'_>) -> Option<String> {
    let table = stream(file, "/__properties_version1.0")?;
    let find = |tag: u32| {
        let entry = table.get(32..)?.chunks_exact(16).find(|entry| entry.starts_with(&tag.to_le_bytes()))?;
        Some(u64::from_le_bytes(entry.get(8..)?.try_into().ok()?))
    };
    let ticks = find(0x0039_0040).or_else(|| find(0x0e06_0040))?;
    // Ticks of a ten-millionth of a second since the year 1601.
    let seconds = i64::try_from(ticks / 10_000_000).ok()?.checked_sub(11_644_473_600)?;
    let date = mail_parser::DateTime::from_timestamp(seconds);
    Some(format!("{:04}-{:02}-{:02} {:02}:{:02} UTC", date.year, date.month, date.day, date.hour, date.minute))
}
