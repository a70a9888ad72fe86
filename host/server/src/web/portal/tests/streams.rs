use std::time::{Duration, Instant};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use super::house::*;

async fn open(house: &House, path: &str) -> TcpStream {
    let address = house.listen().await;
    let mut socket = TcpStream::connect(address).await.unwrap();
    let head = format!("GET {path} HTTP/1.1\r\nHost: x\r\nCookie: {}\r\n\r\n", house.ann.cookie);
    socket.write_all(head.as_bytes()).await.unwrap();
    socket
}

async fn begun(socket: &mut TcpStream) {
    let mut first = vec![0; 100_000];
    let read = tokio::time::timeout(Duration::from_secs(10), socket.read_exact(&mut first)).await;
    assert!(read.is_ok(), "{}", String::from_utf8_lossy(&first));
}

/// Reads on after the right has ended, and answers how many bytes came in all, and the last of them.
async fn read_to_the_cut(socket: &mut TcpStream) -> (usize, Vec<u8>, Duration) {
    let (began, mut total, mut last, mut buffer) = (Instant::now(), 0, Vec::new(), vec![0; 64 << 10]);
    // Slowly at first, as somebody on a slow line.
    while let Ok(Ok(read @ 1..)) = tokio::time::timeout(Duration::from_secs(5), socket.read(&mut buffer)).await {
        total += read;
        last = buffer[read.saturating_sub(5)..read].to_vec();
        if began.elapsed() < Duration::from_secs(1) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
    (total, last, began.elapsed())
}

const SIZE: usize = 64 << 20;

#[tokio::test(flavor = "multi_thread")]
async fn sh23_a_running_download_is_cut_within_two_seconds_of_the_unshare() {
    let house = House::new();
    let film = house.shared("film.bin", vec![5; SIZE]).await;
    let mut socket = open(&house, &house.content(&film)).await;
    begun(&mut socket).await;
    tokio::task::block_in_place(|| house.save(&film, &house.ann, false));
    let (total, _, took) = read_to_the_cut(&mut socket).await;
    assert!(total < SIZE / 2, "{total} bytes still came");
    assert!(took < Duration::from_secs(4), "{took:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn cu4_a_running_archive_is_cut_when_the_right_ends() {
    let house = House::new();
    for name in ["a.bin", "b.bin"] {
        house.shared(name, vec![5; SIZE / 2]).await;
    }
    let mut socket = open(&house, &house.path("/archive")).await;
    begun(&mut socket).await;
    tokio::task::block_in_place(|| house.grant(&house.ann, false));
    let (total, last, took) = read_to_the_cut(&mut socket).await;
    assert!(total < SIZE / 2, "{total} bytes still came");
    assert_ne!(last, b"0\r\n\r\n", "the archive ended as if it were whole");
    assert!(took < Duration::from_secs(4), "{took:?}");
}
