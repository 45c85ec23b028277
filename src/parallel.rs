//! Work on a list by several threads, whose results are taken in the order of the list.

use std::collections::BTreeMap;
use std::sync::mpsc::{self, Receiver, RecvError, Sender};
use std::sync::{Mutex, PoisonError};

use crate::error::Error;

/// How many items per worker may be begun beyond the one that is to be taken next. It bounds what is
/// held in memory.
const AHEAD: usize = 16;

/// As many workers as there are processors.
pub fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Hands over what `work` makes of each item, in the order of the items. There are at most so many
/// workers; each begins with a state of its own. It ends with the first error of `take`.
pub fn in_order<I: Sync, S, R: Send>(
    items: &[I],
    most_workers: usize,
    state: impl Fn() -> S + Sync,
    work: impl Fn(&mut S, &I) -> R + Sync,
    mut take: impl FnMut(&I, R) -> Result<(), Error>,
) -> Result<(), Error> {
    let workers = most_workers.min(items.len());
    let (state, work) = (&state, &work);
    let (tickets, next) = mpsc::channel::<usize>();
    let next = Mutex::new(next);
    let (sender, made) = mpsc::channel::<Option<(usize, R)>>();
    std::thread::scope(|scope| {
        for _ in 0..workers {
            let (sender, next) = (Bereft(sender.clone()), &next);
            scope.spawn(move || {
                let mut state = state();
                // There are no more tickets where all is done, or taking has failed.
                while let Ok(index) = ticket(next) {
                    if sender.0.send(Some((index, work(&mut state, &items[index])))).is_err() {
                        break;
                    }
                }
            });
        }
        // Moved here, so that they are gone when this ends, and the workers with them.
        let (tickets, made) = (tickets, made);
        let begin = |index: usize| {
            if index < items.len() {
                // Where no worker is left to hear it, that is found out below.
                let _ = tickets.send(index);
            }
        };
        (0..workers * AHEAD).for_each(begin);
        let mut waiting: BTreeMap<usize, R> = BTreeMap::new();
        for (index, item) in items.iter().enumerate() {
            let made = loop {
                if let Some(made) = waiting.remove(&index) {
                    break made;
                }
                // A worker that broke off takes the others along; the scope passes its panic on.
                let Ok(Some((other, made))) = made.recv() else { return Ok(()) };
                waiting.insert(other, made);
            };
            take(item, made)?;
            begin(index + workers * AHEAD);
        }
        Ok(())
    })
}

fn ticket(next: &Mutex<Receiver<usize>>) -> Result<usize, RecvError> {
    next.lock().unwrap_or_else(PoisonError::into_inner).recv()
}

/// Says so where its thread panics, as nobody would wait for the result otherwise.
struct Bereft<T>(Sender<Option<T>>);

impl<T> Drop for Bereft<T> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            // Nobody has to hear it.
            let _ = self.0.send(None);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_the_order_of_the_items() {
        let items: Vec<u64> = (0..100).collect();
        let slow_first = |(): &mut (), item: &u64| {
            std::thread::sleep(std::time::Duration::from_micros(100 - item));
            item * 2
        };
        let mut taken = Vec::new();
        let done = in_order(
            &items,
            3,
            || (),
            slow_first,
            |item, made| {
                taken.push((*item, made));
                Ok(())
            },
        );
        assert!(done.is_ok());
        assert_eq!(taken, items.iter().map(|item| (*item, item * 2)).collect::<Vec<_>>());
    }

    #[test]
    fn the_first_error_ends_it() {
        let items: Vec<u64> = (0..1000).collect();
        let mut taken = 0;
        let done = in_order(
            &items,
            3,
            || (),
            |(), item| *item,
            |item, _| {
                taken += 1;
                if *item == 3 { Err(Error::failed("full")) } else { Ok(()) }
            },
        );
        assert!(done.is_err() && taken == 4);
    }

    #[test]
    #[should_panic(expected = "a scoped thread panicked")]
    fn a_worker_that_panics_does_not_leave_the_others_waiting() {
        let items: Vec<u64> = (0..1000).collect();
        let work = |(): &mut (), item: &u64| assert!(*item != 50, "fifty");
        let _ = in_order(&items, 3, || (), work, |_, ()| Ok(()));
    }

    #[test]
    fn nothing_is_done_for_no_items() {
        assert!(in_order(&[] as &[u8], 3, || (), |(), _| (), |_, ()| Ok(())).is_ok());
    }
}
