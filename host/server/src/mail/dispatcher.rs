//! The dispatcher: what is due is gathered into letters, put into words at the moment of sending, and sent.
//!
//! Nothing waits for it: a Save is done when its notices are in the outbox. The plugin is asked for the words at every
//! attempt anew, in the name of the recipient: what was taken back by then is not told, and if nothing is left the
//! letter is dropped. A letter is on lease while it is tried; if this host dies, another attempt follows under the
//! same Message-ID. What the app shows comes the same way, without a mail.

use std::{sync::atomic::Ordering, time::Duration};

use client_connect_runtime::{
    Caller, Failure,
    exports::letters,
    types::{Actor, Channel, Notice, Recipient, Refusal, Timestamp},
};
use futures_util::{StreamExt, stream};
use lettre::Message;

use super::{
    account, codes,
    message::{self, Envelope, Words},
    refusal,
    smtp::Undelivered,
};
use crate::{
    app::{App, SharedApp},
    store::{
        SqliteTx, inbox, mailbox,
        outbox::{self, Letter, Outcome, To},
        refusals, sign_ins,
    },
    web::{Problem, blocking},
};

const MINUTE: Timestamp = 60_000;
/// For how long an attempt has a letter to itself. Longer than any attempt takes.
const LEASE: Timestamp = 10 * MINUTE;
/// So much of it an attempt needs that begins to send: more than the mail server may take.
const SENDING: Timestamp = 6 * MINUTE;
/// A letter that has not left after this long is dead.
const GIVE_UP: Timestamp = 48 * 60 * MINUTE;
/// Letters in one run.
const BATCH: u32 = 50;
/// Letters sent at once.
const AT_ONCE: usize = 4;
/// How often to look whether something came due.
const LOOK: Duration = Duration::from_secs(1);

/// When to try again after so many attempts, ms: 1, 5, 15 and 60 minutes, then every four hours.
pub fn pause(attempts: u32) -> Timestamp {
    match attempts {
        0 | 1 => MINUTE,
        2 => 5 * MINUTE,
        3 => 15 * MINUTE,
        4 => 60 * MINUTE,
        _ => 240 * MINUTE,
    }
}

/// The pause, up to a tenth longer, so that what failed together is not tried together.
fn jittered(attempts: u32) -> Timestamp {
    let pause = pause(attempts);
    pause + u64::from(getrandom::u32().unwrap_or(0)) * (pause / 10) / u64::from(u32::MAX)
}

/// Dispatches whenever something is due, until the host shuts down.
pub async fn run(app: SharedApp) {
    while !app.draining.load(Ordering::Relaxed) {
        match once(&app).await {
            Ok(0) => {}
            Ok(_) => continue,
            Err(problem) => tracing::warn!(%problem, "letters wait for the store"),
        }
        tokio::select! {
            () = app.outbox.notified() => {}
            () = tokio::time::sleep(LOOK) => {}
        }
    }
}

/// Sends what is due now. Answers how many letters that were.
///
/// # Errors
/// If the store does not answer; nothing is lost by it.
pub async fn once(app: &SharedApp) -> Result<usize, Problem> {
    let letters = blocking(app, |app| {
        let due = app.runtime.read(|unit| {
            let now = unit.now();
            Ok::<_, Problem>(outbox::is_due(unit.tx(), now)?)
        })?;
        if !due {
            return Ok(Vec::new());
        }
        app.runtime.write(|unit| {
            let now = unit.now();
            let tx: &SqliteTx = unit.tx();
            outbox::gather(tx, now, BATCH)?;
            Ok::<_, Problem>(outbox::claim(tx, now, now + LEASE, BATCH)?)
        })
    })
    .await?;
    let count = letters.len();
    stream::iter(letters)
        .for_each_concurrent(AT_ONCE, |letter| async move {
            let id = letter.id.clone();
            if let Err(problem) = attempt(app, letter).await {
                tracing::warn!(letter = %id, %problem, "a letter waits for the store");
            }
        })
        .await;
    Ok(count)
}

/// What an attempt has to do.
enum Task {
    Mail { message: Box<Message>, address: String, words: Words },
    App { user: String, matter: Option<String>, text: String },
    Drop,
    Later(String),
    Dead(&'static str),
}

async fn attempt(app: &SharedApp, letter: Letter) -> Result<(), Problem> {
    let (letter, task) = blocking(app, move |app| {
        let task = prepare(app, &letter)?;
        Ok((letter, task))
    })
    .await?;
    let (address, words, outcome) = match task {
        Task::Drop => (None, None, Outcome::Dropped),
        Task::Later(said) => (None, None, again(app, &letter, said)),
        Task::Dead(said) => (None, None, Outcome::Dead { said: said.to_owned() }),
        Task::App { user, matter, text } => {
            return blocking(app, move |app| {
                app.runtime.write(|unit| {
                    let now = unit.now();
                    let tx: &SqliteTx = unit.tx();
                    if outbox::settle(tx, &letter, None, None, &Outcome::Sent, now)? {
                        inbox::put(tx, &letter.firm, &user, matter.as_deref(), &text, now)?;
                    }
                    Ok::<_, Problem>(())
                })
            })
            .await;
        }
        // Whoever was held up until the lease is nearly over does not begin: by its end another host has the letter.
        Task::Mail { .. } if app.runtime.now() + SENDING > letter.lease_until => return Ok(()),
        Task::Mail { message, address, words } => {
            let raw = app.mailer.is_mailbox().then(|| message.formatted());
            let outcome = match app.mailer.send(*message).await {
                Ok(()) => Outcome::Sent,
                Err(Undelivered { for_good: true, said }) => Outcome::Dead { said },
                Err(Undelivered { said, .. }) => again(app, &letter, said),
            };
            (Some(address), Some((words, raw)), outcome)
        }
    };
    metrics::counter!("mail_sent_total", "result" => word(&outcome)).increment(1);
    if let Outcome::Later { said, .. } | Outcome::Dead { said } = &outcome {
        tracing::warn!(letter = %letter.id, attempts = letter.attempts, said, outcome = word(&outcome), "a letter did not leave");
    }
    blocking(app, move |app| {
        app.runtime.write(|unit| settle(unit.now(), unit.tx(), &letter, address.as_deref(), words.as_ref(), &outcome))
    })
    .await
}

fn word(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Sent => "sent",
        Outcome::Dropped => "dropped",
        Outcome::Later { .. } => "later",
        Outcome::Dead { .. } => "dead",
    }
}

fn again(app: &App, letter: &Letter, said: String) -> Outcome {
    let at = app.runtime.now() + jittered(letter.attempts);
    if at > letter.created_at + GIVE_UP { Outcome::Dead { said } } else { Outcome::Later { at, said } }
}

/// Writes down how it ended; in the demo into the mailbox, and of a dead letter tells staff.
fn settle(
    now: Timestamp,
    tx: &SqliteTx,
    letter: &Letter,
    address: Option<&str>,
    words: Option<&(Words, Option<Vec<u8>>)>,
    outcome: &Outcome,
) -> Result<(), Problem> {
    let subject = words.map(|(words, _)| message::one_line(&words.subject, 200));
    if !outbox::settle(tx, letter, address, subject.as_deref(), outcome, now)? {
        return Ok(());
    }
    match (outcome, words, address) {
        (Outcome::Sent, Some((words, Some(raw))), Some(address)) => {
            let subject = subject.unwrap_or_default();
            mailbox::put(tx, now, address, &subject, &words.text, &String::from_utf8_lossy(raw))?;
        }
        (Outcome::Dead { said }, ..) => {
            for concerned in outbox::concerned(tx, &letter.id)? {
                let text = format!(
                    "{}{} could not be delivered ({said}). Check the address, and send it once more.",
                    inbox::UNDELIVERED,
                    message::one_line(&concerned.recipient, 120)
                );
                inbox::put(tx, &letter.firm, &concerned.user, Some(&concerned.matter), &text, now)?;
            }
        }
        _ => {}
    }
    Ok(())
}

/// Finds out what there is to send, and to whom: all of it as it is now.
fn prepare(app: &App, letter: &Letter) -> Result<Task, Problem> {
    match &letter.to {
        To::SignIn(browser) => prepare_code(app, letter, browser),
        To::Person(recipient) => prepare_notices(app, letter, recipient),
        To::Sender(document) => prepare_refusal(app, letter, document),
        To::Account { user, what } => prepare_account(app, letter, user, what),
    }
}

fn prepare_account(app: &App, letter: &Letter, user: &str, what: &str) -> Result<Task, Problem> {
    let recipient = Recipient::User(user.to_owned());
    let to = app.runtime.read(|unit| Ok::<_, Problem>(outbox::addressed(unit.tx(), &recipient)?))?;
    let Some(to) = to else { return Ok(Task::Drop) };
    let Some(words) = account::words(what, &to.firm, &to.locale) else { return Ok(Task::Drop) };
    Ok(mail(app, letter, to, words))
}

fn prepare_code(app: &App, letter: &Letter, browser: &str) -> Result<Task, Problem> {
    let mut hash = [0; 32];
    if hex::decode_to_slice(browser, &mut hash).is_err() {
        return Ok(Task::Drop);
    }
    let found = app.runtime.read(|unit| {
        let now = unit.now();
        let tx: &SqliteTx = unit.tx();
        let Some(sign_in) = sign_ins::waits(tx, &hash, now)? else { return Ok(None) };
        let contacts = sign_ins::contacts(tx, &sign_in.email_key)?;
        let Some(contact) = contacts.into_iter().find(|contact| contact.firm == letter.firm) else { return Ok(None) };
        Ok::<_, Problem>(outbox::addressed(tx, &Recipient::Contact(contact.id))?.map(|addressed| (sign_in, addressed)))
    })?;
    let Some((sign_in, to)) = found else { return Ok(Task::Drop) };
    let words = codes::words(&codes::code(&app.key, &sign_in), &to.firm, &to.locale);
    Ok(mail(app, letter, to, words))
}

fn prepare_refusal(app: &App, letter: &Letter, document: &str) -> Result<Task, Problem> {
    let found = app.runtime.read(|unit| {
        let now = unit.now();
        let tx: &SqliteTx = unit.tx();
        let Some(refused) = refusals::of_document(tx, document, now)? else { return Ok(None) };
        let to = outbox::addressed(tx, &Recipient::Contact(refused.contact.clone()))?;
        Ok::<_, Problem>(to.map(|to| (refused, to)))
    })?;
    let Some((refused, to)) = found else { return Ok(Task::Drop) };
    let words = refusal::words(refused.name.as_deref(), &to.firm, &to.locale);
    Ok(mail(app, letter, to, words))
}

fn prepare_notices(app: &App, letter: &Letter, recipient: &Recipient) -> Result<Task, Problem> {
    let (notices, to) = app.runtime.read(|unit| {
        let tx: &SqliteTx = unit.tx();
        Ok::<_, Problem>((outbox::notices(tx, &letter.id)?, outbox::addressed(tx, recipient)?))
    })?;
    let Some(to) = to.filter(|_| !notices.is_empty()) else { return Ok(Task::Drop) };
    let words = match compose(app, recipient, &to.locale, notices.clone()) {
        Ok(Some(words)) => words,
        Ok(None) => return Ok(Task::Drop),
        Err(failure) => {
            tracing::warn!(letter = %letter.id, %failure, "the plugin did not compose a letter");
            return Ok(Task::Later("the plugin did not compose it".to_owned()));
        }
    };
    match (letter.channel, recipient) {
        (Channel::Email, _) => Ok(mail(app, letter, to, words)),
        (Channel::InApp, Recipient::User(user)) => {
            let first = notices.first().map(|notice| notice.matter.clone());
            let matter = first.filter(|matter| notices.iter().all(|notice| notice.matter == *matter));
            Ok(Task::App { user: user.clone(), matter, text: words.text })
        }
        // Customers have no inbox in the app.
        (Channel::InApp, Recipient::Contact(_)) => Ok(Task::Drop),
    }
}

/// The plugin's words for these notices now, in the name of the recipient; none where nothing of them still holds.
fn compose(app: &App, recipient: &Recipient, locale: &str, notices: Vec<Notice>) -> Result<Option<Words>, Failure> {
    let actor = match recipient {
        Recipient::Contact(id) => Actor::Contact(id.clone()),
        Recipient::User(id) => Actor::User(id.clone()),
    };
    let caller = Caller { actor, locale: locale.to_owned(), request: None, attributes: Vec::new() };
    match app.runtime.read(|unit| unit.call(&caller, &letters::Compose { notices: notices.clone() })) {
        Ok(letter) => Ok(letter.map(Words::from)),
        Err(Failure::Refused(Refusal::NotFound | Refusal::Denied(_))) => Ok(None),
        Err(failure) => Err(failure),
    }
}

fn mail(app: &App, letter: &Letter, to: outbox::Addressed, words: Words) -> Task {
    let Some(address) = to.email else { return Task::Dead("there is no address") };
    let envelope = Envelope {
        firm: to.firm,
        sender: to.sender,
        recipient: address.clone(),
        letter: letter.id.clone(),
        at: app.runtime.now(),
    };
    match message::build(&envelope, &words) {
        Ok(message) => Task::Mail { message: Box::new(message), address, words },
        Err(said) => Task::Dead(said),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::portal::tests::house::House;

    #[tokio::test(flavor = "multi_thread")]
    async fn t_2host_whoever_was_held_up_until_the_lease_is_nearly_over_does_not_begin_to_send() {
        let house = tokio::task::block_in_place(House::new);
        let (firm, owner, now) = (house.firm.clone(), house.owner.clone(), house.app.runtime.now());
        house.change(|tx| outbox::put_account(tx, &firm, &owner, account::PASSWORD_CHANGED, now).unwrap());
        let claim = |now, until| house.change(|tx| outbox::claim(tx, now, until, 1).unwrap()).remove(0);
        attempt(&house.app, claim(now, now + SENDING - 1)).await.unwrap();
        assert_eq!(house.sql::<String>("SELECT state FROM letters"), "sending", "it is left to its next holder");
        let later = now + SENDING;
        attempt(&house.app, claim(later, later + LEASE)).await.unwrap();
        // There is no mail server; but it was tried.
        assert_eq!(house.sql::<String>("SELECT state FROM letters"), "waiting");
    }

    #[test]
    fn letters_are_tried_for_two_days() {
        assert_eq!([1, 2, 3, 4].map(|attempts| pause(attempts) / MINUTE), [1, 5, 15, 60]);
        for attempts in 1..10 {
            let (pause, jittered) = (pause(attempts), jittered(attempts));
            assert!((pause..=pause + pause / 10).contains(&jittered));
        }
        let until_dead = (1..).scan(0, |at, attempts| {
            *at += pause(attempts);
            Some(*at)
        });
        assert!((14..18).contains(&until_dead.take_while(|at| *at <= GIVE_UP).count()));
    }
}
