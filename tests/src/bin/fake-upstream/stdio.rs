//! The stdio transport: one message a line. Reading and writing never wait for each other.

use std::{
    future::pending,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};

use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, stdin, stdout},
    sync::mpsc,
};

use crate::{
    session::{Process, Session},
    wire::{Out, Outlet},
};

static DEAF: AtomicBool = AtomicBool::new(false);

/// From now on nothing is read.
pub(crate) fn stop_reading() {
    DEAF.store(true, Relaxed);
}

pub(crate) async fn serve(process: Arc<Process>) -> anyhow::Result<()> {
    let (outlet, messages) = mpsc::unbounded_channel();
    let outlet = Outlet(outlet);
    tokio::spawn(write(messages));
    #[cfg(unix)]
    if process.args.ignore_term {
        let mut terms = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
        tokio::spawn(async move { while terms.recv().await.is_some() {} });
    }
    let session = Session::open(&process, outlet.clone());
    let mut reader = BufReader::with_capacity(64 * 1024, stdin());
    let mut line = Vec::new();
    while !DEAF.load(Relaxed) && reader.read_until(b'\n', &mut line).await? > 0 {
        let text = String::from_utf8_lossy(&line).trim_end_matches(['\n', '\r']).to_owned();
        line = Vec::new();
        let (session, outlet) = (session.clone(), outlet.clone());
        // Messages are taken in their order, since this is the only thread; calls wait in tasks.
        tokio::spawn(async move { session.receive(text, outlet).await });
        tokio::task::yield_now().await;
    }
    if DEAF.load(Relaxed) || process.args.ignore_eof {
        pending::<()>().await;
    }
    Ok(())
}

/// What was said together is written together.
async fn write(mut messages: mpsc::UnboundedReceiver<Out>) {
    let mut stdout = stdout();
    while let Some(out) = messages.recv().await {
        let mut bytes = Vec::new();
        let mut next = Some(out);
        while let Some(out) = next {
            match out {
                Out::Message(text) | Out::Answer(text) => {
                    bytes.extend_from_slice(text.as_bytes());
                    bytes.push(b'\n');
                }
                Out::Bytes(some) => bytes.extend_from_slice(&some),
            }
            next = messages.try_recv().ok();
        }
        if stdout.write_all(&bytes).await.is_err() || stdout.flush().await.is_err() {
            return;
        }
    }
}
