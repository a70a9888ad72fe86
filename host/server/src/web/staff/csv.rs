//! Tables for spreadsheets. A cell that a spreadsheet would take for a formula is made text.

/// Appends one row; every cell is quoted.
pub(super) fn append<'c>(table: &mut Vec<u8>, cells: impl IntoIterator<Item = &'c str>) {
    for (index, cell) in cells.into_iter().enumerate() {
        if index > 0 {
            table.push(b',');
        }
        table.push(b'"');
        if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) {
            table.push(b'\'');
        }
        for byte in cell.bytes() {
            if byte == b'"' {
                table.push(b'"');
            }
            table.push(byte);
        }
        table.push(b'"');
    }
    table.extend_from_slice(b"\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_spreadsheet_would_run_is_text() {
        for first in ["=", "+", "-", "@", "\t", "\r"] {
            let mut table = Vec::new();
            append(&mut table, [format!("{first}1+1").as_str()]);
            assert!(table.starts_with(b"\"'"), "{first:?}");
        }
    }

    #[test]
    fn quotes_and_breaks_stay_in_their_cell() {
        let mut table = Vec::new();
        append(&mut table, ["a\"b", "c,d", "e\nf", ""]);
        assert_eq!(table, b"\"a\"\"b\",\"c,d\",\"e\nf\",\"\"\r\n");
    }
}
