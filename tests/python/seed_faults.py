"""Makes faults in moto, each of which a command of its finding mends, and prints as JSON the ids by name."""

import json
import sys

from seed_moto import REGION, Member, client


class Faulty(Member):
    """An account whose endpoints have one fault each."""

    def kind(self, name):
        return f"com.amazonaws.{REGION}.{name}"

    def used(self, zones="ab"):
        """A VPC with something in every subnet that may call."""
        vpc, subnets = self.vpc(zones)
        for subnet in subnets.values():
            self.instance(subnet)
        return vpc, subnets

    def shut(self):
        """The only consumers are not admitted by the endpoint's group."""
        vpc, subnets = self.used("a")
        return self.endpoint(vpc, [subnets["a"]], self.kind("kms"), SecurityGroupIds=[self.group(vpc, admitted=None)])

    def open(self):
        """The endpoint's group admits the world."""
        vpc, subnets = self.used()
        return self.endpoint(
            vpc, list(subnets.values()), self.kind("sts"), SecurityGroupIds=[self.group(vpc, admitted="0.0.0.0/0")]
        )

    def denied(self):
        """The network ACL of the endpoint's subnet lets nothing in from the consumers' subnet."""
        vpc, subnets = self.vpc("ab")
        self.instance(subnets["a"])
        made = self.ec2.create_network_acl(VpcId=vpc)["NetworkAcl"]["NetworkAclId"]
        for egress in (True, False):
            self.ec2.create_network_acl_entry(
                NetworkAclId=made,
                RuleNumber=100,
                Protocol="-1",
                RuleAction="allow" if egress else "deny",
                Egress=egress,
                CidrBlock="0.0.0.0/0",
            )
        named = [{"Name": "association.subnet-id", "Values": [subnets["b"]]}]
        tied = self.ec2.describe_network_acls(Filters=named)["NetworkAcls"][0]["Associations"]
        tie = next(one for one in tied if one["SubnetId"] == subnets["b"])["NetworkAclAssociationId"]
        self.ec2.replace_network_acl_association(AssociationId=tie, NetworkAclId=made)
        return self.endpoint(vpc, [subnets["b"]], self.kind("logs"))

    def nameless(self):
        """The VPC lost its DNS after the endpoint got a private name."""
        vpc, subnets = self.used()
        self.endpoint(vpc, list(subnets.values()), self.kind("monitoring"), PrivateDnsEnabled=True)
        self.ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": False})
        self.ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsSupport={"Value": False})
        return vpc

    def forwarded(self):
        """A Resolver rule answers for the service's name."""
        vpc, subnets = self.used()
        self.forward(vpc, list(subnets.values()), f"ssm.{REGION}.amazonaws.com")
        return self.endpoint(vpc, list(subnets.values()), self.kind("ssm"), PrivateDnsEnabled=True)

    def table(self, vpc, subnet):
        made = self.ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
        self.ec2.associate_route_table(RouteTableId=made, SubnetId=subnet)
        return made

    def untied(self):
        """A gateway endpoint without a route table."""
        vpc, subnets = self.used("a")
        self.table(vpc, subnets["a"])
        return self.endpoint(vpc, [], self.kind("s3"), kind="Gateway")

    def way_out(self, vpc, subnet, tables):
        """A NAT gateway, and default routes to it."""
        address = self.ec2.allocate_address(Domain="vpc")["AllocationId"]
        made = self.ec2.create_nat_gateway(SubnetId=subnet, AllocationId=address)["NatGateway"]["NatGatewayId"]
        for table in tables:
            self.ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", NatGatewayId=made)

    def partly_tied(self):
        """A gateway endpoint that one of two route tables with consumers knows nothing of."""
        vpc, subnets = self.used()
        tables = [self.table(vpc, subnet) for subnet in subnets.values()]
        self.way_out(vpc, subnets["a"], tables)
        return self.endpoint(vpc, [], self.kind("s3"), kind="Gateway", RouteTableIds=tables[:1])

    def missing(self):
        """A way out through a NAT gateway, and no gateway endpoint."""
        vpc, subnets = self.used()
        tables = [self.table(vpc, subnet) for subnet in subnets.values()]
        self.way_out(vpc, subnets["a"], tables)
        # VPCs without any endpoint are not read.
        self.endpoint(vpc, list(subnets.values()), self.kind("ec2"))
        return vpc

    def dear(self):
        """An interface endpoint for what a gateway endpoint does for nothing."""
        vpc, subnets = self.used()
        for subnet in subnets.values():
            self.table(vpc, subnet)
        made = self.endpoint(vpc, list(subnets.values()), self.kind("s3"))
        self.traffic(vpc, made, self.kind("s3"))
        return made

    def twice(self):
        """Two endpoints for one service."""
        vpc, subnets = self.used()
        groups = [self.group(vpc)]
        pair = [
            self.endpoint(vpc, list(subnets.values()), self.kind("sqs"), SecurityGroupIds=groups) for _ in range(2)
        ]
        self.traffic(vpc, pair[0], self.kind("sqs"))
        return pair

    def alone(self):
        """One zone of two."""
        vpc, subnets = self.used()
        made = self.endpoint(vpc, [subnets["a"]], self.kind("sns"))
        self.traffic(vpc, made, self.kind("sns"))
        return made

    def idle(self):
        """Nothing passes, and no name leads here."""
        vpc, subnets = self.used()
        return self.endpoint(vpc, list(subnets.values()), self.kind("events"))

    def bare(self):
        """Its tags are not on its network interfaces."""
        vpc, subnets = self.used()
        return self.endpoint(vpc, list(subnets.values()), self.kind("sqs"))

    def offered(self):
        """A service that takes everybody in, unasked."""
        vpc, subnets = self.vpc("ab")
        service, _ = self.service(vpc, list(subnets.values()), healthy=True)
        self.ec2.modify_vpc_endpoint_service_configuration(ServiceId=service, AcceptanceRequired=False)
        self.ec2.modify_vpc_endpoint_service_permissions(ServiceId=service, AddAllowedPrincipals=["*"])
        return service


def main():
    client("organizations").create_organization(FeatureSet="ALL")
    shop, provider = Faulty("shop"), Faulty("provider")
    made = {"shop": shop.id, "provider": provider.id, "offered": provider.offered()}
    for name in "shut open denied nameless forwarded untied partly_tied missing dear alone idle bare".split():
        made[name.replace("_", "-")] = getattr(shop, name)()
    made["first"], made["second"] = shop.twice()
    json.dump(made, sys.stdout)


main()
