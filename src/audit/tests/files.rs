//! Files: continued after a crash at any byte, followed when they are moved, never shared.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use proptest::prelude::*;

use super::{examined, record, sound};
use crate::audit::sink::{Sink, Writing};
use crate::audit::verify::{Question, Verdict};
use crate::config::{Audit, Fsync, ReadsWithoutAudit, Sink as Where};

fn open(path: &Path) -> std::io::Result<(Sink, Writing)> {
    Sink::open(&Audit {
        sink: Where::File { path: path.to_owned(), fsync: Fsync::Never },
        reads_without_audit: ReadsWithoutAudit::Refuse,
        max_wait: Duration::from_secs(5),
    })
}

/// A process that records so much and ends.
fn process(path: &Path, records: usize) {
    let (sink, writing) = open(path).unwrap();
    for number in 0..records {
        sink.note(record(number));
    }
    drop(sink);
    assert!(writing.wait(Duration::from_secs(10)));
}

fn folder() -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("audit.jsonl");
    (folder, path)
}

#[test]
fn processes_continue_a_file_that_only_its_owner_may_read() {
    let (_folder, path) = folder();
    for _ in 0..3 {
        process(&path, 2);
    }
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let told = sound(&fs::read(&path).unwrap());
    assert_eq!(told.matches("note: chain chn_").count(), 2, "{told}");
    assert!(told.ends_with("sound: 12 records, 3 chains\n"), "{told}");
    // What one process wrote can't be taken out whole.
    let bytes = fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = bytes.lines().collect();
    let without = [&lines[..4], &lines[8..]].concat().join("\n");
    let beginning = lines[4..].join("\n");
    for bytes in [without, beginning] {
        let (verdict, told) = examined(&[bytes.as_bytes()], &Question::default());
        assert_eq!(verdict, Verdict::Faulty, "{told}");
    }
}

#[test]
fn case_115_a_crash_at_any_byte_leaves_a_file_that_is_continued() {
    let (_folder, path) = folder();
    process(&path, 2);
    let whole = fs::read(&path).unwrap();
    for cut in 0..=whole.len() {
        fs::write(&path, &whole[..cut]).unwrap();
        if cut > 0 {
            let (_, told) = examined(&[&whole[..cut]], &Question::default());
            assert!(
                told.matches("torn").count() <= 1 && !told.contains(": fault:"),
                "{cut}: {told}"
            );
        }
        process(&path, 1);
        let told = sound(&fs::read(&path).unwrap());
        assert!(told.matches("that a crash tore").count() <= 1, "{cut}: {told}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn case_115_a_second_crash_while_the_first_is_mended_is_continued_too(
        first in 0_usize..10_000, second in 0_usize..10_000, flip in 0_usize..100_000,
    ) {
        let (_folder, path) = folder();
        process(&path, 2);
        let whole = fs::read(&path).unwrap();
        let first = first % whole.len();
        fs::write(&path, &whole[..first]).unwrap();
        process(&path, 1);
        let mended = fs::read(&path).unwrap();
        let second = first + second % (mended.len() - first);
        fs::write(&path, &mended[..second]).unwrap();
        process(&path, 1);
        let mut bytes = fs::read(&path).unwrap();
        sound(&bytes);
        // What a crash tore is held too.
        let at = flip % bytes.len();
        bytes[at] ^= 1;
        let (verdict, told) = examined(&[&bytes], &Question::default());
        prop_assert_eq!(verdict, Verdict::Faulty, "byte {}: {}", at, told);
    }
}

#[tokio::test]
async fn a_file_that_is_moved_away_is_followed_by_another() {
    for asks in [false, true] {
        let (folder, path) = folder();
        let (sink, writing) = open(&path).unwrap();
        let mut moved = Vec::new();
        for number in 0..3 {
            sink.note(record(number));
            sink.settle().await.unwrap();
            let to = folder.path().join(format!("audit.{number}"));
            fs::rename(&path, &to).unwrap();
            moved.push(to);
            if asks {
                sink.reopen();
                sink.settle().await.unwrap();
                assert!(path.exists());
            }
        }
        sink.note(record(3));
        sink.settle().await.unwrap();
        let head = sink.head().unwrap();
        drop(sink);
        assert!(writing.wait(Duration::from_secs(5)));
        moved.push(path);
        let files: Vec<Vec<u8>> = moved.iter().map(|path| fs::read(path).unwrap()).collect();
        let files: Vec<&[u8]> = files.iter().map(Vec::as_slice).collect();
        let question = Question { head: Some(head.hash.to_string()), part: false };
        let (verdict, told) = examined(&files, &question);
        assert_eq!(verdict, Verdict::Sound, "{told}");
        assert!(told.contains("sound: 9 records, 1 chains"), "{told}");
        // Each by itself, too; and one that isn't there is missed.
        for file in &files {
            sound(file);
        }
        let (verdict, told) = examined(&[files[0], files[2]], &Question::default());
        assert_eq!(verdict, Verdict::Faulty, "{told}");
        assert!(
            told.contains("file1:1: fault: continues seq 3, and the file before ends with seq 1"),
            "{told}"
        );
    }
}

#[tokio::test]
async fn a_file_that_is_emptied_in_place_or_deleted_is_begun_anew() {
    for empty in [true, false] {
        let (_folder, path) = folder();
        let (sink, _writing) = open(&path).unwrap();
        sink.note(record(0));
        sink.settle().await.unwrap();
        if empty {
            fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(0).unwrap();
        } else {
            fs::remove_file(&path).unwrap();
        }
        sink.note(record(1));
        sink.settle().await.unwrap();
        let bytes = fs::read(&path).unwrap();
        assert!(sound(&bytes).contains("continues seq 1 of chn_"));
    }
}

#[test]
fn a_file_is_one_process_s_and_one_of_records() {
    let (folder, path) = folder();
    let (held, _writing) = open(&path).unwrap();
    let says = open(&path).unwrap_err().to_string();
    assert_eq!(says, "another process writes to it; each replica needs a file of its own");
    drop(held);
    let other = folder.path().join("other");
    fs::write(&other, "x\n".repeat(1_000_000)).unwrap();
    let says = open(&other).unwrap_err().to_string();
    assert_eq!(says, "it ends without an audit record; name another file");
    assert!(open(folder.path()).is_err());
    assert!(open(&folder.path().join("none").join("audit")).is_err());
    assert_eq!(open(Path::new("/dev/null")).unwrap_err().to_string(), "it isn't a regular file");
}
