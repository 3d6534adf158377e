//! The live view: members with their levels, rounds, and what has just happened.

use crate::demo::{Actor, Condition, Fault, RoundSummary, Stage};
use core::time::Duration;
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEventKind, KeyModifiers};
use ratatui::layout::{Constraint, Layout};
use ratatui::style::{Color, Modifier, Style, Stylize};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Borders, Paragraph};
use ratatui::{DefaultTerminal, Frame};

/// How many characters a level's bar is wide.
const BAR: usize = 20;

/// The terminal, as long as it is shown; dropping it gives the terminal back, and a panic does, too.
#[derive(Debug)]
pub(crate) struct Live {
    terminal: DefaultTerminal,
}

impl Live {
    /// Takes the terminal.
    pub(crate) fn open() -> std::io::Result<Self> {
        Ok(Self { terminal: ratatui::try_init()? })
    }

    /// Shows how things stand.
    pub(crate) fn draw(&mut self, stage: &Stage, now: u64) {
        // A terminal that is gone shows in the signals that come with that.
        let _ = self.terminal.draw(|frame| picture(frame, stage, now));
    }

    /// Whether `q`, Escape or Ctrl-C has been typed.
    pub(crate) fn wants_to_end(&mut self) -> bool {
        while event::poll(Duration::ZERO).unwrap_or(false) {
            let Ok(Event::Key(key)) = event::read() else { continue };
            let interrupt = key.modifiers.contains(KeyModifiers::CONTROL) && key.code == KeyCode::Char('c');
            if key.kind == KeyEventKind::Press && (interrupt || matches!(key.code, KeyCode::Char('q') | KeyCode::Esc)) {
                return true;
            }
        }
        false
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        ratatui::restore();
    }
}

fn picture(frame: &mut Frame<'_>, stage: &Stage, now: u64) {
    let heights = [
        Constraint::Length(3),
        Constraint::Length(stage.actors.len() as u16 + 2),
        Constraint::Length(stage.rounds.len().clamp(1, 8) as u16 + 2),
        Constraint::Min(3),
        Constraint::Length(1),
    ];
    let [head, members, rounds, log, foot] = frame.area().layout(&Layout::vertical(heights));
    let elapsed = now.saturating_sub(stage.began) as f64 / 1e9;
    let title = Line::from(vec![
        "quorate".bold(),
        format!("  {} real processes over UDP on this machine, {elapsed:.1} s", stage.actors.len()).into(),
    ]);
    frame.render_widget(Paragraph::new(vec![title, Line::from(stage.scene.as_str().bold().yellow())]), head);
    let lines: Vec<_> = stage.actors.iter().map(|(id, actor)| member(stage, *id, actor)).collect();
    frame.render_widget(
        Paragraph::new(lines).block(boxed(" members, and how strongly the others suspect them ")),
        members,
    );
    let lines: Vec<_> = match stage.rounds.as_slice() {
        [] => vec![Line::from(" none yet".dim())],
        all => all.iter().skip(all.len().saturating_sub(8)).map(round).collect(),
    };
    frame.render_widget(Paragraph::new(lines).block(boxed(" rounds ")), rounds);
    let room = usize::from(log.height.saturating_sub(2));
    let recent = stage.recent.iter().skip(stage.recent.len().saturating_sub(room));
    let lines: Vec<_> = recent.map(|(at, text)| sentence(at.saturating_sub(stage.began), text)).collect();
    frame.render_widget(Paragraph::new(lines).block(boxed(" what happened ")), log);
    frame.render_widget(Line::from(" q ends it".dim()), foot);
}

fn boxed(title: &str) -> Block<'_> {
    Block::new().borders(Borders::ALL).border_style(Style::new().dim()).title(title)
}

fn member(stage: &Stage, id: u32, actor: &Actor) -> Line<'static> {
    let (text, style) = match (actor.condition, actor.leader) {
        (Condition::Dead, _) => ("killed".to_owned(), Style::new().red()),
        (Condition::Paused, Some((leader, epoch))) if leader == id => {
            (format!("paused as leader of epoch {epoch}"), Style::new().magenta())
        }
        (Condition::Paused, _) => ("paused".to_owned(), Style::new().magenta()),
        (Condition::Starting, _) => ("starts".to_owned(), Style::new().dim()),
        (Condition::Running, Some((leader, epoch))) if leader == id => {
            (format!("LEADS epoch {epoch}"), Style::new().green().add_modifier(Modifier::BOLD))
        }
        (Condition::Running, Some((leader, epoch))) => {
            (format!("follows node {leader} in epoch {epoch}"), Style::new())
        }
        (Condition::Running, None) => ("has no leader".to_owned(), Style::new().yellow()),
    };
    let mut spans = vec![Span::from(format!(" node {id}  ")).bold(), Span::styled(format!("{text:<30}"), style)];
    if let Some((level, suspected)) = stage.suspicion(id) {
        let colour = match level {
            _ if suspected => Color::Red,
            0.5.. => Color::Yellow,
            _ => Color::Green,
        };
        spans.push(Span::styled(bar(level, BAR), Style::new().fg(colour)));
        spans.push(Span::from(format!(" {:>4.2}", level.min(9.99))));
        spans.push(Span::from(if suspected { " suspected" } else { "" }).red());
    }
    Line::from(spans)
}

fn round(round: &RoundSummary) -> Line<'static> {
    let style = match round.fault {
        Fault::Kill => Style::new().red(),
        Fault::Pause => Style::new().magenta(),
    };
    Line::styled(round.to_string(), style)
}

fn sentence(since: u64, text: &str) -> Line<'static> {
    let style = if text.contains("LEADS NO LONGER") {
        Style::new().red()
    } else if text.contains("LEADS") {
        Style::new().green()
    } else if text.contains("SIG") {
        Style::new().yellow()
    } else {
        Style::new()
    };
    let time = Span::from(format!(" {:>7.3} s  ", since as f64 / 1e9)).dim();
    Line::from(vec![time, Span::styled(text.to_owned(), style)])
}

/// A bar that is full at a level of 1, in eighths of a character.
fn bar(level: f64, width: usize) -> String {
    const EIGHTHS: [char; 8] = [' ', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];
    let eighths = (level.clamp(0.0, 1.0) * (width * 8) as f64).round() as usize;
    let mut bar = "█".repeat(eighths / 8);
    if eighths / 8 < width {
        bar.push(EIGHTHS[eighths % 8]);
        bar.push_str(&" ".repeat(width - eighths / 8 - 1));
    }
    bar
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::line::{self, Level, Levels, What};
    use ratatui::Terminal;
    use ratatui::backend::TestBackend;

    #[test]
    fn bars_are_as_wide_as_asked_and_full_at_one() {
        assert_eq!(bar(0.0, 3), "   ");
        assert_eq!(bar(0.5, 3), "█▌ ");
        assert_eq!(bar(1.0, 3), "███");
        assert_eq!(bar(7.0, 3), "███");
        assert_eq!(bar(f64::NAN, 3).chars().count(), 3);
    }

    #[test]
    fn the_picture_shows_leader_levels_rounds_and_events() {
        let mut stage = Stage::new(2, 0);
        stage.scene = "waiting".to_owned();
        stage.rounds.push(RoundSummary {
            round: 1,
            fault: Fault::Kill,
            victim: 2,
            epoch: 6,
            leader: Some(1),
            new_epoch: Some(7),
            detection_ms: Some(401.4),
            failover_ms: Some(420.0),
        });
        let peers = vec![Level { peer: 2, level: 1.25, suspected: true, last_heard_ms: None }];
        for what in [What::Elected { epoch: 7, until_ns: None }, What::Levels(Levels { peers, ..Levels::default() })] {
            stage.paused(1, false);
            stage.hear(&line::Line { at_ns: 1_500_000_000, node: 1, what });
        }
        stage.died(2, 5);
        let mut terminal = Terminal::new(TestBackend::new(110, 20)).unwrap();
        terminal.draw(|frame| picture(frame, &stage, 2_000_000_000)).unwrap();
        let shown = terminal.backend().to_string();
        for text in [
            "2 real processes over UDP on this machine, 2.0 s",
            "waiting",
            "node 1  LEADS epoch 7",
            "node 2  killed",
            "████ 1.25 suspected",
            "node 2 killed in epoch 6",
            "noticed after  401 ms, after  420 ms a majority followed node 1 in epoch 7",
            "1.500 s  node 1 LEADS epoch 7",
        ] {
            assert!(shown.contains(text), "{text}\n{shown}");
        }
        // A terminal of any size will do.
        for (width, height) in [(1, 1), (20, 5), (300, 100)] {
            let mut small = Terminal::new(TestBackend::new(width, height)).unwrap();
            small.draw(|frame| picture(frame, &stage, 2_000_000_000)).unwrap();
        }
    }
}
