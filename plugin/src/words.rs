//! Every sentence that a person reads, one file for each language.
//!
//! A new language is one more implementation of [`Words`], one line in [`of`] and one in [`LOCALES`]; the
//! compiler asks for each sentence.

mod de;
mod en;

use crate::refuse::Fault;

/// The languages there are. The first speaks for all that are not there.
pub(crate) const LOCALES: &[&str] = &["en", "de"];

/// The words of a locale (BCP 47).
pub(crate) fn of(locale: &str) -> &'static dyn Words {
    let language = locale.split(['-', '_']).next().unwrap_or_default();
    if language.eq_ignore_ascii_case("de") { &de::German } else { &en::English }
}

/// A day of the calendar, UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Day {
    pub(crate) year: u64,
    pub(crate) month: u8,
    pub(crate) day: u8,
}

/// One language.
pub(crate) trait Words: Sync {
    /// BCP 47.
    fn locale(&self) -> &'static str;
    /// What is in the way, or worth a look.
    fn fault(&self, fault: &Fault) -> String;
    fn day(&self, day: Day) -> String;

    // Letters to contacts. Where `matter` is none it is discreet: neither it nor its documents are named.

    fn greeting(&self, name: &str) -> String;
    fn subject_invited(&self, firm: &str) -> String;
    fn subject_shared(&self, firm: &str, matter: Option<&str>) -> String;
    fn subject_several(&self, firm: &str) -> String;
    fn invited(&self, firm: &str, matter: Option<&str>) -> String;
    /// How many documents are there already; the sentence must be true for 0.
    fn waiting(&self, documents: u32) -> String;
    fn until(&self, day: &str) -> String;
    fn shared(&self, firm: &str, matter: Option<&str>, documents: usize) -> String;
    fn sign_in(&self, address: &str) -> String;
    fn to_portal(&self) -> &'static str;
    fn no_secret(&self) -> &'static str;

    // Letters and notices to staff.

    fn subject_uploaded(&self, contact: &str, matter: &str) -> String;
    fn uploaded(&self, contact: &str, matter: &str, documents: usize) -> String;
    fn subject_uploaded_discreet(&self) -> &'static str;
    fn uploaded_discreet(&self) -> &'static str;
    fn subject_address(&self, contact: &str) -> String;
    fn subject_address_discreet(&self) -> &'static str;
    fn address_discreet(&self) -> &'static str;
    fn address_changed(&self, contact: &str, matter: &str) -> String;
    fn address_missing(&self, contact: &str, matter: &str) -> String;
    fn address_shared(&self, contact: &str, matter: &str) -> String;
    fn subject_stand_in(&self) -> &'static str;
    fn stand_in(&self) -> &'static str;
    fn to_matter(&self) -> &'static str;
    /// A contact whose name is not to be had any more.
    fn somebody(&self) -> &'static str;

    /// After a list that was cut short.
    fn more(&self, documents: usize) -> String;
}
