//! What the page cannot do, whatever text came into it.

use tokio::net::TcpListener;

use super::{add_demo, in_window};

/// Every way out that a page has, each of which tells how it ended.
const WAYS_OUT: &str = "
    const [url] = arguments;
    const ended = async (work) => {
        try {
            await work();
            return 'open';
        } catch (reason) {
            return 'refused';
        }
    };
    const loaded = (tag, attributes) =>
        ended(() => new Promise((resolve, reject) => {
            const element = Object.assign(document.createElement(tag), attributes);
            element.onload = resolve;
            element.onerror = reject;
            document.addEventListener('securitypolicyviolation', reject, { once: true });
            document.head.append(element);
        }));
    const socket = () => new Promise((resolve, reject) => {
        document.addEventListener('securitypolicyviolation', reject, { once: true });
        const socket = new WebSocket(url.replace('http', 'ws'));
        socket.onopen = resolve;
        socket.onerror = reject;
    });
    // A frame that the app holds back tells nobody; it stays empty, as is seen when all else has ended.
    const frame = document.body.appendChild(Object.assign(document.createElement('iframe'), { src: url }));
    return {
        fetch: await ended(() => fetch(`${url}/api/status`)),
        fetch_without_cors: await ended(() => fetch(url, { mode: 'no-cors' })),
        image: await loaded('img', { src: `${url}/a.png` }),
        script: await loaded('script', { src: `${url}/a.js` }),
        style: await loaded('link', { rel: 'stylesheet', href: `${url}/a.css` }),
        socket: await ended(socket),
        events: await ended(() => new Promise((resolve, reject) => {
            const events = new EventSource(url);
            events.onopen = resolve;
            events.onerror = reject;
        })),
        inline: await ended(() => new Promise((resolve, reject) => {
            document.addEventListener('securitypolicyviolation', reject, { once: true });
            window.ran = resolve;
            document.head.append(Object.assign(document.createElement('script'), { text: 'ran()' }));
        })),
        window: await ended(() => {
            const opened = window.open(url);
            if (opened === null) throw new Error('no window');
        }),
        frame: frame.contentDocument?.URL === 'about:blank' ? 'refused' : 'open',
    };";

#[tokio::test]
async fn the_page_reaches_nothing_but_the_app() {
    in_window!(stage, page);
    add_demo(&stage, &page).await;
    let elsewhere = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", elsewhere.local_addr().unwrap());
    let ends = page.work(WAYS_OUT, vec![url.clone().into()]).await;
    for (way, end) in ends.as_object().unwrap() {
        assert_eq!(end, "refused", "{way}");
    }
    // Nor does it leave.
    page.run_with("location.href = arguments[0]", vec![url.into()]).await;
    page.shows("demo").await;
    let knocked =
        std::future::poll_fn(|context| std::task::Poll::Ready(elsewhere.poll_accept(context))).await;
    assert!(knocked.is_pending(), "somebody came out");
    let gateway = stage.manifest().unwrap()["url"].as_str().unwrap().to_owned();
    let ends = page.work(WAYS_OUT, vec![gateway.into()]).await;
    for (way, end) in ends.as_object().unwrap() {
        assert_eq!(end, "refused", "{way} to the gateway");
    }
}

/// Asks the app's command for a path and answers how that ended.
const ASK: &str = "
    const [path] = arguments;
    const app = window.__TAURI_INTERNALS__;
    return await new Promise((resolve) => {
        const id = app.transformCallback(({ message }) => {
            if (message?.type === 'failed') resolve(message.code);
            if (message?.type === 'head') resolve(message.status);
        });
        const request = { id: 1e9, method: 'GET', path, body: null, accept: null };
        app.invoke('request', { request, channel: `__CHANNEL__:${id}` }).catch((reason) => resolve(String(reason)));
    });";

#[tokio::test]
async fn the_page_asks_the_app_for_the_admin_api_and_for_nothing_else() {
    in_window!(stage, page);
    assert_eq!(page.work(ASK, vec!["/api/status".into()]).await, 200);
    for path in [
        "/mcp",
        "/health",
        "/",
        "/k/x/mcp",
        "/api/../mcp",
        "/api/%2e%2e/mcp",
        "//127.0.0.1:1/api/status",
        "http://127.0.0.1:1/api/status",
        "@127.0.0.1:1/api/",
        ".evil.example/api/",
        "api/status",
        "",
    ] {
        assert_eq!(page.work(ASK, vec![path.into()]).await, "refused", "{path}");
    }
    assert_eq!(page.run("return typeof window.__TAURI__").await, "undefined");
    // Other commands of the app's plugins are no one's here.
    let invoke = "return await window.__TAURI_INTERNALS__.invoke(arguments[0], arguments[1] ?? {}).then(
        () => 'done', (reason) => 'refused: ' + reason)";
    for command in [
        "plugin:shell|execute",
        "plugin:shell|spawn",
        "plugin:shell|open",
        "plugin:opener|open_url",
        "plugin:opener|open_path",
        "plugin:clipboard-manager|read_text",
        "plugin:dialog|open",
        "plugin:notification|notify",
        "plugin:window|create",
        "plugin:webview|create_webview_window",
        "plugin:app|version",
        "plugin:event|emit",
        "plugin:path|resolve_directory",
    ] {
        let end = page.work(invoke, vec![command.into()]).await;
        assert!(end.as_str().unwrap().contains("not allowed"), "{command}: {end}");
    }
}

#[tokio::test]
async fn the_admin_token_is_nowhere_in_the_page() {
    in_window!(stage, page);
    add_demo(&stage, &page).await;
    let token = stage.manifest().unwrap()["admin_token"].as_str().unwrap().to_owned();
    for path in ["/upstreams", "/tools", "/sessions", "/activity", "/clients", "/settings"] {
        page.go(path).await;
        page.is_at(path).await;
        let all = "return document.documentElement.outerHTML + JSON.stringify([
            Object.entries(localStorage), Object.entries(sessionStorage), document.cookie, history.state,
            performance.getEntries().map(({ name }) => name)])";
        let all = page.run(all).await;
        assert!(all.as_str().unwrap().contains("Headgate") && !all.to_string().contains(&token), "{path}");
    }
}
