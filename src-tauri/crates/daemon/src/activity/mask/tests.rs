//! What is hidden, and what is not.

use std::time::{Duration, Instant};

use super::*;

fn check(given: &str, expected: &str) {
    assert_eq!(json(given), expected, "of {given}");
    assert_eq!(json(expected), expected, "masking again changes nothing");
}

fn says(given: &str, expected: &str) {
    assert_eq!(text(given), expected, "of {given}");
    assert_eq!(text(expected), expected, "masking again changes nothing");
}

#[test]
fn values_under_telling_names_are_hidden() {
    check(r#"{"password":"x"}"#, r#"{"password":"***"}"#);
    check(r#"{ "Api-Key" : "x" , "b":1.0}"#, r#"{ "Api-Key" : "***" , "b":1.0}"#);
    check(r#"{"GITHUB_TOKEN":"x","q":"y"}"#, r#"{"GITHUB_TOKEN":"***","q":"y"}"#);
    check(r#"{"clientSecret":["a",{"b":"}"}],"c":2}"#, r#"{"clientSecret":"***","c":2}"#);
    check(r#"{"credentials":{"user":"a"}}"#, r#"{"credentials":"***"}"#);
    check(r#"{"deep":[{"set-cookie":"a=b"}]}"#, r#"{"deep":[{"set-cookie":"***"}]}"#);
    check(r#"{"pass\u0077ord":"x"}"#, r#"{"pass\u0077ord":"***"}"#);
    check(r#"{"password":1234}"#, r#"{"password":"***"}"#);
    check(r#"{"authorization":"Bearer a"}"#, r#"{"authorization":"***"}"#);
}

#[test]
fn what_only_sounds_secret_stays() {
    for text in [
        r#"{"max_tokens":4096,"total_tokens":1.5e3}"#,
        r#"{"_meta":{"progressToken":"abc"}}"#,
        r#"{"hasPassword":true,"secret":null}"#,
        r#"{"author":"x","key":"y","path":"/a/b","n":9007199254740993}"#,
        r#"{"text":"the password is not told"}"#,
        r#"["sk-short","Bearer token","token"]"#,
        r#"{"a":"ü\u00e9\n"}"#,
        "",
        "null",
        "{",
        r#""\"#,
    ] {
        check(text, text);
    }
}

#[test]
fn tokens_are_told_by_their_looks() {
    check(r#"["ghp_0123456789abcdef"]"#, r#"["***"]"#);
    check(r#"{"q":"use sk-proj-0123456789abcdef, please"}"#, r#"{"q":"use ***, please"}"#);
    check(r#"{"q":"eyJhbGciOiJI.eyJzdWIiOiIx.c2lnbmF0dXJl"}"#, r#"{"q":"***"}"#);
    check(r#"{"h":"Bearer abcdef012345"}"#, r#"{"h":"Bearer ***"}"#);
    says("Authorization: Bearer a/b+c== x", "Authorization: *** x");
    says("authorization: basic dXNlcjpwYXNz", "authorization: ***");
    says("curl -H 'X-Api-Key: abc' y", "curl -H 'X-Api-Key: ***' y");
    says("API_KEY=abc DEBUG=1", "API_KEY=*** DEBUG=1");
    says("export DB_PASSWORD='a b'; run", "export DB_PASSWORD='***'; run");
    says("https://x.test/?a=1&access_token=abc&b=2", "https://x.test/?a=1&access_token=***&b=2");
    says("postgres://user:pa55@host/db", "postgres://***@host/db");
    says("https://host/a:b@c", "https://host/a:b@c");
    says("a -----BEGIN RSA PRIVATE KEY-----\nMII\n-----END RSA PRIVATE KEY----- b", "a *** b");
    says("-----BEGIN CERTIFICATE-----", "-----BEGIN CERTIFICATE-----");
}

#[test]
fn json_within_strings_is_masked_too() {
    check(r#"{"text":"{\"password\":\"x\",\"a\":1}"}"#, r#"{"text":"{\"password\":\"***\",\"a\":1}"}"#);
    check(r#"{"text":"got {\"password\": \"x\"}"}"#, r#"{"text":"got {\"password\": \"***\"}"}"#);
    check(
        r#"["[{\"t\":\"{\\\"secret\\\":\\\"x\\\"}\"}]"]"#,
        r#"["[{\"t\":\"{\\\"secret\\\":\\\"***\\\"}\"}]"]"#,
    );
}

#[test]
fn what_was_cut_off_is_masked_as_far_as_it_goes() {
    check(r#"{"password":"abc"#, r#"{"password":"***""#);
    check(r#"{"password":{"a":"b"#, r#"{"password":"***""#);
    check(r#"{"a":"API_KEY=abc"#, r#"{"a":"API_KEY=***"#);
    check(r#"{"a":"API_KEY=abc\"#, r#"{"a":"API_KEY=***"#);
    check(r#"{"a":"{\"password\":\"ab\u00"#, r#"{"a":"{\"password\":\"***\""#);
    check(r#"{"passwo"#, r#"{"passwo"#);
}

/// Masking runs on the thread that carries calls, so that its time must grow with the length alone.
#[test]
fn nobody_makes_masking_slow() {
    let deep =
        |levels: usize| format!("{}\"password\":\"x\"{}", "{\"a\":{".repeat(levels), "}}".repeat(levels));
    check(&deep(3_000), &deep(3_000).replace("\"x\"", "\"***\""));
    for text in [deep(20_000), "[\"".to_owned() + &"a=".repeat(100_000) + "\"]"] {
        let began = Instant::now();
        assert!(!json(&text).is_empty());
        assert!(began.elapsed() < Duration::from_secs(5), "{} bytes took {:?}", text.len(), began.elapsed());
    }
}
