//! Patterns of IAM.

/// Whether a pattern of IAM covers a text: `*` is any run of characters and `?` any one. `${*}`,
/// `${?}` and `${$}` are the characters themselves.
pub(super) fn matches(pattern: &str, text: &str) -> bool {
    let pattern: Vec<Glob> = globs(pattern);
    let text: Vec<char> = text.chars().collect();
    let (mut at, mut read) = (0, 0);
    // Where to go on when what follows the latest `*` does not fit.
    let mut retry: Option<(usize, usize)> = None;
    while read < text.len() {
        match pattern.get(at) {
            Some(Glob::Any) => {
                retry = Some((at + 1, read));
                at += 1;
                continue;
            }
            Some(Glob::One) => {}
            Some(Glob::Literal(wanted)) if *wanted == text[read] => {}
            _ => {
                let Some((after, from)) = retry else {
                    return false;
                };
                retry = Some((after, from + 1));
                (at, read) = (after, from + 1);
                continue;
            }
        }
        at += 1;
        read += 1;
    }
    pattern[at..].iter().all(|rest| *rest == Glob::Any)
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Glob {
    Any,
    One,
    Literal(char),
}

fn globs(pattern: &str) -> Vec<Glob> {
    let mut globs = Vec::new();
    let mut rest = pattern;
    while let Some(first) = rest.chars().next() {
        let escaped = [("${*}", '*'), ("${?}", '?'), ("${$}", '$')];
        if let Some((text, literal)) = escaped.iter().find(|(text, _)| rest.starts_with(text)) {
            globs.push(Glob::Literal(*literal));
            rest = &rest[text.len()..];
            continue;
        }
        globs.push(match first {
            '*' => Glob::Any,
            '?' => Glob::One,
            other => Glob::Literal(other),
        });
        rest = &rest[first.len_utf8()..];
    }
    globs
}
