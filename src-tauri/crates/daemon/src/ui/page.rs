//! A page on disk that leads a browser to a link with a code. Programs that open a browser put what it is to
//! open into its arguments, which everybody on the machine can read; the path of this page opens nothing.

use std::{
    fs,
    io::{self, Write},
    path::Path,
};

use tempfile::TempPath;

/// Writes a page, readable for this person only; it is removed when it is dropped.
pub(crate) fn write(folder: &Path, url: &str) -> io::Result<TempPath> {
    // The home folder is closed to other people already.
    fs::create_dir_all(folder)?;
    // It is made with mode 0600.
    let mut page = tempfile::Builder::new().prefix("open-").suffix(".html").tempfile_in(folder)?;
    page.write_all(text(url).as_bytes())?;
    Ok(page.into_temp_path())
}

/// Removes the pages of a run that did not end by itself.
pub(crate) fn remove_stale(folder: &Path) {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            // What is in there opens nothing any more.
            tracing::warn!(%error, "cannot remove {}", folder.display());
        }
        _ => {}
    }
}

/// Nothing in our links means anything to HTML.
fn text(url: &str) -> String {
    format!(
        "<!doctype html>\n<meta charset=\"utf-8\">\n<meta name=\"referrer\" content=\"no-referrer\">\n\
         <meta http-equiv=\"refresh\" content=\"0; url={url}\">\n<title>Headgate</title>\n\
         <a href=\"{url}\">Open Headgate</a>\n"
    )
}
