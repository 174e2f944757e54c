//! Tools that answer at once with fixed content, one per content type, and two whose point
//! is their input schema.

use rmcp::model::{CallToolResult, ContentBlock, ResourceContents};
use serde_json::{Value, json};

use super::{Call, Entry, Reply, failure, no_arguments, success};
use crate::samples;

pub(super) const TOOLS: &[Entry] = &[
    Entry {
        name: "test_simple_text",
        description: "Answers with a sentence",
        input_schema: no_arguments,
        run: |_| Box::pin(async { Ok(success("This is a simple text response for testing.").into()) }),
    },
    Entry {
        name: "test_image_content",
        description: "Answers with an image",
        input_schema: no_arguments,
        run: |_| Box::pin(async { blocks(vec![image()]) }),
    },
    Entry {
        name: "test_audio_content",
        description: "Answers with a sound",
        input_schema: no_arguments,
        run: |_| Box::pin(async { blocks(vec![ContentBlock::audio(samples::WAV, "audio/wav")]) }),
    },
    Entry {
        name: "test_embedded_resource",
        description: "Answers with a resource inside the result",
        input_schema: no_arguments,
        run: |_| Box::pin(async { blocks(vec![embedded_resource()]) }),
    },
    Entry {
        name: "test_multiple_content_types",
        description: "Answers with text, an image and a resource",
        input_schema: no_arguments,
        run: |_| {
            let text = ContentBlock::text("Multiple content types test:");
            Box::pin(async { blocks(vec![text, image(), embedded_json()]) })
        },
    },
    Entry {
        name: "test_error_handling",
        description: "Always fails",
        input_schema: no_arguments,
        run: |_| {
            let reason = "This tool intentionally returns an error for testing";
            Box::pin(async move { Ok(failure(reason).into()) })
        },
    },
    Entry {
        name: "json_schema_2020_12_tool",
        description: "Has a schema with keywords of JSON Schema 2020-12",
        input_schema: schema_2020_12,
        run: |call| Box::pin(async { Ok(success(Value::Object(call.arguments).to_string()).into()) }),
    },
    Entry {
        name: "test_custom_header",
        description: "Repeats an argument that also travels as an HTTP header",
        input_schema: header_schema,
        run: |call| Box::pin(custom_header(call)),
    },
];

async fn custom_header(call: Call) -> Reply {
    Ok(success(call.text_argument("value")?).into())
}

fn blocks(content: Vec<ContentBlock>) -> Reply {
    Ok(CallToolResult::success(content).into())
}

fn image() -> ContentBlock {
    ContentBlock::image(samples::PNG, "image/png")
}

fn embedded_resource() -> ContentBlock {
    ContentBlock::resource(
        ResourceContents::text("This is an embedded resource content.", "test://embedded-resource")
            .with_mime_type("text/plain"),
    )
}

fn embedded_json() -> ContentBlock {
    let text = json!({ "test": "data", "value": 123 }).to_string();
    ContentBlock::resource(
        ResourceContents::text(text, "test://mixed-content-resource").with_mime_type("application/json"),
    )
}

/// The exact schema that the suite compares with.
fn schema_2020_12() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "$defs": {
            "address": {
                "$anchor": "addressDef",
                "type": "object",
                "properties": {
                    "street": { "type": "string" },
                    "city": { "type": "string" },
                },
            },
        },
        "properties": {
            "name": { "type": "string" },
            "address": { "$ref": "#/$defs/address" },
            "contactMethod": { "type": "string", "enum": ["phone", "email"] },
            "phone": { "type": "string" },
            "email": { "type": "string" },
        },
        "allOf": [{ "anyOf": [{ "required": ["phone"] }, { "required": ["email"] }] }],
        "if": {
            "properties": { "contactMethod": { "const": "phone" } },
            "required": ["contactMethod"],
        },
        "then": { "required": ["phone"] },
        "else": { "required": ["email"] },
        "additionalProperties": false,
    })
}

fn header_schema() -> Value {
    json!({
        "type": "object",
        "properties": { "value": { "type": "string", "x-mcp-header": "Value" } },
        "required": ["value"],
    })
}
