//! Secrets in a file of mode 0600: a JSON object from reference to value.
//!
//! Read anew for every call, so that a person's edit counts; replaced as a whole, so that a crash
//! leaves the old file or the new one.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

use headgate_model::SecretRef;
use tempfile::NamedTempFile;

use super::SecretError;
use crate::platform;

type Values = BTreeMap<String, String>;

/// The file of secrets.
pub(super) struct SecretFile {
    path: PathBuf,
}

impl SecretFile {
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path }
    }

    pub(super) fn get(&self, secret: &SecretRef) -> Result<String, SecretError> {
        self.read()?.remove(&secret.0).ok_or_else(|| SecretError::Missing(secret.clone()))
    }

    pub(super) fn set(&self, secret: &SecretRef, value: &str) -> Result<(), SecretError> {
        let mut values = self.read()?;
        values.insert(secret.0.clone(), value.to_owned());
        self.write(&values)
    }

    pub(super) fn delete(&self, secret: &SecretRef) -> Result<(), SecretError> {
        let mut values = self.read()?;
        match values.remove(&secret.0) {
            Some(_) => self.write(&values),
            None => Ok(()),
        }
    }

    fn read(&self) -> Result<Values, SecretError> {
        match File::open(&self.path) {
            Ok(file) => self.parse(&self.read_private(file)?),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Values::new()),
            Err(error) => Err(self.failed(error)),
        }
    }

    fn read_private(&self, mut file: File) -> Result<Vec<u8>, SecretError> {
        if let Some(mode) = platform::mode_open_to_others(&file).map_err(|e| self.failed(e))? {
            return Err(SecretError::OpenToOthers { path: self.path.clone(), mode });
        }
        let mut json = Vec::new();
        file.read_to_end(&mut json).map_err(|error| self.failed(error))?;
        Ok(json)
    }

    fn parse(&self, json: &[u8]) -> Result<Values, SecretError> {
        serde_json::from_slice(json).map_err(|error| SecretError::Damaged {
            path: self.path.clone(),
            line: error.line(),
            column: error.column(),
        })
    }

    fn write(&self, values: &Values) -> Result<(), SecretError> {
        replace(&self.path, values).map_err(|error| self.failed(error))
    }

    fn failed(&self, source: io::Error) -> SecretError {
        SecretError::File { path: self.path.clone(), source }
    }
}

fn replace(path: &Path, values: &Values) -> io::Result<()> {
    let folder = path.parent().filter(|folder| *folder != "").unwrap_or(Path::new("."));
    // Made with mode 0600, and removed again when a step fails.
    let mut file = NamedTempFile::new_in(folder)?;
    file.write_all(&serde_json::to_vec_pretty(values)?)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    platform::sync_folder(folder)
}
