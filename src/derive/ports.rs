//! Sets of ports, kept as intervals.

/// A set of ports.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ports {
    /// Disjoint, in order, and never two that touch: the same set is always kept the same way.
    intervals: Vec<(u16, u16)>,
}

impl Ports {
    /// The ports from one to another, both included.
    pub fn range(first: u16, last: u16) -> Ports {
        if first > last { Ports::default() } else { Ports { intervals: vec![(first, last)] } }
    }

    /// One port.
    pub fn one(port: u16) -> Ports {
        Ports::range(port, port)
    }

    /// All ports.
    pub fn all() -> Ports {
        Ports::range(0, u16::MAX)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.intervals.is_empty()
    }

    /// Whether a port is in the set.
    pub fn contains(&self, port: u16) -> bool {
        self.intervals.iter().any(|(first, last)| (*first..=*last).contains(&port))
    }

    /// Whether all of another set is in this one.
    pub fn covers(&self, other: &Ports) -> bool {
        other.without(self).is_empty()
    }

    /// What is in both sets.
    pub fn both(&self, other: &Ports) -> Ports {
        let mut intervals = Vec::new();
        for (first, last) in &self.intervals {
            for (from, to) in &other.intervals {
                let (low, high) = (*first.max(from), *last.min(to));
                if low <= high {
                    intervals.push((low, high));
                }
            }
        }
        Ports::tidy(intervals)
    }

    /// What is in either set.
    pub fn either(&self, other: &Ports) -> Ports {
        Ports::tidy(self.intervals.iter().chain(&other.intervals).copied().collect())
    }

    /// What is in this set and not in the other.
    pub fn without(&self, other: &Ports) -> Ports {
        let mut rest = self.intervals.clone();
        for (from, to) in &other.intervals {
            let mut next = Vec::with_capacity(rest.len() + 1);
            for (first, last) in rest {
                if let Some(before) = from.checked_sub(1).filter(|before| first <= *before) {
                    next.push((first, last.min(before)));
                }
                if let Some(after) = to.checked_add(1).filter(|after| *after <= last) {
                    next.push((first.max(after), last));
                }
            }
            rest = next;
        }
        Ports::tidy(rest)
    }

    fn tidy(mut intervals: Vec<(u16, u16)>) -> Ports {
        intervals.sort_unstable();
        let mut tidy: Vec<(u16, u16)> = Vec::with_capacity(intervals.len());
        for (first, last) in intervals {
            match tidy.last_mut() {
                Some((_, end)) if u32::from(first) <= u32::from(*end) + 1 => *end = (*end).max(last),
                _ => tidy.push((first, last)),
            }
        }
        Ports { intervals: tidy }
    }
}
