//! CloudWatch series.

/// A series of daily sums.
#[derive(Clone, Debug)]
pub struct Series {
    /// `AWS/PrivateLinkEndpoints` ...
    pub namespace: &'static str,
    /// `BytesProcessed` ...
    pub metric: &'static str,
    /// Dimensions, sorted by name.
    pub dimensions: Vec<(String, String)>,
    /// What it measures.
    pub traffic: Traffic,
    /// Days since the resource was created: it published nothing before.
    pub age_days: i64,
    /// Tells series apart that carry the same traffic.
    pub salt: u64,
}

/// The traffic of a resource, by day.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Traffic {
    /// Every day, about so many bytes.
    Daily(f64),
    /// On one day only, so many days ago.
    Once {
        /// How many days ago.
        days_ago: i64,
        /// How many bytes.
        bytes: f64,
    },
    /// Never: no datapoint, not a zero.
    None,
}

impl Series {
    /// The bytes of a day; `None` where nothing was published.
    pub fn value(&self, days_ago: i64) -> Option<f64> {
        if days_ago < 0 || days_ago > self.age_days {
            return None;
        }
        match self.traffic {
            Traffic::None => None,
            Traffic::Once { days_ago: day, bytes } => (day == days_ago).then_some(bytes),
            Traffic::Daily(mean) => {
                let noise =
                    fastrand::Rng::with_seed(self.salt ^ (days_ago as u64).wrapping_mul(0x9e37_79b9)).f64();
                Some((mean * (0.5 + noise)).round())
            }
        }
    }

    /// The metrics that [`Series::companion`] knows
    /// (<https://docs.aws.amazon.com/vpc/latest/privatelink/privatelink-cloudwatch-metrics.html>).
    pub const COMPANIONS: &[&str] =
        &["ActiveConnections", "NewConnections", "PacketsDropped", "RstPacketsReceived"];

    /// What is published beside a resource's bytes, where no scenario says otherwise: nothing dropped,
    /// a connection for each 10 kB, and a reset for one connection of a hundred.
    pub fn companion(&self, metric: &str) -> Option<Series> {
        let (metric, share) = match metric {
            "PacketsDropped" => ("PacketsDropped", 0.0),
            "ActiveConnections" => ("ActiveConnections", 1e-3),
            "NewConnections" => ("NewConnections", 1e-4),
            "RstPacketsReceived" => ("RstPacketsReceived", 1e-6),
            _ => return None,
        };
        Some(Series { metric, traffic: self.traffic.scaled(share), ..self.clone() })
    }

    /// Whether ListMetrics would show it: it does not show what was silent for two weeks.
    pub fn is_listed(&self) -> bool {
        (0..14).any(|day| self.value(day).is_some())
    }
}

impl Traffic {
    /// So much of it.
    pub fn scaled(self, share: f64) -> Traffic {
        match self {
            Traffic::Daily(mean) => Traffic::Daily(mean * share),
            Traffic::Once { days_ago, bytes } => Traffic::Once { days_ago, bytes: (bytes * share).round() },
            Traffic::None => Traffic::None,
        }
    }
}
