//! Lines on their way out, linked and not all written: what is left of a write that failed goes on
//! where it broke off, or is linked anew for another file.

use std::collections::VecDeque;

use tokio::sync::oneshot;

use super::chain::Chain;

/// One record on its way, and who waits for it.
#[derive(Debug)]
pub(super) struct Line {
    /// A JSON object; empty where somebody only asks to know when its turn comes.
    pub(super) text: String,
    /// Told once the line is out.
    pub(super) written: Option<oneshot::Sender<()>>,
    /// Has it to be on the disk before it counts as out?
    pub(super) durable: bool,
    /// The first line of a file. It isn't taken along to another.
    pub(super) opening: bool,
}

#[derive(Debug)]
struct Linked {
    line: Line,
    /// Where it ends among the bytes.
    end: usize,
    /// The chain as it is with this line.
    chain: Chain,
}

/// Lines that are linked and not all written.
#[derive(Debug)]
pub(super) struct Batch {
    /// The chain without these lines.
    before: Chain,
    lines: VecDeque<Linked>,
    bytes: Vec<u8>,
    done: usize,
}

impl Batch {
    pub(super) fn new(chain: Chain) -> Self {
        Self { before: chain, lines: VecDeque::new(), bytes: Vec::new(), done: 0 }
    }

    pub(super) fn len(&self) -> usize {
        self.lines.len()
    }

    /// The chain with all these lines.
    pub(super) fn chain(&self) -> &Chain {
        self.lines.back().map_or(&self.before, |last| &last.chain)
    }

    pub(super) fn push(&mut self, line: Line) {
        let mut chain = self.chain().clone();
        if !line.text.is_empty() {
            chain.link(&line.text, &mut self.bytes);
        }
        self.lines.push_back(Linked { line, end: self.bytes.len(), chain });
    }

    /// The bytes that aren't out yet.
    pub(super) fn left(&self) -> &[u8] {
        self.bytes.get(self.done..).unwrap_or_default()
    }

    /// The bytes of the lines that are out as a whole.
    pub(super) fn whole(&self) -> &[u8] {
        let out = self.bytes.get(..self.done).unwrap_or_default();
        let end = out.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        out.get(..end).unwrap_or_default()
    }

    pub(super) fn wrote(&mut self, bytes: usize) {
        self.done += bytes;
    }

    pub(super) fn is_durable(&self) -> bool {
        self.lines.iter().any(|linked| linked.line.durable)
    }

    /// Everything is out: whoever waits is told.
    pub(super) fn out(&mut self) {
        self.before = self.chain().clone();
        for Linked { line, .. } in self.lines.drain(..) {
            // Whoever waited may have gone.
            let _ = line.written.map(|waiting| waiting.send(()));
        }
        self.bytes.clear();
        self.bytes.shrink_to(64 * 1024);
        self.done = 0;
    }

    /// Goes back to the chain as it is out, and gives the lines that aren't, to be linked anew. Who
    /// waits for one that is out isn't told: it may not have reached the disk.
    pub(super) fn rewind(&mut self) -> Vec<Line> {
        let (lines, done) = (std::mem::take(&mut self.lines), self.done);
        self.bytes.clear();
        self.done = 0;
        let is_out = |one: &Linked| one.end <= done && !one.line.text.is_empty();
        let (out, left): (Vec<_>, Vec<_>) = lines.into_iter().partition(is_out);
        if let Some(last) = out.into_iter().next_back() {
            self.before = last.chain;
        }
        left.into_iter().map(|linked| linked.line).filter(|line| !line.opening).collect()
    }

    /// Lets the chain's first line follow another chain's last one.
    pub(super) fn before_mut(&mut self) -> &mut Chain {
        &mut self.before
    }
}
