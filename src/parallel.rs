//! Work on a list by several threads, whose results are taken in the order of the list.

use std::sync::mpsc;

use crate::error::Result;

/// How far a worker may be ahead of what has been taken. It bounds what is held in memory.
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
    mut take: impl FnMut(&I, R) -> Result<()>,
) -> Result<()> {
    let workers = most_workers.min(items.len());
    let (state, work) = (&state, &work);
    std::thread::scope(|scope| {
        let made: Vec<_> = (0..workers)
            .map(|worker| {
                let (sender, receiver) = mpsc::sync_channel(AHEAD);
                scope.spawn(move || {
                    let mut state = state();
                    for item in items.iter().skip(worker).step_by(workers) {
                        // Nobody listens any more where taking has failed.
                        if sender.send(work(&mut state, item)).is_err() {
                            break;
                        }
                    }
                });
                receiver
            })
            .collect();
        for (item, made) in items.iter().zip(made.iter().cycle()) {
            // A worker goes away early only by a panic, which the scope passes on.
            let Ok(made) = made.recv() else { break };
            take(item, made)?;
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;

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
    fn nothing_is_done_for_no_items() {
        assert!(in_order(&[] as &[u8], 3, || (), |(), _| (), |_, ()| Ok(())).is_ok());
    }
}
