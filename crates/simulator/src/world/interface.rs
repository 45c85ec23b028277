//! Network interfaces: what stands behind each, as AWS shows it.

use super::stage::Stage;

/// A network interface.
#[derive(Clone, Debug)]
pub struct Interface {
    /// The account that owns it, where it is a participant's in a shared VPC.
    pub owner: Option<String>,
    /// `eni-...`
    pub id: String,
    /// Its VPC.
    pub vpc_id: String,
    /// Its subnet.
    pub subnet_id: String,
    /// Its zone.
    pub zone: usize,
    /// What it is for.
    pub purpose: Purpose,
    /// Its address.
    pub address: String,
    /// Its security groups.
    pub group_ids: Vec<String>,
    /// Its tags.
    pub tags: Vec<(String, String)>,
}

/// What an interface is for, with the id of what it belongs to.
///
/// What AWS shows of each is taken from answers of DescribeNetworkInterfaces that
/// <https://github.com/cloud-custodian/cloud-custodian> has recorded
/// (`tests/data/placebo/test_network_location_match_in_mismatch` and others).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// An EC2 instance, `i-...`.
    Instance(String),
    /// A task of ECS.
    Task(String),
    /// A Lambda function.
    Function(String),
    /// A pod of EKS with security groups of its own
    /// (<https://docs.aws.amazon.com/eks/latest/userguide/security-groups-for-pods.html>).
    Pod,
    /// The interface of an EKS node, `i-...`, through which its pods' interfaces go.
    Trunk(String),
    /// A database of RDS.
    Database,
    /// A mount target of EFS, `fsmt-...`.
    MountTarget(String),
    /// An endpoint, `vpce-...`.
    Endpoint(String),
    /// A Gateway Load Balancer endpoint, `vpce-...`.
    GatewayEndpoint(String),
    /// A NAT gateway, `nat-...`.
    NatGateway(String),
    /// An attachment of a transit gateway, `tgw-attach-...`.
    TransitGateway(String),
    /// A Network Load Balancer, `net/NAME/HASH`.
    NetworkBalancer(String),
    /// A Gateway Load Balancer, `gwy/NAME/HASH`.
    GatewayBalancer(String),
    /// An Application Load Balancer, `app/NAME/HASH`.
    ApplicationBalancer(String),
    /// Nothing: it was made and is not attached.
    Spare,
}

impl Purpose {
    /// `interfaceType`, with the names that AWS's API really sends.
    pub fn kind(&self) -> &'static str {
        match self {
            Purpose::Function(_) => "lambda",
            Purpose::Pod => "branch",
            Purpose::Trunk(_) => "trunk",
            Purpose::MountTarget(_) => "efs",
            Purpose::Endpoint(_) => "vpc_endpoint",
            Purpose::GatewayEndpoint(_) => "gateway_load_balancer_endpoint",
            Purpose::NatGateway(_) => "nat_gateway",
            Purpose::TransitGateway(_) => "transit_gateway",
            Purpose::NetworkBalancer(_) => "network_load_balancer",
            Purpose::GatewayBalancer(_) => "gateway_load_balancer",
            Purpose::Instance(_)
            | Purpose::Task(_)
            | Purpose::Database
            | Purpose::ApplicationBalancer(_)
            | Purpose::Spare => "interface",
        }
    }

    /// `status`.
    pub fn status(&self) -> &'static str {
        if *self == Purpose::Spare { "available" } else { "in-use" }
    }

    /// `description`, in the words of the service that made it.
    pub fn description(&self, region: &str, account: &str) -> String {
        match self {
            Purpose::Instance(_) | Purpose::Spare => String::new(),
            Purpose::Task(id) => format!("arn:aws:ecs:{region}:{account}:attachment/{}", uuid(id)),
            Purpose::Function(name) => format!("AWS Lambda VPC ENI-{name}-{}", uuid(name)),
            Purpose::Pod => "aws-k8s-branch-eni".to_owned(),
            Purpose::Trunk(_) => "aws-k8s-trunk-eni".to_owned(),
            Purpose::Database => "RDSNetworkInterface".to_owned(),
            Purpose::MountTarget(id) => {
                format!("EFS mount target for {} ({id})", id.replacen("fsmt-", "fs-", 1))
            }
            Purpose::Endpoint(id) | Purpose::GatewayEndpoint(id) => format!("VPC Endpoint Interface {id}"),
            Purpose::NatGateway(id) => format!("Interface for NAT Gateway {id}"),
            Purpose::TransitGateway(id) => {
                format!("Network Interface for Transit Gateway Attachment {id}")
            }
            Purpose::NetworkBalancer(name)
            | Purpose::GatewayBalancer(name)
            | Purpose::ApplicationBalancer(name) => format!("ELB {name}"),
        }
    }

    /// `requesterId`: who asked for it. For endpoints and NAT gateways it is the customer's own account.
    pub fn requester(&self, account: &str) -> Option<String> {
        match self {
            Purpose::Instance(_) => None,
            Purpose::Spare => Some("AIDASIMULATEDUSER0001".to_owned()),
            Purpose::Function(_) | Purpose::Pod | Purpose::Trunk(_) => {
                Some(format!("AROASIMULATEDROLE0001:{account}"))
            }
            Purpose::Database => Some("amazon-rds".to_owned()),
            Purpose::NetworkBalancer(_) | Purpose::GatewayBalancer(_) | Purpose::ApplicationBalancer(_) => {
                Some("amazon-elb".to_owned())
            }
            Purpose::Task(_)
            | Purpose::MountTarget(_)
            | Purpose::Endpoint(_)
            | Purpose::GatewayEndpoint(_)
            | Purpose::NatGateway(_)
            | Purpose::TransitGateway(_) => Some(account.to_owned()),
        }
    }

    /// `requesterManaged`: whether a service looks after it. Lambda's are not, strange as it is.
    pub fn is_managed(&self) -> bool {
        !matches!(
            self,
            Purpose::Instance(_) | Purpose::Function(_) | Purpose::Pod | Purpose::Trunk(_) | Purpose::Spare
        )
    }

    /// To what it is attached: the instance, where it is one of EC2, and who owns it. What is not attached,
    /// and a branch interface, which goes through a trunk, has nothing there.
    pub fn attachment(&self, account: &str) -> Option<(Option<&str>, String)> {
        match self {
            Purpose::Spare | Purpose::Pod => None,
            Purpose::Instance(id) | Purpose::Trunk(id) => Some((Some(id), account.to_owned())),
            Purpose::Task(_) => Some((None, account.to_owned())),
            Purpose::Database => Some((None, "amazon-rds".to_owned())),
            Purpose::ApplicationBalancer(_) => Some((None, "amazon-elb".to_owned())),
            _ => Some((None, "amazon-aws".to_owned())),
        }
    }

    /// Whether it is a client that a scenario put there.
    fn is_client(&self) -> bool {
        matches!(self, Purpose::Instance(_) | Purpose::Task(_) | Purpose::Function(_) | Purpose::Pod)
    }
}

/// A UUID that belongs to an id.
fn uuid(id: &str) -> String {
    let mut rng = fastrand::Rng::with_seed(super::seed_of(id));
    let digits = format!("{:032x}", rng.u128(..));
    let parts = [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]];
    parts.join("-")
}

impl Stage<'_> {
    /// A client in a zone: an instance, a task, a function.
    pub fn client(&mut self, vpc_id: &str, zone: usize) -> String {
        let purpose = match self.rng.usize(..4) {
            0 => Purpose::Task(self.id("task")),
            1 => Purpose::Function("orders".to_owned()),
            _ => Purpose::Instance(self.id("i")),
        };
        self.interface(vpc_id, zone, purpose)
    }

    /// An interface. What has none of its own at AWS has no security group here.
    pub fn interface(&mut self, vpc_id: &str, zone: usize, purpose: Purpose) -> String {
        let id = self.id("eni");
        let subnet_id = self.subnet(vpc_id, zone);
        let (address, group_ids) = self.seat(vpc_id, &subnet_id);
        let without_groups = matches!(
            purpose,
            Purpose::NatGateway(_)
                | Purpose::TransitGateway(_)
                | Purpose::NetworkBalancer(_)
                | Purpose::GatewayBalancer(_)
                | Purpose::GatewayEndpoint(_)
        );
        let tags = match &purpose {
            // What the controller that makes a pod's interface writes on it
            // (https://github.com/aws/amazon-vpc-resource-controller-k8s).
            Purpose::Pod => vec![
                ("eks:eni:owner".to_owned(), "eks-vpc-resource-controller".to_owned()),
                ("vpcresources.k8s.aws/vlan-id".to_owned(), "1".to_owned()),
            ],
            Purpose::Instance(_) if self.rng.bool() => vec![("Name".to_owned(), "worker".to_owned())],
            _ => Vec::new(),
        };
        self.here().interfaces.push(Interface {
            owner: None,
            id: id.clone(),
            vpc_id: vpc_id.to_owned(),
            subnet_id,
            zone,
            purpose,
            address,
            group_ids: if without_groups { Vec::new() } else { group_ids },
            tags,
        });
        id
    }

    /// The zones in which a VPC has clients.
    pub fn client_zones(&mut self, vpc_id: &str) -> Vec<usize> {
        let mut zones: Vec<usize> = self
            .here()
            .interfaces
            .iter()
            .filter(|interface| interface.vpc_id == vpc_id && interface.purpose.is_client())
            .map(|interface| interface.zone)
            .collect();
        zones.sort_unstable();
        zones.dedup();
        zones
    }
}
