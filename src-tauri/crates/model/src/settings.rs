//! Settings of the gateway: one table with default, bounds, unit and meaning of each. Where values are
//! kept, and which of several wins, is the daemon's.

#[cfg(test)]
mod tests;

use std::{ops::RangeInclusive, time::Duration};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Where secret values are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum SecretStoreKind {
    /// The keychain of the operating system.
    Keychain,
    /// A file of mode 0600 that any program of the same person can read: an explicit choice only.
    File,
}

/// Where the bodies of recorded calls are kept, with what looks secret in them masked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordBodies {
    /// Nowhere.
    Off,
    /// In the gateway's memory, the newest of them, until it ends.
    Memory,
    /// In the database as well, for the newest calls.
    Disk,
}

/// What the value of a setting is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Unit {
    /// A number of seconds, perhaps with a fraction.
    Seconds,
    /// A whole number.
    Count,
    /// `true` or `false`.
    Switch,
    /// One of some words.
    Choice,
}

/// One row of the table.
pub struct Setting {
    /// Its name; `HEADGATE_` and the name in capitals is the variable that overrides it.
    pub key: &'static str,
    /// What its value is.
    pub unit: Unit,
    /// A change holds only after a restart.
    pub at_start: bool,
    meaning: &'static str,
    read: fn(&Settings) -> Option<String>,
    write: fn(&mut Settings, &str) -> Result<(), String>,
}

/// Why a value was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("setting `{key}` takes {expected}, not `{given}`")]
pub struct InvalidSetting {
    key: &'static str,
    expected: String,
    given: String,
}

impl Setting {
    /// What it does, in words for people.
    pub fn meaning(&self) -> &'static str {
        self.meaning.trim()
    }

    /// Its value as text; `None` for one that is only known at the start.
    pub fn read(&self, settings: &Settings) -> Option<String> {
        (self.read)(settings)
    }

    /// Sets it from text.
    pub fn write(&self, settings: &mut Settings, text: &str) -> Result<(), InvalidSetting> {
        let given = text.trim();
        (self.write)(settings, given).map_err(|expected| InvalidSetting {
            key: self.key,
            expected,
            given: given.to_owned(),
        })
    }
}

/// The row of a setting.
pub fn setting(key: &str) -> Option<&'static Setting> {
    SETTINGS.iter().find(|setting| setting.key == key)
}

/// A type of value: from text within bounds, and back.
trait Value: Sized {
    const UNIT: Unit;
    /// An error says what belongs here.
    fn parse(text: &str, bounds: RangeInclusive<f64>) -> Result<Self, String>;
    /// `None` for a value that is absent.
    fn text(&self) -> Option<String>;
}

impl Value for Duration {
    const UNIT: Unit = Unit::Seconds;

    fn parse(text: &str, bounds: RangeInclusive<f64>) -> Result<Self, String> {
        let expected = || format!("a number of seconds from {} to {}", bounds.start(), bounds.end());
        let seconds = text.parse::<f64>().ok().filter(|seconds| bounds.contains(seconds));
        Duration::try_from_secs_f64(seconds.ok_or_else(expected)?).map_err(|_| expected())
    }

    fn text(&self) -> Option<String> {
        Some(self.as_secs_f64().to_string())
    }
}

impl Value for usize {
    const UNIT: Unit = Unit::Count;

    fn parse(text: &str, bounds: RangeInclusive<f64>) -> Result<Self, String> {
        let expected = || format!("a whole number from {} to {}", bounds.start(), bounds.end());
        text.parse::<usize>().ok().filter(|count| bounds.contains(&(*count as f64))).ok_or_else(expected)
    }

    fn text(&self) -> Option<String> {
        Some(self.to_string())
    }
}

/// 0 takes a limit away.
impl Value for Option<u64> {
    const UNIT: Unit = Unit::Count;

    fn parse(text: &str, bounds: RangeInclusive<f64>) -> Result<Self, String> {
        let expected = || format!("a whole number from {} to {}", bounds.start(), bounds.end());
        let count = text.parse::<u64>().ok().filter(|count| bounds.contains(&(*count as f64)));
        count.map(|count| Some(count).filter(|count| *count > 0)).ok_or_else(expected)
    }

    fn text(&self) -> Option<String> {
        self.map(|count| count.to_string())
    }
}

impl Value for bool {
    const UNIT: Unit = Unit::Switch;

    fn parse(text: &str, _: RangeInclusive<f64>) -> Result<Self, String> {
        match text {
            "true" | "on" => Ok(true),
            "false" | "off" => Ok(false),
            _ => Err("`true` or `false`".to_owned()),
        }
    }

    fn text(&self) -> Option<String> {
        Some(self.to_string())
    }
}

impl Value for RecordBodies {
    const UNIT: Unit = Unit::Choice;

    fn parse(text: &str, _: RangeInclusive<f64>) -> Result<Self, String> {
        match text {
            "off" => Ok(Self::Off),
            "memory" => Ok(Self::Memory),
            "disk" => Ok(Self::Disk),
            _ => Err("`off`, `memory` or `disk`".to_owned()),
        }
    }

    fn text(&self) -> Option<String> {
        let word = match self {
            Self::Off => "off",
            Self::Memory => "memory",
            Self::Disk => "disk",
        };
        Some(word.to_owned())
    }
}

/// Makes the struct, its defaults and the table from one list. The first lines of each comment are what
/// people read as the meaning.
macro_rules! settings {
    ($( $(#[doc = $doc:literal])+ $key:literal $field:ident: $kind:ty = $default:expr, $bounds:expr; )*) => {
        /// What a person may tune while the gateway runs.
        #[derive(Debug, Clone, PartialEq)]
        pub struct Settings {
            $( $(#[doc = $doc])+ pub $field: $kind, )*
        }

        impl Default for Settings {
            fn default() -> Self {
                Self { $( $field: $default, )* }
            }
        }

        /// Every setting. The last ones hold from one start to the next; where they are read is the
        /// daemon's.
        pub const SETTINGS: &[Setting] = &[
            $( Setting {
                key: $key,
                unit: <$kind as Value>::UNIT,
                at_start: false,
                meaning: concat!($($doc),+),
                read: |settings| Value::text(&settings.$field),
                write: |settings, text| {
                    settings.$field = Value::parse(text, $bounds)?;
                    Ok(())
                },
            }, )*
            Setting {
                key: "port",
                unit: Unit::Count,
                at_start: true,
                meaning: "The port; the first start takes a free one of 4283 to 4299 and keeps it.",
                read: |_| None,
                write: |_, text| usize::parse(text, 1.0..=65535.0).map(drop),
            },
            Setting {
                key: "secret_store",
                unit: Unit::Choice,
                at_start: true,
                meaning: "Where secrets are kept: in the `keychain`, or in a `file` of mode 0600 that every \
                          program of yours can read. Secrets that were kept before stay where they are.",
                read: |_| Some("keychain".to_owned()),
                write: |_, text| match text {
                    "keychain" | "file" => Ok(()),
                    _ => Err("`keychain` or `file`".to_owned()),
                },
            },
        ];
    };
}

/// The longest time that makes sense: a year.
const YEAR: f64 = 366.0 * 86400.0;

settings! {
    /// Silence after which a starting server counts as hung; output on stderr counts as life.
    // A first `npx` download takes long, and speaks meanwhile.
    "start_timeout" start_timeout: Duration = Duration::from_secs(60), 0.01..=YEAR;
    /// Silence after which a call fails; progress counts as life.
    // Five minutes let slow tools work.
    "call_timeout" call_timeout: Duration = Duration::from_secs(300), 0.01..=YEAR;
    /// How long a question that Headgate shows for a client waits for a person; then it counts as put away.
    // Long enough to come back from another window, and most clients give a call up by then.
    "question_timeout" question_timeout: Duration = Duration::from_secs(600), 0.01..=YEAR;
    /// An upstream that nobody has called for this long is stopped; the next call starts it again; 0 is never.
    // Long enough that a conversation does not wait twice.
    "upstream_sleep" upstream_sleep: Duration = Duration::from_secs(600), 0.0..=YEAR;
    /// Memory of one running copy of an upstream, in MiB, above which it is restarted; 0 is no limit.
    "memory_limit" memory_limit_mib: Option<u64> = None, 0.0..=1e9;
    /// A session without stream, call or request for this long ends its own children.
    "session_sleep" session_sleep: Duration = Duration::from_secs(300), 0.01..=YEAR;
    /// A session is forgotten this long after its last use.
    "session_life" session_life: Duration = Duration::from_secs(24 * 60 * 60), 0.01..=YEAR;
    /// Sessions at once; a client that opens one for every call cannot fill the memory.
    "max_sessions" max_sessions: usize = 10_000, 1.0..=1_000_000.0;
    /// Entries of one list page.
    // Real catalogs fit one, and many clients never ask for a second.
    "page_size" page_size: usize = 5_000, 1.0..=1_000_000.0;
    /// Whether calls are recorded: who called what, when, and what came of it.
    "recording" recording: bool = true, 0.0..=1.0;
    /// Days for which recorded calls are kept.
    // A week answers "what happened on Monday".
    "recording_days" recording_days: usize = 7, 1.0..=3_660.0;
    /// Recorded calls that are kept.
    // So many take about 20 MB on the disk.
    "recording_rows" recording_rows: usize = 100_000, 1.0..=10_000_000.0;
    /// Where arguments and results of recorded calls are kept: nowhere (`off`), in the gateway's `memory`, or
    /// on the `disk` as well. What looks secret in them is masked.
    "record_bodies" record_bodies: RecordBodies = RecordBodies::Memory, 0.0..=0.0;
}
