//! Floods of HTTP/2 frames, written by hand (case 119): resets, CONTINUATION, SETTINGS, PING, empty
//! DATA (RFC 9113). The connection ends or the frames are taken, and the server goes on.

use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::harness::TestApp;

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const CONTINUATION: u8 = 9;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let mut frame = length[1..].to_vec();
    frame.extend([kind, flags]);
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

/// `GET` or `POST /livez` by the static table of HPACK (RFC 7541 App. A).
fn head(is_post: bool) -> Vec<u8> {
    let mut block = vec![if is_post { 0x83 } else { 0x82 }, 0x86, 0x04, 6];
    block.extend(b"/livez");
    block.extend([0x41, 9]);
    block.extend(b"localhost");
    block
}

async fn connect(app: &TestApp) -> TcpStream {
    let mut stream = TcpStream::connect(app.url.trim_start_matches("http://")).await.unwrap();
    stream.write_all(PREFACE).await.unwrap();
    stream.write_all(&frame(SETTINGS, 0, 0, &[])).await.unwrap();
    stream
}

/// The kinds of the frames that came, and what GOAWAY and SETTINGS say.
struct Came {
    goaway: Option<u32>,
    settings: Vec<(u16, u32)>,
    is_closed: bool,
}

/// Reads what comes until the connection ends, or nothing comes for half a second.
async fn read(stream: &mut (impl AsyncReadExt + Unpin)) -> Came {
    let (mut bytes, mut chunk, mut is_closed) = (Vec::new(), vec![0; 65_536], false);
    let patience = Duration::from_millis(500);
    while let Ok(read) = tokio::time::timeout(patience, stream.read(&mut chunk)).await {
        match read {
            Ok(0) | Err(_) => {
                is_closed = true;
                break;
            }
            Ok(length) => bytes.extend_from_slice(&chunk[..length]),
        }
    }
    let mut came = Came { goaway: None, settings: Vec::new(), is_closed };
    let mut rest = bytes.as_slice();
    while rest.len() >= 9 {
        let length = usize::from(rest[0]) << 16 | usize::from(rest[1]) << 8 | usize::from(rest[2]);
        let (kind, flags) = (rest[3], rest[4]);
        let Some(payload) = rest.get(9..9 + length) else { break };
        if kind == GOAWAY {
            came.goaway = Some(u32::from_be_bytes(payload[4..8].try_into().unwrap()));
        }
        if kind == SETTINGS && flags == 0 {
            came.settings = payload
                .chunks_exact(6)
                .map(|one| {
                    let id = u16::from_be_bytes([one[0], one[1]]);
                    (id, u32::from_be_bytes(one[2..6].try_into().unwrap()))
                })
                .collect();
        }
        rest = &rest[9 + length..];
    }
    came
}

/// Sends one frame after another until the server closes, or all are sent.
async fn flood(app: &TestApp, frames: impl Iterator<Item = Vec<u8>>) -> (Came, usize) {
    let stream = connect(app).await;
    let (mut from, mut to) = stream.into_split();
    let reading = tokio::spawn(async move { read(&mut from).await });
    let mut sent = 0;
    for frame in frames {
        let writing = tokio::time::timeout(Duration::from_secs(5), to.write_all(&frame)).await;
        if !matches!(writing, Ok(Ok(()))) {
            break;
        }
        sent += 1;
    }
    let came = tokio::time::timeout(Duration::from_secs(20), reading).await.unwrap().unwrap();
    (came, sent)
}

async fn is_well(app: &TestApp) {
    let begun = Instant::now();
    let health = app.http.get(format!("{}/livez", app.url)).send().await.unwrap();
    assert_eq!(health.status(), 200);
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
    assert!(!app.as_user("ana").await.tools().await.is_empty());
}

#[tokio::test]
async fn case_119_what_one_connection_may_take_is_said() {
    let app = TestApp::new().await;
    let mut stream = connect(&app).await;
    let came = read(&mut stream).await;
    let of = |id: u16| came.settings.iter().find(|(name, _)| *name == id).map(|(_, value)| *value);
    // MAX_CONCURRENT_STREAMS, INITIAL_WINDOW_SIZE (the default isn't said), MAX_HEADER_LIST_SIZE.
    assert_eq!(of(3), Some(100), "{:?}", came.settings);
    assert_eq!(of(4).unwrap_or(65_535).min(65_536), of(4).unwrap_or(65_535));
    assert_eq!(of(6), Some(32 * 1024));
}

#[tokio::test]
async fn case_119_rapid_resets_end_the_connection() {
    let app = TestApp::new().await;
    let frames = (0..5000_u32).map(|at| {
        let stream = at * 2 + 1;
        let mut both = frame(HEADERS, END_HEADERS | END_STREAM, stream, &head(false));
        both.extend(frame(RST_STREAM, 0, stream, &8_u32.to_be_bytes()));
        both
    });
    // In one piece, so that they are there before anything is answered.
    let (came, _) = flood(&app, std::iter::once(frames.flatten().collect())).await;
    // ENHANCE_YOUR_CALM
    assert_eq!(came.goaway, Some(11));
    assert!(came.is_closed);
    is_well(&app).await;
}

#[tokio::test]
async fn case_119_a_head_without_an_end_ends_the_connection() {
    let app = TestApp::new().await;
    let piece = [0x00, 0x01, b'a', 0x7f, 0x00];
    let continued = [piece.as_slice(), &[b'b'; 127]].concat();
    let first = std::iter::once(frame(HEADERS, END_STREAM, 1, &head(false)));
    let more = std::iter::repeat_with(|| frame(CONTINUATION, 0, 1, &continued)).take(200_000);
    let (came, sent) = flood(&app, first.chain(more)).await;
    assert!(came.is_closed && sent < 100_000, "{sent} frames were taken");
    is_well(&app).await;
}

#[tokio::test]
async fn case_119_floods_of_small_frames_hold_nobody_up() {
    let app = TestApp::new().await;
    let ping = frame(PING, 0, 0, &[0; 8]);
    let settings = frame(SETTINGS, 0, 0, &[0, 4, 0, 1, 0, 0]);
    for (what, frame) in [("PING", ping), ("SETTINGS", settings)] {
        let begun = Instant::now();
        let flooding = flood(&app, std::iter::repeat_n(frame, 50_000));
        let (flooded, ()) = tokio::join!(flooding, is_well(&app));
        eprintln!("case 119: {what} {} frames in {:?}", flooded.1, begun.elapsed());
    }
    let first = std::iter::once(frame(HEADERS, END_HEADERS, 1, &head(true)));
    let empty = std::iter::repeat_n(frame(DATA, 0, 1, &[]), 200_000);
    let (flooded, ()) = tokio::join!(flood(&app, first.chain(empty)), is_well(&app));
    eprintln!("case 119: {} empty DATA frames, then GOAWAY {:?}", flooded.1, flooded.0.goaway);
    is_well(&app).await;
}
