//! The fingerprint of a definition: what is known of an upstream holds only while it is run in the same way.

use std::path::Path;

use headgate_model::UpstreamSpec;
use sha2::{Digest, Sha256};

/// Identifies how an upstream is run.
pub type Fingerprint = [u8; 32];

/// Hashes everything that decides what an upstream offers: its command, arguments, environment and folder or
/// its URL and headers, and the project it runs for. Secrets are in it as references, which change with them.
pub fn fingerprint(spec: &UpstreamSpec, project: Option<&Path>) -> Fingerprint {
    let mut hash = Sha256::new();
    // What is known of one upstream is not another's, whose copy of it may go away.
    hash.update(spec.name.as_str());
    hash.update([0]);
    // What cannot be written as JSON could not have been registered either.
    hash.update(serde_json::to_vec(&spec.transport).unwrap_or_default());
    if let Some(project) = project {
        hash.update([0]);
        hash.update(project.as_os_str().as_encoded_bytes());
    }
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(args: &[&str], isolation: &str, project: Option<&str>) -> Fingerprint {
        let transport = serde_json::json!({ "type": "stdio", "command": "x", "args": args });
        let spec = serde_json::json!({ "name": "a", "transport": transport, "isolation": isolation, "enabled": true });
        fingerprint(&serde_json::from_value(spec).unwrap(), project.map(Path::new))
    }

    #[test]
    fn what_is_run_and_where_decides() {
        let known = of(&["a"], "shared", None);
        assert_eq!(known, of(&["a"], "session", None), "who shares it does not matter");
        assert_ne!(known, of(&["b"], "shared", None));
        assert_ne!(known, of(&["a"], "project", Some("/p")));
        assert_ne!(of(&[], "project", Some("/p")), of(&[], "project", Some("/q")));
    }
}
