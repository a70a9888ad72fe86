//! What the guest refuses by itself, with a clear cause. The host stops it anyway, by memory and by time; these numbers
//! are there so that a document which is merely too large is told from one that is broken.

/// Bytes of a document.
pub(crate) const BYTES: usize = 64 << 20;

/// Pages that are drawn of a PDF or a TIFF. What comes after them is not hidden: one more page says how many there are.
pub(crate) const PAGES: usize = 10_000;

/// Pages that a text is laid out on; the last of them says that the rest is not shown.
pub(crate) const TEXT_PAGES: usize = 500;

/// Bytes of UTF-8 that are laid out; a text that is longer is shown up to here.
pub(crate) const TEXT: usize = 8 << 20;

/// Rows of a table that are measured to choose the widths of its columns.
pub(crate) const MEASURED_ROWS: usize = 400;

/// Columns of a table that are shown.
pub(crate) const COLUMNS: usize = 60;

/// Characters of one cell that are shown.
pub(crate) const CELL: usize = 2_000;

/// Pixels of a picture that is handed out: one that is as wide as a page in close-up, and four times as high.
pub(crate) const PICTURE: u32 = 16 << 20;

/// Pixels on a side of a picture that is read.
pub(crate) const SIDE: u32 = 40_000;

/// Bytes that a picture may have when it is decoded: about 110 million pixels in colour.
pub(crate) const DECODED: u64 = 320 << 20;

/// Pixels of a HEIC picture. Its decoder needs several buffers of that size.
pub(crate) const HEIC: u64 = 52_000_000;
