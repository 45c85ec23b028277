"""Makes an organization in moto with boto3: what plaudit is to find, and what it is not to accuse.

Prints as JSON the ids of what it made, by name.
"""

import json
import sys
from datetime import datetime, timedelta, timezone

import boto3

URL = sys.argv[1]
REGION = "us-east-1"
ROLE = "plaudit-read-only"
QUEUE = f"com.amazonaws.{REGION}.sqs"


def client(service, credentials=None, region=REGION):
    keys = {"aws_access_key_id": "management", "aws_secret_access_key": "secret"}
    if credentials:
        keys = {
            "aws_access_key_id": credentials["AccessKeyId"],
            "aws_secret_access_key": credentials["SecretAccessKey"],
            "aws_session_token": credentials["SessionToken"],
        }
    return boto3.client(service, endpoint_url=URL, region_name=region, **keys)


def tags(**given):
    return [{"Key": key, "Value": value} for key, value in given.items()]


class Member:
    """An account of the organization, entered by its role."""

    def __init__(self, name):
        organizations = client("organizations")
        made = organizations.create_account(AccountName=name, Email=f"{name}@example.com")
        self.id = made["CreateAccountStatus"]["AccountId"]
        assumed = client("sts").assume_role(RoleArn=f"arn:aws:iam::{self.id}:role/{ROLE}", RoleSessionName="seed")
        self.credentials = assumed["Credentials"]
        self.ec2 = self.client("ec2")
        self.groups = []

    def client(self, service):
        return client(service, self.credentials)

    def vpc(self, zones):
        vpc = self.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        subnets = {}
        for number, zone in enumerate(zones):
            subnet = self.ec2.create_subnet(
                VpcId=vpc, CidrBlock=f"10.0.{number}.0/24", AvailabilityZone=f"{REGION}{zone}"
            )["Subnet"]
            subnets[zone] = subnet["SubnetId"]
        # AWS asks for both before it switches private DNS on.
        self.ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsSupport={"Value": True})
        self.ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})
        return vpc, subnets

    def group(self, vpc, admitted="10.0.0.0/16"):
        """A security group that admits HTTPS, from the VPC unless told otherwise."""
        name = f"endpoint-{len(self.groups)}"
        group = self.ec2.create_security_group(GroupName=name, Description="endpoint", VpcId=vpc)["GroupId"]
        self.groups.append(group)
        if not admitted:
            return group
        permission = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": admitted}]}
        self.ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[permission])
        return group

    def instance(self, subnet):
        images = self.ec2.describe_images()["Images"]
        image = images[0]["ImageId"] if images else "ami-12c6146b"
        made = self.ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1, SubnetId=subnet, InstanceType="t3.micro")
        return made["Instances"][0]["InstanceId"]

    def endpoint(self, vpc, subnets, service=QUEUE, kind="Interface", tagged=True, **more):
        given = tags(service="orders", Name="queue") if tagged else tags(Name="queue")
        if kind == "Interface":
            more["SubnetIds"] = subnets
            more.setdefault("SecurityGroupIds", [self.group(vpc)])
        made = self.ec2.create_vpc_endpoint(
            VpcId=vpc,
            ServiceName=service,
            VpcEndpointType=kind,
            TagSpecifications=[{"ResourceType": "vpc-endpoint", "Tags": given}],
            **more,
        )["VpcEndpoint"]
        return made["VpcEndpointId"]

    def tag_interfaces(self, endpoint):
        """AWS copies no tags from an endpoint to its interfaces, and neither does moto."""
        found = self.ec2.describe_vpc_endpoints(VpcEndpointIds=[endpoint])["VpcEndpoints"][0]
        self.ec2.create_tags(Resources=found["NetworkInterfaceIds"], Tags=tags(service="orders"))

    def forward(self, vpc, subnets, domain):
        """A Resolver rule that forwards a domain to the office."""
        resolver = self.client("route53resolver")
        outbound = resolver.create_resolver_endpoint(
            CreatorRequestId="outbound",
            Name="outbound",
            SecurityGroupIds=[self.group(vpc)],
            Direction="OUTBOUND",
            IpAddresses=[{"SubnetId": subnet} for subnet in subnets],
        )["ResolverEndpoint"]["Id"]
        rule = resolver.create_resolver_rule(
            CreatorRequestId="rule",
            Name="to-the-office",
            RuleType="FORWARD",
            DomainName=domain,
            ResolverEndpointId=outbound,
            TargetIps=[{"Ip": "192.168.0.53", "Port": 53}],
        )["ResolverRule"]["Id"]
        resolver.associate_resolver_rule(ResolverRuleId=rule, VPCId=vpc, Name="to-the-office")
        return rule

    def zone(self, vpc, name):
        """A private hosted zone."""
        made = self.client("route53").create_hosted_zone(
            Name=name,
            CallerReference=name,
            VPC={"VPCRegion": REGION, "VPCId": vpc},
            HostedZoneConfig={"PrivateZone": True, "Comment": "ours"},
        )
        return made["HostedZone"]["Id"].rpartition("/")[2]

    def traffic(self, vpc, endpoint, service=QUEUE, days_ago=3):
        """Exactly the dimensions under which AWS publishes."""
        self.client("cloudwatch").put_metric_data(
            Namespace="AWS/PrivateLinkEndpoints",
            MetricData=[
                {
                    "MetricName": "BytesProcessed",
                    "Dimensions": [
                        {"Name": "Endpoint Type", "Value": "Interface"},
                        {"Name": "Service Name", "Value": service},
                        {"Name": "VPC Endpoint Id", "Value": endpoint},
                        {"Name": "VPC Id", "Value": vpc},
                    ],
                    "Timestamp": datetime.now(timezone.utc) - timedelta(days=days_ago),
                    "Value": 1048576.0,
                    "Unit": "Bytes",
                }
            ],
        )

    def service(self, vpc, subnets, healthy):
        """A Network Load Balancer with targets, and an endpoint service before it."""
        elb = self.client("elbv2")
        name = "healthy" if healthy else "dead"
        balancer = elb.create_load_balancer(Name=name, Subnets=subnets, Type="network", Scheme="internal")
        arn = balancer["LoadBalancers"][0]["LoadBalancerArn"]
        group = elb.create_target_group(Name=name, Protocol="TCP", Port=443, VpcId=vpc, TargetType="instance")
        group_arn = group["TargetGroups"][0]["TargetGroupArn"]
        elb.create_listener(
            LoadBalancerArn=arn,
            Protocol="TCP",
            Port=443,
            DefaultActions=[{"Type": "forward", "TargetGroupArn": group_arn}],
        )
        instances = [self.instance(subnet) for subnet in subnets]
        elb.register_targets(TargetGroupArn=group_arn, Targets=[{"Id": instance} for instance in instances])
        if not healthy:
            self.ec2.stop_instances(InstanceIds=instances)
        made = self.ec2.create_vpc_endpoint_service_configuration(
            NetworkLoadBalancerArns=[arn],
            AcceptanceRequired=True,
            TagSpecifications=[{"ResourceType": "vpc-endpoint-service", "Tags": tags(service="offered")}],
        )["ServiceConfiguration"]
        return made["ServiceId"], made["ServiceName"]


def main():
    client("organizations").create_organization(FeatureSet="ALL")
    client("s3").create_bucket(Bucket="audits")
    made = {"management": client("sts").get_caller_identity()["Account"]}

    provider = Member("provider")
    made["provider"] = provider.id
    vpc, subnets = provider.vpc("ab")
    both = [subnets["a"], subnets["b"]]
    made["healthy-service"], _ = provider.service(vpc, both, healthy=True)
    made["dead-service"], made["dead-service-name"] = provider.service(vpc, both, healthy=False)

    shop = Member("shop")
    vpc, subnets = shop.vpc("ab")
    shop.instance(subnets["a"])
    shop.instance(subnets["b"])
    both = [subnets["a"], subnets["b"]]
    made["shop"] = shop.id
    made["busy"] = shop.endpoint(vpc, both)
    shop.traffic(vpc, made["busy"])
    logs = f"com.amazonaws.{REGION}.logs"
    made["idle"] = shop.endpoint(vpc, both, service=logs)
    kms = f"com.amazonaws.{REGION}.kms"
    made["untagged"] = shop.endpoint(vpc, both, service=kms, tagged=False)
    shop.traffic(vpc, made["untagged"], service=kms)
    sns = f"com.amazonaws.{REGION}.sns"
    made["one-zone"] = shop.endpoint(vpc, [subnets["a"]], service=sns)
    shop.traffic(vpc, made["one-zone"], service=sns, days_ago=80)
    sts = f"com.amazonaws.{REGION}.sts"
    made["closed"] = shop.endpoint(vpc, both, service=sts, SecurityGroupIds=[shop.group(vpc, admitted=None)])
    shop.traffic(vpc, made["closed"], service=sts)
    made["gateway"] = shop.endpoint(vpc, [], service=f"com.amazonaws.{REGION}.s3", kind="Gateway")
    offered = made["dead-service-name"]
    made["consumer"] = shop.endpoint(vpc, both, service=offered)
    shop.traffic(vpc, made["consumer"], service=offered)

    registry = f"com.amazonaws.{REGION}.ecr.dkr"
    made["registry"] = shop.endpoint(vpc, both, service=registry)
    shop.traffic(vpc, made["registry"], service=registry)
    # The idle one's name leads to the office, and one registry's name to a zone of somebody's own.
    made["rule"] = shop.forward(vpc, both, f"logs.{REGION}.amazonaws.com")
    made["zone"] = shop.zone(vpc, f"999999999999.dkr.ecr.{REGION}.amazonaws.com")
    shop.zone(vpc, "corp.example.com")
    shop.tag_interfaces(made["busy"])

    empty = Member("empty")
    made["empty"] = empty.id
    json.dump(made, sys.stdout)


if __name__ == "__main__":
    main()
