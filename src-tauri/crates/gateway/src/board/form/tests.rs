use super::*;

/// Fills in `content` and expects what goes to the upstream, or the sentence about it.
fn check(schema: &str, content: &str, expected: &str) {
    let form = Form::read(&Raw::parse(schema.to_owned()).unwrap()).unwrap();
    let found = match form.checked(Some(&Raw::parse(content.to_owned()).unwrap())) {
        Ok(content) => format!("{content:?}"),
        Err(faults) => sentence(&faults),
    };
    assert_eq!(found, expected, "{schema} {content}");
}

/// The same for one field `f`; the fault alone.
fn field(schema: &str, value: &str, expected: &str) {
    let expected = match expected {
        "" => format!(r#"{{"f":{value}}}"#),
        fault => format!("`f` {fault}"),
    };
    check(
        &format!(r#"{{"type":"object","properties":{{"f":{schema}}}}}"#),
        &format!(r#"{{"f":{value}}}"#),
        &expected,
    );
}

#[test]
fn text_has_length_pattern_and_format() {
    field(r#"{"type":"string"}"#, "\"é\"", "");
    field(r#"{"type":"string"}"#, "1", "needs text");
    field(r#"{"type":"string","minLength":2}"#, "\"é\"", "needs at least 2 characters");
    field(r#"{"type":"string","maxLength":2}"#, "\"éé\"", "");
    field(r#"{"type":"string","maxLength":2}"#, "\"ééé\"", "takes at most 2 characters");
    field(r#"{"type":"string","pattern":"^[a-z]+$"}"#, "\"ab\"", "");
    field(r#"{"type":"string","pattern":"^[a-z]+$"}"#, "\"a1\"", "must match `^[a-z]+$`");
    // Nobody here can read a look-ahead, and nobody waits for a pattern that grows without end.
    field(r#"{"type":"string","pattern":"(?=x)"}"#, "\"a\"", "");
    field(r#"{"type":"string","pattern":"(((a{100}){100}){100}){100}"}"#, "\"a\"", "");
    for (format, good, bad, reason) in [
        ("email", "ann@example.com", "ann at home", "needs an e-mail address"),
        ("uri", "urn:x:1", "x y", "needs a whole URI"),
        ("date", "2024-02-29", "2026-02-29", "needs a date such as 2026-11-20"),
        ("date", "2026-01-05", "2026-1-5", "needs a date such as 2026-11-20"),
        ("date-time", "2026-11-20T12:00:00+01:00", "2026-11-20", "needs a time such as 2026-11-20T12:00:00Z"),
        ("colour", "x", "", ""),
    ] {
        let schema = format!(r#"{{"type":"string","format":"{format}"}}"#);
        field(&schema, &format!("\"{good}\""), "");
        field(&schema, &format!("\"{bad}\""), reason);
    }
}

#[test]
fn numbers_have_bounds() {
    field(r#"{"type":"number","minimum":0.5}"#, "0.5", "");
    field(r#"{"type":"number","minimum":0.5}"#, "0.4", "must be at least 0.5");
    field(r#"{"type":"number","maximum":7}"#, "8", "must be at most 7");
    field(r#"{"type":"number"}"#, "\"8\"", "needs a number");
    for whole in ["1", "-1", "1.0", "9007199254740993", "1e3"] {
        field(r#"{"type":"integer"}"#, whole, "");
    }
    for other in ["1.5", "\"1\"", "true", "null"] {
        field(r#"{"type":"integer"}"#, other, "needs a whole number");
    }
    field(r#"{"type":"boolean"}"#, "false", "");
    field(r#"{"type":"boolean"}"#, "\"yes\"", "needs `true` or `false`");
}

#[test]
fn choices_are_among_those_that_were_given() {
    let plain = r#"{"type":"string","enum":["a","b"],"enumNames":["A","B"]}"#;
    let titled = r#"{"type":"string","oneOf":[{"const":"a","title":"A"},{"const":"b","title":"B"}]}"#;
    for schema in [plain, titled] {
        field(schema, "\"b\"", "");
        field(schema, "\"c\"", r#"takes "a", "b""#);
    }
    let plain =
        r#"{"type":"array","minItems":1,"maxItems":2,"items":{"type":"string","enum":["a","b","c"]}}"#;
    let titled = r#"{"type":"array","minItems":1,"maxItems":2,"items":{"anyOf":[{"const":"a","title":"A"},{"const":"b","title":"B"},{"const":"c","title":"C"}]}}"#;
    for schema in [plain, titled] {
        field(schema, r#"["a","c"]"#, "");
        field(schema, "[]", "needs at least 1 of its choices");
        field(schema, r#"["a","b","c"]"#, "takes at most 2 of its choices");
        field(schema, r#"["d"]"#, r#"takes "a", "b", "c""#);
        field(schema, "\"a\"", "needs a list");
    }
}

#[test]
fn every_fault_is_named() {
    let schema =
        r#"{"properties":{"a":{"type":"string"},"b":{"type":"integer"},"c":{}},"required":["a","z"]}"#;
    check(
        schema,
        r#"{"b":"x","d":1}"#,
        "`b` needs a whole number; `d` is not asked for; `a` is needed; `z` is needed",
    );
    check(schema, r#"{"a":"","a":"","z":1}"#, "`a` stands there twice; `z` is not asked for");
    check(schema, "[]", "it must be an object");
    check("{}", "{}", "{}");
}

#[test]
fn content_goes_on_byte_for_byte() {
    let schema = r#"{"properties":{"n":{"type":"integer"},"any":{"type":"object"}},"required":["n"]}"#;
    let content = r#"{ "any":{"x":null},  "n":9007199254740993 }"#;
    check(schema, content, content);
}

#[test]
fn what_must_be_there_and_was_left_out_gets_its_default() {
    let schema = r#"{"properties":{"a":{"type":"string","default":"x"},"b":{"type":"integer","default":2},"c":{"type":"boolean","default":true}},"required":["a","b"]}"#;
    check(schema, "{}", r#"{"a":"x","b":2}"#);
    check(schema, r#"{"b":3}"#, r#"{"b":3,"a":"x"}"#);
    let wrong = r#"{"properties":{"a":{"type":"string","default":1}},"required":["a"]}"#;
    check(wrong, "{}", "`a` is needed");
}

#[test]
fn a_schema_that_is_none_is_refused() {
    for (schema, expected) in [
        ("[]", "it is no object"),
        (r#"{"properties":[]}"#, "its `properties` are no object"),
        (r#"{"properties":{"a":{},"a":{}}}"#, "it has two fields `a`"),
    ] {
        assert_eq!(Form::read(&Raw::constant(schema)).unwrap_err(), expected);
    }
}
