//! Building what a provider has: load balancers with listeners and targets, and endpoint services.

use super::balancer::{Balancer, BalancerSpec, Listener, Target, TargetGroup};
use super::endpoint::Tagging;
use super::interface::Purpose;
use super::series::{Series, Traffic};
use super::service::Service;
use super::stage::{Stage, tags};

impl Stage<'_> {
    /// A Network (or Gateway) Load Balancer with one listener and one target group.
    pub fn balancer(&mut self, vpc_id: &str, spec: &BalancerSpec) -> String {
        let account = self.account_id();
        let region = self.region.clone();
        let hash = format!("{:016x}", self.rng.u64(..));
        let name = format!("svc-{}", &hash[..8]);
        let is_network = spec.kind == "network";
        let path = format!("{}/{name}/{hash}", if is_network { "net" } else { "gwy" });
        let arn = format!("arn:aws:elasticloadbalancing:{region}:{account}:loadbalancer/{path}");
        let group_ids: Vec<String> = self
            .here()
            .vpcs
            .iter()
            .filter(|vpc| vpc.id == vpc_id && is_network && spec.enforces_security_groups.is_some())
            .map(|vpc| vpc.default_group.clone())
            .collect();
        let mut subnets = Vec::new();
        for zone in &spec.zones {
            subnets.push((self.subnet(vpc_id, *zone), *zone));
            let purpose = if is_network {
                Purpose::NetworkBalancer(path.clone())
            } else {
                Purpose::GatewayBalancer(path.clone())
            };
            let id = self.interface(vpc_id, *zone, purpose);
            for interface in self.here().interfaces.iter_mut().filter(|interface| interface.id == id) {
                interface.group_ids = group_ids.clone();
            }
        }
        // Endpoint services take internal ones and others
        // (https://docs.aws.amazon.com/vpc/latest/privatelink/create-endpoint-service.html).
        let scheme = if self.rng.usize(..4) == 0 { "internet-facing" } else { "internal" };
        self.here().balancers.push(Balancer {
            arn: arn.clone(),
            name,
            kind: spec.kind,
            scheme,
            vpc_id: vpc_id.to_owned(),
            subnets,
            cross_zone: spec.cross_zone,
            listeners: Vec::new(),
            group_ids,
            enforces_security_groups: spec.enforces_security_groups.unwrap_or("on"),
            age_days: spec.age_days,
        });
        let port = if is_network { (443, "TCP") } else { (6081, "GENEVE") };
        let target_type = spec.target_type.unwrap_or_else(|| if self.rng.bool() { "instance" } else { "ip" });
        let group = self.target_group(&arn, port, target_type, spec.group_cross_zone, &spec.targets);
        self.listen(&arn, is_network.then_some(port), vec![(group, 1)]);
        arn
    }

    /// Another listener of a load balancer.
    pub fn listen(
        &mut self,
        balancer_arn: &str,
        port: Option<(u16, &'static str)>,
        forwards_to: Vec<(String, u16)>,
    ) {
        let hash = self.rng.u64(..);
        let arn = format!("{}/{hash:016x}", balancer_arn.replace(":loadbalancer/", ":listener/"));
        for balancer in self.here().balancers.iter_mut().filter(|balancer| balancer.arn == balancer_arn) {
            balancer.listeners.push(Listener { arn: arn.clone(), port, forwards_to: forwards_to.clone() });
        }
    }

    /// A target group behind a load balancer, in its VPC. Targets of the type `alb` are one Application Load
    /// Balancer in the zones that are given.
    pub fn target_group(
        &mut self,
        balancer_arn: &str,
        (port, protocol): (u16, &'static str),
        target_type: &'static str,
        cross_zone: &'static str,
        targets: &[(usize, &'static str)],
    ) -> String {
        let account = self.account_id();
        let region = self.region.clone();
        let hash = format!("{:016x}", self.rng.u64(..));
        let name = format!("targets-{}", &hash[..8]);
        let arn = format!("arn:aws:elasticloadbalancing:{region}:{account}:targetgroup/{name}/{hash}");
        let found = self.here().balancers.iter().find(|balancer| balancer.arn == balancer_arn);
        let vpc_id = found.map(|balancer| balancer.vpc_id.clone()).unwrap_or_default();
        let alb = format!("app/{name}/{hash}");
        let mut registered = Vec::new();
        for (zone, state) in targets {
            let (id, zone) = match target_type {
                "instance" => {
                    let id = self.id("i");
                    self.interface(&vpc_id, *zone, Purpose::Instance(id.clone()));
                    (id, None)
                }
                "alb" => {
                    self.interface(&vpc_id, *zone, Purpose::ApplicationBalancer(alb.clone()));
                    (format!("arn:aws:elasticloadbalancing:{region}:{account}:loadbalancer/{alb}"), None)
                }
                _ => {
                    let task = self.id("task");
                    let interface = self.interface(&vpc_id, *zone, Purpose::Task(task));
                    let found = self.here().interfaces.iter().find(|found| found.id == interface);
                    (found.map(|found| found.address.clone()).unwrap_or_default(), Some(*zone))
                }
            };
            if !registered.iter().any(|target: &Target| target.id == id) {
                registered.push(Target { id, zone, state, shift: "no_override" });
            }
        }
        self.here().target_groups.push(TargetGroup {
            arn: arn.clone(),
            name,
            balancer_arn: balancer_arn.to_owned(),
            vpc_id,
            protocol,
            port,
            target_type,
            cross_zone,
            targets: registered,
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
            payer: None,
            strangers: Vec::new(),
            other_regions: Vec::new(),
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

    /// The first load balancer of a service that was made here.
    pub fn balancer_arn(&mut self, service_id: &str) -> String {
        let found = self.here().services.iter().find(|service| service.id == service_id);
        found.and_then(|service| service.balancer_arns.first().cloned()).unwrap_or_default()
    }

    /// The name of a service that was made here.
    pub fn service_name(&self, service_id: &str) -> String {
        format!("com.amazonaws.vpce.{}.{service_id}", self.region)
    }
}
