use expect_test::{Expect, expect};
use serde_json::json;

use super::*;

fn setting(key: &str, value: Value, unit: Unit) -> SettingView {
    SettingView {
        key: key.to_owned(),
        value: Some(value).filter(|value| !value.is_null()),
        default: None,
        source: SettingSource::Kept,
        unit,
        meaning: "What it does.".to_owned(),
        at_start: false,
        needs_restart: false,
    }
}

fn check(setting: SettingView, expected: Expect) {
    expected.assert_eq(&outcome(&setting));
}

#[test]
fn a_change_says_when_it_holds() {
    check(setting("call_timeout", json!(0.5), Unit::Seconds), expect!["call_timeout = 0.5 s (kept)"]);
    let waiting = SettingView { needs_restart: true, ..setting("port", json!(4290), Unit::Count) };
    check(waiting, expect!["port = 4290 (kept); it holds after `headgate restart`"]);
    let overridden =
        SettingView { source: SettingSource::Environment, ..setting("page_size", json!(5), Unit::Count) };
    check(
        overridden,
        expect![
            "page_size = 5 (environment); HEADGATE_PAGE_SIZE of the gateway's environment wins over what is kept"
        ],
    );
}

#[test]
fn a_setting_is_a_row() {
    let settings =
        [setting("port", Value::Null, Unit::Count), setting("secret_store", json!("file"), Unit::Choice)];
    let text = anstream::adapter::strip_str(&table(&settings)).to_string();
    expect![[r#"
        SETTING       VALUE  FROM  MEANING
        port          -      kept  What it does.
        secret_store  file   kept  What it does.
    "#]]
    .assert_eq(&text);
}
