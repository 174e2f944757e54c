//! What each system is told, word for word.

use expect_test::{Expect, expect};

use super::*;

const ODD: &str = r#"/my "apps"/100% $HOME\bin/headgate"#;

fn startup(program: &str, home: Option<&str>) -> Startup {
    Startup { program: program.into(), home: home.map(Into::into) }
}

fn check(text: anyhow::Result<String>, expected: Expect) {
    expected.assert_eq(&text.unwrap_or_else(|error| format!("error: {error:#}")));
}

#[test]
fn a_unit_starts_one_program() {
    check(
        unit(&startup("/home/me/.local/share/headgate/bin/headgate", None)),
        expect![[r##"
        # Made by `headgate autostart on`; `headgate autostart off` removes it.
        [Unit]
        Description=Headgate, one local gate for every MCP server

        [Service]
        ExecStart="/home/me/.local/share/headgate/bin/headgate" serve --at-login
        Restart=on-failure
        RestartSec=1
        KillMode=mixed

        [Install]
        WantedBy=default.target
    "##]],
    );
}

#[test]
fn a_unit_keeps_odd_paths_whole() {
    check(
        unit(&startup(ODD, Some("/a b/50%\n"))),
        expect![[r##"
        # Made by `headgate autostart on`; `headgate autostart off` removes it.
        [Unit]
        Description=Headgate, one local gate for every MCP server

        [Service]
        ExecStart="/my \"apps\"/100%% $HOME\\bin/headgate" serve --at-login
        Environment="HEADGATE_HOME=/a b/50%%\x0a"
        Restart=on-failure
        RestartSec=1
        KillMode=mixed

        [Install]
        WantedBy=default.target
    "##]],
    );
}

#[test]
fn a_desktop_entry_keeps_odd_paths_whole() {
    check(
        desktop_entry(&startup("/opt/headgate", None)),
        expect![[r##"
        # Made by `headgate autostart on`; `headgate autostart off` removes it.
        [Desktop Entry]
        Type=Application
        Name=Headgate
        Comment=One local gate for every MCP server
        Exec="/opt/headgate" serve --at-login
        Terminal=false
        NoDisplay=true
    "##]],
    );
    check(
        desktop_entry(&startup(ODD, Some("/a `b`"))),
        expect![[r##"
        # Made by `headgate autostart on`; `headgate autostart off` removes it.
        [Desktop Entry]
        Type=Application
        Name=Headgate
        Comment=One local gate for every MCP server
        Exec=env "HEADGATE_HOME=/a \\`b\\`" "/my \\"apps\\"/100%% \\$HOME\\\\bin/headgate" serve --at-login
        Terminal=false
        NoDisplay=true
    "##]],
    );
}

#[test]
fn a_launch_agent_is_xml() {
    check(
        plist(&startup("/A & B/headgate", Some("/<home>"))),
        expect![[r#"
        <?xml version="1.0" encoding="UTF-8"?>
        <!-- Made by `headgate autostart on`; `headgate autostart off` removes it. -->
        <!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
        <plist version="1.0">
        <dict>
        	<key>Label</key>
        	<string>app.headgate.daemon</string>
        	<key>ProgramArguments</key>
        	<array>
        		<string>/A &amp; B/headgate</string>
        		<string>serve</string>
        		<string>--at-login</string>
        	</array>
        	<key>EnvironmentVariables</key>
        	<dict>
        		<key>HEADGATE_HOME</key>
        		<string>/&lt;home&gt;</string>
        	</dict>
        	<key>RunAtLoad</key>
        	<true/>
        	<key>KeepAlive</key>
        	<dict>
        		<key>SuccessfulExit</key>
        		<false/>
        	</dict>
        </dict>
        </plist>
    "#]],
    );
}

#[test]
fn a_run_value_is_a_command_line() {
    check(
        run_value(&startup(r"C:\Program Files\headgate.exe", None)),
        expect![[r#""C:\Program Files\headgate.exe" serve --at-login"#]],
    );
    check(
        run_value(&startup(r"C:\headgate.exe", Some("D:\\"))),
        expect![[r#""C:\headgate.exe" serve --at-login --home "D:\\""#]],
    );
    let long = format!("C:\\{}", "a".repeat(260));
    assert!(run_value(&startup(&long, None)).is_err());
}

#[test]
fn our_run_value_is_known_again() {
    for home in [None, Some(r"C:\x y")] {
        assert!(is_run_value(&run_value(&startup(r"C:\a b\headgate.exe", home)).unwrap()));
    }
    for foreign in ["", "headgate", r#""C:\headgate.exe" --minimized"#, "serve --at-login"] {
        assert!(!is_run_value(foreign), "{foreign}");
    }
}

#[cfg(unix)]
#[test]
fn a_path_must_be_text() {
    use std::{ffi::OsStr, os::unix::ffi::OsStrExt};
    let startup = Startup { program: OsStr::from_bytes(b"/\xff").into(), home: None };
    check(unit(&startup), expect!["error: the path /\u{fffd} is not UTF-8"]);
}
