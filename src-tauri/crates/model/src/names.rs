//! Names that people give to upstreams and clients, checked once at the door.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Why a name was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{name}` is not a valid {what} name: use 1 to 64 letters, digits, `.`, `-` or `_`, the first a letter or digit"
)]
pub struct InvalidName {
    what: &'static str,
    name: String,
}

/// 64 characters keep a name readable in a list and short inside a tool name.
const MAX_NAME_CHARS: usize = 64;

fn is_valid(name: &str) -> bool {
    let mut bytes = name.bytes();
    name.len() <= MAX_NAME_CHARS
        && bytes.next().is_some_and(|first| first.is_ascii_alphanumeric())
        && bytes.all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'))
}

macro_rules! name_type {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
        #[serde(try_from = "String", into = "String")]
        #[schema(value_type = String, pattern = "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
        pub struct $name(String);

        impl $name {
            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = InvalidName;

            fn from_str(name: &str) -> Result<Self, InvalidName> {
                Self::try_from(name.to_owned())
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidName;

            fn try_from(name: String) -> Result<Self, InvalidName> {
                if is_valid(&name) {
                    Ok(Self(name))
                } else {
                    Err(InvalidName { what: $what, name })
                }
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

name_type!(
    /// The name of an MCP server behind the gateway; it stands in URLs and in prefixed tool names.
    UpstreamName,
    "upstream"
);
name_type!(
    /// The name of an AI application in front of the gateway.
    ClientName,
    "client"
);

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, valid: bool) {
        assert_eq!(UpstreamName::from_str(name).is_ok(), valid, "{name:?}");
    }

    #[test]
    fn names_are_short_and_plain() {
        check("github", true);
        check("a", true);
        check("7zip.tools_v-2", true);
        check(&"x".repeat(64), true);
        check(&"x".repeat(65), false);
        check("", false);
        check("-flag", false);
        check(".hidden", false);
        check("two words", false);
        check("a/b", false);
        check("é", false);
    }
}
