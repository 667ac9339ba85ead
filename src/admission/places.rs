//! How many at once, all together: [`Places`], as many as the processor keeps up with, and a line of those who
//! wait for their turn. Given back by drop.

mod line;

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use self::line::Line;
use super::headroom::Wish;
use super::{Bound, Headroom, locked};

/// How long one waits at most while the processor works the line off: it is as long as it may be for that.
const WORK: Duration = Duration::from_secs(5);

/// So many at once, or fewer.
pub struct Places(Arc<Inner>);

/// One of them, until it is dropped.
#[derive(Debug)]
pub struct Place {
    permit: Option<OwnedSemaphorePermit>,
    of: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    free: Arc<Semaphore>,
    /// How many there are; changed under the lock.
    size: AtomicUsize,
    changes: Mutex<()>,
    /// Places that are taken and that there aren't any more.
    owed: AtomicUsize,
    bound: Bound,
    headroom: Arc<Headroom>,
    line: Line,
    is_probing: AtomicBool,
}

impl Places {
    /// All of them free; as many as there is headroom for, and no more than the bound says.
    pub fn new(bound: Bound, headroom: Arc<Headroom>) -> Self {
        let bound = Bound { most: bound.most.min(Semaphore::MAX_PERMITS), ..bound };
        let size = headroom.now().min(bound.most);
        Self(Arc::new(Inner {
            free: Arc::new(Semaphore::new(size)),
            size: AtomicUsize::new(size),
            changes: Mutex::new(()),
            owed: AtomicUsize::new(0),
            line: Line::new(bound.waiting, bound.most),
            bound,
            headroom,
            is_probing: AtomicBool::new(false),
        }))
    }

    /// A place now, or after a wait; none where the line is full or the wait was in vain.
    pub async fn enter(&self) -> Option<Place> {
        let inner = &self.0;
        let size = inner.fit();
        let place = |permit| Place { permit: Some(permit), of: Arc::clone(inner) };
        if let Ok(permit) = Arc::clone(&inner.free).try_acquire_owned() {
            inner.line.is_over();
            inner.probe(size);
            return Some(place(permit));
        }
        let _in_line = inner.line.join(size)?;
        inner.probe(size);
        let turn = Arc::clone(&inner.free).acquire_owned();
        let permit = timeout(inner.patience(size), turn).await.ok()?.ok()?;
        Some(place(permit))
    }

    /// Whether one more is turned away at once, who is counted as such then: for who wants to know before
    /// anything is done for them.
    pub fn turn_away(&self) -> bool {
        let inner = &self.0;
        let away = inner.free.available_permits() == 0 && inner.line.is_full(inner.fit());
        if away {
            inner.line.turned_away();
        }
        away
    }

    /// The same, and only where the processor is why: not where places are taken by those who wait for
    /// services.
    pub fn turn_away_for_work(&self) -> bool {
        !self.0.headroom.is_whole() && self.turn_away()
    }

    /// How many are taken.
    pub fn taken(&self) -> usize {
        let owed = self.0.owed.load(Ordering::Relaxed);
        (self.0.size.load(Ordering::Relaxed) + owed).saturating_sub(self.0.free.available_permits())
    }
}

impl Inner {
    /// Makes the places as many as there is headroom for, and tells how many they are.
    fn fit(&self) -> usize {
        let wanted = self.headroom.now().min(self.bound.most);
        if wanted == self.size.load(Ordering::Relaxed) {
            return wanted;
        }
        let _changes = locked(&self.changes);
        let size = self.size.swap(wanted, Ordering::Relaxed);
        if let Some(more) = wanted.checked_sub(size) {
            self.free.add_permits(more - self.pay(more));
        } else {
            let fewer = size - wanted;
            let owed = fewer - self.free.forget_permits(fewer);
            self.owed.fetch_add(owed, Ordering::Relaxed);
        }
        wanted
    }

    /// Up to so many of the places that are owed are owed no longer.
    fn pay(&self, most: usize) -> usize {
        let less = |owed: usize| Some(owed.saturating_sub(most));
        let owed = self.owed.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
        owed.unwrap_or_else(|owed| owed).min(most)
    }

    fn wish(&self) -> Wish {
        let size = self.size.load(Ordering::Relaxed);
        match (self.line.is_held_up(size), self.line.len()) {
            (true, _) => Wish::Urgent,
            (false, 0) => Wish::None,
            (false, _) => Wish::More,
        }
    }

    fn patience(&self, size: usize) -> Duration {
        let moves_on = size < self.bound.most;
        if moves_on { WORK.max(self.bound.patience) } else { self.bound.patience }
    }

    /// Looks at the headroom while half of the places or more are taken, and until nobody waits who could be
    /// let in if there were more of it.
    fn probe(self: &Arc<Self>, size: usize) {
        let is_busy = self.free.available_permits() * 2 <= size;
        let can_change = self.headroom.can_change();
        if !is_busy || !can_change || self.is_probing.swap(true, Ordering::Relaxed) {
            return;
        }
        let inner = Arc::clone(self);
        tokio::spawn(async move {
            loop {
                inner.headroom.probe(|| inner.wish()).await;
                let size = inner.fit();
                if inner.line.len() == 0 || inner.headroom.is_whole() {
                    inner.is_probing.store(false, Ordering::Relaxed);
                    // Somebody may have come in between, and taken this for still looking.
                    if inner.line.len() > 0 && !inner.headroom.is_whole() {
                        inner.probe(size);
                    }
                    return;
                }
            }
        });
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.of.line.moves_on();
        if let (1, Some(permit)) = (self.of.pay(1), self.permit.take()) {
            permit.forget();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const PATIENCE: Duration = Duration::from_millis(600);

    /// Without more headroom than that.
    fn places(most: usize, waiting: usize) -> Arc<Places> {
        let bound = Bound { most, waiting, patience: PATIENCE };
        Arc::new(Places::new(bound, Arc::new(Headroom::between(most, most))))
    }

    #[tokio::test]
    async fn one_waits_the_next_is_turned_away_and_patience_ends() {
        let places = places(1, 1);
        let first = places.enter().await.unwrap();
        assert!(!places.turn_away());
        let (ours, begun) = (Arc::clone(&places), tokio::time::Instant::now());
        let waits = tokio::spawn(async move { ours.enter().await });
        tokio::task::yield_now().await;
        assert!(places.turn_away() && places.enter().await.is_none());
        assert!(begun.elapsed() < PATIENCE, "who is turned away isn't kept waiting");
        drop(first);
        let second = waits.await.unwrap().unwrap();
        assert!(places.enter().await.is_none());
        assert!(begun.elapsed() >= PATIENCE);
        drop(second);
        assert_eq!(places.taken(), 0);
        assert!(places.enter().await.is_some());
    }

    #[tokio::test]
    async fn for_work_one_is_turned_away_and_not_for_places_that_services_hold() {
        let headroom = Arc::new(Headroom::between(1, 64));
        let bound = Bound { most: 64, waiting: 1, patience: PATIENCE };
        let late = Arc::new(Places::new(bound, headroom));
        for (places, away) in [(places(1, 1), false), (late, true)] {
            let _held = places.enter().await.unwrap();
            assert!(!places.turn_away_for_work());
            let ours = Arc::clone(&places);
            let waits = tokio::spawn(async move { ours.enter().await });
            tokio::task::yield_now().await;
            assert!(places.turn_away());
            assert_eq!(places.turn_away_for_work(), away);
            waits.abort();
        }
    }

    #[tokio::test]
    async fn who_gives_up_leaves_the_line() {
        let places = places(1, 1);
        let _first = places.enter().await.unwrap();
        for _ in 0..3 {
            let soon = Duration::from_millis(20);
            assert!(timeout(soon, places.enter()).await.is_err());
        }
        assert_eq!(places.0.line.len(), 0);
    }

    #[tokio::test]
    async fn there_are_as_many_as_there_is_headroom_for() {
        let headroom = Arc::new(Headroom::between(2, 64));
        let bound = Bound { most: 64, waiting: 32, patience: PATIENCE };
        let places = Arc::new(Places::new(bound, Arc::clone(&headroom)));
        // Nothing keeps the processor: whoever comes gets in, a moment later.
        let mut held = Vec::new();
        for _ in 0..64 {
            held.push(places.enter().await.unwrap());
        }
        assert!(places.enter().await.is_none(), "these are all");
        assert_eq!(places.taken(), 64);
        while headroom.now() > 2 {
            headroom.late();
        }
        assert!(!places.turn_away());
        assert_eq!(places.taken(), 64);
        held.truncate(2);
        assert_eq!((places.taken(), places.0.free.available_permits()), (2, 0));
        held.truncate(1);
        assert_eq!((places.taken(), places.0.free.available_permits()), (1, 1));
        drop(held);
        assert_eq!(places.taken(), 0);
    }

    #[tokio::test]
    async fn places_that_are_held_up_become_more_though_the_processor_is_late() {
        let headroom = Arc::new(Headroom::between(2, 64));
        let bound = Bound { most: 64, waiting: 32, patience: PATIENCE };
        let places = Places::new(bound, headroom);
        let busy = tokio::spawn(async {
            loop {
                std::thread::sleep(Duration::from_millis(3));
                tokio::task::yield_now().await;
            }
        });
        let mut held = Vec::new();
        for _ in 0..6 {
            held.push(places.enter().await.unwrap());
        }
        busy.abort();
        assert_eq!(places.taken(), 6);
    }
}
