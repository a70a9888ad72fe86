use client_connect_runtime::backend::Mode;

use super::*;
use crate::store::{
    Options,
    testing::{MATTER, World, document},
    verify::{Settings, verify},
};

#[test]
fn a_backup_made_while_others_write_is_one_moment_and_serves() {
    if !crate::store::testing::over_sqlite() {
        return;
    }
    let world = World::new();
    let folder = world.folder.path().join("documents");
    let blobs = Blobs::folder(&folder).unwrap();
    let put = |n: u32| {
        let id = format!("{n:04}");
        let bytes = format!("bytes of {n}");
        let blob = ["blob-", &id].concat();
        std::fs::create_dir_all(folder.join("bl")).unwrap();
        std::fs::write(folder.join("bl").join(&blob), &bytes).unwrap();
        let hash = hex::encode(Sha256::digest(&bytes));
        world.write(|tx| {
            document(tx, MATTER, &id, &["paper ", &id].concat(), None, 1);
            for table in [
                "UPDATE documents SET sha256 = ?1, size = ?2 WHERE blob = ?3",
                "UPDATE versions SET sha256 = ?1, size = ?2 WHERE blob = ?3",
            ] {
                tx.conn().execute(table, (&hash, bytes.len() as i64, &blob)).unwrap();
            }
        });
    };
    (0..20).for_each(put);
    let to = world.folder.path().join("backup");
    let open = world.store.begin_own(Mode::Write, 1).unwrap();
    open.conn().execute("DELETE FROM documents", []).unwrap();
    let manifest = backup(&world.store, &blobs, &to, 77).unwrap();
    drop(open);
    assert_eq!((manifest.at, manifest.contents, manifest.missing.len()), (77, 20, 0));
    assert_eq!(manifest.database, hash_file(&to.join(DATABASE)).unwrap());
    // What comes later is not in it.
    put(21);
    let restored = SqliteBackend::open(to.join(DATABASE), Options::new("https://firm.example")).unwrap();
    let bytes = Blobs::folder(&to.join(DOCUMENTS)).unwrap();
    let settings = Settings { folder: Some(&to.join(DOCUMENTS)), ..Settings::default() };
    for finding in verify(&restored, &bytes, &settings).unwrap() {
        assert!(finding.holds(), "{finding:?}");
        assert!(finding.invariant != "INV-2" || finding.checked == 20);
    }
    assert!(matches!(backup(&world.store, &blobs, &to, 78), Err(BackupError::NotEmpty(_))));
}

#[test]
fn bytes_that_are_lost_are_named_and_the_rest_is_kept() {
    if !crate::store::testing::over_sqlite() {
        return;
    }
    let world = World::new();
    world.write(|tx| document(tx, MATTER, "d1", "a", None, 1));
    let blobs = Blobs::folder(&world.folder.path().join("documents")).unwrap();
    let manifest = backup(&world.store, &blobs, &world.folder.path().join("backup"), 5).unwrap();
    assert_eq!(manifest.contents, 0);
    assert!(manifest.missing[0].starts_with("d1 1: "), "{:?}", manifest.missing);
}
