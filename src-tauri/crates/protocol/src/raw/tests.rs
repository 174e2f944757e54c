use super::*;

fn raw(text: &'static str) -> Raw {
    Raw::parse(text).unwrap()
}

#[test]
fn a_value_is_replaced_and_every_other_byte_stays() {
    let params =
        raw(r#"{ "a":1.0, "_meta": {"progressToken" : "t\u00e9", "x":null}, "a2":9007199254740993 }"#);
    let edited = params.with(&["_meta", "progressToken"], &Raw::of(&7));
    assert_eq!(
        format!("{edited:?}"),
        r#"{ "a":1.0, "_meta": {"progressToken" : 7, "x":null}, "a2":9007199254740993 }"#
    );
}

#[test]
fn several_edits_are_applied_at_once_in_any_order() {
    let params = raw(r#"{"name":"x","uri":"y","z":[1,2]}"#);
    let mut edits = Edits::new(&params);
    edits.replace(&["uri"], &Raw::of("longer"));
    edits.replace(&["name"], &Raw::of(""));
    edits.replace(&["missing"], &Raw::of(""));
    assert_eq!(format!("{:?}", edits.apply()), r#"{"name":"","uri":"longer","z":[1,2]}"#);
}

#[test]
fn a_member_is_set_wherever_it_is_or_put_at_the_end() {
    let set = |whole: &'static str| {
        let whole = raw(whole);
        let mut edits = Edits::new(&whole);
        edits.set("d", &Raw::of("\"new\""));
        format!("{:?}", edits.apply())
    };
    assert_eq!(set(r#"{"a":1.0, "d" : null,"b":{"d":1}}"#), r#"{"a":1.0, "d" : "\"new\"","b":{"d":1}}"#);
    assert_eq!(set(r#"{"d":1,"x":0,"\u0064":2}"#), r#"{"d":"\"new\"","x":0,"\u0064":"\"new\""}"#);
    assert_eq!(set(r#"{"a":1.0 }"#), r#"{"a":1.0 ,"d":"\"new\""}"#);
    assert_eq!(set("{}"), r#"{"d":"\"new\""}"#);
    assert_eq!(set("[1]"), "[1]");
}

#[test]
fn looking_into_something_else_finds_nothing() {
    assert!(raw("[1]").at(&["a"]).is_none());
    assert!(raw("7").at(&["a"]).is_none());
    assert!(raw(r#"{"a":7}"#).at(&["a", "b"]).is_none());
    assert!(raw(r#"{"a":7}"#).elements().is_none());
}

#[test]
fn escaped_keys_are_found() {
    assert_eq!(raw(r#"{"n\u0061me":"x"}"#).text_at(&["name"]).as_deref(), Some("x"));
}

#[test]
fn deep_nesting_is_carried() {
    let deep = format!("{}1{}", "[".repeat(10_000), "]".repeat(10_000));
    let whole = Raw::parse(format!(r#"{{"a":{deep},"b":"x"}}"#)).unwrap();
    assert_eq!(whole.text_at(&["b"]).as_deref(), Some("x"));
    assert_eq!(whole.at(&["a"]).unwrap().as_bytes(), deep.as_bytes());
}

#[test]
fn text_after_the_value_is_refused() {
    assert!(Raw::parse("{} {}").is_err());
    assert!(Raw::parse("").is_err());
    assert!(Raw::parse(&b"\"\xff\""[..]).is_err());
}

#[test]
fn a_member_that_occurs_twice_is_none() {
    let params = raw(r#"{"name":"a","n\u0061me":"b","_meta":{"x":1,"x":2},"uri":"u"}"#);
    assert!(params.at(&["name"]).is_none());
    assert!(params.is_ambiguous(&["name"]) && params.is_ambiguous(&["_meta", "x"]));
    assert!(!params.is_ambiguous(&["uri"]) && !params.is_ambiguous(&["missing"]));
}
