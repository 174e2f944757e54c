use super::*;

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn a_code_works_once_and_not_for_long() {
    let (mut passes, now) = (Passes::default(), Instant::now());
    passes.open("a", None, now);
    passes.open("b", None, now);
    assert_eq!(passes.trade("a", "t", now + CODE_LIFE - SECOND), Ok(()));
    assert_eq!(passes.trade("a", "u", now), Err(Refused::Unknown));
    assert_eq!(passes.trade("b", "u", now + CODE_LIFE), Err(Refused::Unknown));
    assert!(passes.admit("t", now).is_some());
    for stranger in ["u", "a", "b", ""] {
        assert_eq!(passes.admit(stranger, now), None, "{stranger}");
    }
}

#[test]
fn the_oldest_code_makes_room() {
    let (mut passes, now) = (Passes::default(), Instant::now());
    for code in 0..=MAX_CODES {
        passes.open(&code.to_string(), None, now);
    }
    assert_eq!(passes.trade("0", "t", now), Err(Refused::Unknown));
    assert_eq!(passes.trade("1", "t", now), Ok(()));
}

#[test]
fn a_token_ends_when_it_was_not_used_for_a_day() {
    let (mut passes, mut now) = (Passes::default(), Instant::now());
    passes.open("a", None, now);
    passes.trade("a", "t", now).unwrap();
    let mut pass = passes.admit("t", now).unwrap();
    for _ in 0..3 {
        now += TOKEN_LIFE - SECOND;
        assert!(passes.is_used(pass, now));
        pass = passes.admit("t", now).unwrap();
    }
    assert_eq!(passes.admit("t", now + TOKEN_LIFE), None);
    assert!(!passes.is_used(pass, now));
}

#[test]
fn the_token_that_was_not_used_for_longest_makes_room() {
    let (mut passes, start) = (Passes::default(), Instant::now());
    let mut trade = |number: u32| {
        let now = start + SECOND * number;
        passes.open("code", None, now);
        passes.trade("code", &number.to_string(), now).unwrap();
        passes.admit("0", now).is_some() && passes.admit("2", now).is_some() == (number >= 2)
    };
    for number in 0..=MAX_TOKENS as u32 {
        assert!(trade(number), "{number}");
    }
    assert_eq!(passes.admit("1", start + SECOND * 40), None);
    assert_eq!(passes.tokens.len(), MAX_TOKENS);
}

#[test]
fn who_sends_wrong_codes_waits_and_shuts_nobody_out() {
    let (mut passes, now) = (Passes::default(), Instant::now());
    passes.open("right", None, now);
    for _ in 0..MAX_WRONG_CODES {
        assert_eq!(passes.trade("wrong", "t", now), Err(Refused::Unknown));
    }
    assert_eq!(passes.trade("wrong", "t", now), Err(Refused::TooManyWrong));
    assert_eq!(passes.trade("right", "t", now), Ok(()));
    assert_eq!(passes.trade("right", "u", now), Err(Refused::TooManyWrong));
    assert_eq!(passes.trade("wrong", "u", now + WRONG_LIFE), Err(Refused::Unknown));
}

#[test]
fn the_page_goes_with_its_code() {
    let (mut passes, now) = (Passes::default(), Instant::now());
    let page = |name: &str| tempfile::Builder::new().prefix(name).tempfile().unwrap().into_temp_path();
    let (used, old) = (page("used"), page("old"));
    let (used_path, old_path) = (used.to_path_buf(), old.to_path_buf());
    passes.open("used", Some(used), now);
    passes.open("old", Some(old), now);
    passes.trade("used", "t", now).unwrap();
    assert_eq!((used_path.exists(), old_path.exists()), (false, true));
    passes.tidy(now + CODE_LIFE);
    assert!(!old_path.exists());
}
