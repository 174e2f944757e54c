//! Who listens on a port, as far as this person may know.

/// The program and process id of whoever listens on `port`.
#[cfg(target_os = "linux")]
pub(crate) fn name(port: u16) -> Option<String> {
    let inode = ["/proc/net/tcp", "/proc/net/tcp6"].into_iter().find_map(|table| inode(table, port))?;
    let socket = format!("socket:[{inode}]");
    let processes = std::fs::read_dir("/proc").ok()?.flatten();
    let holder = processes
        .filter(|process| process.file_name().to_string_lossy().parse::<u32>().is_ok())
        .find(|process| {
            let files = std::fs::read_dir(process.path().join("fd")).into_iter().flatten().flatten();
            files
                .filter_map(|file| std::fs::read_link(file.path()).ok())
                .any(|link| link.as_os_str() == socket.as_str())
        })?;
    let program = std::fs::read_to_string(holder.path().join("comm")).unwrap_or_default();
    Some(format!("`{}` (process {})", program.trim(), holder.file_name().to_string_lossy()))
}

/// The socket that listens on `port`, by the kernel's table: local address, state 0A, inode.
#[cfg(target_os = "linux")]
fn inode(table: &str, port: u16) -> Option<String> {
    let text = std::fs::read_to_string(table).ok()?;
    let ending = format!(":{port:04X}");
    text.lines().skip(1).find_map(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let listens = fields.get(1)?.ends_with(&ending) && *fields.get(3)? == "0A";
        listens.then(|| fields.get(9).map(|inode| (*inode).to_owned()))?
    })
}

/// Other systems tell it with `lsof -i` or `netstat -ano`, not to programs.
#[cfg(not(target_os = "linux"))]
pub(crate) fn name(_port: u16) -> Option<String> {
    None
}
