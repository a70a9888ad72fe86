//! How long something takes, on a machine that does other things too.
//!
//! What is compared is run in turns, one call of each, so that whatever else the machine does falls on all alike;
//! and of many calls the median counts.

use std::time::{Duration, Instant};

/// The times of many calls, sorted.
#[derive(Clone, Debug, Default)]
pub(crate) struct Times(Vec<Duration>);

impl Times {
    /// Half of the calls took no longer.
    pub(crate) fn median(&self) -> Duration {
        self.0.get(self.0.len() / 2).copied().unwrap_or_default()
    }
}

/// Runs each of them in turns, for `budget` altogether, and at least a few times each.
pub(crate) fn in_turns<const N: usize>(budget: Duration, mut works: [&mut dyn FnMut(); N]) -> [Times; N] {
    const FEW: usize = 5;
    const MANY: usize = 20_000;
    for work in &mut works {
        work();
        work();
    }
    let mut times = [const { Vec::new() }; N];
    let began = Instant::now();
    for round in 0..MANY {
        if round >= FEW && began.elapsed() > budget {
            break;
        }
        for place in 0..N {
            // Whoever comes first finds colder caches: take turns in that, too.
            let which = (place + round) % N;
            let from = Instant::now();
            works[which]();
            times[which].push(from.elapsed());
        }
    }
    times.map(|mut times| {
        times.sort_unstable();
        Times(times)
    })
}
