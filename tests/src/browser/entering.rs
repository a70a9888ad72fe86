//! Signing in, as staff and as customers do.

use serde_json::json;

use super::Browser;
use crate::{
    host::{PASSWORD, TestHost, code_in},
    person::Person,
};

impl Browser {
    /// One in which a member of staff is signed in.
    ///
    /// # Panics
    /// As `open` does, or if they cannot sign in.
    pub fn staff(host: &TestHost, email: &str) -> Option<Self> {
        let browser = Self::open(host, email)?;
        browser.sign_in_staff(email);
        Some(browser)
    }

    /// One in which a customer is signed in.
    ///
    /// # Panics
    /// As `open` does, or if they cannot sign in.
    pub fn customer(host: &TestHost, email: &str) -> Option<Self> {
        let browser = Self::open(host, email)?;
        browser.sign_in_customer(host, email);
        Some(browser)
    }

    /// Signs a member of staff in by the form.
    ///
    /// # Panics
    /// If that does not work.
    #[track_caller]
    pub fn sign_in_staff(&self, email: &str) {
        self.go("/sign-in");
        self.fill("E-mail address", email);
        self.fill("Password", PASSWORD);
        self.click("Sign in");
        self.see_heading("Matters");
    }

    /// Signs a customer in by the code in their mail.
    ///
    /// # Panics
    /// If that does not work.
    #[track_caller]
    pub fn sign_in_customer(&self, host: &TestHost, email: &str) {
        let before = host.mail.mails_to(email).iter().filter(|mail| code_in(&mail.text).is_some()).count();
        self.go("/portal");
        self.fill("E-mail address", email);
        self.press("Enter");
        let mails = host.mail.wait_for_those(email, before + 1, |mail| code_in(&mail.text).is_some());
        let code = code_in(&mails[before].text).expect("a code");
        self.fill("Code", &code);
        self.press("Enter");
        self.until("the sign-in is over", "return document.querySelector('.initials') !== null");
    }

    /// Takes over where this person is signed in.
    #[track_caller]
    pub fn bring_cookies(&self, person: &Person) {
        for (name, value) in person.cookies() {
            self.chromium(
                "Network.setCookie",
                json!({ "name": name, "value": value, "url": self.base, "httpOnly": true }),
            );
        }
    }
}
