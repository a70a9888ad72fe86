//! The same on a folder of this machine and on a real WebDAV server: what happens in the tree happens to its documents.

mod apache;

use std::{
    fs,
    path::{Path, PathBuf},
};

use axum::http::StatusCode;

use client_connect_runtime::Clock as _;

use super::*;
use crate::{store::tree, web::portal::tests::house::*};
use apache::Apache;

/// A tree, as its own people see it.
struct Ground {
    house: House,
    root: PathBuf,
    seen: Seen,
    _kept: (tempfile::TempDir, Option<Apache>),
}

impl Ground {
    /// In a folder; the folder `Mill` is the house's own matter.
    fn folder() -> Self {
        let kept = tempfile::tempdir().unwrap();
        let root = kept.path().to_owned();
        Self::over(root.clone(), root.to_str().unwrap(), None, (kept, None))
    }

    /// On a WebDAV server, if there is one on this machine.
    fn dav() -> Option<Self> {
        let kept = tempfile::tempdir().unwrap();
        let apache = Apache::start(kept.path())?;
        let user = Some((apache::USER.to_owned(), SecretString::from(apache::PASSWORD)));
        let (root, url) = (apache.root(), apache.url());
        Some(Self::over(root, &url, user, (kept, Some(apache))))
    }

    fn over(
        root: PathBuf,
        place: &str,
        user: Option<(String, SecretString)>,
        kept: (tempfile::TempDir, Option<Apache>),
    ) -> Self {
        let settings = Settings {
            place: place.to_owned(),
            user,
            owner: "owner@firm.example".to_owned(),
            every: Duration::from_secs(1),
        };
        let house = House::set_up(|config| config.tree = Some(Tree::new(settings).unwrap()));
        house.change(|tx| tree::set_matter(tx, "Mill", &house.matter).unwrap());
        Self { house, root, seen: Seen::default(), _kept: kept }
    }

    fn write(&self, path: &str, text: &str) {
        let place = self.root.join(path);
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        // As programs save: whole at once.
        let draft = place.with_extension("part");
        fs::write(&draft, text).unwrap();
        fs::rename(draft, place).unwrap();
    }

    fn mv(&self, from: &str, to: &str) {
        fs::create_dir_all(self.root.join(to).parent().unwrap()).unwrap();
        fs::rename(self.root.join(from), self.root.join(to)).unwrap();
    }

    fn remove(&self, path: &str) {
        fs::remove_file(self.root.join(path)).unwrap();
    }

    /// Looks until nothing is new.
    async fn settle(&mut self) {
        look(&self.house.app, &mut self.seen).await.unwrap();
        while look(&self.house.app, &mut self.seen).await.unwrap() {}
    }

    /// The names of all documents that are there, with their matters'.
    fn documents(&self) -> Vec<String> {
        let all = "SELECT m.name || '/' || d.name AS line FROM documents d JOIN matters m ON m.id = d.matter
                   WHERE d.deleted_at IS NULL ORDER BY line";
        self.house.change(|tx| {
            let mut all = tx.conn().prepare(all).unwrap();
            let lines = all.query_map([], |row| row.get::<_, String>(0)).unwrap();
            lines.map(Result::unwrap).collect()
        })
    }

    fn document(&self, name: &str) -> String {
        self.house.sql(&format!("SELECT id FROM documents WHERE name = '{name}' AND deleted_at IS NULL"))
    }

    async fn content(&self, document: &str) -> (StatusCode, String) {
        let answer = self.house.get(&self.house.ann, &self.house.content(document)).await;
        (answer.status, String::from_utf8_lossy(&answer.body).into_owned())
    }
}

/// Both kinds of trees; what is missing is said.
fn grounds() -> Vec<Ground> {
    [Some(Ground::folder()), Ground::dav()].into_iter().flatten().collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn tr1_folders_are_matters_and_files_their_documents() {
    for mut ground in grounds() {
        ground.write("Estate of Brown/Letters/Über den Fluß & co.txt", "a letter");
        ground.write("Estate of Brown/will 100%.txt", "the will");
        ground.write("Mill/deed.txt", "the deed");
        ground.write("at the top.txt", "of no matter");
        ground.write("Mill/~$deed.docx", "a lock");
        ground.settle().await;
        let all =
            ["Estate of Brown/will 100%.txt", "Estate of Brown/Über den Fluß & co.txt", "Sale of the mill/deed.txt"];
        assert_eq!(ground.documents(), all);
        assert_eq!(ground.house.sql::<String>("SELECT kind FROM documents WHERE name LIKE 'Über%'"), "Letters");
        let owner = "SELECT u.email FROM matters m JOIN users u ON u.id = m.owner WHERE m.name = 'Estate of Brown'";
        assert_eq!(ground.house.sql::<String>(owner), "owner@firm.example");
        // Nothing of it is anybody's before it is shared.
        assert!(ground.house.names(&ground.house.ann).await.is_empty());
        let deed = ground.document("deed.txt");
        ground.house.save(&deed, &ground.house.ann, true);
        assert_eq!(ground.content(&deed).await, (StatusCode::OK, "the deed".into()));
        ground.house.verified();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tr2_shares_follow_a_file_within_its_matter_and_no_further() {
    for mut ground in grounds() {
        for name in ["a", "b", "c"] {
            ground.write(&format!("Mill/{name}.txt"), &format!("first {name}"));
        }
        ground.write("Other/x.txt", "x");
        ground.settle().await;
        for name in ["a.txt", "b.txt", "c.txt"] {
            let document = ground.document(name);
            ground.house.save(&document, &ground.house.ann, true);
        }
        let (a, b) = (ground.document("a.txt"), ground.document("b.txt"));

        ground.write("Mill/a.txt", "second, and longer");
        ground.mv("Mill/b.txt", "Mill/Signed/b, signed.txt");
        ground.mv("Mill/c.txt", "Other/c.txt");
        ground.settle().await;
        assert_eq!(ground.content(&a).await, (StatusCode::OK, "second, and longer".into()));
        assert_eq!(ground.house.sql::<i64>("SELECT max(version) FROM documents"), 2);
        assert_eq!(ground.document("b, signed.txt"), b, "the same document");
        assert_eq!(ground.house.names(&ground.house.ann).await, ["a.txt", "b, signed.txt"]);
        assert_eq!(ground.documents().iter().filter(|line| line.starts_with("Other/")).count(), 2);

        // Moved back, it is not shared again.
        ground.mv("Other/c.txt", "Mill/c.txt");
        ground.remove("Mill/a.txt");
        ground.settle().await;
        assert_eq!(ground.house.names(&ground.house.ann).await, ["b, signed.txt"]);
        assert_eq!(ground.content(&a).await.0, StatusCode::NOT_FOUND);
        // Another file in the old place is another document, whatever it is called.
        ground.write("Mill/a.txt", "not what was shared");
        ground.settle().await;
        assert_ne!(ground.document("a.txt"), a);
        assert_eq!(ground.house.names(&ground.house.ann).await, ["b, signed.txt"]);
        ground.house.verified();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tr3_what_a_customer_sends_is_written_into_the_tree_over_nothing_and_once() {
    for mut ground in grounds() {
        ground.write("Mill/From customers/scan.txt", "one that was there");
        ground.settle().await;
        let sent = ground.house.upload(&ground.house.ann, "scan.txt", "sent by a customer", &[]).await;
        assert_eq!(sent.status, StatusCode::CREATED, "{}", String::from_utf8_lossy(&sent.body));
        ground.settle().await;
        let read = |path: &str| fs::read_to_string(ground.root.join(path)).unwrap();
        assert_eq!(read("Mill/From customers/scan.txt"), "one that was there");
        assert_eq!(read("Mill/From customers/scan (2).txt"), "sent by a customer");
        // Written out before that could be noted, it is the same document.
        ground.house.change(|tx| tree::forget(tx, "Mill/From customers/scan (2).txt").unwrap());
        let before = ground.documents();
        look(&ground.house.app, &mut Seen::default()).await.unwrap();
        ground.seen = Seen::default();
        let app = ground.house.app.clone();
        // Not written out a second time either: the look that finds it comes first.
        look(&app, &mut ground.seen).await.ok();
        ground.settle().await;
        assert_eq!(ground.documents(), before);
        assert_eq!(ground.house.sql::<i64>("SELECT count(*) FROM tree_files WHERE path LIKE 'Mill/%'"), 2);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tr4_a_tree_that_is_not_there_or_empty_at_once_changes_nothing() {
    let mut ground = Ground::folder();
    for n in 0..3 {
        ground.write(&format!("Mill/{n}.txt"), &format!("{n}"));
    }
    ground.settle().await;
    let all = ground.documents();
    let away = ground.root.with_extension("away");
    fs::rename(&ground.root, &away).unwrap();
    for _ in 0..3 {
        assert!(look(&ground.house.app, &mut ground.seen).await.is_err());
    }
    fs::create_dir(&ground.root).unwrap();
    for _ in 0..3 {
        assert!(look(&ground.house.app, &mut ground.seen).await.is_err());
    }
    assert_eq!(ground.documents(), all);
    fs::remove_dir(&ground.root).unwrap();
    fs::rename(&away, &ground.root).unwrap();
    ground.settle().await;
    assert_eq!(ground.documents(), all);
    assert_eq!(ground.house.sql::<i64>("SELECT count(*) FROM documents"), 3, "nor was anything made anew");
}

#[tokio::test(flavor = "multi_thread")]
async fn tr5_a_file_that_is_still_being_written_is_not_taken() {
    let mut ground = Ground::folder();
    ground.write("Mill/kept.txt", "kept");
    ground.settle().await;
    let place = ground.root.join("Mill/long.txt");
    for part in ["a", "a long", "a long text"] {
        fs::write(&place, part).unwrap();
        look(&ground.house.app, &mut ground.seen).await.unwrap();
        assert_eq!(ground.documents(), ["Sale of the mill/kept.txt"]);
    }
    ground.settle().await;
    let long = ground.document("long.txt");
    assert_eq!(ground.house.sql::<i64>(&format!("SELECT version FROM documents WHERE id = '{long}'")), 1);
    // One that cannot be taken is left out, and holds up no other.
    fs::write(ground.root.join("Mill/empty.txt"), "").unwrap();
    ground.write("Mill/next.txt", "next");
    ground.settle().await;
    assert_eq!(ground.documents().len(), 3);
}

/// Random numbers that can be had again.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % most
    }
}

fn files(root: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(root).unwrap().flatten() {
        if entry.path().is_dir() { found.extend(files(&entry.path())) } else { found.push(entry.path()) }
    }
    found.sort();
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn tr6_however_looks_and_changes_fall_the_documents_become_what_the_tree_is() {
    let mut ground = Ground::folder();
    ground.write("Mill/begin.txt", "begin");
    ground.settle().await;
    for seed in 1..=6_u64 {
        let mut dice = Dice(seed);
        for step in 0..60 {
            let all = files(&ground.root);
            let any = all[dice.below(all.len())].strip_prefix(&ground.root).unwrap().to_str().unwrap().to_owned();
            let matter = ["Mill", "Other", "Third"][dice.below(3)];
            match dice.below(6) {
                0 | 1 => ground.write(&format!("{matter}/{seed}-{step}.txt"), &format!("{seed} {step}")),
                2 => ground.write(&any, &format!("{seed} {step} again")),
                3 if all.len() > 2 => ground.remove(&any),
                4 => ground.mv(&any, &format!("{matter}/Moved/{seed}-{step}.txt")),
                _ => drop(look(&ground.house.app, &mut ground.seen).await.unwrap()),
            }
            // Whatever there is of the owner's is shared now and then.
            if dice.below(4) == 0 {
                let of = format!(
                    "SELECT coalesce((SELECT id FROM documents WHERE matter = '{}' AND deleted_at IS NULL
                                  ORDER BY id LIMIT 1 OFFSET {}), '')",
                    ground.house.matter,
                    dice.below(4)
                );
                let document: String = ground.house.sql(&of);
                let live =
                    format!("SELECT EXISTS (SELECT 1 FROM shares WHERE document = '{document}' AND state = 'live')");
                if !document.is_empty() && !ground.house.sql::<bool>(&live) {
                    ground.house.save(&document, &ground.house.ann, true);
                }
            }
        }
        ground.settle().await;
        let there = files(&ground.root);
        let mut lines: Vec<String> = there
            .iter()
            .map(|path| {
                let path = path.strip_prefix(&ground.root).unwrap().to_str().unwrap();
                let (folder, rest) = path.split_once('/').unwrap();
                let matter = if folder == "Mill" { "Sale of the mill" } else { folder };
                format!("{matter}/{}", rest.rsplit('/').next().unwrap())
            })
            .collect();
        lines.sort();
        assert_eq!(ground.documents(), lines, "seed {seed}");
        // What the customer sees lies in the matter's folder, and is what lies there.
        for name in ground.house.names(&ground.house.ann).await {
            let place = there.iter().find(|path| path.ends_with(&name)).unwrap();
            assert!(place.starts_with(ground.root.join("Mill")), "seed {seed}: {place:?}");
            let document = ground.document(&name);
            assert_eq!(ground.content(&document).await.1, fs::read_to_string(place).unwrap(), "seed {seed}: {name}");
        }
        ground.house.verified();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tr8_of_several_hosts_one_looks_and_another_takes_over() {
    let mut ground = Ground::folder();
    ground.write("Mill/a.txt", "a");
    let claim = |by: &str, until| {
        let now = ground.house.clock.now();
        ground.house.change(|tx| leases::claim(tx, "tree", by, now, until).unwrap())
    };
    let until = ground.house.clock.now() + 1_000;
    assert!(claim("another", until) && claim("another", until) && !claim("a third", until));
    for _ in 0..3 {
        assert!(!look(&ground.house.app, &mut ground.seen).await.unwrap());
    }
    assert_eq!(ground.documents(), [""; 0]);
    ground.house.clock.advance(1_000);
    ground.settle().await;
    assert_eq!(ground.documents(), ["Sale of the mill/a.txt"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn tr9_two_that_look_at_once_all_the_same_make_nothing_twice() {
    let mut ground = Ground::folder();
    ground.write("Mill/a.txt", "a");
    ground.settle().await;
    let mut other = Seen::default();
    for round in 0..10 {
        for n in 0..5 {
            ground.write(&format!("Mill/{round}-{n}.txt"), &format!("{round} {n}"));
        }
        ground.mv("Mill/a.txt", "Mill/b.txt");
        for _ in 0..3 {
            let (app, seen) = (ground.house.app.clone(), &mut ground.seen);
            let (one, two) = tokio::join!(look(&app, seen), look(&app, &mut other));
            one.unwrap();
            two.unwrap();
        }
        ground.mv("Mill/b.txt", "Mill/a.txt");
        ground.settle().await;
        assert_eq!(ground.documents().len(), 1 + 5 * (round + 1));
    }
    assert_eq!(ground.house.sql::<i64>("SELECT count(*) FROM documents WHERE name = 'a.txt'"), 1);
    assert_eq!(ground.house.sql::<i64>("SELECT count(*) FROM documents WHERE deleted_at IS NOT NULL"), 0);
}

#[test]
fn tr7_only_a_place_that_keeps_documents_to_itself_is_taken() {
    let tree = |place: &str| {
        let (place, owner) = (place.to_owned(), "ada@firm.example".to_owned());
        Tree::new(Settings { place, user: None, owner, every: Duration::from_secs(30) }).map(drop)
    };
    for place in ["http://nas.example/files", "ftp://nas.example/files", "https://"] {
        assert!(tree(place).is_err(), "{place}");
    }
    for place in ["https://nas.example/files", "http://127.0.0.1:8081/", "/srv/matters", "matters"] {
        assert_eq!(tree(place), Ok(()), "{place}");
    }
}
