//! Bytes become characters: UTF-8, UTF-16 that says so by its first bytes, else the western code page of Windows, which
//! knows every byte. What no text contains is told from text before.

use crate::limits;

/// Bytes that are looked at to tell text from something else.
const LOOKED_AT: usize = 64 << 10;

/// Whether somebody can read these bytes.
pub(crate) fn is_text(bytes: &[u8]) -> bool {
    if utf16(bytes).is_some() {
        return true;
    }
    let start = &bytes[..bytes.len().min(LOOKED_AT)];
    let control = |byte: &u8| matches!(byte, 0..=8 | 14..=26 | 28..=31 | 127);
    // Escape and a form feed or two are in the output of old programs; zeros are in no text.
    let odd = start.iter().filter(|byte| control(byte)).count();
    if start.contains(&0) || odd * 100 > start.len() {
        return false;
    }
    let valid = match std::str::from_utf8(start) {
        Ok(_) => true,
        // A character that is cut off at the end is no fault.
        Err(error) => error.error_len().is_none() && start.len() - error.valid_up_to() < 4,
    };
    // Bytes that the code page of Windows does not have, and many that are no letters of a word, are no text in it.
    valid || {
        let none = start.iter().filter(|byte| matches!(byte, 0x81 | 0x8d | 0x8f | 0x90 | 0x9d)).count();
        let high = start.iter().filter(|byte| **byte >= 0x80).count();
        none == 0 && high * 2 <= start.len()
    }
}

fn utf16(bytes: &[u8]) -> Option<&'static encoding_rs::Encoding> {
    match bytes {
        [0xff, 0xfe, ..] => Some(encoding_rs::UTF_16LE),
        [0xfe, 0xff, ..] => Some(encoding_rs::UTF_16BE),
        _ => None,
    }
}

/// The characters, up to [`limits::TEXT`]; with the ends of lines as one sign.
pub(crate) fn text(bytes: &[u8]) -> String {
    let bytes = &bytes[..bytes.len().min(limits::TEXT)];
    let text = if let Some(encoding) = utf16(bytes) {
        encoding.decode(bytes).0.into_owned()
    } else {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        match std::str::from_utf8(bytes) {
            Ok(text) => text.to_owned(),
            Err(error) if error.error_len().is_none() => {
                String::from_utf8_lossy(&bytes[..error.valid_up_to()]).into_owned()
            }
            Err(_) => encoding_rs::WINDOWS_1252.decode_without_bom_handling(bytes).0.into_owned(),
        }
    };
    if text.contains('\r') { text.replace("\r\n", "\n").replace('\r', "\n") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_encodings_are_told_apart() {
        assert_eq!(text("Grüße\r\n你好".as_bytes()), "Grüße\n你好");
        assert_eq!(text(b"Gr\xfc\xdfe \x80 5"), "Grüße € 5");
        assert_eq!(text(b"\xff\xfeG\0r\0\xfc\0"), "Grü");
        assert_eq!(text(b"\xfe\xff\0G\0r\0\xfc"), "Grü");
        assert_eq!(text(b"\xef\xbb\xbfabc"), "abc");
    }

    #[test]
    fn a_program_is_no_text() {
        assert!(!is_text(b"\x7fELF\x02\x01\x01\0\0\0\0"));
        assert!(!is_text(&[7; 200]));
        assert!(is_text(b"Gr\xfc\xdfe"));
        assert!(is_text(b""));
    }
}
