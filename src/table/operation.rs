//! Every AWS operation that plaudit calls. Nothing outside this list is ever called, and nothing
//! in it changes anything at AWS.

use std::fmt;

use serde::Serialize;

/// What an operation is asked for: once in an organization, once in an account, or once in every
/// Region of every account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub enum Extent {
    /// Once, of the organization's management account (or a delegated administrator).
    Organization,
    /// Once in an account.
    Account,
    /// Once in an account and Region.
    Region,
}

macro_rules! operations {
    ($($(#[doc = $documentation:literal])+ $variant:ident = $name:literal, $extent:ident;)+) => {
        /// An AWS operation, by the name of the IAM action that permits it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Operation {
            $($(#[doc = $documentation])+ $variant,)+
        }

        impl Operation {
            /// All of them, in the order in which a crawl calls them.
            pub const ALL: &'static [Operation] = &[$(Operation::$variant),+];

            /// The name as IAM writes it, `ec2:DescribeVpcEndpoints`.
            pub fn name(self) -> &'static str {
                match self {
                    $(Operation::$variant => $name,)+
                }
            }

            /// What it is asked for.
            pub fn extent(self) -> Extent {
                match self {
                    $(Operation::$variant => Extent::$extent,)+
                }
            }
        }
    };
}

operations! {
    /// Who is asking: <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html>
    StsGetCallerIdentity = "sts:GetCallerIdentity", Organization;
    /// The organization and its management account.
    OrganizationsDescribeOrganization = "organizations:DescribeOrganization", Organization;
    /// The accounts, 20 to a page, some pages empty.
    OrganizationsListAccounts = "organizations:ListAccounts", Organization;
    /// The tags of accounts, where accounts are chosen by tag.
    OrganizationsListTagsForResource = "organizations:ListTagsForResource", Organization;
    /// What the organization was billed. Each request costs $0.01.
    CostExplorerGetCostAndUsage = "ce:GetCostAndUsage", Organization;
    /// AWS's price list, for `plaudit prices refresh`.
    PricingGetProducts = "pricing:GetProducts", Organization;
    /// The way into another account.
    StsAssumeRole = "sts:AssumeRole", Account;
    /// The Regions that the account has enabled.
    Ec2DescribeRegions = "ec2:DescribeRegions", Account;
    /// Endpoints.
    Ec2DescribeVpcEndpoints = "ec2:DescribeVpcEndpoints", Region;
    /// The account's own endpoint services (and only those, unlike `DescribeVpcEndpointServices`).
    Ec2DescribeVpcEndpointServiceConfigurations = "ec2:DescribeVpcEndpointServiceConfigurations", Region;
    /// The zones in which the services behind the endpoints are offered.
    Ec2DescribeVpcEndpointServices = "ec2:DescribeVpcEndpointServices", Region;
    /// Zone names to zone ids.
    Ec2DescribeAvailabilityZones = "ec2:DescribeAvailabilityZones", Region;
    /// VPCs.
    Ec2DescribeVpcs = "ec2:DescribeVpcs", Region;
    /// Subnets and their zones.
    Ec2DescribeSubnets = "ec2:DescribeSubnets", Region;
    /// Route tables, for the subnets that reach an endpoint by a route.
    Ec2DescribeRouteTables = "ec2:DescribeRouteTables", Region;
    /// Interfaces in use, for the zones in which a VPC has consumers and a target group its instances.
    Ec2DescribeNetworkInterfaces = "ec2:DescribeNetworkInterfaces", Region;
    /// The rules of the endpoints' security groups.
    Ec2DescribeSecurityGroupRules = "ec2:DescribeSecurityGroupRules", Region;
    /// The prefix lists to which those rules refer.
    Ec2GetManagedPrefixListEntries = "ec2:GetManagedPrefixListEntries", Region;
    /// Network ACLs, and the subnets that they guard.
    Ec2DescribeNetworkAcls = "ec2:DescribeNetworkAcls", Region;
    /// NAT gateways, which traffic to AWS services takes where no endpoint stands.
    Ec2DescribeNatGateways = "ec2:DescribeNatGateways", Region;
    /// Whether names resolve in a VPC as private DNS needs it: two calls for a VPC.
    Ec2DescribeVpcAttribute = "ec2:DescribeVpcAttribute", Region;
    /// The private hosted zones of a VPC, whoever owns them: one call for a VPC.
    Route53ListHostedZonesByVpc = "route53:ListHostedZonesByVPC", Region;
    /// The rules by which queries for a name leave a VPC.
    Route53ResolverListResolverRules = "route53resolver:ListResolverRules", Region;
    /// The VPCs in which those rules apply.
    Route53ResolverListResolverRuleAssociations = "route53resolver:ListResolverRuleAssociations", Region;
    /// Who may connect to a service.
    Ec2DescribeVpcEndpointServicePermissions = "ec2:DescribeVpcEndpointServicePermissions", Region;
    /// Who is connected to a service.
    Ec2DescribeVpcEndpointConnections = "ec2:DescribeVpcEndpointConnections", Region;
    /// Who is told when somebody connects.
    Ec2DescribeVpcEndpointConnectionNotifications = "ec2:DescribeVpcEndpointConnectionNotifications", Region;
    /// The load balancers behind a service.
    ElbDescribeLoadBalancers = "elasticloadbalancing:DescribeLoadBalancers", Region;
    /// Whether they balance across zones.
    ElbDescribeLoadBalancerAttributes = "elasticloadbalancing:DescribeLoadBalancerAttributes", Region;
    /// Their listeners.
    ElbDescribeListeners = "elasticloadbalancing:DescribeListeners", Region;
    /// Their target groups.
    ElbDescribeTargetGroups = "elasticloadbalancing:DescribeTargetGroups", Region;
    /// Whether a target group overrides its load balancer's cross-zone setting.
    ElbDescribeTargetGroupAttributes = "elasticloadbalancing:DescribeTargetGroupAttributes", Region;
    /// The health of each target.
    ElbDescribeTargetHealth = "elasticloadbalancing:DescribeTargetHealth", Region;
    /// The dimensions under which endpoints publish.
    CloudWatchListMetrics = "cloudwatch:ListMetrics", Region;
    /// The traffic of the window.
    CloudWatchGetMetricData = "cloudwatch:GetMetricData", Region;
}

impl Operation {
    /// The operation of that IAM name.
    pub fn from_name(name: &str) -> Option<Operation> {
        Operation::ALL.iter().copied().find(|operation| operation.name() == name)
    }

    /// The operations that are asked for in every account and Region.
    pub fn regional() -> impl Iterator<Item = Operation> {
        Operation::ALL.iter().copied().filter(|operation| operation.extent() == Extent::Region)
    }
}

/// Operations that AWS counts together when it throttles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Family {
    /// The PrivateLink actions of EC2, which AWS throttles per organization besides.
    PrivateLink,
    /// The other actions of EC2.
    Ec2,
    /// All actions of Elastic Load Balancing.
    ElasticLoadBalancing,
    /// All actions of Route 53, which is global: an account has one bucket for all Regions.
    Route53,
    /// All actions of Route 53 Resolver.
    Route53Resolver,
    /// GetMetricData.
    GetMetricData,
    /// ListMetrics.
    ListMetrics,
    /// STS.
    Sts,
    /// Organizations.
    Organizations,
    /// Cost Explorer.
    CostExplorer,
    /// The Price List Query API.
    PriceList,
}

impl Operation {
    /// What it is counted with.
    pub fn family(self) -> Family {
        match self.name().split_once(':').unwrap_or((self.name(), "")) {
            ("ec2", action) if action.starts_with("DescribeVpcEndpoint") => Family::PrivateLink,
            ("ec2", _) => Family::Ec2,
            ("elasticloadbalancing", _) => Family::ElasticLoadBalancing,
            ("route53", _) => Family::Route53,
            ("route53resolver", _) => Family::Route53Resolver,
            ("cloudwatch", "ListMetrics") => Family::ListMetrics,
            ("cloudwatch", _) => Family::GetMetricData,
            ("organizations", _) => Family::Organizations,
            ("ce", _) => Family::CostExplorer,
            ("pricing", _) => Family::PriceList,
            _ => Family::Sts,
        }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl Serialize for Operation {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}
