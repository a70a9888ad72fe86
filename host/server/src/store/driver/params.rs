//! The values of a statement's parameters, in every shape in which the store gives them. Whatever `rusqlite` binds can be
//! read one by one as well.

use rusqlite::ToSql;

/// Values for a statement.
pub trait Params: rusqlite::Params {
    /// Each of them in turn, with its name where it has one.
    fn each(&self, put: &mut dyn FnMut(Option<&str>, &dyn ToSql));
}

impl Params for [&(dyn ToSql + Send + Sync); 0] {
    fn each(&self, _: &mut dyn FnMut(Option<&str>, &dyn ToSql)) {}
}

impl Params for &[&dyn ToSql] {
    fn each(&self, put: &mut dyn FnMut(Option<&str>, &dyn ToSql)) {
        self.iter().for_each(|value| put(None, value));
    }
}

impl Params for &[(&str, &dyn ToSql)] {
    fn each(&self, put: &mut dyn FnMut(Option<&str>, &dyn ToSql)) {
        self.iter().for_each(|(name, value)| put(Some(name), value));
    }
}

macro_rules! tuples {
    ($(($($kind:ident $place:tt),+))+) => {$(
        impl<$($kind: ToSql),+> Params for ($($kind,)+) {
            fn each(&self, put: &mut dyn FnMut(Option<&str>, &dyn ToSql)) {
                $(put(None, &self.$place);)+
            }
        }
    )+};
}
tuples! {
    (A 0)
    (A 0, B 1)
    (A 0, B 1, C 2)
    (A 0, B 1, C 2, D 3)
    (A 0, B 1, C 2, D 3, E 4)
    (A 0, B 1, C 2, D 3, E 4, F 5)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8)
}

macro_rules! arrays {
    ($($count:literal)+) => {$(
        impl<T: ToSql> Params for [T; $count] {
            fn each(&self, put: &mut dyn FnMut(Option<&str>, &dyn ToSql)) {
                self.iter().for_each(|value| put(None, value));
            }
        }
    )+};
}
arrays! { 1 2 3 4 5 6 7 8 }
