//! The rules of Client Connect.
