//! Text in lines that fit. Nothing is lost, and nothing is wider than its room.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Text is not folded narrower than this, however little room there is.
const NARROWEST: usize = 16;

/// Where a word that is longer than its line is cut, if it can be: after these.
const JOINTS: &[char] = &['.', ':', '/', ',', '=', '&', '?', ';'];

/// Where it is cut if there is none of them.
const WEAK_JOINTS: &[char] = &['-', '_'];

/// A sentence in lines that fit beside an indentation; one line if the output is no terminal.
pub fn wrapped(text: &str, columns: Option<u16>, indentation: usize) -> Vec<String> {
    match columns {
        None => vec![text.to_owned()],
        Some(columns) => fold(text, usize::from(columns).saturating_sub(indentation).max(NARROWEST)),
    }
}

/// Text in lines of at most `room` columns. Words that are longer are cut, after a joint if they have one.
pub(super) fn fold(text: &str, room: usize) -> Vec<String> {
    // A letter may be two columns wide.
    let room = room.max(2);
    let mut lines = Vec::new();
    let mut line = String::new();
    for (index, mut word) in text.split(' ').enumerate() {
        if index > 0 {
            match line.width() + 1 + word.width() <= room {
                true => line.push(' '),
                false => lines.push(std::mem::take(&mut line)),
            }
        }
        while line.width() + word.width() > room {
            let (head, rest) = word.split_at(cut(word, room));
            lines.push(head.to_owned());
            word = rest;
        }
        line.push_str(word);
    }
    lines.push(line);
    lines.retain(|line| !line.is_empty());
    if lines.is_empty() { vec![String::new()] } else { lines }
}

/// Where a word that is longer than `room` is cut, in bytes.
fn cut(word: &str, room: usize) -> usize {
    let mut width = 0;
    let mut end = 0;
    let mut joint = None;
    let mut weak = None;
    for (at, letter) in word.char_indices() {
        width += letter.width().unwrap_or(0);
        if width > room {
            break;
        }
        end = at + letter.len_utf8();
        // A cut near the beginning would leave most of the line empty.
        if width * 3 > room {
            joint = if JOINTS.contains(&letter) { Some(end) } else { joint };
            weak = if WEAK_JOINTS.contains(&letter) { Some(end) } else { weak };
        }
    }
    joint.or(weak).unwrap_or(end).max(word.chars().next().map_or(0, char::len_utf8))
}

/// The least room for text in which only words longer than `longest` are cut, and those after a joint.
pub(super) fn least(text: &str, longest: usize) -> usize {
    let word = |word: &str| match word.width() {
        width if width <= longest => width,
        _ => {
            let is_joint = |letter| JOINTS.contains(&letter) || WEAK_JOINTS.contains(&letter);
            let parts = word.split_inclusive(is_joint).map(UnicodeWidthStr::width).max();
            parts.unwrap_or(0).clamp(longest.min(14), longest)
        }
    };
    text.split(' ').map(word).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_wider_than_the_terminal_and_nothing_is_lost() {
        let text = "vpce-0123456789abcdef0 stands in 日本語日本語日本語日本語 and elsewhere";
        for columns in 16..60 {
            let lines = wrapped(text, Some(columns), 0);
            assert!(lines.iter().all(|line| line.width() <= usize::from(columns)), "{lines:?}");
            let letters = |text: &str| text.chars().filter(|c| *c != ' ').collect::<String>();
            assert_eq!(letters(&lines.concat()), letters(text));
        }
        assert_eq!(wrapped(text, None, 0), [text]);
    }

    #[test]
    fn long_names_are_cut_between_their_parts() {
        let name = "com.amazonaws.vpce.eu-central-1.vpce-svc-0123456789abcdef0";
        assert_eq!(fold(name, 32), ["com.amazonaws.vpce.eu-central-1.", "vpce-svc-0123456789abcdef0"]);
        assert_eq!(least(name, 26), 17);
        assert_eq!(least("vpce-svc-0123456789abcdef0", 26), 26);
        assert_eq!(fold("", 10), [""]);
    }
}
