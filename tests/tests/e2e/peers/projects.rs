//! A real server in the folders where its clients work.

use e2e::{Sandbox, UpstreamOptions};
use serde_json::json;

use crate::{
    projects::{PLACEHOLDER, in_project, project},
    sleep::nothing_runs,
};

#[tokio::test]
async fn one_filesystem_server_serves_two_projects() {
    let mut sandbox = Sandbox::start().await;
    let server = super::npm_program("mcp-server-filesystem");
    sandbox.add_stdio("files", server.to_str().unwrap(), &[PLACEHOLDER], UpstreamOptions::default()).await;
    assert_eq!(sandbox.upstream("files").await["isolation"], "project", "what names the project runs in it");
    sandbox.down().await;
    sandbox.restart().await;
    let (a, b) = (project("apples"), project("bananas"));
    let first = in_project(&sandbox, "first", "/mcp", a.path().to_str().unwrap()).await;
    let second = in_project(&sandbox, "second", "/mcp", b.path().to_str().unwrap()).await;
    let listed = first.request("tools/list", json!({})).await.raw_result();
    assert!(listed.contains("list_directory"), "known before anything runs");
    nothing_runs(&sandbox).await;
    for (client, folder, mine, theirs) in
        [(&first, &a, "apples", "bananas"), (&second, &b, "bananas", "apples")]
    {
        let answer = client.try_call("list_directory", json!({ "path": folder.path() })).await.result();
        let text = answer["content"][0]["text"].as_str().unwrap();
        assert!(text.contains(mine) && !text.contains(theirs), "{text}");
    }
    let refused = second.try_call("list_directory", json!({ "path": a.path() })).await.result();
    assert_eq!(refused["isError"], true, "another project's files stay out of reach: {refused}");
}
