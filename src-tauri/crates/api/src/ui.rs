//! Bodies of `/api/ui`: how a browser is let in. None of them has `Debug`, so that no code or token is ever
//! logged.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// `POST /api/ui/codes`: a link for a browser.
#[derive(Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewUiCode {
    /// Also write a page that leads there, which only this person can read. Its path may stand in the
    /// arguments of a browser, which other people of the machine can see; the link may not.
    #[serde(default)]
    pub page: bool,
}

/// The answer: a link that lets one browser in, once.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct UiCode {
    /// The link, with the code in its fragment, which browsers send to nobody.
    pub url: String,
    /// The page that leads there, when it was asked for; it is removed when the code is used or too old.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub page: Option<PathBuf>,
    /// How long the code can be used.
    pub valid_s: u64,
}

/// `POST /api/ui/tokens`, by the page itself.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewUiToken {
    /// What stood in the fragment of the link.
    pub code: String,
}

/// The answer: what the page shows from now on.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct UiToken {
    /// Sent as `Authorization: Bearer`. It ends with the gateway, and when it was not used for a day.
    pub token: String,
}
