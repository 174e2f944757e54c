//! JSON-RPC error codes that MCP uses, and error objects of our own.

use serde_json::json;

use crate::Raw;

/// The bytes are no JSON.
pub const PARSE_ERROR: i64 = -32700;
/// The JSON is no JSON-RPC request.
pub const INVALID_REQUEST: i64 = -32600;
/// Nobody knows the method.
pub const METHOD_NOT_FOUND: i64 = -32601;
/// The parameters do not fit the method.
pub const INVALID_PARAMS: i64 = -32602;
/// The request failed for a reason that is not the sender's.
pub const INTERNAL_ERROR: i64 = -32603;
/// No such resource (legacy era, server/resources "Error Handling").
pub const RESOURCE_NOT_FOUND: i64 = -32002;
/// The revision of the protocol is not spoken here (2026-07-28).
pub const UNSUPPORTED_VERSION: i64 = -32022;
/// The request was cancelled by its sender. An HTTP request must be answered, so a cancelled call
/// ends with this code, the one that the Language Server Protocol uses.
pub const CANCELLED: i64 = -32800;

/// A JSON-RPC error object.
pub fn object(code: i64, message: &str, data: Option<serde_json::Value>) -> Raw {
    let mut object = json!({ "code": code, "message": message });
    if let Some(data) = data {
        object["data"] = data;
    }
    Raw::of(&object)
}
