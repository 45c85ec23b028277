//! Where a scenario is set up: an account and Region, with everything that builds there.

pub use super::balancer::BalancerSpec;
use super::endpoint::{DEFAULT_POLICY, Endpoint, EndpointSpec, GUARDED_POLICY, Tagging};
use super::interface::Purpose;
use super::series::Series;
use super::service::{AWS_SERVICES, aws_service_name, private_dns_names};
use super::vpc::{RouteTable, Subnet, Vpc};
use super::{Planted, Region, World};

/// An account and Region under construction.
pub struct Stage<'a> {
    /// The organization.
    pub world: &'a mut World,
    /// The account, by its place in the organization.
    pub account: usize,
    /// The Region.
    pub region: String,
    /// Chance, from the seed.
    pub rng: &'a mut fastrand::Rng,
}

/// The consumers' zones of a VPC, unless a scenario says otherwise.
pub const USUAL_ZONES: &[usize] = &[0, 1, 2];

/// Zones of a Region in which a VPC has a subnet.
const SUBNETS: usize = 4;

/// The range of the VPC that AWS makes with an account
/// (<https://docs.aws.amazon.com/vpc/latest/userguide/default-vpc-components.html>).
const DEFAULT_RANGE: &str = "172.31";

/// Endpoints in a shared VPC. Each leads to another service, of which there are more than that.
const MOST_ENDPOINTS: usize = 12;

impl Stage<'_> {
    /// What the account has in the Region so far.
    pub fn here(&mut self) -> &mut Region {
        let region = self.region.clone();
        let account = &mut self.world.accounts[self.account];
        account
            .regions
            .entry(region.clone())
            .or_insert_with(|| Region::new(&region, &mut fastrand::Rng::with_seed(0)))
    }

    /// Goes to another account and comes back with what was made there.
    pub fn elsewhere<T>(&mut self, account: usize, make: impl FnOnce(&mut Stage) -> T) -> T {
        let mut there =
            Stage { world: &mut *self.world, account, region: self.region.clone(), rng: &mut *self.rng };
        make(&mut there)
    }

    /// Any account that has enabled this Region.
    pub fn some_account_here(&mut self) -> usize {
        let accounts = &self.world.accounts;
        let here: Vec<usize> = (0..accounts.len())
            .filter(|account| accounts[*account].regions.contains_key(&self.region))
            .collect();
        here.get(self.rng.usize(..here.len().max(1))).copied().unwrap_or(self.account)
    }

    /// The account's id.
    pub fn account_id(&self) -> String {
        self.world.accounts[self.account].id.clone()
    }

    /// An id that is not taken.
    pub fn id(&mut self, prefix: &str) -> String {
        format!("{prefix}-0{:016x}", self.rng.u64(..))
    }

    /// Writes down a fault.
    pub fn plant(&mut self, rule_id: &str, resource_id: &str, what: &str) {
        self.note(rule_id, true, resource_id, what, None);
    }

    /// Writes down a fault that shows only where another account is read too.
    pub fn plant_seen_from(&mut self, witness: &str, rule_id: &str, resource_id: &str, what: &str) {
        self.note(rule_id, true, resource_id, what, Some(witness.to_owned()));
    }

    /// Writes down something that looks like a fault and is none.
    pub fn look_alike(&mut self, rule_id: &str, resource_id: &str, what: &str) {
        self.note(rule_id, false, resource_id, what, None);
    }

    fn note(
        &mut self,
        rule_id: &str,
        is_fault: bool,
        resource_id: &str,
        what: &str,
        witness: Option<String>,
    ) {
        let planted = Planted {
            rule_id: rule_id.to_owned(),
            is_fault,
            account_id: self.account_id(),
            region: self.region.clone(),
            resource_id: resource_id.to_owned(),
            what: what.to_owned(),
            witness,
            is_visible: true,
        };
        self.world.planted.push(planted);
    }

    /// A VPC with a subnet in each of the first zones, and consumers in some of them.
    pub fn vpc(&mut self, consumer_zones: &[usize]) -> String {
        let number = self.here().vpcs.len() % 250;
        self.vpc_in(&format!("10.{number}"), consumer_zones)
    }

    /// A VPC whose range begins so: `10.7`.
    fn vpc_in(&mut self, range: &str, consumer_zones: &[usize]) -> String {
        let vpc_id = self.id("vpc");
        let number = self.here().vpcs.len();
        let default_group = self.group_of_members();
        let is_default = range == DEFAULT_RANGE;
        let name = format!("{}-{number}", self.world.accounts[self.account].name);
        let ipv6 = (self.rng.usize(..4) == 0)
            .then(|| format!("2600:1f18:{:x}:{:x}", self.rng.u16(4096..), number % 256));
        self.here().vpcs.push(Vpc {
            owner: None,
            id: vpc_id.clone(),
            cidr: format!("{range}.0.0/16"),
            more_cidrs: Vec::new(),
            ipv6_cidr: ipv6.as_ref().map(|prefix| format!("{prefix}00::/56")),
            // A default VPC has no name, and of the others not every one.
            name: (!is_default && number % 5 != 3).then_some(name),
            is_default,
            is_shared: is_default,
            default_group,
            dns_support: true,
            dns_hostnames: true,
        });
        let mut subnets = Vec::new();
        for zone in 0..self.here().availability_zones().min(SUBNETS) {
            let id = self.id("subnet");
            self.here().subnets.push(Subnet {
                owner: None,
                id: id.clone(),
                vpc_id: vpc_id.clone(),
                zone,
                cidr: format!("{range}.{}.0/20", zone * 16),
                ipv6_cidr: ipv6.as_ref().map(|prefix| format!("{prefix}{zone:02x}::/64")),
                is_default,
            });
            subnets.push(id);
        }
        self.open_acl(&vpc_id, subnets);
        let main = self.id("rtb");
        let routes = self.routes_elsewhere(ipv6.is_some());
        self.here().route_tables.push(RouteTable {
            id: main,
            vpc_id: vpc_id.clone(),
            is_main: true,
            subnet_ids: Vec::new(),
            routes,
        });
        for zone in consumer_zones {
            for _ in 0..self.rng.usize(1..5) {
                self.client(&vpc_id, *zone);
            }
        }
        vpc_id
    }

    /// The subnet of a VPC in a zone.
    pub fn subnet(&mut self, vpc_id: &str, zone: usize) -> String {
        let found = self.here().subnets.iter().find(|subnet| subnet.vpc_id == vpc_id && subnet.zone == zone);
        found.map(|subnet| subnet.id.clone()).unwrap_or_default()
    }

    /// A VPC with consumers in the usual zones and room for another endpoint. Scenarios that only
    /// care about their endpoint share it.
    pub fn usual_vpc(&mut self) -> String {
        let here = self.here();
        let open = here.vpcs.iter().find(|vpc| {
            vpc.is_shared
                && here.endpoints.iter().filter(|endpoint| endpoint.vpc_id == vpc.id).count() < MOST_ENDPOINTS
        });
        if let Some(vpc) = open {
            return vpc.id.clone();
        }
        if here.vpcs.iter().all(|vpc| !vpc.is_default) {
            return self.vpc_in(DEFAULT_RANGE, USUAL_ZONES);
        }
        let id = self.vpc(USUAL_ZONES);
        if let Some(vpc) = self.here().vpcs.iter_mut().find(|vpc| vpc.id == id) {
            vpc.is_shared = true;
        }
        id
    }

    /// A service of AWS to which the VPC has no endpoint yet.
    fn unused_service(&mut self, vpc_id: &str) -> String {
        let region = self.region.clone();
        let taken: Vec<String> = self
            .here()
            .endpoints
            .iter()
            .filter(|endpoint| endpoint.vpc_id == vpc_id)
            .filter_map(|endpoint| endpoint.service_name.clone())
            .collect();
        let start = self.rng.usize(..AWS_SERVICES.len());
        let names = (0..AWS_SERVICES.len())
            .map(|step| aws_service_name(&region, AWS_SERVICES[(start + step) % AWS_SERVICES.len()]));
        names
            .into_iter()
            .find(|name| !taken.contains(name))
            .unwrap_or_else(|| aws_service_name(&region, "sqs"))
    }

    /// An endpoint in a VPC. What its tags lack is written down.
    pub fn endpoint(&mut self, vpc_id: &str, spec: EndpointSpec) -> String {
        let id = self.id("vpce");
        let service_name = match (&spec.service_name, spec.kind) {
            (Some(name), _) => Some(name.clone()),
            (None, "Resource" | "ServiceNetwork") => None,
            (None, _) => Some(self.unused_service(vpc_id)),
        };
        let zones = match &spec.zones {
            Some(zones) => zones.clone(),
            None if spec.kind == "Gateway" => Vec::new(),
            None => self.client_zones(vpc_id),
        };
        let mut subnets = Vec::new();
        let mut interface_ids = Vec::new();
        for zone in zones {
            subnets.push((self.subnet(vpc_id, zone), zone));
            let purpose = if spec.kind == "GatewayLoadBalancer" {
                Purpose::GatewayEndpoint(id.clone())
            } else {
                Purpose::Endpoint(id.clone())
            };
            interface_ids.push(self.interface(vpc_id, zone, purpose));
        }
        let has_group = matches!(spec.kind, "Interface" | "Resource" | "ServiceNetwork");
        let group_ids = if has_group { vec![self.group_for(vpc_id)] } else { Vec::new() };
        // The interfaces of an endpoint have its groups.
        for interface in
            self.here().interfaces.iter_mut().filter(|interface| interface_ids.contains(&interface.id))
        {
            interface.group_ids = group_ids.clone();
        }
        let measured =
            matches!(spec.kind, "Interface" | "GatewayLoadBalancer") && spec.service_region.is_none();
        if measured {
            self.publish(&id, vpc_id, service_name.as_deref().unwrap_or_default(), &spec, &subnets);
        }
        let what =
            service_name.as_deref().unwrap_or("resource").rsplit('.').next().unwrap_or_default().to_owned();
        let tags = tags(&what, spec.tagging);
        if !spec.requester_managed && !matches!(spec.state, "deleting" | "deleted") {
            self.note_tagging(&id, spec.tagging);
        } else if spec.tagging != Tagging::Complete {
            self.look_alike("missing-tags", &id, "untagged, but managed by AWS or on its way out");
        }
        let partner = service_name.as_ref().is_none_or(|name| name.starts_with("com.amazonaws.vpce."));
        let usual = if partner { DEFAULT_POLICY } else { GUARDED_POLICY };
        let takes_policy = matches!(spec.kind, "Interface" | "Gateway");
        let policy = takes_policy.then(|| spec.policy.unwrap_or(usual).to_owned());
        let private_dns = spec.kind == "Interface"
            && spec.private_dns
            && self.can_have_private_dns(vpc_id, service_name.as_deref());
        let endpoint = Endpoint {
            id: id.clone(),
            kind: spec.kind,
            vpc_id: vpc_id.to_owned(),
            service_name,
            service_region: spec.service_region,
            state: spec.state,
            subnets,
            interface_ids,
            group_ids,
            route_table_ids: Vec::new(),
            requester_managed: spec.requester_managed,
            private_dns,
            inbound_resolver_only: spec.inbound_resolver_only,
            age_days: spec.age_days,
            policy,
            tags,
            bare_interfaces: true,
        };
        self.here().endpoints.push(endpoint);
        id
    }

    /// Whether private DNS can be on: AWS refuses it where the service has no name, and where another endpoint
    /// of the VPC has the name already
    /// (<https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html>).
    fn can_have_private_dns(&mut self, vpc_id: &str, service_name: Option<&str>) -> bool {
        let Some(name) = service_name else { return false };
        let taken = self.here().endpoints.iter().any(|endpoint| {
            endpoint.vpc_id == vpc_id
                && endpoint.private_dns
                && endpoint.service_name.as_deref() == Some(name)
        });
        if taken {
            return false;
        }
        match (name.split_once(".vpce."), name.splitn(4, '.').nth(3)) {
            (Some(_), _) => self
                .world
                .service(name)
                .is_some_and(|(_, service)| matches!(service.private_dns, Some((_, "verified")))),
            (None, Some(label)) => !private_dns_names(&self.region, label).is_empty(),
            (None, None) => false,
        }
    }

    /// The series of an endpoint: one for the whole, one for each subnet.
    fn publish(
        &mut self,
        id: &str,
        vpc_id: &str,
        service_name: &str,
        spec: &EndpointSpec,
        subnets: &[(String, usize)],
    ) {
        let salt = self.rng.u64(..);
        let dimension = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let whole = vec![
            dimension("Endpoint Type", spec.kind),
            dimension("Service Name", service_name),
            dimension("VPC Endpoint Id", id),
            dimension("VPC Id", vpc_id),
        ];
        let mut all = vec![(whole.clone(), spec.traffic)];
        for (subnet, _) in subnets {
            let mut dimensions = whole.clone();
            dimensions.push(dimension("Subnet Id", subnet));
            dimensions.sort();
            let share = 1.0 / subnets.len() as f64;
            all.push((dimensions, spec.traffic.scaled(share)));
        }
        let age_days = spec.age_days;
        self.here().series.extend(all.into_iter().map(|(dimensions, traffic)| Series {
            namespace: "AWS/PrivateLinkEndpoints",
            metric: "BytesProcessed",
            dimensions,
            traffic,
            age_days,
            salt,
        }));
    }

    /// Writes down what the tags of a resource lack.
    pub fn note_tagging(&mut self, id: &str, tagging: Tagging) {
        match tagging {
            Tagging::Complete => {}
            Tagging::Missing => self.plant("missing-tags", id, "has no tag `service`"),
            Tagging::WrongCase => self.plant("missing-tags", id, "is tagged `Service`, not `service`"),
            Tagging::Empty => self.plant("missing-tags", id, "has a tag `service` without a value"),
            Tagging::None => self.plant("missing-tags", id, "has no tag at all"),
        }
    }
}

/// The tags of an endpoint or a service.
pub fn tags(what: &str, tagging: Tagging) -> Vec<(String, String)> {
    let mut tags =
        vec![("Name".to_owned(), format!("{what}-endpoint")), ("owner".to_owned(), "platform".to_owned())];
    match tagging {
        Tagging::Complete => tags.push(("service".to_owned(), what.to_owned())),
        Tagging::Missing => {}
        Tagging::WrongCase => tags.push(("Service".to_owned(), what.to_owned())),
        Tagging::Empty => tags.push(("service".to_owned(), String::new())),
        Tagging::None => tags.clear(),
    }
    tags
}
