//! What upstreams take, as rows for people and as one value for programs. `status` and `top` print it.

use std::collections::HashMap;

use headgate_api::{
    CopyUsage, ProcessUsage, Status, UpstreamUsage, UpstreamView, Usage, UsageReport, readable_bytes,
};
use headgate_model::UpstreamName;
use serde_json::{Value, json};

use crate::{
    output::{age, count},
    table::{Table, cell},
    upstreams::{note, state},
};

/// An upstream with everything that is known of what it takes.
pub(crate) struct Row<'a> {
    view: &'a UpstreamView,
    /// Its running copies, as far as they are known.
    copies: &'a [CopyUsage],
}

/// The upstreams that take most come first; those that take the same stay as they were registered.
pub(crate) fn rows<'a>(upstreams: &'a [UpstreamView], known: &'a [UpstreamUsage]) -> Vec<Row<'a>> {
    let known: HashMap<&UpstreamName, &[CopyUsage]> =
        known.iter().map(|upstream| (&upstream.name, &*upstream.copies)).collect();
    let copies = |view: &UpstreamView| known.get(&view.spec.name).copied().unwrap_or_default();
    let row = |view: &'a UpstreamView| Row { view, copies: copies(view) };
    let mut rows: Vec<Row> = upstreams.iter().map(row).collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.view.usage.as_ref().map(|usage| usage.memory_bytes)));
    rows
}

impl Row<'_> {
    /// How many lines its processes need.
    pub(crate) fn processes(&self) -> usize {
        self.copies.iter().map(|copy| copy.tree.len()).sum()
    }
}

/// The table of upstreams, each with its processes below it when they are wanted.
pub(crate) fn table(rows: &[Row], with_processes: bool) -> String {
    let mut table = Table::new([
        "UPSTREAM",
        "STATE",
        "PROCESSES",
        "MEMORY",
        "CPU",
        "UP",
        "CALLS",
        "ERRORS",
        "RESTARTS",
        "FIRST USE",
        "NOTE",
    ]);
    for row in rows {
        let view = row.view;
        let [processes, memory, cpu, up] = view.usage.as_ref().map(figures).unwrap_or_default();
        table.row([
            cell(&view.spec.name),
            state(view),
            cell(processes),
            cell(memory),
            cell(cpu),
            cell(up),
            cell(view.calls),
            cell(view.errors),
            cell(view.restarts),
            cell(view.first_use_ms.map(latency).unwrap_or_default()),
            cell(note(view)),
        ]);
        for process in row.copies.iter().flat_map(|copy| &copy.tree).filter(|_| with_processes) {
            let empty = || cell("");
            let [name, memory, cpu, up] = line(process).map(cell);
            table.row([name, empty(), empty(), memory, cpu, up, empty(), empty(), empty(), empty(), empty()]);
        }
    }
    table.to_string()
}

fn figures(usage: &Usage) -> [String; 4] {
    [
        usage.processes.to_string(),
        readable_bytes(usage.memory_bytes),
        percent(usage.cpu_percent),
        age(usage.uptime_ms),
    ]
}

/// A process hangs below the one that started it.
fn line(process: &ProcessUsage) -> [String; 4] {
    [
        format!("└{} {} {}", "─".repeat(process.depth), process.name, process.pid),
        readable_bytes(process.memory_bytes),
        percent(process.cpu_percent),
        age(process.uptime_ms),
    ]
}

/// How long a first use waits.
fn latency(ms: u64) -> String {
    if ms < 1000 { format!("{ms} ms") } else { format!("{:.1} s", ms as f64 / 1000.0) }
}

fn percent(percent: f64) -> String {
    format!("{percent:.1}%")
}

/// What some processes take together, in a line.
pub(crate) fn text(usage: &Usage) -> String {
    let processes = count_processes(usage.processes);
    format!("{} in {processes}, {} CPU", readable_bytes(usage.memory_bytes), percent(usage.cpu_percent))
}

fn count_processes(number: usize) -> String {
    if number == 1 { count(1, "process") } else { format!("{number} processes") }
}

/// Everything for programs.
pub(crate) fn json(status: &Status, report: &UsageReport, rows: &[Row]) -> Value {
    let upstream = |row: &Row| {
        let view = row.view;
        json!({
            "name": view.spec.name,
            "state": view.state,
            "enabled": view.spec.enabled,
            "reason": view.reason,
            "usage": view.usage,
            "calls": view.calls,
            "errors": view.errors,
            "last_exit": view.last_exit,
            "restarts": view.restarts,
            "first_use_ms": view.first_use_ms,
            "copies": row.copies,
        })
    };
    json!({
        "at_ms": report.at_ms,
        "url": status.url,
        "pid": status.pid,
        "uptime_ms": status.uptime_ms,
        "gateway": report.gateway,
        "total": report.total,
        "saving": report.saving,
        "upstreams": rows.iter().map(upstream).collect::<Vec<_>>(),
    })
}

#[cfg(test)]
pub(crate) mod tests;
