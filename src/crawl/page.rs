//! Lists that AWS gives page by page.

use std::collections::HashSet;
use std::future::Future;
use std::hash::{BuildHasher, RandomState};

use super::outcome::Failure;

/// The most pages of a list. The longest that AWS gives, of a page's fewest items, are far below.
const MOST_PAGES: usize = 10_000;

/// Reads pages until there is no next one, which a page says, empty or not. What came before a failure
/// is kept.
pub(super) async fn every_page<T, F, Fut>(mut fetch: F) -> (Vec<T>, Option<Failure>)
where
    F: FnMut(Option<String>) -> Fut,
    Fut: Future<Output = Result<(Vec<T>, Option<String>), Failure>>,
{
    let mut items = Vec::new();
    let mut token: Option<String> = None;
    // Tokens may be long, so what is kept of each is a number.
    let (mut seen, numbers) = (HashSet::new(), RandomState::new());
    loop {
        let next = match fetch(token.clone()).await {
            Ok((page, next)) => {
                items.extend(page);
                next.filter(|next| !next.is_empty())
            }
            Err(failure) => return (items, Some(failure)),
        };
        let Some(next) = next else {
            return (items, None);
        };
        if !seen.insert(numbers.hash_one(&next)) {
            let twice = "AWS gave the same page token twice, so the list never ends";
            return (items, Some(Failure::error(twice)));
        }
        if seen.len() == MOST_PAGES {
            let endless = format!("the list has more than {MOST_PAGES} pages, and the rest was not read");
            return (items, Some(Failure::error(endless)));
        }
        token = Some(next);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pages as they are given: items, and the token of the next one.
    async fn read(pages: &[(&[i64], Option<&str>)]) -> (Vec<i64>, Option<Failure>) {
        let mut left = pages.iter();
        every_page(|_| {
            let page = left.next().map(|(items, next)| (items.to_vec(), next.map(str::to_owned)));
            async { page.ok_or_else(|| Failure::error("there is no such page")) }
        })
        .await
    }

    #[tokio::test]
    async fn an_empty_page_may_have_a_next_one_and_an_empty_token_has_none() {
        let (items, failure) = read(&[(&[1], Some("a")), (&[], Some("b")), (&[2], Some(""))]).await;
        assert_eq!((items, failure.is_none()), (vec![1, 2], true));
    }

    #[tokio::test]
    async fn a_token_that_comes_again_is_a_failure_and_what_came_is_kept() {
        let (items, failure) = read(&[(&[1], Some("a")), (&[2], Some("a")), (&[3], None)]).await;
        assert_eq!(items, [1, 2]);
        assert!(failure.is_some_and(|failure| failure.message.contains("twice")));
    }

    #[tokio::test]
    async fn a_token_that_comes_again_after_others_is_a_failure_too() {
        let (items, failure) =
            read(&[(&[1], Some("a")), (&[2], Some("b")), (&[3], Some("a")), (&[4], None)]).await;
        assert_eq!(items, [1, 2, 3]);
        assert!(failure.is_some_and(|failure| failure.message.contains("twice")));
    }

    #[tokio::test]
    async fn pages_whose_tokens_always_differ_end_and_what_came_is_kept() {
        let mut page = 0;
        let (items, failure) = every_page(|_| {
            page += 1;
            std::future::ready(Ok((vec![page], Some(page.to_string()))))
        })
        .await;
        assert_eq!((items.len(), page), (10_000, 10_000));
        assert!(failure.is_some_and(|failure| failure.message.contains("more than 10000 pages")));
    }

    #[tokio::test]
    async fn what_came_before_a_failure_is_kept() {
        let (items, failure) = read(&[(&[1], Some("a"))]).await;
        assert_eq!((items, failure.is_some()), (vec![1], true));
    }
}
