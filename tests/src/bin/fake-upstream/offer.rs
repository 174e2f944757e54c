//! What the server offers, as definitions that stay raw text, and their pages.

use serde_json::json;

use crate::{Args, tools};

/// Everything that is listed.
pub(crate) struct Offered {
    pub(crate) tools: Vec<String>,
    pub(crate) prompts: Vec<String>,
    pub(crate) resources: Vec<String>,
    pub(crate) templates: Vec<String>,
}

impl Offered {
    pub(crate) fn new(args: &Args) -> Self {
        let mut offered =
            Self { tools: Vec::new(), prompts: Vec::new(), resources: Vec::new(), templates: Vec::new() };
        if !args.bare {
            offered.tools.extend(tools::NAMES.iter().map(|name| tool(name)));
            offered.prompts.push(
                r#"{"name":"greet","arguments":[{"name":"who","required":true}],"x-odd":1.0}"#.to_owned(),
            );
            offered.resources.push(resource("fake://note/1"));
            offered.templates.push(
                r#"{"uriTemplate":"fake://item/{id}","name":"item","mimeType":"text/plain","x-odd":null}"#
                    .to_owned(),
            );
        }
        offered.tools.extend(args.tool.iter().map(|name| tool(name)));
        let listed = args.tools_file.as_ref().and_then(|file| std::fs::read_to_string(file).ok());
        offered.tools.extend(listed.iter().flat_map(|text| text.lines()).map(tool));
        offered.tools.extend((0..args.many).map(|number| tool(&format!("many_{number}"))));
        offered.prompts.extend(args.prompt.iter().map(|name| prompt(name)));
        offered.resources.extend(args.resource.iter().map(|uri| resource(uri)));
        offered
    }
}

/// With members that a typed model would lose or change.
pub(crate) fn tool(name: &str) -> String {
    let name = json!(name);
    format!(
        r#"{{"inputSchema":{{"type":"object","properties":{{"n":{{"maximum":9007199254740993,"multipleOf":1.0}}}}}},"name":{name},"execution":{{"taskSupport":"forbidden"}},"x-odd":null,"_meta":{{"b":1,"a":2}}}}"#
    )
}

pub(crate) fn prompt(name: &str) -> String {
    json!({ "name": name }).to_string()
}

pub(crate) fn resource(uri: &str) -> String {
    json!({ "uri": uri, "name": uri, "size": 12 }).to_string()
}

/// One page of a list, as a result.
pub(crate) fn page(member: &str, entries: &[String], size: usize, cursor: Option<&str>) -> Option<String> {
    if size == 0 {
        return Some(format!(r#"{{"{member}":[{}]}}"#, entries.join(",")));
    }
    // A cursor is anything but a number; this one needs escapes.
    let start = match cursor {
        None => 0,
        Some(cursor) => cursor.strip_prefix("from \"é\" ")?.parse().ok()?,
    };
    let end = (start + size).min(entries.len());
    let next = match end < entries.len() {
        true => format!(r#","nextCursor":{}"#, json!(format!("from \"é\" {end}"))),
        false => String::new(),
    };
    Some(format!(r#"{{"{member}":[{}]{next}}}"#, entries.get(start..end)?.join(",")))
}
