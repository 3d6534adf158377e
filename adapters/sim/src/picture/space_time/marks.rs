//! Small marks on the lines of nodes.

use super::labels::{Area, Labels};
use super::panel::{BAR, Panel, backing};
use crate::picture::svg::{Anchor, Escaped, INK, PAPER, Svg, width};
use crate::picture::{Lane, Symbol};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

impl Panel<'_> {
    /// Marks of one shape that are close to each other are one mark with several words.
    pub(super) fn draw_marks(&self, svg: &mut Svg, y: f64, lane: &Lane, labels: &mut Labels) {
        let mut groups: Vec<(f64, Symbol, Vec<usize>)> = Vec::new();
        // Where the words of the last mark of each shape end.
        let mut ends: Vec<f64> = Vec::new();
        for (index, (at, mark)) in lane.marks.iter().enumerate() {
            if *at < self.from || *at > self.until {
                continue;
            }
            let x = self.x(*at);
            let wide = width(&mark.label, 10.0) + 4.0;
            let near = groups.iter_mut().zip(&mut ends).rev().find(|((_, symbol, _), _)| *symbol == mark.symbol);
            match near.filter(|(_, end)| x < **end) {
                Some(((_, _, marks), end)) => {
                    marks.push(index);
                    *end += wide;
                }
                None => {
                    groups.push((x, mark.symbol, Vec::from([index])));
                    ends.push(x + 12.0 + wide);
                }
            }
        }
        for (x, symbol, marks) in groups {
            let marks: Vec<_> = marks.iter().filter_map(|index| lane.marks.get(*index)).collect();
            let mut words: Vec<&str> =
                marks.iter().map(|(_, mark)| mark.label.as_str()).filter(|word| !word.is_empty()).collect();
            words.dedup();
            let all: Vec<String> = marks.iter().map(|(at, mark)| format!("{at}: {}", mark.text)).collect();
            let y = y - BAR - 6.0;
            svg.put(format_args!(
                "<g><title>{}</title><circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"6\" fill=\"{PAPER}\" fill-opacity=\"0.8\"/>{}</g>\n",
                Escaped(&all.join("; ")),
                shape(symbol, x, y)
            ));
            let text = words.join(" ");
            let area = Area { left: x - 4.5, top: y - 6.0, right: x + 7.0 + width(&text, 10.0), bottom: y + 5.0 };
            if labels.take(area) {
                if !text.is_empty() {
                    backing(svg, x + 5.0, y - 6.0, width(&text, 10.0) + 2.0);
                }
                svg.text(x + 6.0, y + 3.5, Anchor::Start, &format!("font-size=\"10\" fill=\"{INK}\""), &text);
            } else {
                labels.reserve(Area { right: x + 4.5, ..area });
            }
        }
    }
}

pub(super) fn shape(symbol: Symbol, x: f64, y: f64) -> String {
    match symbol {
        Symbol::Suspicion => format!("<path d=\"M{:.1} {:.1}h8l-4 7z\" fill=\"#c64500\"/>", x - 4.0, y - 3.5),
        Symbol::Trust => {
            format!(
                "<path d=\"M{:.1} {:.1}h7l-3.5 -6z\" fill=\"{PAPER}\" stroke=\"#00795a\" stroke-width=\"1.4\"/>",
                x - 3.5,
                y + 3.0
            )
        }
        Symbol::Refusal => {
            format!("<rect x=\"{:.1}\" y=\"{:.1}\" width=\"6\" height=\"6\" fill=\"#97407a\"/>", x - 3.0, y - 3.0)
        }
        Symbol::Clock => format!(
            "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4.5\" fill=\"{PAPER}\" stroke=\"{INK}\" stroke-width=\"1.3\"/><path d=\"M{x:.1} \
             {:.1}V{y:.1}h2.5\" fill=\"none\" stroke=\"{INK}\" stroke-width=\"1.3\"/>",
            y - 3.0
        ),
        Symbol::Point => format!("<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"2.2\" fill=\"{INK}\"/>"),
    }
}
