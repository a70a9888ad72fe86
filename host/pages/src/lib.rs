//! The pages of the reference host: what each of them shows, and how it looks.
//!
//! A page is a struct with everything on it, rendered by the template of the same name. Nothing here knows of HTTP, of
//! the store or of the plugin: the host fills the structs. Whatever a person typed is escaped by the templates and
//! stands in `<bdi>`; no page has an inline script or style.
//!
//! | module | what it is |
//! |---|---|
//! | [`assets`] | styles, scripts and icons, and the addresses at which they are served |
//! | [`show`] | times, sizes and kinds of files, as a reader sees them |
//! | [`staff`] | the pages of the firm's own people |
//! | [`portal`] | the pages of its customers |
//! | [`viewer`] | pages of a document, as pictures |
//! | [`words`] | what the portal says, in each of its languages |
//! | [`plain`] | the few pages that belong to neither |

pub mod assets;
pub mod plain;
pub mod portal;
pub mod show;
pub mod staff;
pub mod viewer;
pub mod words;

pub use askama::Template;
