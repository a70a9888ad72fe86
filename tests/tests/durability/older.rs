//! Records of an older version that are brought up to this one's while the host is killed at every point of that: started
//! again, they are this version's, with all that was in them.

use client_connect_fixtures::figure;
use client_connect_tests::{person::Person, template::Template, tracer::Fault};
use rusqlite::Connection;

use super::{
    moments::{SCHEMA, begun, one, step},
    points::{chosen, noticed},
};

/// Makes of this version's records those of the first one: each step of the schema undone, the last one first. A step that
/// is missing here is found when the host tries to take it a second time.
const TO_THE_FIRST: &str = "
    DROP TABLE tree_files; DROP TABLE tree_folders;

    DROP TABLE used_answers; DROP TABLE identities; DROP TABLE recovery_codes; DROP TABLE factors;
    ALTER TABLE firms DROP COLUMN second_factor;

    DROP TRIGGER quarantine_forgotten;
    DROP VIEW named_blobs;
    CREATE VIEW named_blobs AS
        SELECT blob FROM versions
        UNION ALL SELECT blob FROM uploads WHERE blob IS NOT NULL
        UNION ALL SELECT blob FROM upload_parts;
    DROP TABLE quarantine;

    DROP INDEX documents_without_preview;
    ALTER TABLE documents DROP COLUMN no_preview;
    ALTER TABLE firms DROP COLUMN watermark;

    DELETE FROM refinery_schema_history WHERE version > 1;
    PRAGMA wal_checkpoint(TRUNCATE);";

const VERSION: &str = "SELECT max(version) FROM refinery_schema_history";

#[tokio::test(flavor = "multi_thread")]
async fn inv9_older_records_that_are_being_brought_up_are_whole_at_the_next_start() {
    let template = Template::lay(86_400).await;
    let (newer, older) = (template.copy(), template.copy());
    Connection::open(older.database()).unwrap().execute_batch(TO_THE_FIRST).unwrap();
    assert_eq!(one::<i64>(&older, VERSION), Some(1));
    let (content, version) = (noticed(&newer), one::<i64>(&newer, VERSION));
    assert!(content.len() > 10 && version > Some(1), "{version:?} {content:?}");

    let start = |at| begun(older.copy(), at);
    let (served, points, untouched) = tokio::task::block_in_place(|| start(None));
    assert!(served.is_some(), "{points:?}");
    let schema = one::<String>(&untouched, SCHEMA);
    let (mut killed, mut halfway) = (0, 0);
    for at in chosen(&points).into_iter().step_by(step()) {
        let (served, _, mut scene) = tokio::task::block_in_place(|| start(Some((at, Fault::Kill))));
        let what = format!("killed at {at} of {points:?}");
        halfway += usize::from(one::<i64>(&scene, VERSION) == Some(1));
        let base = tokio::task::block_in_place(|| scene.start());
        Person::new(base).get("/readyz").await.expect(200);
        tokio::task::block_in_place(|| scene.stop());
        assert_eq!(scene.broken(), [], "{what}");
        assert_eq!((one::<i64>(&scene, VERSION), one::<String>(&scene, SCHEMA)), (version, schema.clone()), "{what}");
        assert_eq!(noticed(&scene), content, "{what}");
        killed += usize::from(served.is_none());
    }
    figure(format_args!("{killed} kills while older records are brought up, {halfway} before it was done"));
    assert!(killed > 0 && halfway > 0);
}
