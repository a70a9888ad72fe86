//! Another machine is spoken to over TLS; and steps of the schema only add, so that a host of the version before goes on
//! serving beside one that has taken them.

use super::*;

#[test]
fn another_machine_is_spoken_to_over_tls() {
    for (url, mode) in [
        ("postgres://a:b@db.example/c", SslMode::Require),
        ("postgres://a:b@10.0.0.1/c?sslmode=prefer", SslMode::Require),
        ("postgres://a@localhost,db.example/c", SslMode::Require),
        ("postgres://a:b@db.example/c?sslmode=disable", SslMode::Disable),
        ("postgres://a@localhost/c", SslMode::Prefer),
        ("postgres://a@127.0.0.1/c?sslmode=require", SslMode::Require),
        ("postgres://a@%2Ftmp/c", SslMode::Disable),
    ] {
        let postgres = Postgres::new(url, Duration::from_secs(1), None).unwrap();
        assert_eq!(postgres.config.get_ssl_mode(), mode, "{url}");
    }
}

/// A script's statements in capitals, without comments, each on one line.
fn statements(script: &str) -> Vec<String> {
    let code: Vec<&str> = script.lines().map(|line| line.split("--").next().unwrap_or_default()).collect();
    let text = code.join(" ").to_uppercase();
    let flat = |part: &str| part.split_whitespace().collect::<Vec<_>>().join(" ");
    text.split(';').map(flat).filter(|part| !part.is_empty()).collect()
}

/// The first statement that is not known to be additive and quick. Whatever is not on the list is refused: it may be
/// harmless, and then the list has to learn why.
fn not_additive(script: &str) -> Option<String> {
    let statements = statements(script);
    let made: Vec<&str> =
        (statements.iter()).filter_map(|part| part.strip_prefix("CREATE TABLE ")?.split([' ', '(']).next()).collect();
    let adds = |part: &str| {
        // One table, and for each of its new columns: old hosts may leave it out.
        let Some((_, columns)) = part.strip_prefix("ALTER TABLE ").and_then(|rest| rest.split_once(' ')) else {
            return false;
        };
        columns.split(',').all(|change| {
            let Some(column) = change.trim().strip_prefix("ADD COLUMN ") else { return false };
            let optional = !column.contains(" NOT NULL") || column.contains(" DEFAULT ");
            // These look at every row, or refuse what an old host writes.
            let more = [" UNIQUE", " PRIMARY KEY", " CHECK", " REFERENCES", " GENERATED", " DEFAULT RANDOM()"];
            optional && !more.iter().any(|word| column.contains(word))
        })
    };
    let of_own_table = |part: &str| {
        let on = part.split_once(" ON ").map(|(_, rest)| rest.split([' ', '(']).next().unwrap_or_default());
        (part.starts_with("CREATE INDEX ") || part.starts_with("CREATE UNIQUE INDEX "))
            && on.is_some_and(|on| made.contains(&on))
    };
    let good = |part: &String| part.starts_with("CREATE TABLE ") || adds(part) || of_own_table(part);
    statements.iter().find(|part| !good(part)).cloned()
}

#[test]
fn every_step_after_the_first_only_adds() {
    for (at, script) in MIGRATIONS.iter().enumerate().skip(1) {
        assert_eq!(not_additive(script), None, "step {}", at + 1);
    }
}

#[test]
fn a_step_that_takes_away_or_takes_long_is_found() {
    for good in [
        "CREATE TABLE a (id text PRIMARY KEY); CREATE UNIQUE INDEX b ON a (id);",
        "ALTER TABLE documents ADD COLUMN colour text; -- DROP nothing",
        "ALTER TABLE documents\n  ADD COLUMN colour text NOT NULL DEFAULT 'red',\n  ADD COLUMN shade bigint",
    ] {
        assert_eq!(not_additive(good), None, "{good}");
    }
    for bad in [
        "DROP TABLE documents",
        "DROP INDEX documents_by_name",
        "TRUNCATE documents",
        "UPDATE documents SET name = ''",
        "ALTER TABLE documents DROP COLUMN name",
        "ALTER TABLE documents ADD COLUMN a text, DROP COLUMN name",
        "ALTER TABLE documents RENAME COLUMN name TO title",
        "ALTER TABLE documents RENAME TO papers",
        "ALTER TABLE documents ALTER COLUMN size TYPE numeric",
        "ALTER TABLE documents ALTER COLUMN name SET NOT NULL",
        "ALTER TABLE documents ADD COLUMN colour text NOT NULL",
        "ALTER TABLE documents ADD COLUMN colour text, ADD COLUMN shade text NOT NULL",
        "ALTER TABLE documents ADD COLUMN colour text UNIQUE",
        "ALTER TABLE documents ADD CONSTRAINT short CHECK (length(name) < 9)",
        "CREATE INDEX by_size ON documents (size)",
        "CREATE TABLE a (id text); DROP TABLE documents",
    ] {
        assert!(not_additive(bad).is_some(), "{bad}");
    }
}
