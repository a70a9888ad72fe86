//! Whether what came is what was expected. An expectation says what matters: of an object the fields that it names, of a
//! list all of its rows in their order, of anything else the value itself.
//!
//! `"$any"` is whatever is not `null`; `{"$count": n}` a list of so many rows; `{"$has": [...]}` a list in which each of
//! these is found; `{"$contains": "text"}` a text with this in it; `{"$one-of": [...]}` any of these; `{"$all": [...]}` all
//! of these at once; `{"$not": ...}` anything else.

use serde_json::Value;

/// Where and how what came differs from what was expected; the first such place.
///
/// # Errors
/// With the place and both values.
pub(crate) fn expect(wanted: &Value, came: &Value, place: &str) -> Result<(), String> {
    let differs = || Err(format!("{place}: expected {wanted}, got {came}"));
    match wanted {
        Value::String(word) if word == "$any" => {
            if came.is_null() {
                return differs();
            }
            Ok(())
        }
        Value::Object(fields) => {
            if let Some((rule, said)) = fields.iter().next().filter(|(key, _)| key.starts_with('$')) {
                return if holds(rule, said, came) { Ok(()) } else { differs() };
            }
            if !came.is_object() {
                return differs();
            }
            let missing = Value::from("nothing of this name");
            fields.iter().try_for_each(|(key, value)| {
                expect(value, came.get(key).unwrap_or(&missing), &format!("{place}.{key}"))
            })
        }
        Value::Array(rows) => match came.as_array() {
            Some(came) if came.len() == rows.len() => {
                let mut both = rows.iter().zip(came).enumerate();
                both.try_for_each(|(n, (wanted, came))| expect(wanted, came, &format!("{place}[{n}]")))
            }
            _ => differs(),
        },
        _ if wanted == came => Ok(()),
        _ => differs(),
    }
}

fn holds(rule: &str, said: &Value, came: &Value) -> bool {
    let fits = |wanted: &Value, came: &Value| expect(wanted, came, "").is_ok();
    let rows = came.as_array();
    let all = said.as_array();
    match rule {
        "$count" => rows.map(|rows| rows.len() as u64) == said.as_u64(),
        "$has" => all.is_some_and(|all| {
            all.iter().all(|wanted| rows.is_some_and(|rows| rows.iter().any(|came| fits(wanted, came))))
        }),
        "$contains" => came.as_str().zip(said.as_str()).is_some_and(|(came, said)| came.contains(said)),
        "$one-of" => all.is_some_and(|all| all.iter().any(|wanted| fits(wanted, came))),
        "$all" => all.is_some_and(|all| all.iter().all(|wanted| fits(wanted, came))),
        "$not" => !fits(said, came),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_expectation_is_about_what_it_names() {
        let came = json!({"a": 1, "list": [{"id": "x", "n": 1}, {"id": "y", "n": 2}], "none": null, "text": "one two"});
        let met = [
            json!({"a": 1}),
            json!({"list": [{"id": "x"}, {"n": 2}], "none": null}),
            json!({"list": {"$count": 2}, "text": {"$contains": "two"}, "a": "$any"}),
            json!({"text": {"$all": [{"$contains": "one"}, {"$not": {"$contains": "three"}}]}}),
            json!({"list": {"$has": [{"id": "y"}]}, "a": {"$one-of": [2, 1]}, "text": {"$not": "one"}}),
        ];
        for wanted in met {
            expect(&wanted, &came, "").unwrap();
        }
        let missed = [
            json!({"a": 2}),
            json!({"b": 1}),
            json!({"b": null}),
            json!({"list": [{"id": "x"}]}),
            json!({"list": [{"id": "y"}, {"id": "x"}]}),
            json!({"none": "$any"}),
            json!({"list": {"$count": 1}}),
            json!({"list": {"$has": [{"id": "z"}]}}),
            json!({"text": {"$contains": "three"}}),
            json!({"a": {"$one-of": [2, 3]}}),
            json!({"a": {"$not": 1}}),
            json!({"text": {"$all": [{"$contains": "one"}, {"$contains": "three"}]}}),
            json!({"a": {"$nonsense": 1}}),
        ];
        for wanted in missed {
            assert!(expect(&wanted, &came, "").is_err(), "{wanted}");
        }
    }

    #[test]
    fn a_difference_is_told_with_its_place() {
        let error = expect(&json!({"rows": [{"n": 1}]}), &json!({"rows": [{"n": 2}]}), "answer").unwrap_err();
        assert_eq!(error, "answer.rows[0].n: expected 1, got 2");
    }
}
