//! What is told to be secret by its name or its looks. Pure.

/// Part of a name, in lower case and without anything between words.
const TELLING: &[&str] = &[
    "password",
    "passwd",
    "passphrase",
    "secret",
    "authorization",
    "apikey",
    "accesskey",
    "privatekey",
    "signingkey",
    "encryptionkey",
    "credential",
    "cookie",
    "bearer",
    "sessionid",
    "connectionstring",
];

/// The whole of a name.
const EXACTLY: &[&str] = &["pwd", "pass", "auth", "jwt", "otp", "pin", "pat", "sid"];

/// How tokens of well-known services begin, and how long they are at least.
const PREFIXES: &[(&str, usize)] = &[
    ("ghp_", 16),
    ("gho_", 16),
    ("ghu_", 16),
    ("ghs_", 16),
    ("ghr_", 16),
    ("github_pat_", 20),
    ("glpat-", 16),
    ("sk-", 16),
    ("sk_live_", 16),
    ("sk_test_", 16),
    ("rk_live_", 16),
    ("xoxb-", 16),
    ("xoxp-", 16),
    ("xoxa-", 16),
    ("xoxr-", 16),
    ("xoxs-", 16),
    ("xapp-", 16),
    ("AKIA", 20),
    ("ASIA", 20),
    ("AIza", 30),
    ("ya29.", 20),
    ("npm_", 20),
    ("pypi-", 20),
    ("hf_", 20),
    ("shpat_", 20),
    ("SG.", 30),
    ("hgk_", 20),
    ("hga_", 20),
    ("hgc_", 20),
    ("hgu_", 20),
];

/// Variables that tell loaders, interpreters and shells what else to run, or where to look for it.
const STEERING: &[&str] = &[
    "PATH",
    "PATHEXT",
    "COMSPEC",
    "SHELL",
    "ENV",
    "BASH_ENV",
    "IFS",
    "HOME",
    "USERPROFILE",
    "NODE_OPTIONS",
    "NODE_PATH",
    "ELECTRON_RUN_AS_NODE",
    "CLASSPATH",
    "JAVA_TOOL_OPTIONS",
    "JDK_JAVA_OPTIONS",
    "_JAVA_OPTIONS",
    "DOCKER_HOST",
    "DOCKER_CONTEXT",
    "DOCKER_CONFIG",
    "CONTAINER_HOST",
];

/// How further ones begin. A number of them has `KEY` in its name and holds a command, hence the second list.
const STEERING_ALWAYS: &[&str] = &["GIT_CONFIG", "BASH_FUNC_"];

/// How the families begin that they come in.
const STEERING_FAMILIES: &[&str] =
    &["LD_", "DYLD_", "PYTHON", "PERL5", "RUBY", "GIT_", "NPM_CONFIG_", "UV_", "PIP_", "DENO_", "BUN_"];

/// True when a variable of this name can make another program run than the one that is named. It is shown
/// whole wherever a person judges a command. `LD_ACCESS_TOKEN` and its like are none of these, since no
/// loader reads them.
pub fn steers(name: &str) -> bool {
    // Windows and npm take them in any case.
    let upper = name.to_ascii_uppercase();
    let begins = |starts: &[&str]| starts.iter().any(|start| upper.starts_with(start));
    STEERING.contains(&upper.as_str())
        || begins(STEERING_ALWAYS)
        || (begins(STEERING_FAMILIES) && !holds_secret(name))
}

/// True when `value`, as it is written, is not to be shown under this name.
pub fn hides(name: &str, value: &str) -> bool {
    let plain = plain(name);
    let tells_nothing = value.is_empty() || matches!(value, "true" | "false" | "null");
    let is_number = || value.parse::<f64>().is_ok();
    if tells_nothing || plain == "progresstoken" {
        return false;
    }
    // Numbers under such a name count the tokens of a language model.
    names_secret(&plain) || (plain.contains("token") && !is_number())
}

/// True when a variable or header of this name is there to hold a secret, whatever its value is. A
/// definition has few of them and a person looks at each, so that more names count than in [`hides`].
pub fn holds_secret(name: &str) -> bool {
    let plain = plain(name);
    let mut words = name.split(|c: char| !c.is_ascii_alphanumeric()).map(str::to_ascii_lowercase);
    names_secret(&plain)
        || plain.contains("token")
        || words.any(|word| word == "key" || EXACTLY.contains(&word.as_str()))
}

fn names_secret(plain: &str) -> bool {
    TELLING.iter().any(|part| plain.contains(part)) || EXACTLY.contains(&plain)
}

fn plain(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

/// True when a word looks like a token.
pub fn looks_secret(word: &str) -> bool {
    let has_prefix = |(prefix, length): &(&str, usize)| word.len() >= *length && word.starts_with(prefix);
    // A JSON Web Token: two parts of JSON in base64, and a signature.
    let is_jwt = || word.len() >= 20 && word.starts_with("eyJ") && word.matches('.').count() >= 1;
    PREFIXES.iter().any(has_prefix) || is_jwt()
}

/// True for a URL with a password in it, as those of databases have. A `${NAME}` in its place is none.
pub fn has_password(word: &str) -> bool {
    let is_scheme = |scheme: &str| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
    };
    let Some((scheme, rest)) = word.split_once("://") else { return false };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    let Some((_, password)) = authority.rsplit_once('@').and_then(|(user, _)| user.split_once(':')) else {
        return false;
    };
    let is_reference = password.starts_with("${") && password.ends_with('}');
    // `jdbc:postgresql` and its like have a scheme before their scheme.
    scheme.split(':').all(is_scheme) && !password.is_empty() && !is_reference
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_variables_tell_secrets() {
        let secret =
            ["GITHUB_TOKEN", "OPENAI_API_KEY", "LINEAR_KEY", "X-Api-Key", "Authorization", "GITHUB_PAT"];
        for name in secret {
            assert!(holds_secret(name), "{name}");
        }
        for name in ["PATH", "KEYBOARD", "MONKEY", "AUTHOR", "REGION", "X-Team", "HOST"] {
            assert!(!holds_secret(name), "{name}");
        }
    }

    #[test]
    fn names_of_variables_tell_what_steers_a_program() {
        for name in [
            "PATH",
            "Path",
            "LD_PRELOAD",
            "DYLD_INSERT_LIBRARIES",
            "NODE_OPTIONS",
            "PYTHONPATH",
            "BASH_ENV",
            "GIT_SSH_COMMAND",
            "GIT_CONFIG_KEY_0",
            "npm_config_registry",
            "_JAVA_OPTIONS",
        ] {
            assert!(steers(name), "{name}");
        }
        for name in ["LD_ACCESS_TOKEN", "GIT_TOKEN", "RUBYGEMS_API_KEY", "LEVEL", "MY_PATH", "ENVIRONMENT"] {
            assert!(!steers(name), "{name}");
        }
    }

    #[test]
    fn passwords_in_urls_are_seen() {
        for word in [
            "postgres://u:pw@db/shop",
            "redis://:pw@localhost:6379",
            "mongodb+srv://u:p%40w@h/?a=b",
            "jdbc:mysql://u:pw@h",
        ] {
            assert!(has_password(word), "{word}");
        }
        for word in [
            "postgres://db/shop",
            "postgres://u@db",
            "https://h:80/a@b",
            "https://h/u:p@x",
            "u:pw@h",
            "ssh://git:@h",
            "postgres://u:${PASS}@db",
            "why not://u:pw@h",
        ] {
            assert!(!has_password(word), "{word}");
        }
    }

    #[test]
    fn our_own_tokens_are_masked() {
        for kind in ["hgk", "hga", "hgc", "hgu"] {
            assert!(looks_secret(&format!("{kind}_abcdefghijklmnop1234")), "{kind}");
        }
    }
}
