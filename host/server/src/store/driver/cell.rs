//! Values and errors, from one database's words to the other's.

use std::error::Error as StdError;

use rusqlite::{
    Error, ErrorCode, Result, ffi,
    types::{FromSql, FromSqlError, ToSqlOutput, Value, ValueRef},
};
use tokio_postgres::types::{IsNull, ToSql, Type, private::BytesMut};

/// A value on its way to a parameter, in whatever type the statement wants.
#[derive(Debug)]
pub(super) struct Bound<'a>(pub(super) &'a Value);

/// A value as the store gives it. No text has a zero in it there: one that is to be kept is refused, and one that is
/// looked for is found nowhere.
pub(super) fn owned(value: &dyn rusqlite::ToSql, kept: bool) -> Result<Value> {
    match any(value)? {
        Value::Text(text) if text.contains('\0') => {
            if kept {
                return Err(Error::ToSqlConversionFailure("a text with a zero in it".into()));
            }
            Ok(Value::Text(text.replace('\0', "\u{fffd}")))
        }
        value => Ok(value),
    }
}

fn any(value: &dyn rusqlite::ToSql) -> Result<Value> {
    match value.to_sql()? {
        ToSqlOutput::Borrowed(value) => {
            Value::column_result(value).map_err(|error| Error::ToSqlConversionFailure(Box::new(error)))
        }
        ToSqlOutput::Owned(value) => Ok(value),
        _ => Err(Error::ToSqlConversionFailure("a value of another kind".into())),
    }
}

impl ToSql for Bound<'_> {
    fn to_sql(&self, kind: &Type, out: &mut BytesMut) -> std::result::Result<IsNull, Box<dyn StdError + Sync + Send>> {
        match (self.0, kind) {
            (Value::Null, _) => return Ok(IsNull::Yes),
            (Value::Integer(number), &Type::INT8) => out.extend_from_slice(&number.to_be_bytes()),
            (Value::Integer(number), &Type::INT4) => out.extend_from_slice(&i32::try_from(*number)?.to_be_bytes()),
            (Value::Integer(number), &Type::BOOL) => out.extend_from_slice(&[u8::from(*number != 0)]),
            (Value::Integer(number), _) => out.extend_from_slice(number.to_string().as_bytes()),
            (Value::Real(number), _) => out.extend_from_slice(&number.to_be_bytes()),
            (Value::Text(text), _) => out.extend_from_slice(text.as_bytes()),
            (Value::Blob(bytes), _) => out.extend_from_slice(bytes),
        }
        Ok(IsNull::No)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    tokio_postgres::types::to_sql_checked!();
}

/// A column of a row as it came.
struct Cell<'r>(Type, Option<&'r [u8]>);

impl<'r> tokio_postgres::types::FromSql<'r> for Cell<'r> {
    fn from_sql(kind: &Type, bytes: &'r [u8]) -> std::result::Result<Self, Box<dyn StdError + Sync + Send>> {
        Ok(Self(kind.clone(), Some(bytes)))
    }

    fn from_sql_null(kind: &Type) -> std::result::Result<Self, Box<dyn StdError + Sync + Send>> {
        Ok(Self(kind.clone(), None))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

/// A column's value.
pub(super) fn value(row: &tokio_postgres::Row, column: usize) -> Result<ValueRef<'_>> {
    let Ok(Cell(kind, bytes)) = row.try_get::<_, Cell<'_>>(column) else {
        return Err(Error::InvalidColumnIndex(column));
    };
    let Some(bytes) = bytes else { return Ok(ValueRef::Null) };
    let wrong = || Error::FromSqlConversionFailure(column, rusqlite::types::Type::Blob, kind.name().into());
    Ok(match kind {
        Type::INT8 => ValueRef::Integer(i64::from_be_bytes(bytes.try_into().map_err(|_| wrong())?)),
        Type::INT4 => ValueRef::Integer(i32::from_be_bytes(bytes.try_into().map_err(|_| wrong())?).into()),
        Type::BOOL => ValueRef::Integer(i64::from(bytes == [1])),
        Type::NUMERIC => ValueRef::Integer(whole(bytes).ok_or_else(wrong)?),
        Type::TEXT | Type::VARCHAR | Type::NAME | Type::UNKNOWN | Type::JSON => ValueRef::Text(bytes),
        Type::BYTEA => ValueRef::Blob(bytes),
        Type::FLOAT8 => ValueRef::Real(f64::from_be_bytes(bytes.try_into().map_err(|_| wrong())?)),
        Type::VOID => ValueRef::Null,
        _ => return Err(wrong()),
    })
}

/// A whole number in the format of `numeric`, which is what a sum of numbers is there: digits to the base 10,000.
fn whole(bytes: &[u8]) -> Option<i64> {
    let mut words = bytes.chunks_exact(2).map(|word| i16::from_be_bytes([word[0], word[1]]));
    let (digits, weight, sign) = (words.next()?, words.next()?, words.next()?);
    words.next()?;
    let mut number = 0_i64;
    for place in 0..=weight {
        let digit = if place < digits { words.next()? } else { 0 };
        number = number.checked_mul(10_000)?.checked_add(digit.into())?;
    }
    (sign == 0 || sign == 0x4000).then_some(if sign == 0 { number } else { -number })
}

/// A column's value, as what is asked for.
pub(super) fn get<T: FromSql>(row: &tokio_postgres::Row, column: usize) -> Result<T> {
    let value = value(row, column)?;
    let kind = value.data_type();
    T::column_result(value).map_err(|error| match error {
        FromSqlError::OutOfRange(number) => Error::IntegralValueOutOfRange(column, number),
        error => Error::FromSqlConversionFailure(column, kind, Box::new(error)),
    })
}

fn failure(code: ErrorCode, extended_code: i32, said: String) -> Error {
    Error::SqliteFailure(ffi::Error { code, extended_code }, Some(said))
}

/// The database cannot be asked now.
pub(super) fn lost(said: &str) -> Error {
    failure(ErrorCode::OperationInterrupted, ffi::SQLITE_INTERRUPT, said.to_owned())
}

/// Nobody knows whether a commit was kept.
pub(super) fn unknown() -> Error {
    let said = "the database was lost while it committed: all of it may be kept, or nothing";
    failure(ErrorCode::SystemIoFailure, ffi::SQLITE_IOERR, said.to_owned())
}

/// What the server says, under the number that SQLite has for it. Values of rows, which may stand in details, are left out.
pub(super) fn failed(error: tokio_postgres::Error) -> Error {
    let Some(known) = error.as_db_error() else {
        let cause = error.source().map(|cause| [": ", &cause.to_string()].concat());
        return lost(&[error.to_string(), cause.unwrap_or_default()].concat());
    };
    let said = [known.message(), " (", known.code().code(), ")"].concat();
    let (code, extended) = match known.code().code() {
        "23503" => (ErrorCode::ConstraintViolation, ffi::SQLITE_CONSTRAINT_FOREIGNKEY),
        "23505" => (ErrorCode::ConstraintViolation, ffi::SQLITE_CONSTRAINT_UNIQUE),
        "P0001" => (ErrorCode::ConstraintViolation, ffi::SQLITE_CONSTRAINT_TRIGGER),
        "40001" | "40P01" | "55P03" => (ErrorCode::DatabaseBusy, ffi::SQLITE_BUSY),
        "53100" => (ErrorCode::DiskFull, ffi::SQLITE_FULL),
        "25006" => (ErrorCode::ReadOnly, ffi::SQLITE_READONLY),
        code if code.starts_with("23") => (ErrorCode::ConstraintViolation, ffi::SQLITE_CONSTRAINT),
        code if ["08", "53", "57"].iter().any(|class| code.starts_with(class)) => {
            (ErrorCode::OperationInterrupted, ffi::SQLITE_INTERRUPT)
        }
        _ => (ErrorCode::Unknown, ffi::SQLITE_ERROR),
    };
    failure(code, extended, said)
}
