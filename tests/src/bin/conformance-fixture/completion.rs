//! Completion: suggestions for the arguments of prompts and resource templates.

use rmcp::{
    ErrorData,
    model::{CompleteRequestParams, CompleteResult, CompletionInfo, Reference},
};

/// The suggestions that start with what was typed so far.
pub(crate) fn complete(request: &CompleteRequestParams) -> Result<CompleteResult, ErrorData> {
    let candidates: &[&str] = match (&request.r#ref, request.argument.name.as_str()) {
        (Reference::Prompt(_), "arg1") => &["paris", "park", "party"],
        (Reference::Prompt(_), "arg2") => &["small", "smart"],
        (Reference::Resource(_), "id") => &["1", "12", "123"],
        _ => &[],
    };
    let values = candidates
        .iter()
        .filter(|candidate| candidate.starts_with(&request.argument.value))
        .map(|candidate| (*candidate).to_owned())
        .collect();
    let completion = CompletionInfo::with_all_values(values)
        .map_err(|message| ErrorData::internal_error(message, None))?;
    Ok(CompleteResult::new(completion))
}
