//! Aligned columns for people: a bold head, two spaces between columns, no lines.

use std::fmt;

use clap::builder::styling::{AnsiColor, Style};
use unicode_width::UnicodeWidthStr;

use crate::output::plain;

/// Rows of cells under a head.
pub(crate) struct Table<const N: usize> {
    rows: Vec<[Cell; N]>,
}

/// One cell: a line of text, perhaps coloured.
pub(crate) struct Cell {
    text: String,
    style: Style,
}

/// A cell without colour.
pub(crate) fn cell(text: impl ToString) -> Cell {
    Cell { text: plain(&text.to_string()), style: Style::new() }
}

/// A cell in a colour.
pub(crate) fn coloured(text: impl ToString, colour: AnsiColor) -> Cell {
    Cell { style: colour.on_default(), ..cell(text) }
}

impl<const N: usize> Table<N> {
    /// A table without rows.
    pub(crate) fn new(head: [&str; N]) -> Self {
        let style = Style::new().bold();
        Self { rows: vec![head.map(|text| Cell { text: text.to_owned(), style })] }
    }

    /// Adds a row.
    pub(crate) fn row(&mut self, cells: [Cell; N]) {
        self.rows.push(cells);
    }
}

impl<const N: usize> fmt::Display for Table<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = |column: usize| self.rows.iter().map(|row| row[column].text.width()).max();
        let widths: [usize; N] = std::array::from_fn(|column| width(column).unwrap_or_default());
        for row in &self.rows {
            let last = row.iter().rposition(|cell| !cell.text.is_empty()).unwrap_or_default();
            for (cell, width) in row.iter().zip(widths).take(last) {
                let gap = width - cell.text.width() + 2;
                write!(f, "{}{:gap$}", cell, "")?;
            }
            writeln!(f, "{}", row[last])?;
        }
        Ok(())
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}{:#}", self.style, self.text, self.style)
    }
}

#[cfg(test)]
mod tests;
