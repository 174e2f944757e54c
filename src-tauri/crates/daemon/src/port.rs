//! The port: found once, kept for good, since clients have it in their settings.

pub(crate) mod holder;

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
};

use anyhow::{Context, bail};
use tokio::{net::TcpListener, task::spawn_blocking};

/// GATE on a phone keypad, and room for the other people of this machine.
pub(crate) const RANGE: std::ops::RangeInclusive<u16> = 4283..=4299;

/// Where the gateway listens.
pub(crate) struct Listeners {
    /// One, or two where there is IPv6.
    pub(crate) all: Vec<TcpListener>,
    /// The port of all of them.
    pub(crate) port: u16,
    /// The address that is told to clients.
    pub(crate) address: IpAddr,
}

/// Which port is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// This one; 0 takes any free one.
    This(u16),
    /// A free one of the range.
    First,
}

/// Listens on loopback, both families, or on the given address alone. `advice` tells a person what to do
/// when that is not possible.
pub(crate) async fn listen(host: Option<IpAddr>, wanted: Wanted, advice: &str) -> anyhow::Result<Listeners> {
    let address = host.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST));
    let first = match wanted {
        Wanted::This(port) => match TcpListener::bind((address, port)).await {
            Ok(listener) => listener,
            Err(error) => bail!("{}; {advice}", refusal(address, port, &error)),
        },
        Wanted::First => first_free(address, advice).await?,
    };
    let port = first.local_addr().context("ask for the port")?.port();
    let mut all = vec![first];
    if host.is_none() {
        // Where there is no IPv6 the first listener is enough; clients are told its address.
        match TcpListener::bind(SocketAddr::from((Ipv6Addr::LOCALHOST, port))).await {
            Ok(listener) => all.push(listener),
            Err(error) => tracing::debug!(%error, port, "not listening on ::1"),
        }
    }
    Ok(Listeners { all, port, address })
}

/// Tries to listen where a later start is to listen; an error is a sentence.
pub(crate) async fn try_out(address: IpAddr, port: u16) -> Result<(), String> {
    let Err(error) = TcpListener::bind((address, port)).await else { return Ok(()) };
    // The holder is looked for among all processes, which takes a while.
    let why = spawn_blocking(move || refusal(address, port, &error)).await;
    Err(why.unwrap_or_else(|_| format!("nobody can listen on port {port} of {address}")))
}

async fn first_free(address: IpAddr, advice: &str) -> anyhow::Result<TcpListener> {
    for port in RANGE {
        match TcpListener::bind((address, port)).await {
            Ok(listener) => return Ok(listener),
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => {}
            Err(error) => bail!("{}; {advice}", refusal(address, port, &error)),
        }
    }
    bail!("all ports from {} to {} are taken; {advice}", RANGE.start(), RANGE.end())
}

fn refusal(address: IpAddr, port: u16, error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::AddrInUse => {
            let by = holder::name(port).map_or_else(String::new, |holder| format!(" by {holder}"));
            format!("port {port} is taken{by}")
        }
        io::ErrorKind::PermissionDenied => {
            format!("the system does not let this program listen on port {port} of {address}")
        }
        _ => format!("nobody can listen on port {port} of {address}: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_taken_port_names_its_holder() {
        let taken = listen(None, Wanted::This(0), "wait").await.unwrap();
        let error = listen(None, Wanted::This(taken.port), "wait").await.map(drop).unwrap_err().to_string();
        assert!(error.ends_with("; wait"), "{error}");
        assert!(try_out(taken.address, taken.port).await.is_err());
        assert!(error.starts_with(&format!("port {} is taken", taken.port)), "{error}");
        if cfg!(target_os = "linux") {
            assert!(error.contains(&format!("(process {})", std::process::id())), "{error}");
        }
    }
}
