//! Endpoints.

use super::series::Traffic;

/// An endpoint.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// `vpce-...`
    pub id: String,
    /// `Interface`, `Gateway`, `GatewayLoadBalancer`, `Resource` ...
    pub kind: &'static str,
    /// Its VPC.
    pub vpc_id: String,
    /// The service it leads to.
    pub service_name: Option<String>,
    /// The Region of the service, where it is another one.
    pub service_region: Option<String>,
    /// The state as the wire spells it: `available`, `pendingAcceptance` ...
    pub state: &'static str,
    /// Its subnets, and their zones.
    pub subnets: Vec<(String, usize)>,
    /// Its interfaces.
    pub interface_ids: Vec<String>,
    /// Its security groups.
    pub group_ids: Vec<String>,
    /// Its route tables, for a gateway endpoint.
    pub route_table_ids: Vec<String>,
    /// Whether an AWS service made it.
    pub requester_managed: bool,
    /// Whether private DNS is on.
    pub private_dns: bool,
    /// Whether private DNS answers on-premises networks only.
    pub inbound_resolver_only: bool,
    /// Days since it was created.
    pub age_days: i64,
    /// Its policy; a Gateway Load Balancer endpoint takes none.
    pub policy: Option<String>,
    /// Tags.
    pub tags: Vec<(String, String)>,
    /// Whether its interfaces lack its tags. AWS tags none of them
    /// (<https://docs.aws.amazon.com/vpc/latest/privatelink/create-interface-endpoint.html>): only somebody else
    /// can have done so.
    pub bare_interfaces: bool,
}

/// How an endpoint is to be.
#[derive(Clone, Debug)]
pub struct EndpointSpec {
    /// Its type.
    pub kind: &'static str,
    /// The service; `None` takes one of AWS's that the VPC does not have yet.
    pub service_name: Option<String>,
    /// The Region of the service, where it is another one.
    pub service_region: Option<String>,
    /// Its zones; `None` takes those of the VPC's consumers.
    pub zones: Option<Vec<usize>>,
    /// Its traffic.
    pub traffic: Traffic,
    /// Its state.
    pub state: &'static str,
    /// Days since it was created.
    pub age_days: i64,
    /// Whether an AWS service made it.
    pub requester_managed: bool,
    /// Whether private DNS is on.
    pub private_dns: bool,
    /// Whether private DNS answers on-premises networks only.
    pub inbound_resolver_only: bool,
    /// Its policy; `None` takes one that keeps to the organization where policies apply.
    pub policy: Option<&'static str>,
    /// Its tags.
    pub tagging: Tagging,
}

/// AWS's default for gateway endpoints
/// (<https://docs.aws.amazon.com/cli/latest/reference/ec2/describe-vpc-endpoints.html>, first example).
pub const GATEWAY_DEFAULT_POLICY: &str = r#"{"Version":"2008-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}"#;

/// AWS's default for the others, which endpoints of services that take no policy show too.
pub const DEFAULT_POLICY: &str =
    r#"{"Statement":[{"Action":"*","Effect":"Allow","Principal":"*","Resource":"*"}]}"#;

/// A policy that keeps to the organization. Its statements are a list, as the console writes them.
pub const GUARDED_POLICY: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"*","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-simulated0","aws:ResourceOrgID":"o-simulated0"}}}]}"#;

/// How a resource is tagged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tagging {
    /// With all that is required.
    Complete,
    /// Without the key `service`.
    Missing,
    /// With `Service` instead of `service`.
    WrongCase,
    /// With `service`, and nothing in it.
    Empty,
    /// With no tag at all.
    None,
}

impl EndpointSpec {
    /// A busy interface endpoint, well tagged, in every zone of the VPC's consumers.
    pub fn busy(rng: &mut fastrand::Rng) -> EndpointSpec {
        EndpointSpec {
            kind: "Interface",
            service_name: None,
            service_region: None,
            zones: None,
            traffic: Traffic::Daily(rng.f64() * 20e9 + 1e6),
            state: "available",
            age_days: rng.i64(100..900),
            requester_managed: false,
            private_dns: true,
            inbound_resolver_only: false,
            policy: None,
            tagging: Tagging::Complete,
        }
    }

    /// The same without any traffic.
    pub fn idle(rng: &mut fastrand::Rng) -> EndpointSpec {
        EndpointSpec { traffic: Traffic::None, ..EndpointSpec::busy(rng) }
    }
}
