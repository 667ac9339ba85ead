//! Does each line follow the one before it? What doesn't is told with its line; what is no fault and
//! still worth knowing (where chains begin, join and end) is told too.

use std::fmt::{self, Display};
use std::io::{self, Write};

use super::lines::Piece;
use super::report::{Report, Run};
use super::stray::Stray;
use super::{Question, Verdict};
use crate::audit::chain::{Head, Joins, Link, Read, Torn, read};

pub(super) struct Links<'a> {
    question: &'a Question,
    report: Report<'a>,
    /// True until this file's first record.
    fresh: bool,
    run: Option<Run>,
    stray: Option<Stray>,
    records: u64,
    chains: u64,
    /// The records that followed the head that is asked for.
    behind_head: Option<u64>,
}

impl<'a> Links<'a> {
    pub(super) fn new(question: &'a Question, tell: &'a mut dyn Write) -> Self {
        Self {
            question,
            report: Report::new(tell),
            fresh: true,
            run: None,
            stray: None,
            records: 0,
            chains: 0,
            behind_head: None,
        }
    }

    /// A further file.
    pub(super) fn begin(&mut self, name: &str) {
        self.report.of(name);
        self.fresh = true;
    }

    pub(super) fn take(&mut self, piece: &Piece<'_>) -> io::Result<()> {
        let whole = piece.begins && (piece.ends || piece.bytes.ends_with(b"\"}"));
        let altered = match if whole { read(piece.bytes) } else { Read::Other } {
            Read::Whole(link) => return self.follow(piece.number, *link),
            Read::Altered => true,
            Read::Other => false,
        };
        self.stray.get_or_insert_with(|| Stray::new(piece, altered)).take(piece);
        Ok(())
    }

    /// A record whose own hash fits.
    fn follow(&mut self, number: u64, link: Link) -> io::Result<()> {
        let fresh = std::mem::replace(&mut self.fresh, false);
        let stray = self.stray.take();
        let lines = stray.as_ref().map_or(0, |stray| stray.lines);
        let joins = link.joins.clone().unwrap_or_default();
        let accounted = match &stray {
            Some(stray) => joins.torn == Some(stray.torn()),
            None => joins.torn.is_none(),
        };
        if let Some(stray) = stray.as_ref().filter(|_| !accounted) {
            self.report.fault(stray.first, stray.says)?;
        } else if let (Some(torn), true) = (joins.torn, !accounted) {
            self.report
                .fault(number, format_args!("{} torn bytes are missing before it", torn.bytes))?;
        }
        match link.kind.as_str() {
            "start" => self.start(number, &link, &joins, fresh)?,
            "continued" => self.continued(number, &link, &joins, fresh)?,
            _ => self.next(number, &link, fresh, lines)?,
        }
        self.count(link);
        Ok(())
    }

    /// A process's first line.
    fn start(&mut self, number: u64, link: &Link, joins: &Joins, fresh: bool) -> io::Result<()> {
        if link.seq != 0
            || link.prev != joins.last.as_ref().map(|last| last.hash).unwrap_or_default()
        {
            self.report.fault(number, "begins a chain and isn't its first line")?;
        }
        let last = self.run.as_ref().map(|run| run.head.clone());
        match (&joins.last, last.filter(|_| !fresh)) {
            (Some(joined), Some(last)) if *joined == last => {
                let torn = Behind(joins.torn);
                let (seq, chain) = (last.seq, &last.chain);
                let note = format!("chain {} follows seq {seq} of {chain}{torn}", link.chain);
                self.report.chain(self.run.take())?;
                return self.report.note(number, note);
            }
            (Some(joined), Some(last)) => {
                let Head { seq, chain, .. } = joined;
                let says = format_args!(
                    "follows seq {seq} of {chain}, and before it is seq {} of {}: records were taken out or \
                     put in",
                    last.seq, last.chain
                );
                self.report.fault(number, says)?;
            }
            (None, Some(_)) => {
                self.report.fault(number, "began an empty file, and lines are before it")?;
            }
            (Some(joined), None) if !self.question.part => {
                let says = format_args!(
                    "follows seq {} of {}, which isn't before it: the file's beginning is missing",
                    joined.seq, joined.chain
                );
                self.report.fault(number, says)?;
            }
            (_, None) => {}
        }
        self.report.chain(self.run.take())
    }

    /// The first line in a further file, of a process that runs on.
    fn continued(
        &mut self,
        number: u64,
        link: &Link,
        joins: &Joins,
        fresh: bool,
    ) -> io::Result<()> {
        let last = self.run.as_ref().map(|run| run.head.clone());
        if !fresh {
            if joins.last != last {
                let says =
                    "began a file with other lines before it: lines were taken out or put in";
                self.report.fault(number, says)?;
            }
            if joins.last.as_ref().is_none_or(|last| last.chain != link.chain) {
                self.report.chain(self.run.take())?;
            }
            return Ok(());
        }
        if let Some(joined) = joins.last.as_ref().filter(|_| !self.question.part) {
            let says = format_args!("seq {} of {} isn't before it", joined.seq, joined.chain);
            self.report.fault(number, says)?;
        }
        match last {
            Some(last) if last.chain == link.chain => {
                if last.seq + 1 != link.seq || last.hash != link.prev {
                    let says = format_args!(
                        "continues seq {}, and the file before ends with seq {}",
                        link.seq.saturating_sub(1),
                        last.seq
                    );
                    self.report.fault(number, says)?;
                }
                Ok(())
            }
            _ => {
                self.report.chain(self.run.take())?;
                let seq = link.seq.saturating_sub(1);
                let note = format!(
                    "continues seq {seq} of {} with hash {}, from a file before this one",
                    link.chain, link.prev
                );
                self.report.note(number, note)
            }
        }
    }

    /// Any other line.
    fn next(&mut self, number: u64, link: &Link, fresh: bool, stray: u64) -> io::Result<()> {
        let Some(run) = &self.run else {
            // Behind lines that are no records, and were told, the first of these may be.
            if !self.question.part && (stray == 0 || link.seq > stray) {
                let says = format_args!(
                    "is seq {} of {}: the file's beginning is missing",
                    link.seq, link.chain
                );
                return self.report.fault(number, says);
            }
            return Ok(());
        };
        let last = run.head.clone();
        if run.ended && last.chain == link.chain {
            return self.report.fault(number, "stands behind the end of its chain");
        }
        if last.chain != link.chain {
            let says = format_args!("is of {}, and before it is {}", link.chain, last.chain);
            self.report.fault(number, says)?;
            return self.report.chain(self.run.take());
        }
        if fresh && !self.question.part {
            return self.report.fault(number, "is a file's first line: its beginning is missing");
        }
        let next = last.seq + 1;
        if link.seq < next {
            self.report.fault(
                number,
                format_args!("is seq {} behind {}: moved or doubled", link.seq, last.seq),
            )
        } else if link.seq > next + stray {
            let missing = link.seq - next;
            self.report.fault(
                number,
                format_args!("is seq {} behind {}: {missing} missing", link.seq, last.seq),
            )
        } else if link.seq == next && link.prev != last.hash {
            self.report
                .fault(number, "doesn't follow the line before it, which is another than it was")
        } else {
            Ok(())
        }
    }

    fn count(&mut self, link: Link) {
        self.records += 1;
        if let Some(behind) = &mut self.behind_head {
            *behind += 1;
        }
        let asked = self.question.head.as_deref();
        if asked.is_some_and(|head| link.hash.to_string().starts_with(head)) {
            self.behind_head = Some(0);
        }
        let ended = link.kind == "end";
        match &mut self.run {
            Some(run) if run.head.chain == link.chain => {
                run.records += 1;
                // One that was moved is no measure for those behind it.
                if link.seq > run.head.seq {
                    run.head = link.head();
                    run.to = link.ts;
                    run.ended = ended;
                }
            }
            run => {
                self.chains += 1;
                let head = link.head();
                let to = link.ts.clone();
                *run = Some(Run { head, first: link.seq, records: 1, from: link.ts, to, ended });
            }
        }
    }

    /// A file's end.
    pub(super) fn end(&mut self) -> io::Result<()> {
        let Some(stray) = self.stray.take() else { return Ok(()) };
        if stray.is_torn_end() {
            let note = format!("is torn after {} bytes, as a crash leaves it", stray.bytes);
            return self.report.note(stray.first, note);
        }
        self.report.fault(stray.first, stray.says)
    }

    pub(super) fn finish(mut self) -> io::Result<Verdict> {
        self.report.chain(self.run.take())?;
        if self.records == 0 {
            self.report.missing("there are no records")?;
        }
        if let Some(head) = &self.question.head {
            match self.behind_head {
                Some(behind) => self.report.head(head, behind)?,
                None => self.report.missing(format_args!(
                    "head {head}: isn't there: the end was cut, or hashes were made anew"
                ))?,
            }
        }
        self.report.sum(self.records, self.chains)
    }
}

/// What was torn, in words.
struct Behind(Option<Torn>);

impl Display for Behind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(torn) => write!(f, ", behind {} bytes that a crash tore", torn.bytes),
            None => Ok(()),
        }
    }
}
