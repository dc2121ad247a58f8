//! How far a long step has come, as one line on stderr that goes away.
//!
//! Only on a terminal, only for a person, and only for a step that has lasted half a second. The
//! line is taken off before anything else is printed and when the step ends.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use schema_engine::progress::{Progress, Unit};

use super::visible::visible;
use super::{Format, Terminal, lock};

/// How long a step lasts before it is shown, and how often the line is drawn anew.
const PATIENCE: Duration = Duration::from_millis(500);
const PAUSE: Duration = Duration::from_millis(100);

/// The line for whatever step goes on, and the wish to stop it.
#[derive(Debug)]
pub struct Bar<'a> {
    terminal: &'a Terminal,
    is_shown: bool,
    step: Mutex<Option<Running>>,
    stop: AtomicBool,
}

#[derive(Debug)]
struct Running {
    what: String,
    total: Option<u64>,
    unit: Unit,
    done: u64,
    since: Instant,
    next_line: Instant,
}

impl<'a> Bar<'a> {
    /// A bar on this terminal, which shows nothing in a pipe or beside JSON.
    #[must_use]
    pub fn new(terminal: &'a Terminal, format: Format) -> Self {
        let is_shown = format == Format::Text && lock(&terminal.err).is_terminal;
        Self { terminal, is_shown, step: Mutex::new(None), stop: AtomicBool::new(false) }
    }

    /// Asks the work to stop as soon as it can.
    pub fn cancel(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

impl Progress for Bar<'_> {
    fn begins(&self, what: &str, total: Option<u64>, unit: Unit) {
        let since = Instant::now();
        let what = visible(what).into_owned();
        let next_line = since + PATIENCE;
        *lock(&self.step) = Some(Running { what, total, unit, done: 0, since, next_line });
    }

    fn advanced(&self, by: u64) {
        let mut step = lock(&self.step);
        let Some(step) = step.as_mut() else { return };
        step.done = step.done.saturating_add(by);
        if !self.is_shown {
            return;
        }
        let now = Instant::now();
        if now >= step.next_line {
            step.next_line = now + PAUSE;
            let width = terminal_size::terminal_size_of(std::io::stderr())
                .map_or(80, |(width, _)| usize::from(width.0));
            lock(&self.terminal.err).show_passing_line(&step.line(now - step.since, width));
        }
    }

    fn ended(&self) {
        *lock(&self.step) = None;
        lock(&self.terminal.err).take_off_passing_line();
    }

    fn cancelled(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}

impl Running {
    /// `Dumping ━━━━━━──────  52 % · 310,000 rows/s · 2 s left`, as wide as the terminal allows.
    fn line(&self, elapsed: Duration, width: usize) -> String {
        const CELLS: u64 = 24;
        let rate = u128::from(self.done) * 1000 / elapsed.as_millis().max(1);
        let rate = u64::try_from(rate).unwrap_or(u64::MAX);
        // An estimate may fall short of what there is.
        let total = self.total.filter(|total| *total > self.done);
        let mut parts = Vec::new();
        let bar = total.map(|total| {
            let share = |whole: u64| {
                let share = u128::from(self.done) * u128::from(whole) / u128::from(total);
                usize::try_from(share).unwrap_or_default()
            };
            let filled = share(CELLS);
            let bar =
                "━".repeat(filled) + &"─".repeat(usize::try_from(CELLS).unwrap_or(0) - filled);
            parts.push(format!("{:>3} %", share(100)));
            bar
        });
        parts.push(format!("{}/s", amount(rate, self.unit)));
        match total {
            Some(total) => {
                let left = (total - self.done).div_ceil(rate.max(1));
                parts.push(format!("{} left", duration(left)));
            }
            None => parts.push(format!("{} so far", amount(self.done, self.unit))),
        }
        let rest = parts.join(" · ");
        let full = match &bar {
            Some(bar) => format!("{} {bar} {rest}", self.what),
            None => format!("{} {rest}", self.what),
        };
        // In the last column some terminals wrap already.
        let fits = |line: &String| line.chars().count() < width;
        [full, format!("{} {rest}", self.what), rest].into_iter().find(fits).unwrap_or_default()
    }
}

fn amount(number: u64, unit: Unit) -> String {
    match unit {
        Unit::Bytes if number < 10_000 => format!("{number} B"),
        Unit::Bytes if number < 10_000_000 => format!("{} kB", number / 1000),
        Unit::Bytes => format!("{} MB", grouped(number / 1_000_000)),
        Unit::Pages => format!("{} pages", grouped(number)),
        _ => format!("{} rows", grouped(number)),
    }
}

/// `1,234,567`
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn duration(seconds: u64) -> String {
    match seconds {
        0..100 => format!("{seconds} s"),
        100..6000 => format!("{} min", seconds.div_ceil(60)),
        _ => format!("{} h", seconds.div_ceil(3600)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn running(done: u64, total: Option<u64>, unit: Unit) -> Running {
        let now = Instant::now();
        Running { what: "Dumping".to_owned(), total, unit, done, since: now, next_line: now }
    }

    #[test]
    fn a_line_says_how_far_how_fast_and_how_long() {
        let line = |running: Running, width| running.line(Duration::from_secs(2), width);
        assert_eq!(
            line(running(1_000_000, Some(4_000_000), Unit::Rows), 80),
            "Dumping ━━━━━━──────────────────  25 % · 500,000 rows/s · 6 s left"
        );
        assert_eq!(
            line(running(50_000_000, Some(60_000_000_000), Unit::Bytes), 50),
            "Dumping   0 % · 25 MB/s · 40 min left"
        );
        // More than was thought.
        assert_eq!(
            line(running(9000, Some(8000), Unit::Pages), 80),
            "Dumping 4,500 pages/s · 9,000 pages so far"
        );
        assert_eq!(line(running(9000, None, Unit::Rows), 5), "");
    }

    #[test]
    fn nothing_is_shown_in_a_pipe_and_the_line_goes_away_on_a_terminal() {
        let (terminal, _, err) = Terminal::captured(None);
        let bar = Bar::new(&terminal, Format::Text);
        bar.begins("Dumping", Some(9), Unit::Rows);
        bar.advanced(1);
        bar.ended();
        assert_eq!(err.text(), "");

        lock(&terminal.err).is_terminal = true;
        assert!(!Bar::new(&terminal, Format::Json).is_shown);
        let bar = Bar::new(&terminal, Format::Text);
        bar.begins("Dumping", None, Unit::Rows);
        bar.advanced(1);
        assert_eq!(err.text(), "", "too early");
        lock(&bar.step).as_mut().unwrap().next_line = Instant::now();
        bar.advanced(1);
        assert!(err.text().starts_with("\rDumping "), "{:?}", err.text());
        terminal.say("A word");
        assert!(err.text().ends_with(" \rA word\n"), "{:?}", err.text());
        bar.ended();
        assert!(err.text().ends_with("A word\n"));
        assert!(!bar.cancelled());
        bar.cancel();
        assert!(bar.cancelled());
    }
}
