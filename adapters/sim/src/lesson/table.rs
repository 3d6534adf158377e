//! Text in columns.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

/// Rows of cells, each column as wide as its widest cell.
#[derive(Debug)]
pub(super) struct Table {
    rows: Vec<Vec<String>>,
    /// Which columns are flush right.
    right: Vec<bool>,
}

impl Table {
    /// A table with these headings; columns of numbers, whose headings begin with `>`, are flush right.
    pub(super) fn new(headings: &[&str]) -> Self {
        let right = headings.iter().map(|heading| heading.starts_with('>')).collect();
        let heading = headings.iter().map(|heading| String::from(heading.trim_start_matches('>'))).collect();
        Self { rows: Vec::from([heading]), right }
    }

    pub(super) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..self.right.len()).map(width).collect();
        for (number, row) in self.rows.iter().enumerate() {
            let mut line = String::new();
            for ((cell, width), right) in row.iter().zip(&widths).zip(&self.right) {
                let gap = width.saturating_sub(cell.chars().count());
                line.extend(core::iter::repeat_n(' ', if *right { 2 + gap } else { 2 }));
                line.push_str(cell);
                line.extend(core::iter::repeat_n(' ', if *right { 0 } else { gap }));
            }
            writeln!(f, "{}", line.trim_end())?;
            if number == 0 {
                let rule = widths.iter().map(|width| width + 2).sum::<usize>().saturating_sub(2);
                writeln!(f, "  {}", "─".repeat(rule))?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn columns_line_up() {
        let mut table = Table::new(&["who", ">how many"]);
        table.row(["Ann".into(), "7".into()]);
        table.row(["Übermut".into(), "12".into()]);
        assert_eq!(
            table.to_string(),
            "  who      how many\n  ─────────────────\n  Ann             7\n  Übermut        12\n"
        );
    }
}
