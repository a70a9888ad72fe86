//! An upload that is begun at one host goes on at the other, in the middle of a file and in the middle of a request: a
//! balancer may send each request to any of them.

use client_connect_tests::{
    files::{Pieces, bytes},
    ground::{ANN, Ground},
    host::{TestHost, prove},
    person::Person,
    wait::eventually,
};
use tokio::{io::AsyncWriteExt as _, net::TcpStream};

use super::beside::ground;

/// More than a host keeps in one part.
const LENGTH: usize = 20_000_000;

/// Makes a document of it, and reads it where it was not sent.
async fn finish(sent: &Pieces<'_>, ground: &Ground, ann: &Person, at: &TestHost, file: &[u8]) {
    let document = sent.finish(ann).await;
    let staff = ground.staff.at(&at.base);
    let content = staff.get(&format!("/api/matters/{}/documents/{document}/content", ground.matter)).await;
    content.expect(200);
    assert!(content.bytes == file, "not the file: {} bytes", content.bytes.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn t_2host_an_upload_begun_at_one_host_goes_on_at_the_other() {
    let Some(ground) = ground().await else { return };
    let other = ground.host.beside().await;
    let here = ground.host.customer(ANN).await;
    let (there, file) = (here.at(&other.base), bytes(7, LENGTH));
    let sent = Pieces::begin(&ground, &here, LENGTH).await;
    // A piece here, a piece there, each longer or shorter than what is kept at once.
    let mut offset = 0;
    for (turn, size) in [3_000_000, 9_000_000, 1, 7_999_999].into_iter().enumerate() {
        let (writes, asks) = if turn % 2 == 0 { (&here, &there) } else { (&there, &here) };
        sent.send(writes, offset, &file[offset..offset + size]).await.expect(204);
        offset += size;
        assert_eq!(sent.offset(asks).await, offset);
    }
    // What has come already is taken from nobody twice.
    assert_eq!(sent.send(&here, 3_000_000, &file[3_000_000..3_000_010]).await.status, 409);
    finish(&sent, &ground, &here, &other, &file).await;
    prove(&other);
}

#[tokio::test(flavor = "multi_thread")]
async fn t_2host_an_upload_whose_request_hangs_at_one_host_is_done_at_the_other() {
    let Some(ground) = ground().await else { return };
    let other = ground.host.beside().await;
    let cookie = ground.host.session_cookie(ANN).await;
    let here = ground.host.customer(ANN).await;
    let (there, file) = (here.at(&other.base), bytes(7, LENGTH));
    let sent = Pieces::begin(&ground, &here, LENGTH).await;
    // Half of a part, and then nothing more, on a connection that nobody closes.
    let address = ground.host.base.trim_start_matches("http://");
    let mut hangs = TcpStream::connect(address).await.expect("the host");
    let head = format!(
        "PATCH {} HTTP/1.1\r\nhost: {address}\r\ncookie: {cookie}\r\ntus-resumable: 1.0.0\r\nupload-offset: 0\r\n\
         content-type: application/offset+octet-stream\r\ncontent-length: {LENGTH}\r\n\r\n",
        sent.path()
    );
    hangs.write_all(head.as_bytes()).await.expect("the host reads");
    hangs.write_all(&file[..4_000_000]).await.expect("the host reads");
    let loose = || {
        ground
            .host
            .own(|tx, _| Ok(tx.conn().query_row("SELECT count(*) FROM loose_blobs", [], |row| row.get::<_, i64>(0))?))
    };
    eventually("the host writes what has come", || async { loose() > 0 }).await;
    assert_eq!(sent.offset(&there).await, 0, "nothing of it is durable");
    sent.send(&there, 0, &file).await.expect(204);
    // What the first had in its hands is thrown away: it is at another place by now.
    drop(hangs);
    eventually("nothing is left loose", || async { loose() == 0 }).await;
    assert_eq!(sent.offset(&here).await, LENGTH);
    finish(&sent, &ground, &there, &ground.host, &file).await;
    prove(&ground.host);
}
