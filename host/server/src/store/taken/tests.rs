use super::*;

fn share(document: &str) -> Taken {
    Taken::Share { matter: "m".into(), document: document.into(), contact: "c".into() }
}

#[test]
fn what_was_written_is_read_again_from_a_moment_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("taken.jsonl");
    let journal = Journal::new(path.clone());
    journal.begin().unwrap();
    assert_eq!(read(&path, 0).unwrap(), (Vec::new(), 0));
    journal.write(10, vec![share("a")]);
    journal.write(20, vec![share("b"), Taken::Contact { matter: "m".into(), contact: "c".into() }]);
    assert_eq!(read(&path, 0).unwrap().0.len(), 3);
    assert_eq!(read(&path, 20).unwrap().0[0], share("b"));
    assert_eq!(read(&path, 21).unwrap(), (Vec::new(), 0));
}

#[test]
fn a_line_that_broke_off_is_counted_and_swallows_none_that_follows() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("taken.jsonl");
    std::fs::write(&path, "{\"at\":5,\"taken\":\"sha").unwrap();
    Journal::new(path.clone()).write(10, vec![share("a")]);
    assert_eq!(read(&path, 0).unwrap(), (vec![share("a")], 1));
}

#[test]
fn what_cannot_be_written_now_is_written_with_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let inside = folder.path().join("not there yet");
    let path = inside.join("taken.jsonl");
    let journal = Journal::new(path.clone());
    journal.write(10, vec![share("a")]);
    std::fs::create_dir(&inside).unwrap();
    journal.write(11, vec![share("b")]);
    assert_eq!(read(&path, 0).unwrap(), (vec![share("a"), share("b")], 0));
}
