//! Texts, as people paste them, and what is made of each.

use expect_test::{Expect, expect};
use headgate_model::command_line;
use proptest::prelude::*;

use super::*;

fn surroundings() -> Surroundings {
    Surroundings { home: Some("/home/ann".into()), taken: ["taken".parse().unwrap()].into() }
}

fn shown(intake: &Intake) -> String {
    let mut lines = Vec::new();
    for proposal in &intake.proposals {
        lines.push(format!("{}: {}", proposal.name, command_line(&proposal.transport)));
        for (name, value) in &proposal.secrets {
            let value = value.as_deref().map_or("needed".to_owned(), |value| format!("= {value}"));
            lines.push(format!("  secret {name} {value}"));
        }
        if !proposal.enabled {
            lines.push("  disabled".to_owned());
        }
        if proposal.isolation.is_some() || proposal.prefix.is_some() || proposal.keep_warm {
            let Proposal { isolation, prefix, keep_warm, off, .. } = proposal;
            lines.push(format!("  {isolation:?} {prefix:?} {keep_warm} {off:?}"));
        }
        lines.extend(proposal.notes.iter().map(|note| format!("  - {note}")));
    }
    lines.extend(intake.problems.iter().map(|problem| format!("! {problem}")));
    lines.join("\n")
}

#[track_caller]
fn check(text: &str, expected: Expect) {
    expected.assert_eq(&shown(&read(text, &surroundings())));
}

#[test]
fn what_the_text_calls_a_server_is_told_beside_the_name_that_is_free() {
    let intake = read(r#"{"mcpServers": {"taken": {"command": "npx"}}}"#, &surroundings());
    let names: Vec<_> =
        intake.proposals.iter().map(|proposal| (proposal.wanted.as_str(), proposal.name.as_str())).collect();
    assert_eq!(names, [("taken", "taken-2")]);
}

#[test]
fn command_lines() {
    check(
        "npx -y @modelcontextprotocol/server-filesystem ~/notes",
        expect!["filesystem: npx -y @modelcontextprotocol/server-filesystem /home/ann/notes"],
    );
    check(
        "$ npx -y @modelcontextprotocol/server-filesystem ~/notes '/a b'",
        expect!["filesystem: npx -y @modelcontextprotocol/server-filesystem /home/ann/notes '/a b'"],
    );
    check("FOO=bar npx -y server-everything", expect!["everything: FOO=bar npx -y server-everything"]);
    check(
        "env GITHUB_TOKEN=ghp_abcdefghijklmnop1234 npx -y @modelcontextprotocol/server-github",
        expect![[r#"
            github: GITHUB_TOKEN=${GITHUB_TOKEN} npx -y @modelcontextprotocol/server-github
              secret GITHUB_TOKEN = ghp_abcdefghijklmnop1234"#]],
    );
    check(
        "GITHUB_TOKEN=$GITHUB_TOKEN npx -y @modelcontextprotocol/server-github",
        expect![[r#"
        github: GITHUB_TOKEN=${GITHUB_TOKEN} npx -y @modelcontextprotocol/server-github
          secret GITHUB_TOKEN needed"#]],
    );
    check("npx \\\n  -y \\\n  'some server'", expect!["some-server: npx -y 'some server'"]);
    check(
        "uvx mcp-server-time --local-timezone Europe/Berlin",
        expect!["time: uvx mcp-server-time --local-timezone Europe/Berlin"],
    );
    check(
        "uv run --directory /home/ann/weather server.py",
        expect!["weather: uv run --directory /home/ann/weather server.py"],
    );
    check(
        "uvx --from git+https://github.com/oraios/serena serena start-mcp-server",
        expect!["serena: uvx --from git+https://github.com/oraios/serena serena start-mcp-server"],
    );
    check("python3 -m mcp_server_fetch", expect!["fetch: python3 -m mcp_server_fetch"]);
    check(
        "node /home/ann/my-tool/dist/index.js --port 3",
        expect!["my-tool: node /home/ann/my-tool/dist/index.js --port 3"],
    );
    check("C:\\Tools\\mcp\\notes.exe --quiet", expect![[r#"notes: 'C:\Tools\mcp\notes.exe' --quiet"#]]);
    check(
        "cd ~/projects/shop && API_KEY=YOUR_API_KEY node server.js",
        expect![[r#"
        shop: cd /home/ann/projects/shop && API_KEY=${API_KEY} node server.js
          secret API_KEY needed"#]],
    );
    check(
        "export LINEAR_KEY=lin_1\nnpx linear-mcp",
        expect![[r#"
        linear: LINEAR_KEY=${LINEAR_KEY} npx linear-mcp
          secret LINEAR_KEY = lin_1"#]],
    );
    check(
        "npm install -g foo-mcp\nfoo-mcp --stdio",
        expect![[r#"
        foo: foo-mcp --stdio
        ! `npm install -g` prepares something and is no server; run it in a terminal, and paste the command that starts the server"#]],
    );
    check(
        "sudo /usr/local/bin/thing-server",
        expect![[r#"
        thing: /usr/local/bin/thing-server
          - `sudo` was left out: the gateway runs servers as the person it belongs to"#]],
    );
    check("npx -y @playwright/mcp@latest", expect!["playwright: npx -y @playwright/mcp@latest"]);
    check(
        "npx -y server --api-key sk-abcdefghijklmnop1234",
        expect![[r#"
        server: npx -y server --api-key sk-abcdefghijklmnop1234
          - the argument --api-key looks secret, and arguments are kept readable and seen by other programs; give it by a variable if the server can take one"#]],
    );
    check(
        "cat a | npx x",
        expect![
            "! the line has a `|`, which only a shell understands, and Headgate runs programs without one; paste the command of the server alone, or wrap the line as sh -c '...'"
        ],
    );
    check("npx 'open", expect!["! a quote (') is opened and never closed; copy the whole line"]);
    check("cmd /c npx -y @upstash/context7-mcp", expect!["context7: cmd /c npx -y @upstash/context7-mcp"]);
    check("headgate connect", expect!["! this is the command of Headgate itself, and no upstream of it"]);
}

#[test]
fn containers() {
    check(
        "docker run -i --rm -e GITHUB_PERSONAL_ACCESS_TOKEN ghcr.io/github/github-mcp-server",
        expect![[r#"
            github: GITHUB_PERSONAL_ACCESS_TOKEN=${GITHUB_PERSONAL_ACCESS_TOKEN} docker run -i --rm -e GITHUB_PERSONAL_ACCESS_TOKEN ghcr.io/github/github-mcp-server
              secret GITHUB_PERSONAL_ACCESS_TOKEN needed"#]],
    );
    check(
        "docker run -i --rm -e TOKEN=abc -e MODE=fast --mount type=bind,src=/a,dst=/b mcp/brave-search:latest",
        expect![[r#"
            brave-search: TOKEN=${TOKEN} docker run -i --rm -e TOKEN -e MODE=fast --mount type=bind,src=/a,dst=/b mcp/brave-search:latest
              secret TOKEN = abc
              - TOKEN went from the arguments to the variables, where other programs do not see it"#]],
    );
}

#[test]
fn containers_get_their_secrets_by_variables() {
    check(
        "docker run --log-driver none -ite A_TOKEN=a --env=B_KEY=b -eC_PASSWORD=c -e MODE=fast img",
        expect![[r#"
            img: A_TOKEN=${A_TOKEN} B_KEY=${B_KEY} C_PASSWORD=${C_PASSWORD} docker run --log-driver none -ite A_TOKEN --env=B_KEY -eC_PASSWORD -e MODE=fast img
              secret A_TOKEN = a
              secret B_KEY = b
              secret C_PASSWORD = c
              - A_TOKEN, B_KEY, C_PASSWORD went from the arguments to the variables, where other programs do not see it"#]],
    );
    // The client itself is not steered, and what stands in the arguments counts.
    check(
        "TOKEN=old docker run -e DOCKER_HOST=tcp://evil:1 -e LD_PRELOAD=/x.so -e PATH -e TOKEN=new img -e LATER=sk-aaaaaaaaaaaaaaaa",
        expect![[r#"
            img: TOKEN=${TOKEN} docker run -e DOCKER_HOST=tcp://evil:1 -e LD_PRELOAD=/x.so -e PATH -e TOKEN img -e LATER=sk-aaaaaaaaaaaaaaaa
              secret TOKEN = new
              - TOKEN went from the arguments to the variables, where other programs do not see it
              - the argument number 12 looks secret, and arguments are kept readable and seen by other programs; give it by a variable if the server can take one"#]],
    );
}

#[test]
fn a_url_with_a_password_is_secret() {
    check(
        "DB_URL=postgres://u:pw@db/shop SITE=https://db/shop npx -y server-db redis://:pw@cache",
        expect![[r#"
            db: DB_URL=${DB_URL} SITE=https://db/shop npx -y server-db redis://:pw@cache
              secret DB_URL = postgres://u:pw@db/shop
              - the argument number 3 looks secret, and arguments are kept readable and seen by other programs; give it by a variable if the server can take one"#]],
    );
}

#[test]
fn a_header_from_a_secret_variable_is_secret() {
    check(
        r#"{"mcpServers":{"far":{"command":"npx","args":["mcp-remote","https://far.example/mcp","--header","X-Team:${ACCESS_TOKEN}","--header","X-Mode:${MODE}"],"env":{"ACCESS_TOKEN":"abc","MODE":"fast"}}}}"#,
        expect![[r#"
            far: https://far.example/mcp X-Mode: fast X-Team: ${X-Team}
              secret X-Team = abc
              - it went by way of `mcp-remote`; Headgate speaks to the URL itself, and needs no Node for it"#]],
    );
}

#[test]
fn folders_follow_each_other() {
    check("cd /srv\ncd app/../tool\n./run", expect!["tool: cd /srv/tool && ./run"]);
    check(
        "cd shop && node server.js",
        expect![[r#"
            shop: cd /home/ann/shop && node server.js
              - `cd shop` was taken from your home folder, so that it runs in `/home/ann/shop`; write the whole path if it is elsewhere"#]],
    );
    check("cd && ./run", expect!["ann: cd /home/ann && ./run"]);
}

#[test]
fn what_a_shell_would_put_in() {
    check(
        "DATA=$HOME/data CACHE=~/cache MORE=$PATH:/x npx thing \"$HOME/notes\" $OTHER '$HOME'",
        expect![[r#"
            thing: CACHE=/home/ann/cache DATA=/home/ann/data MORE='$PATH:/x' npx thing /home/ann/notes '$OTHER' '$HOME'
              - `$OTHER` is passed on as it is written: Headgate runs programs without a shell
              - `$PATH` in `MORE` is passed on as it is written: Headgate runs programs without a shell
              - the argument `$OTHER` has a place that is to be filled in by hand
              - the argument `$HOME` has a place that is to be filled in by hand"#]],
    );
    check(
        "claude mcp add x --env DATA=$HOME/data -- npx thing \"$HOME/n\" pre-$OTHER",
        expect![[r#"
            x: DATA=/home/ann/data npx thing /home/ann/n 'pre-$OTHER'
              - `pre-$OTHER` is passed on as it is written: Headgate runs programs without a shell"#]],
    );
    check(
        r#"{"command":"npx","args":["thing"],"env":{"DATA":"~/d","MORE":"a-${X}-b"}}"#,
        expect![[r#"
            thing: DATA=/home/ann/d MORE='a-${X}-b' npx thing
              - `${X}` in `MORE` is passed on as it is written: Headgate runs programs without a shell"#]],
    );
}

#[test]
fn what_runs_is_never_hidden() {
    check(
        r#"{"command":"npx","args":["-y","good"],"env":{"LD_PRELOAD":"/tmp/x.so sk-aaaaaaaaaaaaaaaa"}}"#,
        expect!["good: LD_PRELOAD='/tmp/x.so sk-aaaaaaaaaaaaaaaa' npx -y good"],
    );
    check(
        r#"{"command":"npx","args":["good"],"env":{"NODE_OPTIONS":"ghp_abcdefghijklmnop1234","GIT_TOKEN":"abc","GIT_CONFIG_KEY_0":"core.pager","PATH":"$PATH"}}"#,
        expect![[r#"
            good: GIT_CONFIG_KEY_0=core.pager GIT_TOKEN=${GIT_TOKEN} NODE_OPTIONS=ghp_abcdefghijklmnop1234 npx good
              secret GIT_TOKEN = abc
              - `PATH` was left out: it steers what runs, and the text does not tell its value"#]],
    );
    check(
        r#"{"command":"npx","args":["good"],"env":{"OPTS":"--run /tmp/x sk-aaaaaaaaaaaaaaaa","LOGIN":"Bearer sk-aaaaaaaaaaaaaaaa"}}"#,
        expect![[r#"
            good: LOGIN=${LOGIN} OPTS='--run /tmp/x sk-aaaaaaaaaaaaaaaa' npx good
              secret LOGIN = Bearer sk-aaaaaaaaaaaaaaaa
              - `OPTS` has a part that looks secret, and is kept readable for what stands beside it"#]],
    );
}

#[test]
fn urls() {
    check("https://api.githubcopilot.com/mcp", expect!["githubcopilot: https://api.githubcopilot.com/mcp"]);
    check(
        "mcp.example.com/mcp",
        expect![[r#"
        example: https://mcp.example.com/mcp
          - the address had no scheme, so that it was completed"#]],
    );
    check("http://127.0.0.1:3845/mcp", expect!["local: http://127.0.0.1:3845/mcp"]);
    check(
        "localhost:8080/mcp",
        expect![[r#"
        localhost: http://localhost:8080/mcp
          - the address had no scheme, so that it was completed"#]],
    );
    check(
        "https://ann:s3cret@tools.acme.co.uk/mcp",
        expect![[r#"
        acme: https://tools.acme.co.uk/mcp Authorization: ${Authorization}
          secret Authorization = Basic YW5uOnMzY3JldA==
          - the name and password in the URL became the header Authorization, which is kept secret"#]],
    );
    check(
        "https://mcp.exa.ai/mcp?exaApiKey=12345",
        expect![[r#"
        exa: 'https://mcp.exa.ai/mcp?exaApiKey=12345'
          - `exaApiKey` in the URL looks secret, and URLs are kept readable"#]],
    );
    check("https://my-thing.workers.dev/mcp", expect!["my-thing: https://my-thing.workers.dev/mcp"]);
    check("ftp://example.com/x", expect!["! `ftp://example.com/x` is no http:// or https:// URL"]);
    check(
        "cursor://anysphere.cursor-deeplink/mcp/install?name=pw&config=eyJjb21tYW5kIjoibnB4IC15IEBwbGF5d3JpZ2h0L21jcEBsYXRlc3QifQ==",
        expect![[r#"
            pw: npx -y @playwright/mcp@latest
              - the command was a whole line, and was divided into words"#]],
    );
    check(
        "vscode:mcp/install?%7B%22name%22%3A%22gh%22%2C%22url%22%3A%22https%3A%2F%2Fapi.githubcopilot.com%2Fmcp%22%7D",
        expect!["gh: https://api.githubcopilot.com/mcp"],
    );
}

#[test]
fn settings_in_json() {
    check(
        r#"{"mcpServers":{"github":{"command":"npx","args":["-y","server-github"],"env":{"GITHUB_TOKEN":"ghp_abcdefghijklmnop1234","LEVEL":"debug"}}}}"#,
        expect![[r#"
            github: GITHUB_TOKEN=${GITHUB_TOKEN} LEVEL=debug npx -y server-github
              secret GITHUB_TOKEN = ghp_abcdefghijklmnop1234"#]],
    );
    check(
        r#"{"mcpServers":{"a":{"command":"x"},"b":{"url":"https://b.example/mcp","headers":{"Authorization":"Bearer abc"}}}}"#,
        expect![[r#"
            a: x
            b: https://b.example/mcp Authorization: ${Authorization}
              secret Authorization = Bearer abc"#]],
    );
    check(
        r#"{"inputs":[{"id":"tok","type":"promptString"}],"servers":{"gh":{"type":"http","url":"https://api.githubcopilot.com/mcp","headers":{"Authorization":"Bearer ${input:tok}"}}}}"#,
        expect![[r#"
            gh: https://api.githubcopilot.com/mcp Authorization: ${Authorization}
              secret Authorization needed
              - `Authorization` read `Bearer ${input:tok}`: give the whole value, not only the token"#]],
    );
    check(
        r#"{"mcp":{"servers":{"fs":{"type":"stdio","command":"npx","args":["-y","server-filesystem","${workspaceFolder}"],"envFile":"${workspaceFolder}/.env"}}}}"#,
        expect![[r#"
            fs: npx -y server-filesystem '${PROJECT_ROOT}'
              - `envFile` was left out: Headgate reads no such files; give its variables one by one
              - it names the folder of a project (${PROJECT_ROOT}), so that each project has its own copy"#]],
    );
    check(
        r#"// Zed
{"context_servers":{"pg":{"source":"custom","command":"npx","args":["pg-mcp"],"env":{"DATABASE_URL":"postgres://localhost/x"},},}}"#,
        expect!["pg: DATABASE_URL=postgres://localhost/x npx pg-mcp"],
    );
    check(
        r#"{"context_servers":{"old":{"command":{"path":"/bin/old","args":["a"],"env":{"K":"v"}},"settings":{}}}}"#,
        expect!["old: K=v /bin/old a"],
    );
    check(
        r#"{"$schema":"https://opencode.ai/config.json","mcp":{"local":{"type":"local","command":["npx","-y","thing"],"environment":{"API_KEY":"<YOUR_KEY>"},"enabled":false},"far":{"type":"remote","url":"https://far.example/mcp","oauth":false}}}"#,
        expect![[r#"
            far: https://far.example/mcp
            local: API_KEY=${API_KEY} npx -y thing
              secret API_KEY needed
              disabled
              - it was switched off where it comes from, and stays so until you switch it on"#]],
    );
    check(
        r#""time": {"command": "uvx", "args": ["mcp-server-time"]},"#,
        expect!["time: uvx mcp-server-time"],
    );
    check(r#"{"command":"uvx","args":["mcp-server-time"]}"#, expect!["time: uvx mcp-server-time"]);
    check(
        r#"{"time":{"command":"uvx","args":["mcp-server-time"],"disabled":true,"autoApprove":["now"],"frobnicate":1}}"#,
        expect![[r#"
            time: uvx mcp-server-time
              disabled
              - it was switched off where it comes from, and stays so until you switch it on
              - `autoApprove` was left out: which calls need no question is for each client to say
              - `frobnicate` was left out: Headgate has nothing like it"#]],
    );
    check(
        r#"{"mcpServers":{"w":{"serverUrl":"https://w.example/mcp"},"g":{"httpUrl":"https://g.example/mcp","timeout":5},"c":{"type":"streamableHttp","url":"https://c.example/mcp"}}}"#,
        expect![[r#"
            c: https://c.example/mcp
            g: https://g.example/mcp
              - `timeout` was left out: the gateway's own times hold until they are set for this upstream
            w: https://w.example/mcp"#]],
    );
    check(r#"{"amp.mcpServers":{"amp":{"command":"x"}}}"#, expect!["amp: x"]);
    check(
        r#"{"mcpServers":{"far":{"command":"npx","args":["-y","mcp-remote","https://far.example/mcp","--header","Authorization:${AUTH}","--allow-http"],"env":{"AUTH":"Bearer abc123"}}}}"#,
        expect![[r#"
            far: https://far.example/mcp Authorization: ${Authorization}
              secret Authorization = Bearer abc123
              - it went by way of `mcp-remote`; Headgate speaks to the URL itself, and needs no Node for it
              - options of `mcp-remote` were left out: --allow-http"#]],
    );
    check(
        r#"{"mcpServers":{"line":{"command":"npx -y some-mcp"}}}"#,
        expect![[r#"
        line: npx -y some-mcp
          - the command was a whole line, and was divided into words"#]],
    );
    check(
        r#"{"mcpServers":{"headgate":{"command":"/x/bin/headgate","args":["connect"]}}}"#,
        expect!["! `headgate` is the entry for Headgate itself, and no upstream of it"],
    );
    check(
        r#"{"mcpServers":{"My Server":{"command":"x","env":{"PORT":8080,"URL":"${BASE:-http://a}"}}}}"#,
        expect![[r#"
            My-Server: PORT=8080 URL=http://a x
              - `URL` has the value that the text gives for want of another one
              - it is called `My-Server`, since `My Server` is taken or no name for an upstream"#]],
    );
    check(
        r#"{"mcpServers":{"broken":{"command":""},"sse":{"type":"sse","url":"https://s.example/sse","headersHelper":"x.sh"}}}"#,
        expect![[r#"
            sse: https://s.example/sse
              - it is for the old transport (SSE), and Headgate speaks Streamable HTTP, which many such servers know too
              - `headersHelper` was left out: Headgate runs no program for headers; give their values as secrets
            ! `broken`: its command is empty"#]],
    );
    check(
        r#"{"mcpServers":{"a": {"command": "x""#,
        expect!["! the text looks like JSON and breaks off: Unterminated object on line 1 column 36"],
    );
    check(
        r#"{"theme":"dark"}"#,
        expect![
            "! there is no server in these settings; paste the part with `mcpServers`, `servers` or the like"
        ],
    );
    check(
        r#"```json
{"mcpServers":{"a":{"command":"x"}}}
```"#,
        expect!["a: x"],
    );
}

#[test]
fn settings_in_toml_and_yaml() {
    check(
        r#"[mcp_servers.docs]
command = "npx"
args = ["-y", "docs-mcp"]
env = { TOKEN = "abc" }
startup_timeout_sec = 20

[mcp_servers.far]
url = "https://far.example/mcp"
bearer_token_env_var = "FAR"
"#,
        expect![[r#"
            docs: TOKEN=${TOKEN} npx -y docs-mcp
              secret TOKEN = abc
              - `startup_timeout_sec` was left out: the gateway's own times hold until they are set for this upstream
            far: https://far.example/mcp Authorization: ${Authorization}
              secret Authorization needed
              - give Authorization as `Bearer ` and the token that is in the variable FAR"#]],
    );
    check(
        "[mcp_servers.docs]\ncommand = \n",
        expect![
            "! the text looks like TOML and cannot be read in line 2: string values must be quoted, expected literal string"
        ],
    );
    check(
        "extensions:\n  github:\n    name: GitHub\n    type: stdio\n    cmd: npx\n    args: [-y, server-github]\n    envs: {LEVEL: debug}\n    env_keys: [GITHUB_TOKEN]\n    enabled: true\n    timeout: 300\n  developer:\n    type: builtin\n    enabled: true\n  far:\n    type: streamable_http\n    uri: https://far.example/mcp\n    headers:\n      Authorization: Bearer abc\n",
        expect![[r#"
            far: https://far.example/mcp Authorization: ${Authorization}
              secret Authorization = Bearer abc
            github: GITHUB_TOKEN=${GITHUB_TOKEN} LEVEL=debug npx -y server-github
              secret GITHUB_TOKEN needed
              - `timeout` was left out: the gateway's own times hold until they are set for this upstream
            ! `developer` is built into its client, and no server that others can use"#]],
    );
    check(
        "mcpServers:\n  - name: notes\n    command: npx\n    args:\n      - -y\n      - notes-mcp\n",
        expect!["notes: npx -y notes-mcp"],
    );
    check(
        "extensions:\n  a: [\n",
        expect![
            "! the text looks like YAML and cannot be read in line 2; copy whole lines with the blanks before them"
        ],
    );
}

#[test]
fn lines_that_add_to_a_client() {
    check(
        "claude mcp add airtable --env AIRTABLE_API_KEY=YOUR_KEY -- npx -y airtable-mcp-server",
        expect![[r#"
            airtable: AIRTABLE_API_KEY=${AIRTABLE_API_KEY} npx -y airtable-mcp-server
              secret AIRTABLE_API_KEY needed"#]],
    );
    check(
        "claude mcp add -s user -e A=1 B=2 -t stdio x -- node a.js --env C=3",
        expect!["x: A=1 B=2 node a.js --env C=3"],
    );
    check(
        r#"claude mcp add --transport http stripe https://mcp.stripe.com --header "Authorization: Bearer sk_test_abcdefghijklmnop""#,
        expect![[r#"
            stripe: https://mcp.stripe.com/ Authorization: ${Authorization}
              secret Authorization = Bearer sk_test_abcdefghijklmnop"#]],
    );
    check(
        "claude mcp add --transport sse asana https://mcp.asana.com/sse",
        expect![[r#"
        asana: https://mcp.asana.com/sse
          - it is for the old transport (SSE), and Headgate speaks Streamable HTTP, which many such servers know too"#]],
    );
    check(
        r#"claude mcp add-json weather '{"type":"stdio","command":"/w/cli","args":["--api-key","abc123"],"env":{"CACHE_DIR":"/tmp"}}'"#,
        expect![[r#"
            weather: CACHE_DIR=/tmp /w/cli --api-key abc123
              - the argument --api-key looks secret, and arguments are kept readable and seen by other programs; give it by a variable if the server can take one"#]],
    );
    check("claude mcp list", expect!["! `claude mcp list` adds no server; paste a line with `mcp add`"]);
    check(
        "codex mcp add context7 --env KEY=v -- npx -y @upstash/context7-mcp",
        expect![[r#"
        context7: KEY=${KEY} npx -y @upstash/context7-mcp
          secret KEY = v"#]],
    );
    check(
        "codex mcp add far --url https://far.example/mcp --bearer-token-env-var FAR_TOKEN",
        expect![[r#"
        far: https://far.example/mcp Authorization: ${Authorization}
          secret Authorization needed
          - give Authorization as `Bearer ` and the token that is in the variable FAR_TOKEN"#]],
    );
    check(
        r#"code --add-mcp '{"name":"pw","command":"npx","args":["@playwright/mcp@latest"]}'"#,
        expect!["pw: npx @playwright/mcp@latest"],
    );
    check(
        r#"gemini mcp add -t http -H "X-Key: abc" far https://far.example/mcp --timeout 5000"#,
        expect![[r#"
            far: https://far.example/mcp X-Key: ${X-Key}
              secret X-Key = abc
              - `--timeout 5000` was left out: set it once the upstream is there"#]],
    );
    check("gemini mcp add py python server.py --port 8080", expect!["py: python server.py --port 8080"]);
    check(
        "headgate add notes --secret-env TOKEN --env A=b --prefix n --isolation session --off rm --keep-warm -- npx -y notes-mcp",
        expect![[r#"
            notes: A=b TOKEN=${TOKEN} npx -y notes-mcp
              secret TOKEN needed
              Some(Session) Some("n") true ["rm"]"#]],
    );
    check(
        r#"headgate add far https://far.example/mcp --secret-header Authorization --header "X-Team: core""#,
        expect![[r#"
            far: https://far.example/mcp Authorization: ${Authorization} X-Team: core
              secret Authorization needed"#]],
    );
    check("headgate add --demo", expect!["demo: headgate demo"]);
    check(
        "npx -y @smithery/cli install @x/y --client claude",
        expect!["! this line writes into a client's settings; paste the URL or command of the server itself"],
    );
}

#[test]
fn what_came_along() {
    check("npx\u{a0}-y\u{a0}server-x", expect!["x: npx -y server-x"]);
    check(
        "npx -y ser\u{200b}ver-\u{202e}x",
        expect![[r#"
        x: npx -y server-x
          - the text had invisible characters (U+200B, U+202E), which were taken out; look closely at where it comes from"#]],
    );
    check(
        "npx -y \u{201c}some server\u{201d}",
        expect![[r#"
        some-server: npx -y 'some server'
          - typographic quotes were read as plain ones"#]],
    );
    check("", expect!["! there is nothing to read; paste a command, a URL or a client's settings"]);
    check("  demo ", expect!["demo: headgate demo"]);
}

#[test]
fn names_are_free() {
    let text = r#"{"mcpServers":{"taken":{"command":"a"}}}"#;
    check(
        text,
        expect![[r#"
        taken-2: a
          - it is called `taken-2`, since `taken` is taken or no name for an upstream"#]],
    );
    check(
        "npx thing\nnpx thing",
        expect![[r#"
        thing: npx thing
        thing-2: npx thing"#]],
    );
}

#[test]
fn bounds_hold() {
    let large = "x".repeat(MAX_INTAKE_BYTES + 1);
    assert!(read(&large, &surroundings()).problems[0].contains("1024 KiB"));
    for deep in ["[", "{\"a\":", "a:\n", "- ", "- a: ", "(", "[[a]]\n"] {
        let text = deep.repeat(MAX_INTAKE_BYTES / deep.len());
        let intake = read(&text, &surroundings());
        assert!(intake.proposals.is_empty() && !intake.problems.is_empty(), "{deep}");
    }
    let many: Vec<String> = (0..600).map(|at| format!(r#""a{at}":{{"command":"x"}}"#)).collect();
    let intake = read(&format!("{{{}}}", many.join(",")), &surroundings());
    assert_eq!((intake.proposals.len(), intake.problems.len()), (MAX_PROPOSALS, 1));
}

proptest! {
    #[test]
    fn no_text_breaks_it(text in "\\PC*") {
        read(&text, &surroundings());
    }

    #[test]
    fn no_text_of_its_own_words_breaks_it(
        parts in prop::collection::vec(prop::sample::select(vec![
            "{", "}", "[", "]", "\"", "'", ":", ",", "\n", " ", "-", "--", "=", "$", "${", "`", "\\", "mcpServers",
            "command", "args", "env", "npx", "-y", "docker", "run", "-e", "mcp", "add", "claude", "https://", "a.com",
            "mcp-remote", "--header", "extensions:", "[mcp_servers.x]", "~", "é", "\u{200b}", "env", "cd", "&&", "--from",
        ]), 0..40),
    ) {
        read(&parts.concat(), &surroundings());
    }

    /// What is shown can be pasted again.
    #[test]
    fn a_shown_command_reads_as_itself(
        program in "[a-z]{2,8}xq", args in prop::collection::vec("\\PC{0,12}|[\\n\\t'\"\\\\$]{1,4}|[a\u{202e}\u{200b}\u{3164}\u{a0}\u{e0041}\u{1b}]{1,4}|A:'", 0..5),
    ) {
        prop_assume!(args.iter().all(|arg| !arg.contains(['\u{201c}', '\u{201d}', '\r']) && !arg.contains("${")));
        let transport = Transport::Stdio { command: program, args, env: BTreeMap::new(), cwd: None };
        let line = command_line(&transport);
        let intake = read(&line, &Surroundings::default());
        prop_assert_eq!(&intake.problems, &Vec::<String>::new());
        prop_assert_eq!(&intake.proposals[0].transport, &transport);
    }
}
