//! Mail: sign-in codes, the outbox's dispatcher, and the way out.
//!
//! | module | what it is |
//! |---|---|
//! | `account` | tells users what became of their way to sign in |
//! | `codes` | makes sign-in codes, away from any request |
//! | `dispatcher` | gathers what is due, asks for the words, sends |
//! | `message` | a mail as it goes over the wire |
//! | `refusal` | the words to a sender whose document was refused |
//! | `smtp` | the mail server, or the demo's mailbox |
//! | `key` | the host's own key |

pub mod account;
pub mod codes;
pub mod dispatcher;
pub mod key;
pub mod message;
mod refusal;
pub mod smtp;

pub use key::HostKey;
pub use smtp::Mailer;
