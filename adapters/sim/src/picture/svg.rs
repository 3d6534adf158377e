//! Writing SVG: escaping, and how wide a text will be.

use alloc::string::String;
use core::fmt::{self, Write};

/// A picture that is being written.
pub(super) struct Svg {
    text: String,
}

/// What everything is drawn on. The picture has a background of its own, so it looks the same in a dark viewer.
pub(super) const PAPER: &str = "#ffffff";
pub(super) const INK: &str = "#1f2933";
pub(super) const MUTED: &str = "#5f6b78";
pub(super) const GRID: &str = "#e4e8ed";
const FONT: &str = "Inter, 'Helvetica Neue', Arial, 'DejaVu Sans', sans-serif";

impl Svg {
    pub(super) fn new(width: f64, height: f64, title: &str, description: &str) -> Self {
        let mut svg = Self { text: String::new() };
        svg.put(format_args!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" width=\"{width:.0}\" \
             height=\"{height:.0}\" role=\"img\" font-family=\"{FONT}\" font-size=\"12\" fill=\"{INK}\">\n\
             <title>{}</title>\n<desc>{}</desc>\n\
             <rect width=\"{width:.0}\" height=\"{height:.0}\" rx=\"8\" fill=\"{PAPER}\"/>\n",
            Escaped(title),
            Escaped(description)
        ));
        svg
    }

    /// Adds what is well-formed already.
    pub(super) fn put(&mut self, what: fmt::Arguments<'_>) {
        // Writing to a string does not fail.
        let _ = self.text.write_fmt(what);
    }

    /// Adds a text whose middle, start or end is at `x`.
    pub(super) fn text(&mut self, x: f64, y: f64, anchor: Anchor, style: &str, text: &str) {
        let anchor = match anchor {
            Anchor::Start => "",
            Anchor::Middle => " text-anchor=\"middle\"",
            Anchor::End => " text-anchor=\"end\"",
        };
        let style = if style.is_empty() { String::new() } else { alloc::format!(" {style}") };
        self.put(format_args!("<text x=\"{x:.1}\" y=\"{y:.1}\"{anchor}{style}>{}</text>\n", Escaped(text)));
    }

    pub(super) fn finish(mut self) -> String {
        self.text.push_str("</svg>\n");
        self.text
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// A text in which nothing is markup any more, and nothing that XML has no place for.
pub(super) struct Escaped<'a>(pub(super) &'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for character in self.0.chars() {
            match character {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                '\t' | '\n' => f.write_char(' ')?,
                '\u{0}'..='\u{1f}' | '\u{7f}' | '\u{fffe}' | '\u{ffff}' => f.write_char('\u{fffd}')?,
                other => f.write_char(other)?,
            }
        }
        Ok(())
    }
}

/// About how wide a text is in a common sans-serif font of this size: rather too wide than too narrow.
pub(super) fn width(text: &str, size: f64) -> f64 {
    let ems = |character: char| match character {
        'i' | 'j' | 'l' | '.' | ',' | ':' | ';' | '|' | '\'' | '!' => 0.30,
        ' ' | 'f' | 'r' | 't' | '(' | ')' | '-' | 'I' => 0.40,
        'm' | 'w' | 'M' | 'W' | '→' | '↛' => 0.90,
        'A'..='Z' => 0.70,
        _ => 0.59,
    };
    text.chars().map(ems).sum::<f64>() * size
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn nothing_in_a_text_is_markup() {
        assert_eq!(Escaped("<a href=\"x\">&'\u{1}\n").to_string(), "&lt;a href=&quot;x&quot;&gt;&amp;&#39;\u{fffd} ");
    }

    #[test]
    fn longer_texts_are_wider() {
        assert!(width("ill", 10.0) < width("mow", 10.0));
        assert!((width("0000", 10.0) - 23.6).abs() < 1e-9);
    }
}
