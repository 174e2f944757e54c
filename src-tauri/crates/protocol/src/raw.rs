//! [`Raw`]: JSON text that is carried, not understood. It can be looked into, and single values in
//! it can be replaced; every other byte stays as it came.

use std::{borrow::Cow, fmt, ops::Range};

use bytes::{Bytes, BytesMut};
use serde::{
    Deserialize, Serialize,
    de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor},
};
use serde_json::value::RawValue;

/// One JSON value as text. Cloning shares the bytes.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Raw(Bytes);

impl Raw {
    /// Takes text that must be exactly one JSON value.
    pub fn parse(text: impl Into<Bytes>) -> Result<Self, serde_json::Error> {
        let bytes = text.into();
        let value: &RawValue = serde_json::from_slice(&bytes)?;
        Ok(Self(bytes.slice_ref(value.get().as_bytes())))
    }

    /// Writes a value that we made ourselves.
    pub fn of<T: Serialize + ?Sized>(value: &T) -> Self {
        // Our own values have string keys and finite numbers, so writing them cannot fail.
        Self(serde_json::to_vec(value).unwrap_or_else(|_| b"null".to_vec()).into())
    }

    /// Text written by us that is known to be JSON.
    pub const fn constant(text: &'static str) -> Self {
        Self(Bytes::from_static(text.as_bytes()))
    }

    /// A part that was read from these bytes, without copying it.
    pub(crate) fn within(whole: &Bytes, value: &RawValue) -> Self {
        Self(whole.slice_ref(value.get().as_bytes()))
    }

    /// The text.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The same text in memory of its own, for values that outlive the message they came in.
    pub fn detached(&self) -> Self {
        Self(Bytes::copy_from_slice(&self.0))
    }

    /// Reads the fields that the caller acts on.
    pub fn read<'a, T: Deserialize<'a>>(&'a self) -> Result<T, serde_json::Error> {
        serde_json::from_slice(&self.0)
    }

    /// The string at `path`, when there is one.
    pub fn text_at(&self, path: &[&str]) -> Option<String> {
        self.at(path)?.read::<Cow<'_, str>>().ok().map(Cow::into_owned)
    }

    /// The value at `path`, following object members; `None` when a part is missing, or occurs twice:
    /// another reader of the same text might take the other one.
    pub fn at(&self, path: &[&str]) -> Option<Self> {
        self.find(path).map(|value| Self::within(&self.0, value))
    }

    /// True when a member on the way to `path` occurs twice.
    pub fn is_ambiguous(&self, path: &[&str]) -> bool {
        let mut text = self.as_bytes();
        for key in path {
            match member(text, key) {
                Member::One(value) => text = value.get().as_bytes(),
                Member::None => return false,
                Member::Twice => return true,
            }
        }
        false
    }

    /// The elements, when this is an array.
    pub fn elements(&self) -> Option<Vec<Self>> {
        let values: Vec<&RawValue> = self.read().ok()?;
        Some(values.into_iter().map(|value| Self::within(&self.0, value)).collect())
    }

    /// The members of an object in their order; `None` when this is no object.
    pub fn members(&self) -> Option<Vec<(String, Self)>> {
        let AllMembers(members) = self.read().ok()?;
        Some(members.into_iter().map(|(key, value)| (key, Self::within(&self.0, value))).collect())
    }

    /// True for `{...}`.
    pub fn is_object(&self) -> bool {
        self.0.first() == Some(&b'{')
    }

    /// The same text with the value at `path` replaced; unchanged when there is none.
    pub fn with(&self, path: &[&str], value: &Raw) -> Self {
        let mut edits = Edits::new(self);
        edits.replace(path, value);
        edits.apply()
    }

    fn find(&self, path: &[&str]) -> Option<&RawValue> {
        let mut value: Option<&RawValue> = None;
        for key in path {
            let text = value.map_or(self.as_bytes(), |v| v.get().as_bytes());
            value = Some(match member(text, key) {
                Member::One(value) => value,
                Member::None | Member::Twice => return None,
            });
        }
        value
    }

    fn range_of(&self, part: &Raw) -> Range<usize> {
        let start = part.0.as_ptr() as usize - self.0.as_ptr() as usize;
        start..start + part.0.len()
    }
}

impl fmt::Debug for Raw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.0))
    }
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Box::<RawValue>::deserialize(deserializer)?;
        Ok(Self(String::from(Box::<str>::from(value)).into()))
    }
}

impl Serialize for Raw {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let value: &RawValue = serde_json::from_slice(&self.0).map_err(serde::ser::Error::custom)?;
        value.serialize(serializer)
    }
}

/// Replacements in one [`Raw`], applied together so that its text is copied once.
pub struct Edits<'a> {
    whole: &'a Raw,
    edits: Vec<(Range<usize>, Raw)>,
}

impl<'a> Edits<'a> {
    /// No replacement yet.
    pub fn new(whole: &'a Raw) -> Self {
        Self { whole, edits: Vec::new() }
    }

    /// Replaces the value at `path`, when there is one.
    pub fn replace(&mut self, path: &[&str], value: &Raw) {
        if let Some(part) = self.whole.at(path) {
            self.replace_part(&part, value);
        }
    }

    /// Replaces `part`, which must have been cut out of the whole by `at`, `elements` or `members`.
    pub fn replace_part(&mut self, part: &Raw, value: &Raw) {
        self.edits.push((self.whole.range_of(part), value.clone()));
    }

    /// Gives an object the member `key` with this value: every member of that name gets it, and one is
    /// put at the end when there is none. Anything but an object stays as it is.
    pub fn set(&mut self, key: &str, value: &Raw) {
        let members = self.whole.members();
        let parts: Vec<&Raw> =
            members.iter().flatten().filter(|(name, _)| name == key).map(|(_, part)| part).collect();
        for part in &parts {
            self.replace_part(part, value);
        }
        if let (Some(members), true) = (&members, parts.is_empty()) {
            let comma = if members.is_empty() { "" } else { "," };
            let mut member = format!("{comma}{}:", serde_json::Value::from(key)).into_bytes();
            member.extend_from_slice(value.as_bytes());
            let end = self.whole.0.len() - 1;
            self.edits.push((end..end, Raw(member.into())));
        }
    }

    /// The edited text.
    pub fn apply(mut self) -> Raw {
        if self.edits.is_empty() {
            return self.whole.clone();
        }
        self.edits.sort_by_key(|(range, _)| range.start);
        let grown: usize = self.edits.iter().map(|(_, value)| value.0.len()).sum();
        let mut text = BytesMut::with_capacity(self.whole.0.len() + grown);
        let mut copied = 0;
        for (range, value) in &self.edits {
            text.extend_from_slice(&self.whole.0[copied..range.start]);
            text.extend_from_slice(&value.0);
            copied = range.end;
        }
        text.extend_from_slice(&self.whole.0[copied..]);
        Raw(text.freeze())
    }
}

/// How often an object has a member.
enum Member<'a> {
    None,
    One(&'a RawValue),
    Twice,
}

/// The member called `key`, read past all others without building them.
fn member<'a>(object: &'a [u8], key: &str) -> Member<'a> {
    let mut deserializer = serde_json::Deserializer::from_slice(object);
    MemberSeed(key).deserialize(&mut deserializer).unwrap_or(Member::None)
}

struct MemberSeed<'k>(&'k str);

impl<'de> DeserializeSeed<'de> for MemberSeed<'_> {
    type Value = Member<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for MemberSeed<'_> {
    type Value = Member<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = Member::None;
        while let Some(key) = map.next_key::<Key<'de>>()? {
            if key.0 != self.0 {
                map.next_value::<IgnoredAny>()?;
                continue;
            }
            let value = map.next_value()?;
            found = match found {
                Member::None => Member::One(value),
                Member::One(_) | Member::Twice => Member::Twice,
            };
        }
        Ok(found)
    }
}

/// An object key, borrowed unless it holds escapes.
#[derive(Deserialize)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

struct AllMembers<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for AllMembers<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct All;
        impl<'de> Visitor<'de> for All {
            type Value = AllMembers<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    members.push(entry);
                }
                Ok(AllMembers(members))
            }
        }
        deserializer.deserialize_map(All)
    }
}

#[cfg(test)]
mod tests;
