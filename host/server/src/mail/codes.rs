//! The maker of sign-in codes: finds out, away from any request, who is behind an address, and has a code mailed.
//!
//! A code is made of the host's key, the browser's pre-login cookie and the time of asking, so that nothing of it has
//! to be stored before it is mailed: the records hold a keyed hash alone, and a letter that is tried again makes the
//! same code again.

use std::sync::atomic::Ordering;

use client_connect_runtime::{
    Caller, Failure,
    exports::portal,
    types::{Actor, Timestamp},
};

use super::{key::HostKey, message::Words};
use crate::{
    app::App,
    store::{
        SqliteTx, contacts,
        limits::Limit,
        outbox,
        sessions::TokenHash,
        sign_ins::{self, Candidate, SignIn},
    },
    web::Problem,
};

/// How long a code lives, ms.
pub const LIFE: Timestamp = 10 * 60_000;
/// How many digits it has.
pub const DIGITS: usize = 8;
/// So many codes an hour are somebody's attack: an alarm for the operator, not a limit.
const ALARM: Limit = Limit { what: "codes", most: 1_000, window: 60 * 60_000 };
/// How many are made in one go.
const BATCH: u32 = 50;

/// The code of a sign-in.
pub fn code(key: &HostKey, sign_in: &SignIn) -> String {
    let hash = key.hash("sign-in code", &[&sign_in.browser, &sign_in.asked_at.to_be_bytes()]);
    let number = hash[..8].iter().fold(0, |number: u64, byte| number << 8 | u64::from(*byte));
    format!("{:08}", number % 100_000_000)
}

/// What the records keep of it.
pub fn hash(key: &HostKey, browser: &TokenHash, code: &str) -> [u8; 32] {
    key.hash("sign-in code hash", &[browser, code.as_bytes()])
}

/// The contacts who may sign in with this address: each the only one of its firm that has it, given access to some
/// matter at some time, and not refused by the plugin.
///
/// # Errors
/// If the store or the plugin does not answer; a refusal is an answer.
pub fn admitted(app: &App, email_key: &str) -> Result<Vec<Candidate>, Problem> {
    let candidates = app.runtime.read(|unit| {
        let tx: &SqliteTx = unit.tx();
        let mut candidates = sign_ins::contacts(tx, email_key)?;
        // Whom nobody ever let in is no customer: a code would only puzzle them.
        for place in (0..candidates.len()).rev() {
            if contacts::granted_in(tx, &candidates[place].id)?.is_empty() {
                candidates.remove(place);
            }
        }
        Ok::<_, Problem>(candidates)
    })?;
    let mut admitted = Vec::new();
    for candidate in candidates {
        let caller = Caller {
            actor: Actor::Contact(candidate.id.clone()),
            locale: candidate.locale.clone(),
            request: None,
            attributes: Vec::new(),
        };
        match app.runtime.read(|unit| unit.call(&caller, &portal::Matters)) {
            Ok(_) => admitted.push(candidate),
            Err(Failure::Refused(_)) => {}
            Err(failure) => return Err(failure.into()),
        }
    }
    Ok(admitted)
}

/// Makes the codes that were asked for. Answers how many there were to make.
///
/// # Errors
/// If the store or the plugin does not answer; what was not made is made next time.
pub fn make(app: &App) -> Result<usize, Problem> {
    let asked = app.runtime.read(|unit| Ok::<_, Problem>(sign_ins::asked(unit.tx(), BATCH)?))?;
    for sign_in in &asked {
        let admitted = admitted(app, &sign_in.email_key)?;
        app.runtime.write(|unit| {
            let now = unit.now();
            let tx: &SqliteTx = unit.tx();
            let hash = hash(&app.key, &sign_in.browser, &code(&app.key, sign_in));
            let first = admitted.first();
            // The time of asking is the time that counts: waiting for the maker adds nothing to a code's life.
            let expires_at = sign_in.asked_at + LIFE;
            if !sign_ins::made(tx, &sign_in.browser, first.map(|_| &hash), expires_at)? {
                return Ok(());
            }
            if let Some(first) = first {
                outbox::put_code(tx, &first.firm, &hex::encode(sign_in.browser), now)?;
                if ALARM.count(tx, "all", now)? == ALARM.most {
                    tracing::warn!(codes = ALARM.most, "more sign-in codes in an hour than any firm needs");
                }
            }
            Ok::<_, Problem>(())
        })?;
    }
    if !asked.is_empty() {
        app.outbox.notify_one();
    }
    Ok(asked.len())
}

/// Makes codes whenever somebody asks, until the host shuts down.
pub async fn run(app: crate::app::SharedApp) {
    while !app.draining.load(Ordering::Relaxed) {
        match crate::web::blocking(&app, make).await {
            Ok(0) => {}
            Ok(_) => continue,
            Err(problem) => tracing::warn!(%problem, "codes wait for the store or the plugin"),
        }
        tokio::select! {
            () = app.codes.notified() => {}
            () = tokio::time::sleep(std::time::Duration::from_secs(2)) => {}
        }
    }
}

/// The words of the mail with a code, in the language of its reader where the host speaks it.
pub fn words(code: &str, firm: &str, locale: &str) -> Words {
    let (a, b) = code.split_at(code.len() / 2);
    let (subject, intro, how, not_you) = match locale.split(['-', '_']).next() {
        Some("de") => (
            "Ihr Anmeldecode",
            "Ihr Code für das Kundenportal von",
            "Geben Sie ihn innerhalb von zehn Minuten in dem Browser ein, in dem Sie ihn angefordert haben. Er gilt einmal.",
            "Wenn Sie keinen Code angefordert haben, beachten Sie diese Mail nicht: Ohne ihn kann sich niemand anmelden. Geben Sie einen Code nie weiter.",
        ),
        _ => (
            "Your sign-in code",
            "Your code for the customer portal of",
            "Enter it within ten minutes, in the browser where you asked for it. It works once.",
            "If you did not ask for a code, ignore this mail: nobody can sign in without it. Never pass a code on.",
        ),
    };
    let escaped = super::message::escape(firm);
    Words {
        subject: subject.to_owned(),
        text: format!("{intro} {firm}:\n\n    {a} {b}\n\n{how}\n\n{not_you}\n"),
        html: format!(
            "<p>{intro} {escaped}:</p>\n<p style=\"font-size:1.6em;letter-spacing:.1em\"><strong>{a} {b}</strong></p>\n\
             <p>{how}</p>\n<p>{not_you}</p>\n"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cu1_codes_have_eight_digits_and_belong_to_one_browser_and_one_asking() {
        let key = HostKey::new([7; 32]);
        let mut sign_in = SignIn {
            browser: [1; 32],
            email: String::new(),
            email_key: String::new(),
            network: String::new(),
            tries: 0,
            state: "asked".to_owned(),
            asked_at: 1_000,
            expires_at: 0,
        };
        let first = code(&key, &sign_in);
        assert_eq!(first.len(), DIGITS);
        assert!(first.bytes().all(|byte| byte.is_ascii_digit()));
        assert_eq!(first, code(&key, &sign_in));
        sign_in.asked_at += 1;
        assert_ne!(first, code(&key, &sign_in));
        assert_ne!(hash(&key, &[1; 32], &first), hash(&key, &[2; 32], &first));
    }
}
