//! Manifests that point at somebody else: what a stranger is told, and that everything goes on.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

use headgate_api::Manifest;

use crate::home::{Home, check, pid_of};

/// A program on a port that was a daemon's: it answers everything, and remembers what it heard.
pub(crate) struct Squatter {
    pub(crate) port: u16,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Squatter {
    /// `answer` makes status and JSON body for a request's head.
    pub(crate) fn start(answer: impl Fn(&str) -> (u16, String) + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let hears = heard.clone();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(mut stream) = stream else { continue };
                let Some(head) = head(&mut stream) else { continue };
                let (status, body) = answer(&head);
                hears.lock().unwrap().push(head);
                let (kind, length) = ("application/problem+json", body.len());
                let answer = format!(
                    "HTTP/1.1 {status} X\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\n\
                     connection: close\r\n\r\n{body}"
                );
                let _ = stream.write_all(answer.as_bytes());
            }
        });
        Self { port, heard }
    }

    pub(crate) fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }

    fn never_saw_a_token(&self) {
        let heard = self.heard();
        assert!(!heard.is_empty(), "it was asked");
        for head in heard {
            let head = head.to_lowercase();
            assert!(head.starts_with("get /health?nonce="), "{head}");
            assert!(!head.contains("authorization") && !head.contains("hga_"), "{head}");
        }
    }
}

fn head(stream: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).ok()?;
        head.push(byte[0]);
    }
    String::from_utf8(head).ok()
}

fn nonce(head: &str) -> &str {
    head.split("nonce=").nth(1).unwrap().split(' ').next().unwrap()
}

#[test]
fn a_stranger_on_a_reused_port_and_a_reused_pid_learns_nothing() {
    let home = Home::fresh();
    let squatter = Squatter::start(|_| (200, r#"{"status":"ok","version":"0.1.0"}"#.to_owned()));
    home.write(&Manifest {
        url: format!("http://127.0.0.1:{}", squatter.port),
        // A process that is there, and is not ours to end.
        pid: std::process::id(),
        version: "0.1.0".to_owned(),
        instance: "gone".to_owned(),
        admin_token: "hga_old".to_owned(),
    });
    check(&home.run("list"), 3, "somebody else answers at");
    check(&home.run("status"), 3, "");
    check(&home.run("down"), 0, "");
    let up = home.up();
    assert_eq!(up["started"], true);
    check(&home.run("list"), 0, "");
    squatter.never_saw_a_token();
}

#[test]
fn a_stranger_cannot_pass_on_the_proof_of_a_daemon() {
    let home = Home::fresh();
    let up = home.up();
    let url = up["url"].as_str().unwrap().trim_start_matches("http://").to_owned();
    let squatter = Squatter::start(move |head| {
        let mut daemon = TcpStream::connect(&url).unwrap();
        let request =
            format!("GET /health?nonce={} HTTP/1.1\r\nhost: {url}\r\nconnection: close\r\n\r\n", nonce(head));
        daemon.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        daemon.read_to_string(&mut answer).unwrap();
        let body = answer.split("\r\n\r\n").nth(1).unwrap().to_owned();
        assert!(body.contains("proof"), "{answer}");
        (200, body)
    });
    let right = home.manifest().unwrap();
    home.write(&Manifest { url: format!("http://127.0.0.1:{}", squatter.port), ..right.clone() });
    check(&home.run("list"), 3, "somebody else answers at");
    squatter.never_saw_a_token();
    home.write(&right);
    assert_eq!(pid_of(&home.up()), pid_of(&up));
}

#[test]
fn a_nonce_is_checked_and_proved() {
    let home = Home::fresh();
    home.up();
    let manifest = home.manifest().unwrap();
    let address = manifest.url.trim_start_matches("http://");
    let get = |path: &str| {
        let mut daemon = TcpStream::connect(address).unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
        daemon.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        daemon.read_to_string(&mut answer).unwrap();
        answer
    };
    let plain = get("/health");
    assert!(plain.starts_with("HTTP/1.1 200") && !plain.contains("proof"), "{plain}");
    for bad in ["short", "has%20a-space-in-it", &"a".repeat(129)] {
        let answer = get(&format!("/health?nonce={bad}"));
        assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
    }
    let nonce = "0123456789abcdef";
    let (_, port) = address.rsplit_once(':').unwrap();
    let proof = headgate_api::proof::prove(&manifest.admin_token, nonce, port.parse().unwrap());
    assert!(get(&format!("/health?nonce={nonce}")).contains(&proof));
}
