//! PDF: each page as its crop box and rotation show it, on white. Nothing outside of the file is ever looked for, no
//! script in it is run, and a file that needs a password is told from one that is broken.

use std::sync::Arc;

use hayro::{
    RenderCache, RenderSettings,
    hayro_interpret::InterpreterSettings,
    hayro_syntax::{DecryptionError, LoadPdfError, Pdf as File, page::Page},
    kurbo::Affine,
    vello_cpu::{Pixmap, RasterizerSettings, RenderContext, Resources, TargetInit, color::palette::css::WHITE},
};

use crate::{
    Cause, limits, pdf_fonts,
    picture::{self, Picture},
};

/// Drawings after which what was learned of fonts is forgotten, so that a long document does not fill the memory.
const DRAWINGS: u32 = 24;

/// An open file.
pub(crate) struct Pdf {
    file: &'static File,
    settings: InterpreterSettings,
    cache: RenderCache<'static>,
    drawn: u32,
}

impl Pdf {
    pub(crate) fn open(bytes: Vec<u8>) -> Result<Self, Cause> {
        let file = match File::new(Arc::new(bytes)) {
            Ok(file) => file,
            Err(LoadPdfError::Decryption(
                DecryptionError::PasswordProtected | DecryptionError::UnsupportedAlgorithm,
            )) => {
                return Err(Cause::Encrypted);
            }
            Err(_) => return Err(Cause::Damaged),
        };
        // An instance opens one document and ends with it: what is learned of its fonts may point into it.
        let file: &'static File = Box::leak(Box::new(file));
        if file.pages().is_empty() {
            return Err(Cause::Damaged);
        }
        let settings = InterpreterSettings { font_resolver: Arc::new(pdf_fonts::resolve), ..Default::default() };
        Ok(Self { file, settings, cache: RenderCache::new(), drawn: 0 })
    }

    /// How many there are in the file.
    pub(crate) fn pages(&self) -> usize {
        self.file.pages().len()
    }

    fn page(&self, page: usize) -> Result<&'static Page<'static>, Cause> {
        self.file.pages().get(page).filter(|_| page < limits::PAGES).ok_or(Cause::Damaged)
    }

    pub(crate) fn size(&self, page: usize) -> Result<(f32, f32), Cause> {
        self.page(page).map(Page::render_dimensions)
    }

    pub(crate) fn draw(&mut self, page: usize, width: u32) -> Result<Picture, Cause> {
        let page = self.page(page)?;
        let size = page.render_dimensions();
        let (width, height) = picture::fit(size, width);
        let (Ok(columns), Ok(rows)) = (u16::try_from(width), u16::try_from(height)) else {
            return Err(Cause::TooLarge);
        };
        self.drawn += 1;
        if self.drawn.is_multiple_of(DRAWINGS) {
            self.cache = RenderCache::new();
        }
        let scale = Affine::scale_non_uniform(
            f64::from(width) / picture::believable(size.0),
            f64::from(height) / picture::believable(size.1),
        );
        let [a, b, c, d, e, f] = page.initial_transform(true).as_coeffs();
        let transform = scale * Affine::new([a, b, c, d, e, f]);
        let mut context = RenderContext::new(columns, rows);
        hayro::render_into(page, &self.cache, &self.settings, &RenderSettings::default(), &mut context, transform);
        Ok(finish(&mut context, width, height))
    }
}

/// The picture of what was drawn, on white.
pub(crate) fn finish(context: &mut RenderContext, width: u32, height: u32) -> Picture {
    context.flush();
    let mut pixmap = Pixmap::new(context.width(), context.height());
    let settings = RasterizerSettings { target_init: TargetInit::Clear(WHITE), ..Default::default() };
    context.render_with(&mut pixmap, &mut Resources::default(), settings);
    picture::without_alpha(width, height, pixmap.data_as_u8_slice())
}
