//! Answers have a size, which is watched while they arrive.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use object_store::client::{HttpError, HttpErrorKind};
use tokio::sync::Semaphore;
use tokio::time::{Instant, Sleep};

use super::wire::Refused;

/// The longest answer that is read, in bytes. AWS's longest pages hold a few mebibytes.
pub(super) const LONGEST: u64 = 64 << 20;

/// An answer above so many bytes is long,
const LONG: u64 = 4 << 20;

/// and no more than these are read at the same time, whatever the concurrency: that bounds the memory.
static LONG_ANSWERS: Semaphore = Semaphore::const_new(4);

/// Reads the answer of a call whole.
///
/// # Errors
///
/// Where it breaks off, which is worth another attempt, and where it is too long, which is not.
pub(super) async fn whole(mut answer: HttpResponse) -> Result<HttpResponse, ConnectorError> {
    let mut body = answer.take_body();
    let too_long = || ConnectorError::other(too_long(LONGEST).into(), None);
    if body.size_hint().lower() > LONGEST {
        return Err(too_long());
    }
    let (mut chunks, mut length) = (Vec::new(), 0);
    let mut turn = None;
    while let Some(frame) = std::future::poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
        // What follows the body says nothing that is read.
        let Ok(chunk) = frame.map_err(ConnectorError::io)?.into_data() else { continue };
        length += chunk.len() as u64;
        if length > LONGEST {
            return Err(too_long());
        }
        if length > LONG && turn.is_none() {
            turn = LONG_ANSWERS.acquire().await.ok();
        }
        chunks.push(chunk);
    }
    *answer.body_mut() = match <[Bytes; 1]>::try_from(chunks) {
        Ok([chunk]) => SdkBody::from(chunk),
        Err(chunks) => SdkBody::from(chunks.concat()),
    };
    Ok(answer)
}

fn too_long(most: u64) -> Refused {
    let (most, unit) = if most >= 1 << 30 { (most >> 30, "GiB") } else { (most >> 20, "MiB") };
    Refused(format!("the answer is longer than {most} {unit}, so it was not read to its end"))
}

/// An answer of a bucket, which is used as it arrives: no longer than it may be, and without long pauses.
pub(super) struct Bounded {
    body: SdkBody,
    most: u64,
    left: u64,
    patience: Duration,
    pause: Pin<Box<Sleep>>,
}

impl Bounded {
    pub fn new(body: SdkBody, most: u64, patience: Duration) -> Bounded {
        Bounded { body, most, left: most, patience, pause: Box::pin(tokio::time::sleep(patience)) }
    }
}

impl Body for Bounded {
    type Data = Bytes;
    type Error = HttpError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, HttpError>>> {
        let this = &mut *self;
        let Poll::Ready(frame) = Pin::new(&mut this.body).poll_frame(context) else {
            ready!(this.pause.as_mut().poll(context));
            let pause = Refused(format!("the answer paused for {} s", this.patience.as_secs()));
            return Poll::Ready(Some(Err(HttpError::new(HttpErrorKind::Timeout, pause))));
        };
        this.pause.as_mut().reset(Instant::now() + this.patience);
        Poll::Ready(match frame {
            None => None,
            Some(Err(error)) => {
                Some(Err(HttpError::new(HttpErrorKind::Interrupted, std::io::Error::other(error))))
            }
            Some(Ok(frame)) => {
                let length = frame.data_ref().map_or(0, |data| data.len() as u64);
                match this.left.checked_sub(length) {
                    Some(left) => {
                        this.left = left;
                        Some(Ok(frame))
                    }
                    None => Some(Err(HttpError::new(HttpErrorKind::Unknown, too_long(this.most)))),
                }
            }
        })
    }

    fn is_end_stream(&self) -> bool {
        Body::is_end_stream(&self.body)
    }

    fn size_hint(&self) -> SizeHint {
        // Room is made for what is said here, and whoever answers may say anything.
        let said = Body::size_hint(&self.body);
        if said.lower() > self.left { SizeHint::default() } else { said }
    }
}
