//! What the black-box tests share: a mail server to receive on, and a host to talk to.

pub mod smtp;
