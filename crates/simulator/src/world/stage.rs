//! Where a scenario is set up: an account and Region, with everything that builds there.

pub use super::balancer::BalancerSpec;
use super::balancer::{Balancer, Target, TargetGroup};
use super::endpoint::{DEFAULT_POLICY, Endpoint, EndpointSpec, GUARDED_POLICY, Tagging};
use super::series::{Series, Traffic};
use super::service::{AWS_SERVICES, Service, aws_service_name};
use super::vpc::{Interface, RouteTable, Subnet, Vpc};
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

    /// A VPC with a subnet in each zone, and consumers in some of them.
    pub fn vpc(&mut self, consumer_zones: &[usize]) -> String {
        let vpc_id = self.id("vpc");
        let number = self.here().vpcs.len();
        let default_group = self.group_of_members();
        let name = format!("{}-{number}", self.world.accounts[self.account].name);
        self.here().vpcs.push(Vpc {
            owner: None,
            id: vpc_id.clone(),
            cidr: format!("10.{}.0.0/16", number % 250),
            name,
            is_shared: false,
            default_group,
            dns_support: true,
            dns_hostnames: true,
        });
        let mut subnets = Vec::new();
        for zone in 0..self.here().zones.len() {
            let id = self.id("subnet");
            let cidr = format!("10.{}.{}.0/20", number % 250, zone * 16);
            self.here().subnets.push(Subnet {
                owner: None,
                id: id.clone(),
                vpc_id: vpc_id.clone(),
                zone,
                cidr,
            });
            subnets.push(id);
        }
        self.open_acl(&vpc_id, subnets);
        let main = self.id("rtb");
        self.here().route_tables.push(RouteTable {
            id: main,
            vpc_id: vpc_id.clone(),
            is_main: true,
            subnet_ids: Vec::new(),
            routes: vec![("10.0.0.0/8".to_owned(), "local".to_owned())],
        });
        for zone in consumer_zones {
            for _ in 0..self.rng.usize(1..5) {
                self.interface(&vpc_id, *zone, "interface", None);
            }
        }
        vpc_id
    }

    /// An interface in use.
    pub fn interface(
        &mut self,
        vpc_id: &str,
        zone: usize,
        kind: &'static str,
        requester_id: Option<&'static str>,
    ) -> String {
        let id = self.id("eni");
        let subnet_id = self.subnet(vpc_id, zone);
        let (address, group_ids) = self.seat(vpc_id, &subnet_id);
        self.here().interfaces.push(Interface {
            owner: None,
            id: id.clone(),
            vpc_id: vpc_id.to_owned(),
            subnet_id,
            zone,
            kind,
            status: "in-use",
            requester_id,
            address,
            group_ids,
        });
        id
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

    /// The zones in which a VPC has consumers.
    fn consumer_zones(&mut self, vpc_id: &str) -> Vec<usize> {
        let mut zones: Vec<usize> = self
            .here()
            .interfaces
            .iter()
            .filter(|interface| interface.vpc_id == vpc_id && interface.kind == "interface")
            .map(|interface| interface.zone)
            .collect();
        zones.sort_unstable();
        zones.dedup();
        zones
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
            None => self.consumer_zones(vpc_id),
        };
        let interface_kind = if spec.kind == "GatewayLoadBalancer" {
            "gateway_load_balancer_endpoint"
        } else {
            "vpc_endpoint"
        };
        let mut subnets = Vec::new();
        let mut interface_ids = Vec::new();
        for zone in zones {
            subnets.push((self.subnet(vpc_id, zone), zone));
            interface_ids.push(self.interface(vpc_id, zone, interface_kind, Some("amazon-aws")));
        }
        let has_group = matches!(spec.kind, "Interface" | "Resource" | "ServiceNetwork");
        let group_ids = if has_group { vec![self.group_for(vpc_id)] } else { Vec::new() };
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
        let policy = (spec.kind != "GatewayLoadBalancer").then(|| spec.policy.unwrap_or(usual).to_owned());
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
            private_dns: spec.kind == "Interface" && spec.private_dns,
            inbound_resolver_only: spec.inbound_resolver_only,
            age_days: spec.age_days,
            policy,
            tags,
            bare_interfaces: false,
        };
        self.here().endpoints.push(endpoint);
        id
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

    fn note_tagging(&mut self, id: &str, tagging: Tagging) {
        match tagging {
            Tagging::Complete => {}
            Tagging::Missing => self.plant("missing-tags", id, "has no tag `service`"),
            Tagging::WrongCase => self.plant("missing-tags", id, "is tagged `Service`, not `service`"),
            Tagging::Empty => self.plant("missing-tags", id, "has a tag `service` without a value"),
        }
    }

    /// A Network (or Gateway) Load Balancer with one target group.
    pub fn balancer(&mut self, vpc_id: &str, spec: &BalancerSpec) -> String {
        let account = self.account_id();
        let region = self.region.clone();
        let hash = format!("{:016x}", self.rng.u64(..));
        let name = format!("svc-{}", &hash[..8]);
        let short = if spec.kind == "network" { "net" } else { "gwy" };
        let arn =
            format!("arn:aws:elasticloadbalancing:{region}:{account}:loadbalancer/{short}/{name}/{hash}");
        let mut subnets = Vec::new();
        for zone in &spec.zones {
            subnets.push((self.subnet(vpc_id, *zone), *zone));
            let kind = if spec.kind == "network" { "network_load_balancer" } else { "gateway_load_balancer" };
            self.interface(vpc_id, *zone, kind, Some("amazon-elb"));
        }
        let group_arn = format!("arn:aws:elasticloadbalancing:{region}:{account}:targetgroup/{name}/{hash}");
        let mut targets = Vec::new();
        for (zone, state) in &spec.targets {
            let id = self.id("i");
            self.interface(vpc_id, *zone, "interface", None);
            targets.push(Target { id, zone: *zone, state });
        }
        let port = (spec.kind == "network").then_some(443);
        self.here().balancers.push(Balancer {
            arn: arn.clone(),
            name: name.clone(),
            kind: spec.kind,
            vpc_id: vpc_id.to_owned(),
            subnets,
            cross_zone: spec.cross_zone,
            port,
            enforces_security_groups: port.and(spec.enforces_security_groups),
            age_days: spec.age_days,
        });
        self.here().target_groups.push(TargetGroup {
            arn: group_arn,
            name,
            balancer_arn: arn.clone(),
            protocol: if spec.kind == "network" { "TCP" } else { "GENEVE" },
            cross_zone: spec.group_cross_zone,
            targets,
        });
        arn
    }

    /// An endpoint service in front of load balancers. What its tags lack is written down.
    pub fn service(
        &mut self,
        balancer_arns: Vec<String>,
        zones: &[usize],
        traffic: Traffic,
        tagging: Tagging,
    ) -> String {
        let hash = format!("0{:016x}", self.rng.u64(..));
        let id = format!("vpce-svc-{hash}");
        let service_name = format!("com.amazonaws.vpce.{}.{id}", self.region);
        let gateway = balancer_arns.iter().any(|arn| arn.contains("/gwy/"));
        let salt = self.rng.u64(..);
        self.note_tagging(&id, tagging);
        self.here().series.push(Series {
            namespace: "AWS/PrivateLinkServices",
            metric: "BytesProcessed",
            dimensions: vec![("Service Id".to_owned(), id.clone())],
            traffic,
            age_days: 400,
            salt,
        });
        let root = format!("arn:aws:iam::{}:root", self.world.accounts[0].id);
        self.here().services.push(Service {
            id: id.clone(),
            service_name: service_name.clone(),
            kind: if gateway { "GatewayLoadBalancer" } else { "Interface" },
            state: "Available",
            zones: zones.to_vec(),
            acceptance_required: true,
            balancer_arns,
            principals: vec![("Account", root)],
            has_notification: true,
            private_dns: None,
            tags: tags("offered", tagging),
        });
        self.world.services.insert(service_name, (self.account, self.region.clone()));
        id
    }

    /// Changes a service that was made here.
    pub fn change_service(&mut self, service_id: &str, change: impl FnOnce(&mut Service)) {
        if let Some(service) = self.here().services.iter_mut().find(|service| service.id == service_id) {
            change(service);
        }
    }

    /// The name of a service that was made here.
    pub fn service_name(&self, service_id: &str) -> String {
        format!("com.amazonaws.vpce.{}.{service_id}", self.region)
    }
}

fn tags(what: &str, tagging: Tagging) -> Vec<(String, String)> {
    let mut tags =
        vec![("Name".to_owned(), format!("{what}-endpoint")), ("owner".to_owned(), "platform".to_owned())];
    match tagging {
        Tagging::Complete => tags.push(("service".to_owned(), what.to_owned())),
        Tagging::Missing => {}
        Tagging::WrongCase => tags.push(("Service".to_owned(), what.to_owned())),
        Tagging::Empty => tags.push(("service".to_owned(), String::new())),
    }
    tags
}
