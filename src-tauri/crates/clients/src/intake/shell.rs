//! Divides text into words as a shell does, and carries out nothing: variables stay as they are written,
//! and operators are told to the caller.

use std::{iter::Peekable, str::Chars};

/// A word, and what of it a shell would have acted on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) text: String,
    /// It begins with a tilde that stands for the home folder.
    pub(super) is_in_home: bool,
    /// A shell would have put something in the place of a `$NAME` or a command in it.
    pub(super) expands: bool,
}

/// A simple command.
pub(super) type Words = Vec<Word>;

/// The commands of a text, in their order. An error is a sentence.
pub(super) fn commands(text: &str) -> Result<Vec<Words>, String> {
    let mut reader = Reader { rest: text.chars().peekable(), commands: vec![Words::new()], word: None };
    reader.read()?;
    reader.commands.retain(|words| !words.is_empty());
    Ok(reader.commands)
}

struct Reader<'a> {
    rest: Peekable<Chars<'a>>,
    commands: Vec<Words>,
    word: Option<Word>,
}

impl Reader<'_> {
    fn read(&mut self) -> Result<(), String> {
        while let Some(c) = self.rest.next() {
            match c {
                '\n' | ';' => self.end_command(),
                '&' if self.rest.next_if_eq(&'&').is_some() => self.end_command(),
                '|' | '<' | '>' | '&' | '(' | ')' if !self.is_placeholder(c) => return Err(needs_shell(c)),
                '#' if self.word.is_none() => while self.rest.next_if(|c| *c != '\n').is_some() {},
                '\'' => self.until_quote()?,
                '"' => self.until_double_quote()?,
                '\\' => self.escaped(),
                // Where lines go on in the shells of Windows.
                '^' | '`' if self.rest.peek() == Some(&'\n') => _ = self.rest.next(),
                '$' if self.word.is_none() && self.rest.next_if_eq(&'\'').is_some() => {
                    self.until_ansi_quote()?;
                }
                c if c.is_whitespace() => self.end_word(),
                c => self.plain(c),
            }
        }
        self.end_command();
        Ok(())
    }

    fn word(&mut self) -> &mut Word {
        self.word.get_or_insert_default()
    }

    fn end_word(&mut self) {
        let word = self.word.take();
        if let Some(words) = self.commands.last_mut() {
            words.extend(word);
        }
    }

    fn end_command(&mut self) {
        self.end_word();
        self.commands.push(Words::new());
    }

    fn plain(&mut self, c: char) {
        let next = self.rest.peek().copied();
        let begins = self.word.is_none();
        let word = self.word();
        word.is_in_home |= begins && c == '~' && next.is_none_or(|c| c == '/' || c.is_whitespace());
        word.expands |= expands(c, next);
        word.text.push(c);
    }

    /// Angle brackets around a name, as in `<YOUR_TOKEN>`, are how instructions mark what is to be filled in.
    fn is_placeholder(&mut self, c: char) -> bool {
        let ahead = || self.rest.clone().take_while(|c| !c.is_whitespace());
        match c {
            '<' if ahead().any(|c| c == '>') && self.rest.peek().is_some_and(|c| c.is_alphabetic()) => {
                self.word().text.push('<');
                true
            }
            '>' if self.word.as_ref().is_some_and(|word| word.text.contains('<')) => {
                self.word().text.push('>');
                true
            }
            _ => false,
        }
    }

    fn until_quote(&mut self) -> Result<(), String> {
        self.word();
        loop {
            match self.rest.next() {
                Some('\'') => return Ok(()),
                Some(c) => self.word().text.push(c),
                None => return Err(open('\'')),
            }
        }
    }

    fn until_double_quote(&mut self) -> Result<(), String> {
        self.word();
        loop {
            match self.rest.next() {
                Some('"') => return Ok(()),
                Some('\\') => match self.rest.next_if(|c| "$`\"\\\n".contains(*c)) {
                    Some('\n') => {}
                    Some(c) => self.word().text.push(c),
                    None => self.word().text.push('\\'),
                },
                Some(c) => {
                    let next = self.rest.peek().copied();
                    let word = self.word();
                    word.expands |= expands(c, next);
                    word.text.push(c);
                }
                None => return Err(open('"')),
            }
        }
    }

    /// `$'...'`, in which `headgate` itself writes what cannot be seen.
    fn until_ansi_quote(&mut self) -> Result<(), String> {
        self.word();
        loop {
            let c = match self.rest.next() {
                Some('\'') => return Ok(()),
                Some('\\') => match self.rest.next() {
                    Some('n') => '\n',
                    Some('t') => '\t',
                    Some('r') => '\r',
                    Some('0') => '\0',
                    Some('e') => '\u{1b}',
                    Some('u') => self.code_point().ok_or_else(|| open('\''))?,
                    Some(c) => c,
                    None => return Err(open('\'')),
                },
                Some(c) => c,
                None => return Err(open('\'')),
            };
            self.word().text.push(c);
        }
    }

    /// `{1b}`.
    fn code_point(&mut self) -> Option<char> {
        self.rest.next_if_eq(&'{')?;
        // A code point has six digits at most.
        let digits: String = self.rest.by_ref().take(7).take_while(|c| *c != '}').collect();
        char::from_u32(u32::from_str_radix(&digits, 16).ok()?)
    }

    fn escaped(&mut self) {
        // `C:\Users` is a path, and no shell that knows such paths has this escape.
        // A quote is in no path, and comes from a word that stands in quotes itself.
        let is_quote = self.rest.peek() == Some(&'\'');
        if !is_quote && self.word.as_ref().is_some_and(|word| word.text.get(1..2) == Some(":")) {
            return self.word().text.push('\\');
        }
        match self.rest.next() {
            Some('\n') => {}
            // A line that was cut off, or that ends in a blank too many.
            None => {}
            Some(c) => self.word().text.push(c),
        }
    }
}

fn expands(c: char, next: Option<char>) -> bool {
    match c {
        '`' => true,
        '$' => next.is_some_and(|c| c.is_ascii_alphabetic() || matches!(c, '_' | '{' | '(')),
        _ => false,
    }
}

fn needs_shell(operator: char) -> String {
    format!(
        "the line has a `{operator}`, which only a shell understands, and Headgate runs programs without one; \
         paste the command of the server alone, or wrap the line as sh -c '...'"
    )
}

fn open(quote: char) -> String {
    format!("a quote ({quote}) is opened and never closed; copy the whole line")
}
