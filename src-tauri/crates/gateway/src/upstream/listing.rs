//! What an upstream offers: all pages of all its lists, as raw definitions.

use headgate_protocol::{Outcome, Raw, method};
use serde::Serialize;
use serde_json::json;

use super::handle::{CallError, Handle};

/// Pages of one list. A cursor that never ends must not keep us listing for ever.
const MAX_PAGES: usize = 1_000;
/// Entries of one list, which we hold in memory for as long as the upstream is registered.
const MAX_ENTRIES: usize = 50_000;

/// Bytes of one list after which no further page is asked for; it is also kept on the disk.
const MAX_BYTES: usize = 16 * 1024 * 1024;

/// Everything one upstream offers, in its own words and order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Offer {
    /// The result of `initialize`.
    pub initialize: Raw,
    /// Definitions of tools.
    pub tools: Vec<Raw>,
    /// Definitions of prompts.
    pub prompts: Vec<Raw>,
    /// Definitions of resources.
    pub resources: Vec<Raw>,
    /// Definitions of resource templates.
    pub templates: Vec<Raw>,
}

impl Offer {
    /// True when the upstream declared this capability.
    pub fn declares(&self, capability: &str) -> bool {
        self.initialize.at(&["capabilities", capability]).is_some_and(|value| value.is_object())
    }

    /// The text by which it is kept, with every byte of the definitions in it.
    pub fn to_text(&self) -> Option<String> {
        serde_json::to_string(self).ok()
    }

    /// Reads what was kept. Its parts share the memory of the text.
    pub fn from_text(text: String) -> Option<Self> {
        let whole = Raw::parse(text).ok()?;
        let list = |member| whole.at(&[member]).and_then(|list| list.elements());
        Some(Self {
            initialize: whole.at(&["initialize"])?,
            tools: list("tools")?,
            prompts: list("prompts")?,
            resources: list("resources")?,
            templates: list("templates")?,
        })
    }

    /// The name and version that the server gave itself.
    pub fn server(&self) -> Option<String> {
        server(&self.initialize)
    }

    /// The revision of the protocol that it speaks.
    pub fn revision(&self) -> Option<String> {
        self.initialize.text_at(&["protocolVersion"])
    }
}

/// The name and version in a result of `initialize`.
pub(crate) fn server(initialize: &Raw) -> Option<String> {
    let name = initialize.text_at(&["serverInfo", "name"])?;
    let version = initialize.text_at(&["serverInfo", "version"]).unwrap_or_default();
    Some(format!("{name} {version}").trim_end().to_owned())
}

/// Asks for every list that the upstream declares.
pub(crate) async fn fetch(handle: &Handle, initialize: &Raw) -> Result<Offer, CallError> {
    let mut offer = Offer {
        initialize: initialize.detached(),
        tools: Vec::new(),
        prompts: Vec::new(),
        resources: Vec::new(),
        templates: Vec::new(),
    };
    let list = async |capability: &str, method: &str, member: &str| match offer.declares(capability) {
        true => entries(handle, method, member).await,
        false => Ok(Vec::new()),
    };
    let (tools, prompts, resources, templates) = tokio::try_join!(
        list("tools", method::TOOLS_LIST, "tools"),
        list("prompts", method::PROMPTS_LIST, "prompts"),
        list("resources", method::RESOURCES_LIST, "resources"),
        list("resources", method::RESOURCES_TEMPLATES_LIST, "resourceTemplates"),
    )?;
    (offer.tools, offer.prompts, offer.resources, offer.templates) = (tools, prompts, resources, templates);
    Ok(offer)
}

/// Follows `nextCursor` to the end (utilities/pagination).
async fn entries(handle: &Handle, method: &str, member: &str) -> Result<Vec<Raw>, CallError> {
    let mut entries = Vec::new();
    let mut cursor: Option<Raw> = None;
    let mut bytes = 0;
    for _ in 0..MAX_PAGES {
        let params = cursor.take().map(|cursor| Raw::of(&json!({ "cursor": cursor })));
        let page = match handle.request(method, params).await? {
            Outcome::Result(page) => page,
            // Many servers declare resources and know no templates.
            Outcome::Error(_) => break,
        };
        let page_entries = page.at(&[member]).and_then(|list| list.elements()).unwrap_or_default();
        entries.extend(page_entries.iter().map(Raw::detached));
        bytes += page_entries.iter().map(|entry| entry.as_bytes().len()).sum::<usize>();
        cursor = page.at(&["nextCursor"]).filter(|next| next.as_bytes().first() == Some(&b'"'));
        if cursor.is_none() || entries.len() >= MAX_ENTRIES || bytes >= MAX_BYTES {
            break;
        }
    }
    Ok(entries)
}
