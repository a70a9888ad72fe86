//! Documents that mean harm end with a picture or with a clear cause, within the limits, and the next document is drawn
//! as if nothing had been.

mod common;
mod hostile_documents;

use std::{
    fs,
    time::{Duration, Instant},
};

use client_connect_preview::NoPreview;
use common::{Studio, corpus};
use hostile_documents as documents;

/// What a document may come to.
#[derive(Clone, Copy, Debug)]
enum End {
    Drawn,
    Cause(&'static str),
    /// A picture, or a cause that will be the same tomorrow.
    Contained,
}

#[test]
fn hostile_documents_are_contained() {
    let deadline = Duration::from_secs(4);
    let studio = Studio::new(deadline);
    let honest = fs::read(corpus().join("files/reportlab-form.pdf")).unwrap();
    studio.page("honest.pdf", &honest, 0).unwrap();
    let mut faults = Vec::new();
    for (name, bytes, end) in all() {
        let began = Instant::now();
        let drawn = studio.page(name, &bytes, 0);
        let took = began.elapsed();
        let outcome = match &drawn {
            Ok(_) => "drawn",
            // On a machine where it was hardly let onto a processor.
            Err(NoPreview::Busy) => "too-large",
            Err(error) => error.lasting().unwrap_or("broken"),
        };
        println!("{name}: {outcome} after {took:.1?} ({} bytes)", bytes.len());
        let as_it_should = match end {
            End::Drawn => outcome == "drawn",
            End::Cause(cause) => outcome == cause,
            End::Contained => outcome != "broken",
        };
        // Opening and drawing have a deadline each; the clock of a busy machine runs on.
        if !as_it_should || took > deadline * 15 {
            faults.push(format!("{name}: {outcome}, after {took:?}, and not {end:?}: {:?}", drawn.err()));
        }
    }
    studio.page("honest again.pdf", &[&honest[..], b"\n"].concat(), 0).unwrap();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

fn all() -> Vec<(&'static str, Vec<u8>, End)> {
    use End::{Cause, Contained, Drawn};
    let kept = |name: &str| fs::read(corpus().join("hostile").join(name)).unwrap();
    let whole = fs::read(corpus().join("files/weasyprint-letter.pdf")).unwrap();
    let photo = fs::read(corpus().join("files/photo-progressive.jpg")).unwrap();
    vec![
        ("needs a password.pdf", kept("needs-a-password.pdf"), Cause("encrypted")),
        ("two floods in one.pdf", kept("flate-bomb.pdf"), Contained),
        ("a picture of 10,000 by 10,000.png", kept("png-bomb.png"), Contained),
        ("a font that contains itself.pdf", kept("glyph-loop.pdf"), Drawn),
        ("cut off early.pdf", whole[..whole.len() / 10].to_vec(), Contained),
        ("cut off late.pdf", whole[..whole.len() * 9 / 10].to_vec(), Contained),
        ("cut off.jpg", photo[..photo.len() / 3].to_vec(), Contained),
        ("nothing but a name.pdf", b"%PDF-1.7\n".to_vec(), Cause("damaged")),
        ("a large page.pdf", documents::page("0 0 60000 60000", ""), Drawn),
        ("a ribbon.pdf", documents::page("0 0 2000000 1", ""), Drawn),
        ("no page at all.pdf", documents::page("0 0 0 0", ""), Drawn),
        ("not numbers.pdf", documents::page("-1e30 1e30 1e38 -1e38", "1e38 0 0 1e38 0 0 cm 0 0 1 1 re f"), Contained),
        ("a table that leads to itself.pdf", documents::looped_table(), Contained),
        ("pages that contain themselves.pdf", documents::looped_pages(), Contained),
        ("forms within forms.pdf", documents::nested_forms(9), Cause("too-large")),
        ("a letter that draws itself.pdf", documents::type3_loop(), Contained),
        ("a mask that masks itself.pdf", documents::mask_loop(), Contained),
        ("a pattern of dust.pdf", documents::dust(), Contained),
        ("dashes without end.pdf", documents::page("0 0 500 500", "[0.00001] 0 d 1 w 0 0 m 500 500 l S"), Contained),
        ("arrays in arrays.pdf", documents::page("0 0 500 500", &"[".repeat(200_000)), Drawn),
        ("states upon states.pdf", documents::page("0 0 500 500", &"q ".repeat(300_000)), Contained),
        ("runs scripts.pdf", documents::scripts(), Drawn),
        ("points elsewhere.pdf", documents::elsewhere(), Drawn),
        ("a document and an archive.pdf", documents::with_archive(&whole), Drawn),
        ("a picture and a script.gif", b"GIF89a/*\0\0\0\0\0*/=1;alert(document.domain);//".to_vec(), Contained),
        ("a picture of 60,000 by 60,000.png", documents::png(60_000, 60_000), Cause("too-large")),
        ("a picture of 65,535 by 65,535.gif", documents::gif(65_535, 65_535), Cause("too-large")),
        ("a picture of 2,000,000,000 by 1.bmp", documents::bmp(2_000_000_000, 1), Cause("too-large")),
        ("a directory that leads to itself.tif", b"II*\0\x08\0\0\0\0\0\x08\0\0\0".to_vec(), Cause("damaged")),
        (
            "a drawing.svg",
            b"<svg xmlns='http://www.w3.org/2000/svg'><image href='http://x.example/y'/></svg>".to_vec(),
            Cause("no-renderer"),
        ),
        ("a page of the web.txt", b"<!DOCTYPE html><script>alert(1)</script>".to_vec(), Cause("no-renderer")),
        ("letters in letters.eml", documents::nested_letters(400), Contained),
        ("quoted without end.md", "> ".repeat(60_000).into_bytes(), Contained),
        ("brackets.md", "[".repeat(200_000).into_bytes(), Contained),
        ("stars.md", "*a_ ".repeat(60_000).into_bytes(), Contained),
        ("columns.csv", ",".repeat(3_000_000).into_bytes(), Contained),
        ("one word.txt", vec![b'x'; 6_000_000], Contained),
        ("both directions.txt", "אb".repeat(500_000).into_bytes(), Contained),
        ("accents.txt", format!("a{}", "\u{301}".repeat(800_000)).into_bytes(), Contained),
        (
            "a stream of noise.heic",
            [b"\0\0\0\x18ftypheic\0\0\0\0mif1heic".as_slice(), &documents::noise(90_000)].concat(),
            Contained,
        ),
    ]
}

#[test]
fn of_a_hundred_thousand_pages_the_first_are_shown_and_the_rest_are_counted() {
    let studio = Studio::new(Duration::from_secs(30));
    let many = documents::many_pages(100_000);
    assert_eq!(studio.outline("many.pdf", &many).unwrap().pages, 10_001);
    studio.page("many.pdf", &many, 0).unwrap();
    let notice = studio.page("many.pdf", &many, 10_000).unwrap();
    assert!(notice.pixels.iter().any(|shade| *shade < 100.0), "the last page says something");
}
