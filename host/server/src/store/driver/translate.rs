//! The store's statements as PostgreSQL reads them. They are written so that both databases take them; what is left is a
//! handful of words, each of which has one other form: parameters, names that are reserved there, hints to the planner
//! of SQLite, and bytes as a literal. Functions that SQLite has and PostgreSQL has not are part of the schema.

/// A statement in the other dialect, and which of the store's parameters it takes, in its own order: each once, none
/// that it does not use.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Translated {
    pub(super) sql: String,
    pub(super) slots: Vec<Slot>,
}

/// A parameter as the store names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Slot {
    /// By its place, from 0.
    Place(usize),
    /// By its name, with the colon.
    Name(String),
    /// Whether it has none: as 1, or null. A parameter of which nothing else is known has no type there.
    IsNull(Box<Slot>),
}

/// Columns' names that PostgreSQL keeps for itself.
const RESERVED: [&str; 2] = ["user", "window"];

pub(super) fn translate(sql: &str) -> Translated {
    let mut out = Translated { sql: String::with_capacity(sql.len() + 32), slots: Vec::new() };
    // Where a `CROSS JOIN` stands that has not met its `ON`, and how deep in parentheses.
    let mut crossed: Vec<(usize, usize)> = Vec::new();
    let (mut rest, mut depth) = (sql, 0_usize);
    while let Some(first) = rest.chars().next() {
        let token = match first {
            '\'' | '"' => quoted(rest, first),
            '-' if rest.starts_with("--") => rest.find('\n').unwrap_or(rest.len()),
            '?' => 1 + rest[1..].bytes().take_while(u8::is_ascii_digit).count(),
            ':' if rest[1..].starts_with(|c: char| c.is_ascii_alphabetic()) => 1 + word(&rest[1..]),
            ':' if rest.starts_with("::") => 2,
            'x' | 'X' if rest[1..].starts_with('\'') => 1 + quoted(&rest[1..], '\''),
            c if c.is_ascii_alphabetic() || c == '_' => word(rest),
            c => c.len_utf8(),
        };
        let (here, after) = rest.split_at(token);
        rest = after;
        match first {
            '?' => {
                let place = here[1..].parse::<usize>().map_or(out.slots.len(), |number| number.saturating_sub(1));
                out.parameter(Slot::Place(place), rest);
            }
            ':' if here.len() > 1 && here != "::" => out.parameter(Slot::Name(here.to_owned()), rest),
            '-' if here.len() > 1 => {}
            'x' | 'X' if here.ends_with('\'') => {
                out.sql.push_str("'\\x");
                out.sql.push_str(&here[2..here.len() - 1]);
                out.sql.push_str("'::bytea");
            }
            '(' => {
                depth += 1;
                out.sql.push('(');
            }
            ')' => {
                depth = depth.saturating_sub(1);
                crossed.retain(|(_, at)| *at <= depth);
                out.sql.push(')');
            }
            _ if RESERVED.contains(&here) => {
                out.sql.push('"');
                out.sql.push_str(here);
                out.sql.push('"');
            }
            _ if here.eq_ignore_ascii_case("INDEXED") => rest = skip_index(rest),
            _ if here.eq_ignore_ascii_case("CROSS") => {
                crossed.push((out.sql.len(), depth));
                out.sql.push_str(here);
            }
            _ if here.eq_ignore_ascii_case("ON") => {
                // There, a join with a condition is none that crosses.
                if let Some((at, _)) = crossed.pop_if(|(_, at)| *at == depth) {
                    out.sql.replace_range(at..at + "CROSS".len(), "");
                }
                out.sql.push_str(here);
            }
            // The next join of the same list, or the end of the list: it has stayed without.
            _ if ["JOIN", "WHERE"].iter().any(|end| here.eq_ignore_ascii_case(end)) => {
                let own = crossed.last().is_some_and(|(at, _)| out.sql[at + "CROSS".len()..].trim().is_empty());
                if !own {
                    crossed.retain(|(_, at)| *at < depth);
                }
                out.sql.push_str(here);
            }
            _ => out.sql.push_str(here),
        }
    }
    out
}

impl Translated {
    fn parameter(&mut self, slot: Slot, rest: &str) {
        let mut next = rest.split_ascii_whitespace();
        let is_null = next.next() == Some("IS") && next.next().is_some_and(|word| word.starts_with("N"));
        let slot = if is_null { Slot::IsNull(Box::new(slot)) } else { slot };
        let number = self.slots.iter().position(|known| *known == slot).unwrap_or_else(|| {
            self.slots.push(slot);
            self.slots.len() - 1
        });
        self.sql.push('$');
        self.sql.push_str(&(number + 1).to_string());
        if is_null {
            self.sql.push_str("::int");
        }
    }
}

/// The length of what is quoted at the beginning; a quote in it is written twice, and so is two such tokens here.
fn quoted(text: &str, quote: char) -> usize {
    text[1..].find(quote).map_or(text.len(), |end| end + 2)
}

fn word(text: &str) -> usize {
    text.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count()
}

/// What follows `BY name`.
fn skip_index(text: &str) -> &str {
    let by = text.trim_start();
    let name = by[word(by)..].trim_start();
    &name[word(name)..]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(sql: &str) -> String {
        translate(sql).sql
    }

    #[test]
    fn a_parameter_is_taken_once_and_an_unused_one_never() {
        let made = translate("SELECT ?3, ?1 WHERE a = ?3 AND b = ?");
        assert_eq!(made.sql, "SELECT $1, $2 WHERE a = $1 AND b = $1");
        assert_eq!(made.slots, [Slot::Place(2), Slot::Place(0)]);
        let made = translate("SELECT :b || :a, x::text, :b");
        assert_eq!(made.sql, "SELECT $1 || $2, x::text, $1");
        assert_eq!(made.slots, [Slot::Name(":b".into()), Slot::Name(":a".into())]);
    }

    #[test]
    fn whether_a_parameter_is_null_is_asked_of_one_of_its_own() {
        let made = translate("(?2 IS NULL OR a = ?2) AND :b IS NOT NULL");
        assert_eq!(made.sql, "($1::int IS NULL OR a = $2) AND $3::int IS NOT NULL");
        let of = |slot: Slot| Slot::IsNull(Box::new(slot));
        assert_eq!(made.slots, [of(Slot::Place(1)), Slot::Place(1), of(Slot::Name(":b".into()))]);
    }

    #[test]
    fn what_is_quoted_stays() {
        for sql in
            ["SELECT 'a ?1 user''s :x', \"user ?\"", "SELECT '--' FROM t", "SELECT user_name, a.users FROM users"]
        {
            assert_eq!(said(sql), sql);
        }
        assert_eq!(said("SELECT m.user -- which user?\n FROM window"), "SELECT m.\"user\" \n FROM \"window\"");
    }

    #[test]
    fn hints_are_left_out() {
        assert_eq!(said("FROM a INDEXED BY a_by_b WHERE c"), "FROM a  WHERE c");
        assert_eq!(said("a CROSS JOIN b ON c CROSS JOIN d WHERE e"), "a  JOIN b ON c CROSS JOIN d WHERE e");
        assert_eq!(
            said("a CROSS JOIN (SELECT 1 FROM b CROSS JOIN c WHERE d) e ON f"),
            "a  JOIN (SELECT 1 FROM b CROSS JOIN c WHERE d) e ON f"
        );
        assert_eq!(
            said("a CROSS JOIN b WHERE EXISTS (SELECT 1 FROM c JOIN d ON e)"),
            "a CROSS JOIN b WHERE EXISTS (SELECT 1 FROM c JOIN d ON e)"
        );
    }

    #[test]
    fn a_join_that_crosses_stays_one() {
        assert_eq!(said("a CROSS JOIN b LEFT JOIN c ON d"), "a CROSS JOIN b LEFT JOIN c ON d");
    }

    #[test]
    fn bytes_are_bytes() {
        assert_eq!(said("x'' <> X'0aff' AND max'"), "'\\x'::bytea <> '\\x0aff'::bytea AND max'");
    }
}
