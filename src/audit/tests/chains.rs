//! Whatever is done to lines is found, and where.

use proptest::prelude::*;

use super::{examined, head, lines, record, sound};
use crate::audit::chain::Chain;
use crate::audit::verify::{Question, Verdict};

fn by_line(bytes: &[u8]) -> Vec<Vec<u8>> {
    bytes.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect()
}

fn faulty(bytes: &[u8]) -> String {
    let (verdict, told) = examined(&[bytes], &Question::default());
    assert_eq!(verdict, Verdict::Faulty, "{told}");
    told
}

/// The lines that faults are told of.
fn faults(told: &str) -> Vec<u64> {
    let place = |line: &str| line.split(':').nth(1)?.parse().ok();
    told.lines().filter(|line| line.contains(": fault: ")).filter_map(place).collect()
}

#[test]
fn case_115_lines_as_they_were_written_are_sound() {
    let told = sound(&lines(5));
    assert!(told.contains("seq 0 to 6, 7 records"), "{told}");
    assert!(
        told.contains("ended in order") && told.ends_with("sound: 7 records, 1 chains\n"),
        "{told}"
    );
    let open = by_line(&lines(5))[..6].concat();
    assert!(sound(&open).contains("no end record"));
    // The last break may be missing: a crash left it out.
    sound(&open[..open.len() - 1]);
    faulty(b"");
}

#[test]
fn case_115_each_deed_is_told_by_its_line() {
    let all = by_line(&lines(6));
    let deed = |deed: &dyn Fn(&mut Vec<Vec<u8>>)| {
        let mut lines = all.clone();
        deed(&mut lines);
        faulty(&lines.concat())
    };
    let edited = deed(&|lines| {
        lines[3] = String::from_utf8(lines[3].clone()).unwrap().replace("dec_2", "dec_9").into();
    });
    assert!(
        edited.contains("file0:4: fault: was edited: its hash isn't that of its bytes"),
        "{edited}"
    );
    assert_eq!(faults(&edited), [4]);
    let gone = deed(&|lines| drop(lines.drain(3..5)));
    assert!(gone.contains("file0:4: fault: is seq 5 behind 2: 2 missing"), "{gone}");
    let moved = deed(&|lines| lines.swap(2, 3));
    assert!(moved.contains("file0:4: fault: is seq 2 behind 3: moved or doubled"), "{moved}");
    let doubled = deed(&|lines| lines.insert(4, lines[2].clone()));
    assert_eq!(faults(&doubled), [5], "{doubled}");
    let put_in = deed(&|lines| lines.insert(3, b"{\"kind\":\"call\"}\n".to_vec()));
    assert!(put_in.contains("file0:4: fault: isn't a record"), "{put_in}");
    assert_eq!(faults(&put_in), [4]);
    let beginning = deed(&|lines| drop(lines.remove(0)));
    assert!(beginning.contains("file0:1: fault: is seq 1 of chn_"), "{beginning}");
    // A line of another chain, whose own hash fits.
    let other = by_line(&lines(3)).swap_remove(2);
    assert!(!faults(&deed(&|lines| lines[2].clone_from(&other))).is_empty());
    // A line that was made anew, hash and all.
    let mut chain = Chain::new();
    let mut forged = Vec::new();
    for number in 0..4 {
        chain.link(&record(number), &mut forged);
    }
    let id = |line: &[u8]| String::from_utf8(line[10..40].to_vec()).unwrap();
    let forged = by_line(&forged).pop().unwrap();
    let text = String::from_utf8(forged.clone()).unwrap().replace(&id(&forged), &id(&all[3]));
    let mut bytes = text.as_bytes()[..text.len() - 76].to_vec();
    let hash = crate::audit::chain::Digest::of(&bytes);
    bytes.extend(format!(",\"hash\":\"{hash}\"}}\n").bytes());
    let anew = deed(&|lines| lines[3].clone_from(&bytes));
    assert!(anew.contains("file0:4: fault: doesn't follow the line before it"), "{anew}");
}

#[test]
fn case_115_a_head_that_was_kept_finds_a_cut_tail_and_hashes_that_were_made_anew() {
    let bytes = lines(6);
    let ask = |bytes: &[u8], head: &str| {
        examined(&[bytes], &Question { head: Some(head.to_owned()), part: false })
    };
    let head = head(&bytes);
    assert_eq!(ask(&bytes, &head).0, Verdict::Sound);
    assert_eq!(ask(&bytes, &head[..13]).0, Verdict::Sound);
    let cut = by_line(&bytes)[..5].concat();
    sound(&cut);
    let (verdict, told) = ask(&cut, &head);
    assert_eq!(verdict, Verdict::Faulty);
    assert!(told.contains("isn't there: the end was cut"), "{told}");
    // One that is older than the end: what came since is no fault.
    let older = super::head(&cut);
    let (verdict, told) = ask(&bytes, &older);
    assert_eq!(verdict, Verdict::Sound);
    assert!(told.contains("is there, 3 records behind it"), "{told}");
    assert_eq!(ask(&lines(6), &head).0, Verdict::Faulty);
}

#[test]
fn lines_may_begin_anywhere_where_that_is_said() {
    let part = by_line(&lines(6))[3..].concat();
    faulty(&part);
    let (verdict, told) = examined(&[&part], &Question { part: true, head: None });
    assert_eq!(verdict, Verdict::Sound, "{told}");
}

#[test]
fn a_line_without_end_takes_no_memory_and_is_no_record() {
    let mut bytes = lines(2);
    bytes.extend(std::iter::repeat_n(b'x', 5_000_000));
    bytes.push(b'\n');
    assert_eq!(faults(&faulty(&bytes)), [5]);
}

proptest! {
    #[test]
    fn case_115_any_altered_byte_is_found(at in 0_usize..1_000_000, change in 1_u8..=255) {
        let mut bytes = lines(4);
        let at = at % bytes.len();
        bytes[at] ^= change;
        let (verdict, told) = examined(&[&bytes], &Question::default());
        prop_assert_eq!(verdict, Verdict::Faulty, "byte {}: {}", at, told);
    }

    #[test]
    fn case_115_any_line_that_is_gone_moved_or_doubled_is_found(
        at in 0_usize..8, to in 0_usize..8, deed in 0_u8..3,
    ) {
        let mut all = by_line(&lines(6));
        let head = head(&all.concat());
        match deed {
            0 => drop(all.remove(at)),
            1 if at == to => return Ok(()),
            1 => all.swap(at, to),
            _ => all.insert(to, all[at].clone()),
        }
        let question = Question { head: Some(head), part: false };
        let (verdict, told) = examined(&[&all.concat()], &question);
        prop_assert_eq!(verdict, Verdict::Faulty, "{}", told);
    }

    #[test]
    fn what_is_no_file_of_records_is_told_so(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let (verdict, _) = examined(&[&bytes], &Question::default());
        prop_assert_eq!(verdict, Verdict::Faulty);
    }
}
