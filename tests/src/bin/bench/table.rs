//! Figures for people: one table for each kind, the targets last.

use std::fmt::{self, Display, Formatter, Write};

use crate::{
    figures::{Calls, List, Memory, Recording, Report, Speed, Start},
    plan::size,
    targets::{Bound, Verdict},
};

const START: &str = "START, ms                                          upstreams   median     best";
const LIST: &str = "LIST, ms  upstreams  tools     bytes     read   parsed   direct read   parsed";
const MEMORY: &str = "MEMORY, MiB  upstreams     idle   1,000 calls   10,000 more   1,000 sessions";

/// With more load for each processor, others take turns with what is measured.
const BUSY: f64 = 0.5;

impl Display for Report {
    fn fmt(&self, f: &mut Formatter) -> fmt::Result {
        let Self { quick, processors, load_average, .. } = self;
        writeln!(f, "\n{processors} processors, load average {load_average:.1} at the beginning")?;
        if *load_average > BUSY * *processors as f64 {
            writeln!(f, "the machine was busy with other things: these figures say little")?;
        }
        if *quick {
            writeln!(f, "--quick: these figures say little")?;
        }
        section(f, &calls_title(), &self.calls, calls_row)?;
        section(f, &recording_title(), &self.recording, recording_row)?;
        section(f, START, &self.starts, start_row)?;
        section(f, LIST, &self.lists, list_row)?;
        section(f, MEMORY, &self.memory, memory_row)?;
        section(f, &format!("{:70} {:>10}   target", "TARGET", "figure"), &self.targets, verdict_row)
    }
}

/// A title and its rows; nothing when there are none.
fn section<T>(
    f: &mut Formatter,
    title: &str,
    rows: &[T],
    row: fn(&mut Formatter, &T) -> fmt::Result,
) -> fmt::Result {
    if rows.is_empty() {
        return Ok(());
    }
    writeln!(f, "\n{title}")?;
    rows.iter().try_for_each(|one| row(f, one).and_then(|()| f.write_char('\n')))
}

fn calls_title() -> String {
    let speed = speed_title();
    format!(
        "{:8} {:>8}  {:16}{speed} {:>8} {:>8} {:>8}",
        "CALLS", "sessions", "way", "% direct", "at best", "% pipe"
    )
}

fn calls_row(f: &mut Formatter, calls: &Calls) -> fmt::Result {
    let Calls { bytes, sessions, way, speed, .. } = calls;
    let Calls { percent_of_direct, percent_of_direct_at_best: at_best, percent_of_pipe, .. } = calls;
    write!(f, "{:8} {sessions:>8}  {way:16}", size(*bytes))?;
    speed_columns(f, speed)?;
    write!(f, " {percent_of_direct:>8.1} {at_best:>8.1} {percent_of_pipe:>8.1}")
}

fn speed_title() -> String {
    format!(
        "{:>9} {:>4} {:>9} {:>9} {:>9} {:>10} {:>10}",
        "calls/s", "±%", "p50 µs", "p99 µs", "p99.9 µs", "gateway µs", "all µs"
    )
}

fn speed_columns(f: &mut Formatter, speed: &Speed) -> fmt::Result {
    let Speed { calls_per_s, spread_percent, p50_us, p99_us, p999_us, gateway_us, everybody_us, .. } = speed;
    let (p999, gateway) = (maybe(*p999_us, 0), maybe(*gateway_us, 1));
    write!(f, "{calls_per_s:>9.0} {spread_percent:>4.1} {p50_us:>9.1} {p99_us:>9.1} {p999:>9}")?;
    write!(f, " {gateway:>10} {everybody_us:>10.1}")
}

fn maybe(figure: Option<f64>, digits: usize) -> String {
    figure.map_or_else(|| "-".to_owned(), |figure| format!("{figure:.digits$}"))
}

fn recording_title() -> String {
    format!("{:11} {:>6}  {:16}{}", "RECORDING", "sess.", "way", speed_title())
}

/// Off, on, and what the difference is.
fn recording_row(f: &mut Formatter, recording: &Recording) -> fmt::Result {
    let Recording { sessions, way, off, on, worse_percent: worse } = recording;
    write!(f, "{:11} {sessions:>6}  {way:16}", "off")?;
    speed_columns(f, off)?;
    write!(f, "\n{:11} {sessions:>6}  {way:16}", "on")?;
    speed_columns(f, on)?;
    let head = format!("{:11} {sessions:>6}  {way:16}", "worse by %");
    write!(f, "\n{head}{:>9.1} {:>4} {:>9.1}", worse.calls_per_s, "", worse.p50)?;
    write!(f, " {:>9.1} {:>9} {:>10.1}", worse.p99, "", worse.gateway)
}

fn start_row(f: &mut Formatter, start: &Start) -> fmt::Result {
    let Start { what, upstreams, median_ms, best_ms } = start;
    write!(f, "{what:50} {upstreams:>9} {median_ms:>8.1} {best_ms:>8.1}")
}

fn list_row(f: &mut Formatter, list: &List) -> fmt::Result {
    let List { upstreams, tools, bytes, read_ms, parsed_ms, direct_read_ms, direct_parsed_ms } = list;
    write!(f, "{:8} {upstreams:>10} {tools:>6} {bytes:>9} {read_ms:>8.2} {parsed_ms:>8.2}", "")?;
    write!(f, " {direct_read_ms:>13.2} {direct_parsed_ms:>8.2}")
}

fn memory_row(f: &mut Formatter, memory: &Memory) -> fmt::Result {
    let Memory { upstreams, idle, after_1000_calls, after_10000_more, after_1000_sessions } = memory;
    write!(f, "{:11} {upstreams:>10} {idle:>8.1} {after_1000_calls:>13.1}", "")?;
    write!(f, " {after_10000_more:>13.1} {after_1000_sessions:>16.1}")
}

fn verdict_row(f: &mut Formatter, verdict: &Verdict) -> fmt::Result {
    let Verdict { what, figure, bound, unit, met } = verdict;
    let (word, limit) = match bound {
        Bound::AtLeast(limit) => ("at least", limit),
        Bound::AtMost(limit) => ("at most", limit),
    };
    let outcome = if *met { "met" } else { "MISSED" };
    write!(f, "{what:70} {figure:>6.1} {unit:<3}   {word:8} {limit:>3} {unit:<3}  {outcome}")
}
