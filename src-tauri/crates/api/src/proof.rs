//! How a daemon proves that it is the one of the manifest, before anybody sends it the admin token:
//! `/health?nonce=N` answers with a keyed hash that only a holder of the token can make. Pure.
//!
//! The port is part of what is hashed, so that a stranger on a port that was ours cannot pass on the
//! proof of a daemon that listens elsewhere.

use std::fmt::Write;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Long enough that no nonce comes twice; bounded, since anybody may ask.
const NONCE_CHARS: std::ops::RangeInclusive<usize> = 16..=128;

/// 128 bits, as hex.
const NONCE_BYTES: usize = 16;

/// True for what may stand in `/health?nonce=`: 16 to 128 of `A-Z a-z 0-9 _ -`.
pub fn is_nonce(text: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    NONCE_CHARS.contains(&text.len()) && text.chars().all(allowed)
}

/// A new nonce.
pub fn new_nonce() -> std::io::Result<String> {
    let mut bytes = [0; NONCE_BYTES];
    getrandom::fill(&mut bytes).map_err(std::io::Error::other)?;
    Ok(hex(&bytes))
}

/// What a daemon that listens at `port` answers to `nonce`: HMAC-SHA256, as hex.
pub fn prove(admin_token: &str, nonce: &str, port: u16) -> String {
    hex(&keyed(admin_token, nonce, port).finalize().into_bytes())
}

/// Checks an answer, in constant time.
pub fn is_proof(answer: &str, admin_token: &str, nonce: &str, port: u16) -> bool {
    unhex(answer).is_some_and(|bytes| keyed(admin_token, nonce, port).verify_slice(&bytes).is_ok())
}

fn keyed(admin_token: &str, nonce: &str, port: u16) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(admin_token.as_bytes())
        .unwrap_or_else(|_| unreachable!("HMAC takes keys of any length"));
    mac.update(format!("headgate-health\n{nonce}\n{port}").as_bytes());
    mac
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    let pair = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    digits.len().is_multiple_of(2).then(|| digits.chunks(2).map(pair).collect())?
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONCE: &str = "0123456789abcdef";

    #[test]
    fn a_proof_fits_one_token_nonce_and_port() {
        let proof = prove("hga_x", NONCE, 4283);
        // Computed with Python's hmac module.
        assert_eq!(proof, "0c3addaf04dfc032830cf65e3f54c09a9133f8d21e1871f79dfbe01d2c60375c");
        assert!(is_proof(&proof, "hga_x", NONCE, 4283));
        assert!(is_proof(&proof.to_uppercase(), "hga_x", NONCE, 4283));
        assert!(!is_proof(&proof, "hga_y", NONCE, 4283));
        assert!(!is_proof(&proof, "hga_x", "0123456789abcdeF", 4283));
        assert!(!is_proof(&proof, "hga_x", NONCE, 4284));
        for wrong in ["", "00", &proof[..62], "zz", "é0", "+f"] {
            assert!(!is_proof(wrong, "hga_x", NONCE, 4283), "{wrong}");
        }
    }

    #[test]
    fn a_nonce_is_plain_and_bounded() {
        for (text, expected) in [
            (NONCE, true),
            ("ABCDEFGHIJ_-0123", true),
            (&"a".repeat(128), true),
            (&"a".repeat(129), false),
            ("short", false),
            ("0123456789abcde%", false),
            ("0123456789abcde\n", false),
        ] {
            assert_eq!(is_nonce(text), expected, "{text}");
        }
        let (one, two) = (new_nonce().unwrap(), new_nonce().unwrap());
        assert!(is_nonce(&one) && one != two);
    }
}
