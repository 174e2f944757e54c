//! Work goes on without a reader, within bounds, and ends with its last one.

use axum::body::to_bytes;
use tokio::sync::oneshot;

use super::*;

/// What is in the answer once `line` was told `times` times to nobody.
async fn unread(line: &'static [u8], times: usize) -> Bytes {
    let (over, is_over) = oneshot::channel();
    let response = driven(|teller| async move {
        for _ in 0..times {
            teller.tell(Bytes::from_static(line));
        }
        let _ = over.send(());
        Bytes::from_static(b"last\n")
    });
    is_over.await.expect("the work goes on to its end");
    to_bytes(response.into_body(), usize::MAX).await.unwrap()
}

#[tokio::test]
async fn work_needs_no_reader_and_its_last_line_is_kept() {
    assert_eq!(unread(b"x\n", 2).await, "x\nx\nlast\n");
    let many = unread(b"x\n", 10 * MAX_WAITING).await;
    assert_eq!(many.len(), MAX_WAITING * 2 + 5);
    assert!(many.ends_with(b"x\nlast\n"));
}

#[tokio::test]
async fn large_lines_are_bounded_too() {
    const LARGE: usize = MAX_WAITING_BYTES / 4;
    assert_eq!(unread(&[b'x'; LARGE], 9).await.len(), 4 * LARGE + 5);
    // One that is larger than all the room goes alone.
    const HUGE: usize = MAX_WAITING_BYTES * 2;
    assert_eq!(unread(&[b'x'; HUGE], 2).await.len(), HUGE + 5);
}

#[tokio::test]
async fn who_goes_away_ends_the_work() {
    let (held, is_dropped) = oneshot::channel::<()>();
    let response = driven(|_| async move {
        let _held = held;
        std::future::pending().await
    });
    drop(response);
    assert!(is_dropped.await.is_err());
}
