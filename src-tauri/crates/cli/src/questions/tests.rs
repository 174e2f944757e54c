use expect_test::expect;

use super::*;

const SCHEMA: &str = r#"{"properties":{"name":{"type":"string","description":"Who\u001b[31m"},"age":{"type":"integer","default":7},"sure":{"type":"boolean"},"tags":{"type":"array","items":{"anyOf":[{"const":"a"},{"const":"b"}]}},"colour":{"type":"string","enum":["red","blue"]}},"required":["name"]}"#;

fn schema() -> Box<RawValue> {
    RawValue::from_string(SCHEMA.to_owned()).unwrap()
}

fn check(given: &[(&str, &str)], expected: Value) {
    let given: Vec<_> = given.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
    assert_eq!(Value::from(content(&schema(), &given)), expected, "{given:?}");
}

#[test]
fn what_is_given_takes_the_type_of_its_field() {
    check(&[], json!({ "age": 7 }));
    check(&[("name", "1"), ("age", "8"), ("sure", "true")], json!({ "name": "1", "age": 8, "sure": true }));
    check(&[("tags", "a"), ("tags", "b")], json!({ "age": 7, "tags": ["a", "b"] }));
    check(&[("age", "old"), ("other", "x=y")], json!({ "age": "old", "other": "x=y" }));
}

fn check_input(input: &str, expected: Result<&[(&str, &str)], &str>) {
    let accepted = [Accepted::Value("a".to_owned(), "1".to_owned()), Accepted::Input, Accepted::Input];
    let found = match given(&accepted, input.as_bytes()) {
        Ok(given) => Ok(given),
        Err(Failure::Usage(sentence)) => Err(sentence),
        Err(_) => panic!("another failure for {input:?}"),
    };
    let pairs = |pairs: &[(&str, &str)]| {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect::<Vec<_>>()
    };
    assert_eq!(found, expected.map(pairs).map_err(str::to_owned), "{input:?}");
}

#[test]
fn values_are_read_where_no_other_program_sees_them() {
    check_input("", Ok(&[("a", "1")]));
    check_input("token=s3cret=x\r\n\n b= two \n", Ok(&[("a", "1"), ("token", "s3cret=x"), (" b", " two ")]));
    let wrong = "line 2 of standard input does not fill a form: expected K=V";
    check_input("token=x\ns3cret", Err(wrong));
    let large = format!("a={}", "x".repeat(MAX_INPUT_BYTES as usize));
    check_input(&large, Err("standard input has more than 1048576 bytes, too many for a form"));
}

#[test]
fn a_question_is_shown_whole_and_calm() {
    let mut question = QuestionView {
        id: "3".to_owned(),
        session: "1a2b3c4d".to_owned(),
        client: "claude".to_owned(),
        upstream: "github".parse().unwrap(),
        tool: Some("search".to_owned()),
        message: "Which\none?".to_owned(),
        kind: QuestionKind::Form,
        state: QuestionState::Open,
        schema: Some(schema()),
        url: None,
        began_ms: 0,
        expires_ms: 540_000,
    };
    expect![[r#"
        question 3: `github` asks `claude` (session 1a2b3c4d, tool `search`), 9m left
          Which one?
            name string, needed: Who
            age integer [default: 7]
            sure boolean
            tags array (a | b)
            colour string (red | blue)
          headgate questions answer 3 --accept [NAME=VALUE]... | --decline
    "#]]
    .assert_eq(&text(&question, 0));
    question.schema = None;
    question.kind = QuestionKind::Url;
    question.url = Some("https://example.com/x".to_owned());
    question.tool = None;
    expect![[r#"
        question 3: `github` asks `claude` (session 1a2b3c4d), 9m left
          Which one?
          https://example.com/x
          headgate questions answer 3 --accept | --decline, then open the page
    "#]]
    .assert_eq(&text(&question, 0));
}
