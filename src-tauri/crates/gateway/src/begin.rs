//! Work that begins in order and ends whenever it does.

/// Does the first step of `work` here, so that nothing which comes later can overtake it, and lets it go
/// on by itself.
pub async fn begin(work: impl Future<Output = ()> + Send + 'static) {
    let mut work = Box::pin(work);
    tokio::select! {
        biased;
        () = &mut work => {}
        () = std::future::ready(()) => drop(tokio::spawn(work)),
    }
}
