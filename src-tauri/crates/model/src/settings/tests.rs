use super::*;

fn check(key: &str, text: &str, expected: Result<&str, &str>) {
    let mut settings = Settings::default();
    let row = setting(key).unwrap();
    let read = row.write(&mut settings, text).map(|()| row.read(&settings).unwrap_or_default());
    let read = read.map_err(|error| error.to_string());
    assert_eq!(read, expected.map(str::to_owned).map_err(str::to_owned), "{key} = {text}");
}

#[test]
fn values_are_read_within_their_bounds() {
    check("call_timeout", "0.5", Ok("0.5"));
    check("call_timeout", " 20 ", Ok("20"));
    let seconds = "a number of seconds from 0.01 to 31622400";
    check("call_timeout", "soon", Err(&format!("setting `call_timeout` takes {seconds}, not `soon`")));
    for wrong in ["-1", "0", "NaN", "inf", "1e300"] {
        check("call_timeout", wrong, Err(&format!("setting `call_timeout` takes {seconds}, not `{wrong}`")));
    }
    check("page_size", "7", Ok("7"));
    check("page_size", "0", Err("setting `page_size` takes a whole number from 1 to 1000000, not `0`"));
    check("page_size", "1.5", Err("setting `page_size` takes a whole number from 1 to 1000000, not `1.5`"));
    check("port", "65536", Err("setting `port` takes a whole number from 1 to 65535, not `65536`"));
    check("secret_store", "drawer", Err("setting `secret_store` takes `keychain` or `file`, not `drawer`"));
}

#[test]
fn every_default_is_one_of_its_own_values() {
    let mut settings = Settings::default();
    for row in SETTINGS {
        if let Some(text) = row.read(&Settings::default()) {
            row.write(&mut settings, &text).unwrap();
        }
        assert!(
            !row.meaning().is_empty() && !row.meaning().contains("  "),
            "{}: {:?}",
            row.key,
            row.meaning()
        );
    }
    assert_eq!(settings, Settings::default());
}
