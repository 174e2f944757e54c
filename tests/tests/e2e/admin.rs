//! The admin API as faces use it: its document, its events, its settings.

mod clients;
mod definitions;
pub(crate) mod events;
mod intake;
mod settings;
mod setup;

use e2e::Sandbox;
use reqwest::Method;

#[tokio::test]
async fn the_api_describes_itself_to_faces_only() {
    let sandbox = Sandbox::start().await;
    let document = sandbox.look("/openapi.json").await;
    assert_eq!(document["openapi"], "3.1.0");
    for path in ["/api/upstreams/{upstream}", "/api/events", "/api/settings", "/api/openapi.json"] {
        assert!(document["paths"][path].is_object(), "{path} is not described");
    }
    let stranger = reqwest::get(sandbox.at("/api/openapi.json")).await.unwrap();
    assert_eq!(stranger.status(), 401);
}

#[tokio::test]
async fn a_wrong_method_hears_the_right_ones() {
    let sandbox = Sandbox::start().await;
    let request = reqwest::Client::new().put(sandbox.at("/api/upstreams"));
    let answer = request.bearer_auth(sandbox.admin_token()).send().await.unwrap();
    assert_eq!(answer.status(), 405);
    assert_eq!(answer.headers()["allow"], "GET, POST");
    let (status, problem) = sandbox.admin(Method::GET, "/upstream", None).await;
    assert_eq!((status, &problem["code"]), (404, &"not-found".into()));
}
