//! Who may use the admin API from a browser: codes, which a person carries there in a link, and tokens, for
//! which the page trades them. Both live in memory only, as hashes. Time comes in as an argument.

#[cfg(test)]
mod tests;

use std::{collections::VecDeque, time::Duration};

use subtle::ConstantTimeEq;
use tempfile::TempPath;
use tokio::time::Instant;

use crate::keys::hash;

/// As long as a slow browser takes to start.
pub(crate) const CODE_LIFE: Duration = Duration::from_secs(60);
/// Links that can be open: a person follows one at a time. A further one ends the oldest.
const MAX_CODES: usize = 4;
/// A page that is open uses its token all the time.
pub(crate) const TOKEN_LIFE: Duration = Duration::from_secs(24 * 60 * 60);
/// Tabs of one person. A further one ends the token that was not used for longest.
const MAX_TOKENS: usize = 32;
/// A code of 256 bits is not guessed; who sends wrong ones all the same is told to wait.
const MAX_WRONG_CODES: usize = 10;
/// For as long as it takes until enough of them are this old.
const WRONG_LIFE: Duration = Duration::from_secs(60);

/// Open codes and living tokens.
#[derive(Default)]
pub(crate) struct Passes {
    codes: VecDeque<Code>,
    tokens: Vec<Token>,
    /// When wrong codes came.
    wrong: VecDeque<Instant>,
}

struct Code {
    hash: [u8; 32],
    made: Instant,
    /// The page that leads a browser to the link. It goes with the code.
    _page: Option<TempPath>,
}

struct Token {
    hash: [u8; 32],
    used: Instant,
}

/// A token that was let in, by its hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pass([u8; 32]);

/// Why a code was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    /// It was used, is too old, or never was one.
    Unknown,
    /// Too many wrong ones came lately.
    TooManyWrong,
}

impl Passes {
    /// Opens a code.
    pub(crate) fn open(&mut self, code: &str, page: Option<TempPath>, now: Instant) {
        self.tidy(now);
        if self.codes.len() >= MAX_CODES {
            self.codes.pop_front();
        }
        self.codes.push_back(Code { hash: hash(code), made: now, _page: page });
    }

    /// Takes a code, which works once, and lets `token` in from now on.
    pub(crate) fn trade(&mut self, code: &str, token: &str, now: Instant) -> Result<(), Refused> {
        self.tidy(now);
        // Looked up first: any program of this machine may send wrong ones, and must not shut out who has a link.
        let Some(at) = place_of(&hash(code), self.codes.iter().map(|code| &code.hash)) else {
            if self.wrong.len() >= MAX_WRONG_CODES {
                return Err(Refused::TooManyWrong);
            }
            self.wrong.push_back(now);
            return Err(Refused::Unknown);
        };
        self.codes.remove(at);
        if self.tokens.len() >= MAX_TOKENS
            && let Some((oldest, _)) = self.tokens.iter().enumerate().min_by_key(|(_, token)| token.used)
        {
            self.tokens.remove(oldest);
        }
        self.tokens.push(Token { hash: hash(token), used: now });
        Ok(())
    }

    /// Whether a token is let in, which counts as its use.
    pub(crate) fn admit(&mut self, token: &str, now: Instant) -> Option<Pass> {
        let pass = Pass(hash(token));
        self.is_used(pass, now).then_some(pass)
    }

    /// The same, for one that was let in before and is still there.
    pub(crate) fn is_used(&mut self, Pass(hash): Pass, now: Instant) -> bool {
        self.tidy(now);
        let at = place_of(&hash, self.tokens.iter().map(|token| &token.hash));
        if let Some(token) = at.and_then(|at| self.tokens.get_mut(at)) {
            token.used = now;
        }
        at.is_some()
    }

    /// Forgets what is too old.
    pub(crate) fn tidy(&mut self, now: Instant) {
        self.codes.retain(|code| now.duration_since(code.made) < CODE_LIFE);
        self.tokens.retain(|token| now.duration_since(token.used) < TOKEN_LIFE);
        self.wrong.retain(|came| now.duration_since(*came) < WRONG_LIFE);
    }
}

/// Looks at all of them, so that the time tells nothing.
fn place_of<'h>(given: &[u8; 32], known: impl Iterator<Item = &'h [u8; 32]>) -> Option<usize> {
    known.enumerate().fold(None, |found, (at, known)| match bool::from(given.ct_eq(known)) {
        true => Some(at),
        false => found,
    })
}
