//! Where a page ended, sealed: a cursor fits only the list that it came from, and tells nothing of the row it names,
//! which may be one that its reader is not to see.

use client_connect_runtime::{
    backend::Viewer,
    types::{DocumentFilter, HostError, Lane, SortKey},
};
use hmac::{Hmac, KeyInit, Mac};
use rusqlite::types::{FromSql, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use sha2::Sha256;

const TAG: usize = 16;

/// What a list is sorted by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Key {
    /// A time.
    Time(i64),
    /// A name's sort key.
    Name(Vec<u8>),
}

impl FromSql for Key {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        match value {
            ValueRef::Integer(time) => Ok(Self::Time(time)),
            other => other.as_blob().map(|key| Self::Name(key.to_vec())),
        }
    }
}

impl ToSql for Key {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        match self {
            Self::Time(time) => time.to_sql(),
            Self::Name(key) => key.to_sql(),
        }
    }
}

/// A place in a list: between the row that has this key and id, and the next.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) key: Key,
    pub(super) id: String,
}

impl Place {
    /// Before the first row.
    pub(super) fn start(sort: SortKey, descending: bool) -> Self {
        let key = match (sort, descending) {
            (SortKey::Name, false) => Key::Name(Vec::new()),
            // No sort key starts with this byte.
            (SortKey::Name, true) => Key::Name(vec![0xff; 4]),
            (_, false) => Key::Time(i64::MIN),
            (_, true) => Key::Time(i64::MAX),
        };
        Self { key, id: String::new() }
    }
}

/// What the next page has to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cursor {
    pub(super) place: Place,
    /// The total as the first page counted it.
    pub(super) total: u32,
    pub(super) exact: bool,
}

/// All that makes a list this list and no other.
pub(super) fn context(viewer: &Viewer, matter: &str, filter: &DocumentFilter) -> Vec<u8> {
    let mut context = Vec::new();
    let mut field = |bytes: &[u8]| {
        context.extend_from_slice(&u64::try_from(bytes.len()).unwrap_or(u64::MAX).to_be_bytes());
        context.extend_from_slice(bytes);
    };
    field(match viewer {
        Viewer::Host => b"host",
        Viewer::User(_) => b"user",
        Viewer::Contact(_) => b"contact",
        Viewer::UserAsContact(..) => b"both",
    });
    match viewer {
        Viewer::Host => {}
        Viewer::User(id) | Viewer::Contact(id) => field(id.as_bytes()),
        Viewer::UserAsContact(user, contact) => {
            field(user.as_bytes());
            field(contact.as_bytes());
        }
    }
    field(matter.as_bytes());
    let lane = match filter.lane {
        Lane::WholeMatter => 0,
        Lane::AnyOfThem => 1,
        Lane::AllOfThem => 2,
        Lane::SomeOfThem => 3,
        Lane::NoneOfThem => 4,
        Lane::Uploaded => 5,
        Lane::Lapsed => 6,
    };
    let sort = match filter.sort {
        SortKey::Name => 0,
        SortKey::ActivityAt => 1,
        SortKey::CreatedAt => 2,
    };
    field(&[lane, sort, u8::from(filter.descending)]);
    field(filter.search.as_deref().unwrap_or_default().as_bytes());
    field(filter.same_content_as.as_deref().unwrap_or_default().as_bytes());
    for contact in &filter.contacts {
        field(contact.as_bytes());
    }
    context
}

impl Cursor {
    pub(super) fn seal(&self, secret: &[u8; 32], context: &[u8]) -> String {
        let mut plain = vec![u8::from(self.exact)];
        plain.extend_from_slice(&self.total.to_be_bytes());
        match &self.place.key {
            Key::Time(time) => {
                plain.push(0);
                plain.extend_from_slice(&time.to_be_bytes());
            }
            Key::Name(key) => {
                plain.push(1);
                plain.extend_from_slice(&u16::try_from(key.len()).unwrap_or(u16::MAX).to_be_bytes());
                plain.extend_from_slice(key);
            }
        }
        plain.extend_from_slice(self.place.id.as_bytes());
        let tag = mac(secret, &[b"tag", context, &plain]);
        let mut sealed = tag[..TAG].to_vec();
        sealed.extend(whiten(secret, &tag[..TAG], &plain));
        hex::encode(sealed)
    }

    /// # Errors
    /// `invalid` for what was not sealed for this list.
    pub(super) fn open(sealed: &str, secret: &[u8; 32], context: &[u8]) -> Result<Self, HostError> {
        let foreign = || HostError::Invalid("the cursor does not belong to this list".into());
        let bytes = hex::decode(sealed).map_err(|_| foreign())?;
        let (tag, hidden) = bytes.split_at_checked(TAG).ok_or_else(foreign)?;
        let plain = whiten(secret, tag, hidden);
        if mac(secret, &[b"tag", context, &plain])[..TAG] != *tag {
            return Err(foreign());
        }
        Self::parse(&plain).ok_or_else(foreign)
    }

    fn parse(plain: &[u8]) -> Option<Self> {
        let (&exact, plain) = plain.split_first()?;
        let (total, plain) = plain.split_first_chunk::<4>()?;
        let (&kind, plain) = plain.split_first()?;
        let (key, id) = if kind == 0 {
            let (time, id) = plain.split_first_chunk::<8>()?;
            (Key::Time(i64::from_be_bytes(*time)), id)
        } else {
            let (length, plain) = plain.split_first_chunk::<2>()?;
            let (key, id) = plain.split_at_checked(u16::from_be_bytes(*length).into())?;
            (Key::Name(key.to_vec()), id)
        };
        let id = String::from_utf8(id.to_vec()).ok()?;
        Some(Self { place: Place { key, id }, total: u32::from_be_bytes(*total), exact: exact == 1 })
    }
}

fn mac(secret: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    let mut key = [0_u8; 64];
    key[..32].copy_from_slice(secret);
    let mut mac = Hmac::<Sha256>::new(&key.into());
    for part in parts {
        mac.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// Hides and shows: the same bytes twice give what was there before.
fn whiten(secret: &[u8; 32], tag: &[u8], bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    for (block, chunk) in bytes.chunks(32).enumerate() {
        let stream = mac(secret, &[b"stream", tag, &u64::try_from(block).unwrap_or(u64::MAX).to_be_bytes()]);
        out.extend(chunk.iter().zip(stream).map(|(byte, pad)| byte ^ pad));
    }
    out
}
