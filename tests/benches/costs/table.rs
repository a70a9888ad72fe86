//! The one table that all of this ends in.

use std::{fmt, time::Duration};

/// What a figure should be, from the issue that asked for it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Aim {
    /// Not more than this.
    Most(f64),
    /// Not less than this.
    Least(f64),
}

impl Aim {
    fn holds(self, seen: f64) -> bool {
        match self {
            Self::Most(most) => seen <= most,
            Self::Least(least) => seen >= least,
        }
    }
}

/// One line.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    what: String,
    seen: String,
    beside: String,
    ratio: Option<f64>,
    aim: String,
    held: Option<bool>,
}

/// All lines, in the order measured, what has to be known to read them, and what could not be measured.
#[derive(Debug, Default)]
pub(crate) struct Table {
    rows: Vec<Row>,
    notes: Vec<String>,
    lacks: Vec<String>,
}

impl Table {
    /// A figure beside another one of the same run, and their ratio, of which something may be asked.
    pub(crate) fn ratio(
        &mut self,
        what: impl Into<String>,
        seen: impl fmt::Display,
        beside: impl fmt::Display,
        ratio: f64,
        aim: Option<Aim>,
    ) {
        self.push(Row {
            what: what.into(),
            seen: seen.to_string(),
            beside: beside.to_string(),
            ratio: Some(ratio),
            aim: match aim {
                Some(Aim::Most(most)) => format!("≤ {most} ×"),
                Some(Aim::Least(least)) => format!("≥ {least} ×"),
                None => String::new(),
            },
            held: aim.map(|aim| aim.holds(ratio)),
        });
    }

    /// A figure of which something is asked by itself. `unit` is written after the aim.
    pub(crate) fn figure(&mut self, what: impl Into<String>, seen: f64, unit: &str, aim: Option<Aim>) {
        self.push(Row {
            what: what.into(),
            seen: format!("{} {unit}", number(seen)),
            beside: String::new(),
            ratio: None,
            aim: match aim {
                Some(Aim::Most(most)) => format!("≤ {} {unit}", number(most)),
                Some(Aim::Least(least)) => format!("≥ {} {unit}", number(least)),
                None => String::new(),
            },
            held: aim.map(|aim| aim.holds(seen)),
        });
    }

    /// What whoever reads some of the rows has to know.
    pub(crate) fn note(&mut self, rows: &str, said: impl fmt::Display) {
        self.notes.push(format!("{rows}: {said}"));
    }

    /// Rows that are not there, why, and what would bring them.
    pub(crate) fn lacks(&mut self, rows: &str, why: impl fmt::Display) {
        let said = format!("MISSING: {rows}: {why}");
        eprintln!("\n!!! {said}\n");
        self.lacks.push(said);
    }

    fn push(&mut self, row: Row) {
        eprintln!(
            "    {}: {} {}",
            row.what,
            row.seen,
            row.ratio.map(|ratio| format!("({ratio:.2} ×)")).unwrap_or_default()
        );
        self.rows.push(row);
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "| what | seen | beside it | ratio | aim | held |")?;
        writeln!(f, "|---|---:|---:|---:|---:|---|")?;
        for row in &self.rows {
            let ratio = row.ratio.map(|ratio| format!("{ratio:.2} ×")).unwrap_or_default();
            let held = match row.held {
                Some(true) => "yes",
                Some(false) => "**no**",
                None => "",
            };
            writeln!(f, "| {} | {} | {} | {ratio} | {} | {held} |", row.what, row.seen, row.beside, row.aim)?;
        }
        for note in &self.notes {
            writeln!(f, "\n{note}")?;
        }
        for lack in &self.lacks {
            writeln!(f, "\n**{lack}**")?;
        }
        Ok(())
    }
}

/// A count or a measure with as many digits as mean something.
pub(crate) fn number(value: f64) -> String {
    if value >= 100.0 {
        let digits = format!("{value:.0}");
        let groups: Vec<&str> =
            digits.as_bytes().rchunks(3).rev().filter_map(|group| std::str::from_utf8(group).ok()).collect();
        groups.join(",")
    } else if value >= 10.0 {
        format!("{value:.1}")
    } else {
        format!("{value:.2}")
    }
}

/// A time as people say it.
pub(crate) fn time(time: Duration) -> String {
    let micros = time.as_secs_f64() * 1e6;
    if micros >= 1e6 {
        format!("{} s", number(micros / 1e6))
    } else if micros >= 10_000.0 {
        format!("{} ms", number(micros / 1e3))
    } else {
        format!("{} µs", number(micros))
    }
}

/// How many times longer.
pub(crate) fn times(seen: Duration, beside: Duration) -> f64 {
    seen.as_secs_f64() / beside.as_secs_f64().max(1e-9)
}
