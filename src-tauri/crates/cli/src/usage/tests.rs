//! The table of what upstreams take.

use expect_test::expect;

use super::*;

/// An upstream by name, and what its processes take: each a depth and megabytes.
pub(crate) fn upstreams(all: &[(&str, &[(usize, u64)])]) -> (Vec<UpstreamView>, UsageReport) {
    let running = all.iter().filter(|(_, tree)| !tree.is_empty());
    let report = UsageReport {
        upstreams: running.map(|(name, tree)| usage(name, tree)).collect(),
        ..Default::default()
    };
    let view = |(name, tree): &(&str, &[(usize, u64)])| {
        let state = if tree.is_empty() { "stopped" } else { "ready" };
        serde_json::from_value(json!({
            "name": name, "transport": { "type": "demo" }, "isolation": "shared", "enabled": true,
            "state": state, "pids": [], "tools": 0, "resources": 0, "resource_templates": 0, "prompts": 0,
            "held_back": [], "noise_lines": 0, "restarts": 1,
            "first_use_ms": (!tree.is_empty()).then_some(tree.len() * 700),
            "usage": (!tree.is_empty()).then(|| usage(name, tree).usage),
        }))
        .unwrap()
    };
    (all.iter().map(view).collect(), report)
}

fn usage(name: &str, tree: &[(usize, u64)]) -> UpstreamUsage {
    let process = |(number, (depth, megabytes)): (usize, &(usize, u64))| ProcessUsage {
        pid: 40 + number as u32,
        parent: 1,
        depth: *depth,
        name: "node".to_owned(),
        memory_bytes: megabytes * 1_000_000,
        cpu_percent: 0.5,
        uptime_ms: 120_000,
    };
    let tree: Vec<ProcessUsage> = tree.iter().enumerate().map(process).collect();
    let usage = Usage {
        processes: tree.len(),
        memory_bytes: tree.iter().map(|process| process.memory_bytes).sum(),
        cpu_percent: 1.25,
        uptime_ms: 180_000,
    };
    let copy = CopyUsage { pid: 40, project: None, session: None, sessions: 1, usage: usage.clone(), tree };
    UpstreamUsage { name: name.parse().unwrap(), usage, copies: vec![copy] }
}

fn check(all: &[(&str, &[(usize, u64)])], with_processes: bool, expected: expect_test::Expect) {
    let (views, report) = upstreams(all);
    let text = table(&rows(&views, &report.upstreams), with_processes);
    expected.assert_eq(&anstream::adapter::strip_str(&text).to_string());
}

#[test]
fn who_takes_most_comes_first() {
    check(
        &[("off", &[]), ("small", &[(0, 5)]), ("large", &[(0, 300), (1, 2000)])],
        false,
        expect![[r#"
            UPSTREAM  STATE    PROCESSES  MEMORY  CPU   UP  CALLS  ERRORS  RESTARTS  FIRST USE  NOTE
            large     ready    2          2.3 GB  1.2%  3m  0      0       1         1.4 s
            small     ready    1          5.0 MB  1.2%  3m  0      0       1         700 ms
            off       stopped                               0      0       1
        "#]],
    );
}

#[test]
fn processes_hang_below_who_started_them() {
    check(
        &[("npx", &[(0, 60), (1, 2), (2, 90)]), ("off", &[])],
        true,
        expect![[r#"
            UPSTREAM     STATE    PROCESSES  MEMORY  CPU   UP  CALLS  ERRORS  RESTARTS  FIRST USE  NOTE
            npx          ready    3          152 MB  1.2%  3m  0      0       1         2.1 s
            └ node 40                        60 MB   0.5%  2m
            └─ node 41                       2.0 MB  0.5%  2m
            └── node 42                      90 MB   0.5%  2m
            off          stopped                               0      0       1
        "#]],
    );
}

#[test]
fn a_sum_is_one_line() {
    let usage = Usage { processes: 2, memory_bytes: 24_400_000, cpu_percent: 0.34, uptime_ms: 0 };
    assert_eq!(text(&usage), "24 MB in 2 processes, 0.3% CPU");
}
