//! What is said when the app, the gateway and the installed programs are not of one version. Pure.

use headgate_api::is_newer;

use crate::words::Language;

/// The version of this app.
const OWN: &str = env!("CARGO_PKG_VERSION");

/// True for a gateway that this app wants to be replaced.
pub(super) fn is_older(gateway: &str) -> bool {
    is_newer(OWN, gateway)
}

/// True for a program beside which this app is out of date.
pub(super) fn is_news(installed: &str) -> bool {
    is_newer(installed, OWN)
}

/// A sentence about the versions, where there is something to say.
pub(super) fn advice(gateway: Option<&str>, installed: Option<&str>, language: Language) -> Option<String> {
    let newer = [installed, gateway].into_iter().flatten().find(|version| is_news(version));
    if let Some(newer) = newer {
        return Some(language.updated(newer, OWN));
    }
    let older = gateway.filter(|version| is_older(version))?;
    Some(language.gateway_is_older(older, OWN))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_different_versions_are_spoken_of() {
        for (gateway, installed, expected) in [
            (Some(OWN), Some(OWN), None),
            (None, None, None),
            (Some(OWN), Some("0.0.1"), None),
            (Some("0.0.1"), None, Some("the gateway is still version 0.0.1, ")),
            (Some("99.0.0"), None, Some("Headgate was updated to version 99.0.0, ")),
            (Some("0.0.1"), Some("99.0.0"), Some("Headgate was updated to version 99.0.0, ")),
        ] {
            let said = advice(gateway, installed, Language::En);
            let fits = match (&said, expected) {
                (Some(said), Some(beginning)) => said.starts_with(beginning),
                (said, expected) => said.is_none() && expected.is_none(),
            };
            assert!(fits, "{gateway:?} {installed:?}: {said:?}");
        }
    }
}
