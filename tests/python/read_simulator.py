"""Reads everything from the simulator with boto3, and prints what it saw as JSON."""

import json
import sys
import urllib.request
from datetime import datetime, timedelta, timezone

import boto3

URL = sys.argv[1]
ROLE = "plaudit-read-only"
PLANTED = json.load(urllib.request.urlopen(f"{URL}/planted"))


def client(service, region="us-east-1", credentials=None):
    keys = {"aws_access_key_id": "management", "aws_secret_access_key": "simulated"}
    if credentials:
        keys = {
            "aws_access_key_id": credentials["AccessKeyId"],
            "aws_secret_access_key": credentials["SecretAccessKey"],
            "aws_session_token": credentials["SessionToken"],
        }
    return boto3.client(service, endpoint_url=URL, region_name=region, **keys)


def pages(client, operation, key, **arguments):
    for page in client.get_paginator(operation).paginate(**arguments):
        yield from page.get(key, [])


def accounts():
    """All accounts, and how many pages were empty though more followed."""
    organizations = client("organizations")
    organizations.describe_organization()
    found, empty, token = [], 0, {}
    while True:
        page = organizations.list_accounts(MaxResults=10, **token)
        found += page["Accounts"]
        if not page.get("NextToken"):
            organizations.list_tags_for_resource(ResourceId=found[0]["Id"])
            return found, empty
        empty += not page["Accounts"]
        token = {"NextToken": page["NextToken"]}


class Seen:
    def __init__(self):
        self.resources = set()
        self.states = set()
        self.idle_with_datapoints = []


def read_region(seen, region, credentials):
    ec2 = client("ec2", region, credentials)
    endpoints = list(pages(ec2, "describe_vpc_endpoints", "VpcEndpoints", PaginationConfig={"PageSize": 5}))
    services = list(pages(ec2, "describe_vpc_endpoint_service_configurations", "ServiceConfigurations"))
    seen.resources.update(endpoint["VpcEndpointId"] for endpoint in endpoints)
    seen.resources.update(service["ServiceId"] for service in services)
    seen.states.update(endpoint["State"] for endpoint in endpoints)
    zones = {zone["ZoneName"]: zone["ZoneId"] for zone in ec2.describe_availability_zones()["AvailabilityZones"]}
    subnets = {subnet["SubnetId"]: subnet for subnet in pages(ec2, "describe_subnets", "Subnets")}
    for subnet in subnets.values():
        # The owner's names of zones mean nothing to a participant; the ids do.
        assert zones[subnet["AvailabilityZone"]] == subnet["AvailabilityZoneId"], subnet
    interfaces = {i["NetworkInterfaceId"]: i for i in pages(ec2, "describe_network_interfaces", "NetworkInterfaces")}
    vpcs = {vpc["VpcId"] for vpc in pages(ec2, "describe_vpcs", "Vpcs")}
    seen.resources.update(vpcs)
    tables = list(pages(ec2, "describe_route_tables", "RouteTables"))
    assert all(table["VpcId"] in vpcs for table in tables)
    for endpoint in endpoints:
        assert endpoint["VpcId"] in vpcs
        assert isinstance(endpoint["CreationTimestamp"], datetime)
        assert len(endpoint["SubnetIds"]) == len(endpoint["NetworkInterfaceIds"])
        for interface in endpoint["NetworkInterfaceIds"]:
            assert interfaces[interface]["SubnetId"] in endpoint["SubnetIds"]
        tagged = [tag for id in endpoint["NetworkInterfaceIds"] for tag in interfaces[id]["TagSet"]]
        assert all(tag in endpoint["Tags"] for tag in tagged), tagged
    read_guards(ec2, endpoints, subnets)
    read_names(client("route53", region, credentials), client("route53resolver", region, credentials), vpcs, region)
    names = sorted({e["ServiceName"] for e in endpoints if e.get("ServiceName") and e.get("ServiceRegion", region) == region})
    if names:
        offered = ec2.describe_vpc_endpoint_services(Filters=[{"Name": "service-name", "Values": names}])
        # A service that AWS has given up, and one of a partner, are not offered.
        missing = set(names) - {detail["ServiceName"] for detail in offered["ServiceDetails"]}
        assert all(name.endswith(".opsworks") or ".vpce." in name for name in missing), missing
    for service in services:
        permissions = pages(ec2, "describe_vpc_endpoint_service_permissions", "AllowedPrincipals", ServiceId=service["ServiceId"])
        assert {permission["PrincipalType"] for permission in permissions} <= {"Account", "Role", "All"}
    if services:
        connections = list(pages(ec2, "describe_vpc_endpoint_connections", "VpcEndpointConnections"))
        seen.resources.update(connection["VpcEndpointId"] for connection in connections)
        ids = {service["ServiceId"] for service in services}
        assert all(connection["ServiceId"] in ids for connection in connections)
        notifications = ec2.describe_vpc_endpoint_connection_notifications()["ConnectionNotificationSet"]
        # A notification watches a service or an endpoint.
        assert {notification["ServiceId"] for notification in notifications if "ServiceId" in notification} <= ids
        read_balancers(seen, client("elbv2", region, credentials), services, zones)
    read_metrics(seen, client("cloudwatch", region, credentials), endpoints, region)


def read_guards(ec2, endpoints, subnets):
    groups = sorted({group["GroupId"] for endpoint in endpoints for group in endpoint.get("Groups", [])})
    if groups:
        rules = list(pages(ec2, "describe_security_group_rules", "SecurityGroupRules", Filters=[{"Name": "group-id", "Values": groups}]))
        assert {rule["GroupId"] for rule in rules} <= set(groups)
        for rule in rules:
            assert ("CidrIpv4" in rule) + ("CidrIpv6" in rule) + ("PrefixListId" in rule) + ("ReferencedGroupInfo" in rule) == 1
            if "PrefixListId" in rule:
                assert list(pages(ec2, "get_managed_prefix_list_entries", "Entries", PrefixListId=rule["PrefixListId"]))
    for acl in pages(ec2, "describe_network_acls", "NetworkAcls"):
        assert {entry["RuleAction"] for entry in acl["Entries"] if entry["RuleNumber"] >= 32767} == {"deny"}
        assert all(association["SubnetId"] in subnets for association in acl["Associations"])
    for gateway in pages(ec2, "describe_nat_gateways", "NatGateways"):
        is_zonal = gateway["AvailabilityMode"] == "zonal"
        assert not is_zonal or gateway["SubnetId"] in subnets
        assert gateway["State"] in ("available", "deleted")
    for vpc in sorted({endpoint["VpcId"] for endpoint in endpoints}):
        for attribute, key in (("enableDnsSupport", "EnableDnsSupport"), ("enableDnsHostnames", "EnableDnsHostnames")):
            assert isinstance(ec2.describe_vpc_attribute(VpcId=vpc, Attribute=attribute)[key]["Value"], bool)


def read_names(route53, resolver, vpcs, region):
    """What answers in the VPCs: every endpoint's zone is AWS's own, every VPC has Resolver's own rule."""
    zones = {vpc: [] for vpc in vpcs}
    for vpc in vpcs:
        token = {}
        while True:
            page = route53.list_hosted_zones_by_vpc(VPCId=vpc, VPCRegion=region, MaxItems="2", **token)
            zones[vpc] += page["HostedZoneSummaries"]
            if not page.get("NextToken"):
                break
            token = {"NextToken": page["NextToken"]}
        assert all(len(zone["Owner"]) == 1 and zone["Name"].endswith(".") for zone in zones[vpc])
    rules = {rule["Id"]: rule for rule in pages(resolver, "list_resolver_rules", "ResolverRules", MaxResults=2)}
    associations = list(
        pages(resolver, "list_resolver_rule_associations", "ResolverRuleAssociations", MaxResults=2)
    )
    assert all(association["ResolverRuleId"] in rules for association in associations)
    assert {"FORWARD", "RECURSIVE", "SYSTEM"} >= {rule["RuleType"] for rule in rules.values()}
    assert {a["VPCId"] for a in associations if "autodefined" in a["Id"]} == set(vpcs)


def read_balancers(seen, elb, services, zones):
    for service in services:
        arns = service.get("NetworkLoadBalancerArns", []) + service.get("GatewayLoadBalancerArns", [])
        for balancer in elb.describe_load_balancers(LoadBalancerArns=arns)["LoadBalancers"]:
            arn = balancer["LoadBalancerArn"]
            seen.resources.add(arn)
            assert isinstance(balancer["CreatedTime"], datetime)
            assert all(zone["ZoneName"] in zones for zone in balancer["AvailabilityZones"])
            keys = {attribute["Key"] for attribute in elb.describe_load_balancer_attributes(LoadBalancerArn=arn)["Attributes"]}
            assert "load_balancing.cross_zone.enabled" in keys
            assert list(pages(elb, "describe_listeners", "Listeners", LoadBalancerArn=arn))
            for group in pages(elb, "describe_target_groups", "TargetGroups", LoadBalancerArn=arn):
                is_address = group["TargetType"] == "ip"
                elb.describe_target_group_attributes(TargetGroupArn=group["TargetGroupArn"])
                for target in elb.describe_target_health(TargetGroupArn=group["TargetGroupArn"])["TargetHealthDescriptions"]:
                    assert target["TargetHealth"]["State"]
                    # Instances and load balancers are registered without a zone.
                    assert (target["Target"].get("AvailabilityZone") in zones) == is_address


def read_metrics(seen, cloudwatch, endpoints, region):
    listed = list(pages(cloudwatch, "list_metrics", "Metrics", Namespace="AWS/PrivateLinkEndpoints"))
    for metric in listed:
        assert {"Endpoint Type", "Service Name", "VPC Endpoint Id", "VPC Id"} <= {d["Name"] for d in metric["Dimensions"]}
    measured = [e for e in endpoints if e["VpcEndpointType"] in ("Interface", "GatewayLoadBalancer") and e.get("ServiceRegion", region) == region]
    if not measured:
        return
    queries = [
        {
            "Id": f"m{number}",
            "MetricStat": {
                "Metric": {
                    "Namespace": "AWS/PrivateLinkEndpoints",
                    "MetricName": "BytesProcessed",
                    "Dimensions": [
                        {"Name": "VPC Endpoint Id", "Value": endpoint["VpcEndpointId"]},
                        {"Name": "VPC Id", "Value": endpoint["VpcId"]},
                        {"Name": "Endpoint Type", "Value": endpoint["VpcEndpointType"]},
                        {"Name": "Service Name", "Value": endpoint["ServiceName"]},
                    ],
                },
                "Period": 86400,
                "Stat": "Sum",
            },
        }
        for number, endpoint in enumerate(measured)
    ]
    # The simulated organization takes place on a fixed day.
    end = datetime(2026, 11, 23, tzinfo=timezone.utc)
    results = list(
        pages(cloudwatch, "get_metric_data", "MetricDataResults", MetricDataQueries=queries, StartTime=end - timedelta(days=90), EndTime=end)
    )
    assert len(results) == len(measured)
    idle = {p["resource_id"] for p in PLANTED if p["rule_id"] == "orphaned-endpoint" and p["is_fault"]}
    for endpoint, result in zip(measured, results):
        assert result["StatusCode"] == "Complete"
        assert all(isinstance(moment, datetime) for moment in result["Timestamps"])
        if endpoint["VpcEndpointId"] in idle and result["Values"]:
            seen.idle_with_datapoints.append(endpoint["VpcEndpointId"])


def read_costs():
    """Days for which Cost Explorer answers, over all pages."""
    days, token = set(), {}
    while True:
        page = client("ce").get_cost_and_usage(
            TimePeriod={"Start": "2026-10-01", "End": "2026-11-01"},
            Granularity="DAILY",
            Metrics=["UnblendedCost", "UsageQuantity"],
            GroupBy=[{"Type": "DIMENSION", "Key": "LINKED_ACCOUNT"}, {"Type": "DIMENSION", "Key": "USAGE_TYPE"}],
            **token,
        )
        days.update(result["TimePeriod"]["Start"] for result in page["ResultsByTime"])
        if not page.get("NextPageToken"):
            return len(days)
        token = {"NextPageToken": page["NextPageToken"]}


def main():
    seen = Seen()
    found, empty = accounts()
    management = client("sts").get_caller_identity()["Account"]
    for account in found:
        credentials = None
        if account["Id"] != management:
            try:
                assumed = client("sts").assume_role(RoleArn=f"arn:aws:iam::{account['Id']}:role/{ROLE}", RoleSessionName="test")
            except Exception as error:
                assert "AccessDenied" in str(error), error
                continue
            credentials = assumed["Credentials"]
            # Every account sees itself and nobody else.
            assert client("sts", credentials=credentials).get_caller_identity()["Account"] == account["Id"]
        regions = client("ec2", credentials=credentials).describe_regions()["Regions"]
        for region in regions:
            try:
                read_region(seen, region["RegionName"], credentials)
            except Exception as error:
                if "UnauthorizedOperation" not in str(error):
                    raise
    assert read_costs() == 31
    products = list(pages(client("pricing"), "get_products", "PriceList", ServiceCode="AmazonVPC"))
    assert len(products) > 50 and "pricePerUnit" in products[0], len(products)
    json.dump(
        {
            "resources": sorted(seen.resources),
            "states": sorted(seen.states),
            "idle_with_datapoints": seen.idle_with_datapoints,
            "empty_pages": empty,
        },
        sys.stdout,
    )


main()
