//! Windows gives every program the person's PATH.

use std::{ffi::OsString, path::PathBuf};

use super::Teller;

pub(super) async fn ask(_shell: PathBuf, _marks: Vec<(OsString, OsString)>) -> Result<OsString, Teller> {
    Err(Teller::System)
}
