//! Hostile documents that are small to describe and large to have.

/// A PDF of these objects, the first of which is the catalogue. Its table is left to be rebuilt.
fn pdf(objects: &[String]) -> Vec<u8> {
    let mut file = b"%PDF-1.7\n".to_vec();
    for (at, object) in objects.iter().enumerate() {
        file.extend_from_slice(format!("{} 0 obj\n{object}\nendobj\n", at + 1).as_bytes());
    }
    file.extend_from_slice(b"trailer\n<< /Root 1 0 R >>\n%%EOF\n");
    file
}

fn stream(entries: &str, content: &str) -> String {
    format!("<< {entries} /Length {} >>\nstream\n{content}\nendstream", content.len())
}

/// One page with these resources, and more objects from the fifth on.
fn document(entries: &str, content: &str, more: &[String]) -> Vec<u8> {
    let mut objects = vec![
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        format!("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 500 500] /Contents 4 0 R {entries} >>"),
        stream("", content),
    ];
    objects.extend_from_slice(more);
    pdf(&objects)
}

/// A page of this box with this on it.
pub fn page(media_box: &str, content: &str) -> Vec<u8> {
    document(&format!("/CropBox [{media_box}] /MediaBox [{media_box}]"), content, &[])
}

pub fn many_pages(count: usize) -> Vec<u8> {
    let kids: String = (0..count).map(|at| format!("{} 0 R ", at + 3)).collect();
    let mut objects = vec![
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        format!("<< /Type /Pages /MediaBox [0 0 300 400] /Count {count} /Kids [{kids}] >>"),
    ];
    objects.extend((0..count).map(|_| "<< /Type /Page /Parent 2 0 R >>".to_owned()));
    pdf(&objects)
}

pub fn looped_table() -> Vec<u8> {
    let mut file = b"%PDF-1.4\n1 0 obj << /Type /Catalog /Pages 2 0 R >> endobj\n".to_vec();
    let at = file.len();
    let table = format!(
        "xref\n0 1\n0000000000 65535 f \ntrailer << /Size 3 /Root 1 0 R /Prev {at} /XRefStm {at} >>\nstartxref\n{at}\n%%EOF"
    );
    file.extend_from_slice(table.as_bytes());
    file
}

pub fn looped_pages() -> Vec<u8> {
    pdf(&[
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Parent 3 0 R /Kids [3 0 R 2 0 R] /Count 9 >>".to_owned(),
        "<< /Type /Pages /Parent 2 0 R /Kids [2 0 R 3 0 R] /Count 9 >>".to_owned(),
    ])
}

/// Forms, each of which draws the next ten times.
pub fn nested_forms(depth: usize) -> Vec<u8> {
    let form = |at: usize| {
        let (resources, content) = if at + 1 < depth {
            (format!("/Resources << /XObject << /F {} 0 R >> >>", at + 6), "/F Do ".repeat(10))
        } else {
            (String::new(), "0 0 1 1 re f".to_owned())
        };
        stream(&format!("/Type /XObject /Subtype /Form /BBox [0 0 500 500] {resources}"), &content)
    };
    document(
        "/Resources << /XObject << /F 5 0 R >> >>",
        &"/F Do ".repeat(10),
        &(0..depth).map(form).collect::<Vec<_>>(),
    )
}

pub fn type3_loop() -> Vec<u8> {
    let font = "<< /Type /Font /Subtype /Type3 /FontBBox [0 0 1 1] /FontMatrix [1 0 0 1 0 0] /FirstChar 97 /LastChar 97 \
        /Widths [1] /Encoding << /Differences [97 /a] >> /CharProcs << /a 6 0 R >> /Resources << /Font << /T 5 0 R >> >> >>";
    let glyph = stream("", "1 0 d0 BT /T 1 Tf (aaaaaaaaaa) Tj ET 0 0 1 1 re f");
    document("/Resources << /Font << /T 5 0 R >> >>", "BT /T 20 Tf (aaaa) Tj ET", &[font.to_owned(), glyph])
}

pub fn mask_loop() -> Vec<u8> {
    let state = "<< /Type /ExtGState /SMask << /S /Luminosity /G 6 0 R >> >>".to_owned();
    let group = stream(
        "/Type /XObject /Subtype /Form /BBox [0 0 500 500] /Group << /S /Transparency >> /Resources << /ExtGState << /G 5 0 R >> >>",
        "/G gs 0 0 500 500 re f",
    );
    document("/Resources << /ExtGState << /G 5 0 R >> >>", "/G gs 0 0 500 500 re f", &[state, group])
}

/// A tile of next to nothing, on the whole page.
pub fn dust() -> Vec<u8> {
    let tile = stream(
        "/Type /Pattern /PatternType 1 /PaintType 1 /TilingType 1 /BBox [0 0 0.001 0.001] /XStep 0.001 /YStep 0.001 /Resources << >>",
        "0 0 0.001 0.001 re f",
    );
    document("/Resources << /Pattern << /P 5 0 R >> >>", "/Pattern cs /P scn 0 0 500 500 re f", &[tile])
}

pub fn scripts() -> Vec<u8> {
    let script = "<< /S /JavaScript /JS (app.launchURL\\('http://x.example'\\); while \\(true\\);) >>";
    document(
        &format!(
            "/AA << /O {script} /C {script} >> /Annots [<< /Type /Annot /Subtype /Widget /FT /Btn /Rect [0 0 9 9] /A {script} >>]"
        ),
        "0 0 100 100 re f",
        &[],
    )
}

pub fn elsewhere() -> Vec<u8> {
    let picture = "<< /Type /XObject /Subtype /Image /Width 9 /Height 9 /BitsPerComponent 8 /ColorSpace /DeviceGray \
        /F << /FS /URL /F (http://x.example/picture) >> /FFilter /DCTDecode /Length 0 >>\nstream\n\nendstream";
    document(
        "/Resources << /XObject << /I 5 0 R >> >> /Annots [<< /Type /Annot /Subtype /Link /Rect [0 0 99 99] /A << /S /URI /URI (http://x.example) >> >> \
         << /Type /Annot /Subtype /Link /Rect [0 0 99 99] /A << /S /Launch /F (/bin/sh) >> >>]",
        "0 0 100 100 re f 200 0 0 200 100 100 cm /I Do",
        &[picture.to_owned()],
    )
}

pub fn with_archive(document: &[u8]) -> Vec<u8> {
    let archive = b"PK\x03\x04\x14\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\0\0\0aPK\x05\x06\0\0\0\0\x01\0\x01\0\x2f\0\0\0\x1f\0\0\0\0\0";
    [document, archive.as_slice()].concat()
}

/// The head of a picture, and nothing after it.
pub fn png(width: u32, height: u32) -> Vec<u8> {
    let mut head = b"IHDR".to_vec();
    head.extend([width.to_be_bytes(), height.to_be_bytes()].concat());
    head.extend([8, 2, 0, 0, 0]);
    let sum = check(&head);
    let mut file = b"\x89PNG\r\n\x1a\n\0\0\0\x0d".to_vec();
    file.extend(head);
    file.extend(sum.to_be_bytes());
    file.extend(b"\0\0\0\x0aIDAT\x78\x9c\x63\0\0\0\x02\0\x01");
    file.extend(check(b"IDAT\x78\x9c\x63\0\0\0\x02\0\x01").to_be_bytes());
    file
}

/// The sum that a part of a PNG ends with.
fn check(bytes: &[u8]) -> u32 {
    let round = |sum: u32, _| if sum & 1 == 1 { 0xedb8_8320 ^ (sum >> 1) } else { sum >> 1 };
    !bytes.iter().fold(!0, |sum, byte| (0..8).fold(sum ^ u32::from(*byte), round))
}

pub fn gif(width: u16, height: u16) -> Vec<u8> {
    let size = [width.to_le_bytes(), height.to_le_bytes()].concat();
    let screen = [b"GIF89a".as_slice(), &size, b"\x80\0\0\0\0\0\xff\xff\xff"].concat();
    [screen.as_slice(), b"\x2c\0\0\0\0", &size, b"\0\x02\x02\x44\x01\0\x3b"].concat()
}

pub fn bmp(width: i32, height: i32) -> Vec<u8> {
    let mut file = b"BM\0\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0".to_vec();
    file.extend([width.to_le_bytes(), height.to_le_bytes()].concat());
    file.extend(b"\x01\0\x18\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0");
    file
}

pub fn nested_letters(depth: usize) -> Vec<u8> {
    let mut letter = "From: a@x.example\r\nDate: Mon, 2 Mar 2026 10:00:00 +0000\r\nMIME-Version: 1.0\r\n".to_owned();
    for at in 0..depth {
        letter += &format!("Content-Type: multipart/mixed; boundary=b{at}\r\n\r\n--b{at}\r\n");
        letter += "Content-Type: message/rfc822\r\n\r\nSubject: x\r\nMIME-Version: 1.0\r\n";
    }
    letter += "\r\nthe end";
    letter.into_bytes()
}

/// Bytes that mean nothing, and are the same each time.
pub fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[3]
    };
    (0..length).map(|_| next()).collect()
}
