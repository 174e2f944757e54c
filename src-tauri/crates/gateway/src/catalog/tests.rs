use std::sync::Arc;

use expect_test::{Expect, expect};
use headgate_model::{ToolChoice, ToolChoices, switched_off};

use super::*;
use crate::upstream::listing::Offer;

fn offer(tools: &[&str], resources: &[&str], templates: &[&str]) -> Arc<Offer> {
    let named = |key: &str, names: &[&str]| -> Vec<Raw> {
        names.iter().map(|name| Raw::of(&serde_json::json!({ key: name, "x": null }))).collect()
    };
    Arc::new(Offer {
        initialize: Raw::constant(r#"{"capabilities":{"tools":{},"resources":{}}}"#),
        tools: named("name", tools),
        prompts: Vec::new(),
        resources: named("uri", resources),
        templates: named("uriTemplate", templates),
    })
}

fn part(upstream: &str, prefix: Option<&str>, offer: Arc<Offer>) -> Part {
    Part {
        upstream: upstream.parse().unwrap(),
        prefix: prefix.map(str::to_owned),
        tool_choices: ToolChoices::new(),
        offer,
    }
}

fn built(parts: Vec<Part>) -> Catalog {
    Catalog::build(parts, &Catalog::default(), 100)
}

fn shown(catalog: &Catalog) -> String {
    let items = Kind::ALL.into_iter().flat_map(|kind| catalog.items(kind));
    let mut text: String =
        items.map(|item| format!("{} -> {} at {}\n", item.name, item.own, item.upstream)).collect();
    for held in catalog.held_back() {
        text += &format!(
            "held back: {} `{}` of {} ({})\n",
            held.kind.words(),
            held.name,
            held.newcomer,
            held.owner
        );
    }
    text
}

fn check(catalog: &Catalog, expected: Expect) {
    expected.assert_eq(&shown(catalog));
}

#[test]
fn a_prefix_makes_room_for_two() {
    let both = offer(&["search"], &["file:///a", "ui://app"], &[]);
    check(
        &built(vec![part("github", None, both.clone()), part("docs", Some("d"), both)]),
        expect![[r#"
            search -> search at github
            d_search -> search at docs
            file:///a -> file:///a at github
            ui://app -> ui://app at github
            d+file:///a -> file:///a at docs
            held back: resource `ui://app` of docs (github)
        "#]],
    );
}

#[test]
fn who_had_a_name_keeps_it() {
    let first = built(vec![part("late", None, offer(&["x"], &[], &[]))]);
    let parts =
        vec![part("early", None, offer(&["x", "y"], &[], &[])), part("late", None, offer(&["x"], &[], &[]))];
    check(
        &Catalog::build(parts, &first, 100),
        expect![[r#"
            y -> y at early
            x -> x at late
            held back: tool `x` of early (late)
        "#]],
    );
}

#[test]
fn what_is_off_is_not_offered_and_blocks_nobody() {
    let mut off = part("a", None, offer(&["x"], &[], &[]));
    off.tool_choices = switched_off(["x".to_owned()]);
    check(
        &built(vec![off, part("b", None, offer(&["x"], &[], &[]))]),
        expect![[r#"
            x -> x at b
        "#]],
    );
}

/// `own: off`, `own -> name` or `own = description`.
fn chosen(mut part: Part, choices: &[&str]) -> Part {
    for choice in choices {
        let (own, change) = choice.split_once([':', ' ']).unwrap();
        let entry = part.tool_choices.entry(own.to_owned()).or_default();
        match change.trim().split_once(' ') {
            Some(("->", name)) => entry.name = Some(name.to_owned()),
            Some(("=", text)) => entry.description = Some(text.to_owned()),
            _ => *entry = ToolChoice { off: true, ..entry.clone() },
        }
    }
    part
}

#[test]
fn a_new_name_is_the_whole_name_and_frees_the_old_one() {
    let first = part("a", Some("p"), offer(&["x", "y", "gone"], &["x"], &[]));
    let first = chosen(first, &["x -> find", "y -> y", "gone: off", "gone -> back", "unlisted -> z"]);
    let all = built(vec![first.clone(), part("b", None, offer(&["x", "p_x"], &[], &[]))]);
    check(
        &all,
        expect![[r#"
            find -> x at a
            y -> y at a
            x -> x at b
            p_x -> p_x at b
            p+x -> x at a
        "#]],
    );
    let tools: Vec<String> = first.tools().map(|item| format!("{} -> {}", item.name, item.own)).collect();
    assert_eq!(tools, ["find -> x", "y -> y", "back -> gone"]);
    check(
        &built(vec![first.alone()]),
        expect![[r#"
            x -> x at a
            y -> y at a
            x -> x at a
        "#]],
    );
}

#[test]
fn a_new_name_that_is_taken_holds_the_newcomer_back() {
    let renamed = chosen(part("b", None, offer(&["y", "z"], &[], &[])), &["y -> x", "z -> x"]);
    check(
        &built(vec![part("a", None, offer(&["x"], &[], &[])), renamed]),
        expect![[r#"
            x -> x at a
            held back: tool `x` of b (a)
            held back: tool `x` of b (a)
        "#]],
    );
}

#[test]
fn a_tool_that_is_chosen_about_changes_in_name_and_description_only() {
    let definition = |text: &'static str| Offer {
        tools: vec![Raw::constant(text)],
        ..Offer::clone(&offer(&[], &[], &[]))
    };
    let shown = |text: &'static str, choices: &[&str]| {
        let part = chosen(part("a", Some("p"), Arc::new(definition(text))), choices);
        let [all, own] = [part.clone(), part.alone()]
            .map(|part| format!("{:?}", built(vec![part]).items(Kind::Tool)[0].definition));
        format!("{all}\n{own}\n")
    };
    let full =
        r#"{ "n":1.0,"description" : "old", "name":"x","annotations":{"description":"old"}, "z":null}"#;
    expect![[r#"
        { "n":1.0,"description" : "n\"w", "name":"find","annotations":{"description":"old"}, "z":null}
        { "n":1.0,"description" : "n\"w", "name":"x","annotations":{"description":"old"}, "z":null}
    "#]]
    .assert_eq(&shown(full, &["x -> find", "x = n\"w"]));
    expect![[r#"
        {"name":"p_x","n":1.0,"description":"new"}
        {"name":"x","n":1.0,"description":"new"}
    "#]]
    .assert_eq(&shown(r#"{"name":"x","n":1.0}"#, &["x = new"]));
}

#[test]
fn lists_come_in_pages_and_definitions_stay_whole() {
    let catalog =
        Catalog::build(vec![part("a", None, offer(&["1", "2", "3"], &[], &[]))], &Catalog::default(), 2);
    assert_eq!(
        format!("{:?}", catalog.page(Kind::Tool, None).unwrap()),
        r#"{"tools":[{"name":"1","x":null},{"name":"2","x":null}],"nextCursor":"page-1"}"#
    );
    assert_eq!(
        format!("{:?}", catalog.page(Kind::Tool, Some("page-1")).unwrap()),
        r#"{"tools":[{"name":"3","x":null}]}"#
    );
    for bad in ["page-0", "page-2", "1", ""] {
        assert!(catalog.page(Kind::Tool, Some(bad)).is_none(), "{bad}");
    }
    assert_eq!(format!("{:?}", catalog.page(Kind::Resource, None).unwrap()), r#"{"resources":[]}"#);
}

#[test]
fn a_uri_finds_its_reader() {
    let files = offer(&[], &["file:///a"], &["file:///{+path}", "file:///logs/{name}"]);
    let catalog = built(vec![
        part("files", None, files),
        part("logs", None, offer(&[], &[], &["file:///logs/x/{name}"])),
        part("git", Some("g"), offer(&[], &[], &[])),
    ]);
    let reader = |uri: &str| catalog.reader(uri).map(|(name, own)| format!("{own} at {name}"));
    assert_eq!(reader("file:///a").as_deref(), Some("file:///a at files"));
    assert_eq!(reader("file:///logs/b").as_deref(), Some("file:///logs/b at files"));
    assert_eq!(reader("file:///logs/x/b").as_deref(), Some("file:///logs/x/b at logs"));
    assert_eq!(reader("g+mem:1").as_deref(), Some("mem:1 at git"));
    assert_eq!(reader("mem:1"), None);
}

#[test]
fn only_real_changes_are_told() {
    let before = built(vec![part("a", None, offer(&["x"], &[], &[]))]);
    let same = built(vec![part("a", None, offer(&["x"], &[], &[]))]);
    let after = built(vec![part("a", None, offer(&["x"], &["r:1"], &["t:{x}"]))]);
    assert!(same.changes_since(&before).is_empty());
    assert_eq!(after.changes_since(&before), [method::RESOURCES_CHANGED]);
}

#[test]
fn uris_in_results_are_shown_under_their_prefix() {
    let result = Raw::constant(
        r#"{"content":[{"type":"text","text":"x"},{"type":"resource","resource":{"uri":"a:1","text":"é\u00e9"}},{"uri":"a:2","type":"resource_link"}],"n":1.0}"#,
    );
    assert_eq!(
        format!("{:?}", show_uris(&result, Naming::new(Some("p")))),
        r#"{"content":[{"type":"text","text":"x"},{"type":"resource","resource":{"uri":"p+a:1","text":"é\u00e9"}},{"uri":"p+a:2","type":"resource_link"}],"n":1.0}"#
    );
    assert_eq!(
        format!("{:?}", show_uris(&Raw::constant(r#"{"contents":[{"uri":"a:1"}]}"#), Naming::new(Some("p")))),
        r#"{"contents":[{"uri":"p+a:1"}]}"#
    );
}
