//! What an upstream offers: all pages of all its lists, as raw definitions.

use headgate_protocol::{Outcome, Raw, error, method};
use serde::Serialize;
use serde_json::json;

use super::{
    handle::{CallError, Handle},
    log::{Log, Source},
};

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

/// Asks for every list that the upstream declares. Of a list that is refused stays what was `known`; without its
/// tools a server that nobody has seen before is of no use.
pub(crate) async fn fetch(
    handle: &Handle,
    initialize: &Raw,
    known: Option<&Offer>,
    log: &Log,
) -> Result<Offer, CallError> {
    let mut offer = Offer {
        initialize: initialize.detached(),
        tools: Vec::new(),
        prompts: Vec::new(),
        resources: Vec::new(),
        templates: Vec::new(),
    };
    let list = async |capability: &str, method: &str, member: &str, known: Option<&Vec<Raw>>| {
        if !offer.declares(capability) {
            return Ok(Vec::new());
        }
        let refusal = match entries(handle, method, member).await? {
            Ok(entries) => return Ok(entries),
            Err(refusal) => refusal,
        };
        let told = refusal.text_at(&["message"]).unwrap_or_else(|| format!("{refusal:?}"));
        let news = format!("it refused `{method}`: {told}");
        if known.is_none() && method == method::TOOLS_LIST {
            return Err(CallError::Lost(news));
        }
        log.add(Source::Life, &news);
        Ok(known.cloned().unwrap_or_default())
    };
    let (tools, prompts, resources, templates) = tokio::try_join!(
        list("tools", method::TOOLS_LIST, "tools", known.map(|known| &known.tools)),
        list("prompts", method::PROMPTS_LIST, "prompts", known.map(|known| &known.prompts)),
        list("resources", method::RESOURCES_LIST, "resources", known.map(|known| &known.resources)),
        list(
            "resources",
            method::RESOURCES_TEMPLATES_LIST,
            "resourceTemplates",
            known.map(|known| &known.templates)
        ),
    )?;
    (offer.tools, offer.prompts, offer.resources, offer.templates) = (tools, prompts, resources, templates);
    Ok(offer)
}

/// Follows `nextCursor` to the end (utilities/pagination); all of a list, or the error that the upstream answered.
async fn entries(handle: &Handle, method: &str, member: &str) -> Result<Result<Vec<Raw>, Raw>, CallError> {
    let mut entries = Vec::new();
    let mut cursor: Option<Raw> = None;
    let mut bytes = 0;
    for page_number in 0..MAX_PAGES {
        let params = cursor.take().map(|cursor| Raw::of(&json!({ "cursor": cursor })));
        let page = match handle.request(method, params).await? {
            Outcome::Result(page) => page,
            // Many servers declare resources and know no templates.
            Outcome::Error(error) if page_number == 0 && is_unknown_method(&error) => break,
            Outcome::Error(error) => return Ok(Err(error)),
        };
        let page_entries = page.at(&[member]).and_then(|list| list.elements()).unwrap_or_default();
        entries.extend(page_entries.iter().map(Raw::detached));
        bytes += page_entries.iter().map(|entry| entry.as_bytes().len()).sum::<usize>();
        cursor = page.at(&["nextCursor"]).filter(|next| next.as_bytes().first() == Some(&b'"'));
        if cursor.is_none() || entries.len() >= MAX_ENTRIES || bytes >= MAX_BYTES {
            break;
        }
    }
    Ok(Ok(entries))
}

fn is_unknown_method(refusal: &Raw) -> bool {
    refusal.at(&["code"]).and_then(|code| code.read::<i64>().ok()) == Some(error::METHOD_NOT_FOUND)
}
