"""Compares what the simulator sends with AWS's model and with the sample outputs of the AWS CLI, and prints
what differs as JSON.

What is sent is read off the wire: a client drops what its model does not know. `unknown` lists members that
are in no output shape of botocore, `missing` those that every sample output has and the simulator never
sends, `needless` entries of ABSENT that say so of what is sent after all."""

import json
import pathlib
import re
import sys
import xml.etree.ElementTree as ElementTree

import awscli
import boto3
import cbor2

URL = sys.argv[1]
ROLE = "plaudit-read-only"
EXAMPLES = pathlib.Path(awscli.__file__).parent / "examples"
HTTP = "of an Application Load Balancer, and services stand behind network and gateway ones"

# Members that all sample outputs have and that the simulator does not send, and why.
ABSENT = {
    "elbv2 DescribeTargetGroups TargetGroups[].HealthCheckPath": HTTP,
    "elbv2 DescribeTargetGroups TargetGroups[].Matcher": HTTP,
    "elbv2 DescribeTargetGroups TargetGroups[].Matcher.HttpCode": HTTP,
    "elbv2 DescribeTargetGroups TargetGroups[].ProtocolVersion": HTTP,
    "pricing GetProducts NextToken": "is there where another page follows, and all fit into one",
}


def client(service, region="us-east-1", credentials=None):
    keys = {"aws_access_key_id": "management", "aws_secret_access_key": "simulated"}
    if credentials:
        keys = {
            "aws_access_key_id": credentials["AccessKeyId"],
            "aws_secret_access_key": credentials["SecretAccessKey"],
            "aws_session_token": credentials["SessionToken"],
        }
    made = boto3.client(service, endpoint_url=URL, region_name=region, **keys)
    made.meta.events.register("before-parse", lambda **given: note(service, **given))
    return made


SENT, UNKNOWN, SHAPES = {}, set(), {}


def note(service, operation_model, response_dict, **_):
    """Takes down the members of an answer, by the names that botocore gives them."""
    operation = f"{service} {operation_model.name}"
    shape = operation_model.output_shape
    if response_dict["status_code"] >= 300 or shape is None:
        return
    SHAPES[operation] = shape
    sent = SENT.setdefault(operation, set())
    body, headers = response_dict["body"], response_dict["headers"]
    if "cbor" in headers.get("content-type", ""):
        walk_tree(cbor2.loads(body), shape, "", operation, sent)
    elif "json" in headers.get("content-type", ""):
        walk_tree(json.loads(body), shape, "", operation, sent)
    else:
        root = ElementTree.fromstring(body)
        result = [child for child in root if local(child) == f"{operation_model.name}Result"]
        walk_xml(result[0] if result else root, shape, "", operation, sent)


def local(element):
    return element.tag.rsplit("}", 1)[-1]


def below(path, name):
    return f"{path}.{name}" if path else name


def walk_xml(element, shape, path, operation, sent):
    if shape.type_name == "structure":
        names = {member.serialization.get("name", name): name for name, member in shape.members.items()}
        for child in element:
            name = names.get(local(child))
            if name:
                sent.add(below(path, name))
                walk_xml(child, shape.members[name], below(path, name), operation, sent)
            elif path or local(child) not in ("requestId", "ResponseMetadata"):
                UNKNOWN.add(f"{operation} {below(path, local(child))}")
    elif shape.type_name == "list":
        item = shape.member.serialization.get("name", "member")
        for child in element:
            if local(child) != item:
                UNKNOWN.add(f"{operation} {path}[] as {local(child)}, not {item}")
            walk_xml(child, shape.member, path + "[]", operation, sent)


def walk_tree(value, shape, path, operation, sent):
    if shape.type_name == "structure":
        names = {member.serialization.get("name", name): name for name, member in shape.members.items()}
        for key, child in value.items():
            if key in names:
                sent.add(below(path, names[key]))
                walk_tree(child, shape.members[names[key]], below(path, names[key]), operation, sent)
            else:
                UNKNOWN.add(f"{operation} {below(path, key)}")
    elif shape.type_name == "list":
        for child in value:
            walk_tree(child, shape.member, path + "[]", operation, sent)
    elif shape.type_name == "map":
        for child in value.values():
            walk_tree(child, shape.value, path + "{}", operation, sent)


def samples(operation):
    """The outputs that the AWS CLI's manual shows for an operation, as far as they are JSON."""
    service, name = operation.split()
    dashed = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "-", name).lower()
    file = EXAMPLES / service / f"{dashed}.rst"
    if not file.exists():
        return
    text = file.read_text()
    for match in re.finditer(r"^[ \t]*(?=\{\s*$)", text, re.MULTILINE):
        # Some samples have a comma too many.
        rest = re.sub(r",(\s*[\]}])", r"\1", text[match.end() :])
        try:
            sample, _ = json.JSONDecoder().raw_decode(rest)
        except ValueError:
            continue
        if set(sample) & set(SHAPES[operation].members):
            yield sample


def count(value, shape, path, objects, members):
    """Counts the objects at each path, and the members that they have."""
    if shape.type_name == "structure" and isinstance(value, dict):
        objects[path] = objects.get(path, 0) + 1
        for name, child in value.items():
            if name in shape.members:
                key = (path, name)
                members[key] = members.get(key, 0) + 1
                count(child, shape.members[name], below(path, name), objects, members)
    elif shape.type_name == "list" and isinstance(value, list):
        for child in value:
            count(child, shape.member, path + "[]", objects, members)


def always(operation):
    objects, members = {}, {}
    found = list(samples(operation))
    for sample in found:
        count(sample, SHAPES[operation], "", objects, members)
    return len(found), {below(path, name) for (path, name), number in members.items() if number == objects[path]}


def pages(client, operation, key, **arguments):
    for page in client.get_paginator(operation).paginate(**arguments):
        yield from page.get(key, [])


def read_region(region, credentials):
    ec2, elb = client("ec2", region, credentials), client("elbv2", region, credentials)
    endpoints = list(pages(ec2, "describe_vpc_endpoints", "VpcEndpoints"))
    services = list(pages(ec2, "describe_vpc_endpoint_service_configurations", "ServiceConfigurations"))
    for operation in (
        "describe_availability_zones",
        "describe_vpcs",
        "describe_subnets",
        "describe_route_tables",
        "describe_network_interfaces",
        "describe_security_group_rules",
        "describe_network_acls",
        "describe_nat_gateways",
        "describe_vpc_endpoint_services",
        "describe_vpc_endpoint_connections",
        "describe_vpc_endpoint_connection_notifications",
    ):
        getattr(ec2, operation)()
    rules = ec2.describe_security_group_rules()["SecurityGroupRules"]
    for prefix_list in {rule["PrefixListId"] for rule in rules if "PrefixListId" in rule}:
        ec2.get_managed_prefix_list_entries(PrefixListId=prefix_list)
    for vpc in sorted({endpoint["VpcId"] for endpoint in endpoints})[:2]:
        ec2.describe_vpc_attribute(VpcId=vpc, Attribute="enableDnsSupport")
        ec2.describe_vpc_attribute(VpcId=vpc, Attribute="enableDnsHostnames")
        client("route53", region, credentials).list_hosted_zones_by_vpc(VPCId=vpc, VPCRegion=region)
    resolver = client("route53resolver", region, credentials)
    resolver.list_resolver_rules()
    resolver.list_resolver_rule_associations()
    for service in services:
        ec2.describe_vpc_endpoint_service_permissions(ServiceId=service["ServiceId"])
    for balancer in pages(elb, "describe_load_balancers", "LoadBalancers"):
        arn = balancer["LoadBalancerArn"]
        elb.describe_load_balancer_attributes(LoadBalancerArn=arn)
        elb.describe_listeners(LoadBalancerArn=arn)
        for group in pages(elb, "describe_target_groups", "TargetGroups", LoadBalancerArn=arn):
            elb.describe_target_group_attributes(TargetGroupArn=group["TargetGroupArn"])
            elb.describe_target_health(TargetGroupArn=group["TargetGroupArn"])
    cloudwatch = client("cloudwatch", region, credentials)
    for metric in cloudwatch.list_metrics()["Metrics"][:1]:
        stat = {"Metric": metric, "Period": 86400, "Stat": "Sum"}
        cloudwatch.get_metric_data(
            MetricDataQueries=[{"Id": "m", "MetricStat": stat}], StartTime="2026-10-01", EndTime="2026-11-01"
        )


def main():
    organizations = client("organizations")
    organizations.describe_organization()
    accounts = list(pages(organizations, "list_accounts", "Accounts"))
    organizations.list_tags_for_resource(ResourceId=accounts[0]["Id"])
    client("sts").get_caller_identity()
    client("ce").get_cost_and_usage(
        TimePeriod={"Start": "2026-10-01", "End": "2026-11-01"},
        Granularity="MONTHLY",
        Metrics=["UnblendedCost", "UsageQuantity"],
        GroupBy=[{"Type": "DIMENSION", "Key": "LINKED_ACCOUNT"}, {"Type": "DIMENSION", "Key": "USAGE_TYPE"}],
    )
    client("pricing").get_products(ServiceCode="AmazonVPC")
    for account in accounts[1:]:
        try:
            role = f"arn:aws:iam::{account['Id']}:role/{ROLE}"
            credentials = client("sts").assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]
            for region in client("ec2", credentials=credentials).describe_regions()["Regions"]:
                read_region(region["RegionName"], credentials)
        except Exception as error:
            # An account may lack the role, and a Region be closed.
            if not re.search("AccessDenied|UnauthorizedOperation", str(error)):
                raise
    missing, needless, compared = [], [], 0
    for operation, sent in sorted(SENT.items()):
        number, wanted = always(operation)
        compared += number
        for path in sorted(wanted):
            name = f"{operation} {path}"
            if path not in sent and name not in ABSENT:
                missing.append(name)
    for name in ABSENT:
        service, operation, path = name.split()
        if path in SENT[f"{service} {operation}"]:
            needless.append(name)
    json.dump(
        {
            "unknown": sorted(UNKNOWN),
            "missing": missing,
            "needless": needless,
            "samples": compared,
            "operations": sorted(SENT),
        },
        sys.stdout,
    )


main()
