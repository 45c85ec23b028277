"""Hands `aws ...` commands to the AWS CLI's own parser, and sends none of them.

Reads lines of JSON, {"id": ..., "command": ...}, from standard input, and prints for each what it is:
{"id": ..., "operation": "ec2:DeleteVpcEndpoints", "error": null}, or why it cannot be run as it stands.
`--self-test` judges commands whose verdict is known.

The CLI checks service, operation, options, shorthand, and botocore the parameters, each as they do before
they send. What they let pass and AWS or a shell would not is checked here: words that a shell takes for
something else, places that nobody filled, a Region that is missing, words that AWS's model does not list,
and ids of another kind of resource.
"""

import contextlib
import io
import json
import os
import re
import shlex
import sys

# Nothing of this machine: no credentials, no Region, no aliases, no models of somebody's own.
for variable in [name for name in os.environ if name.startswith("AWS_")]:
    del os.environ[variable]
os.environ.update(
    AWS_ACCESS_KEY_ID="nobody",
    AWS_SECRET_ACCESS_KEY="nothing",
    AWS_CONFIG_FILE=os.devnull,
    AWS_SHARED_CREDENTIALS_FILE=os.devnull,
    AWS_EC2_METADATA_DISABLED="true",
    HOME=os.devnull,
)

from awscli.clidriver import create_clidriver  # noqa: E402
from awscli.customizations.commands import BasicCommand  # noqa: E402

# Services that answer in one place for the whole partition:
# https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/global-services.html
GLOBAL = {"ce", "iam", "organizations", "route53", "sts"}

# What a shell makes something else of where it stands outside quotes.
SHELL = set("|&;<>()$`\\\n#*?[]{}~!")

# Ids by the members of AWS's models that take them: "Resource IDs in Amazon EC2",
# https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/resource-ids.html
KINDS = {
    "VpcEndpointId": "vpce",
    "VpcEndpointIds": "vpce",
    "ServiceId": "vpce-svc",
    "ServiceIds": "vpce-svc",
    "ConnectionNotificationId": "vpce-nfn",
    "ConnectionNotificationIds": "vpce-nfn",
    "VpcId": "vpc",
    "VPCId": "vpc",
    "SubnetIds": "subnet",
    "AddSubnetIds": "subnet",
    "RemoveSubnetIds": "subnet",
    "GroupId": "sg",
    "GroupIds": "sg",
    "SecurityGroupIds": "sg",
    "AddSecurityGroupIds": "sg",
    "RemoveSecurityGroupIds": "sg",
    "SecurityGroupRuleIds": "sgr",
    "RouteTableId": "rtb",
    "RouteTableIds": "rtb",
    "AddRouteTableIds": "rtb",
    "RemoveRouteTableIds": "rtb",
    "NetworkAclId": "acl",
    "NetworkAclIds": "acl",
    "ResolverRuleId": "rslvr-rr",
}

# What version 2 of the CLI has, and version 1, which Python can install, has not:
# https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-sso.html
SECOND = {("sso", "login"), ("configure", "sso")}

# Words in capitals that stand for a value. Others are names that somebody gave: a tag, a role.
WORDS = set(
    "ACCOUNT ACL ARN BUCKET CIDR ENDPOINT GROUP GROUPS ID IDS INSTANCE KEPT KEY NAME NUMBER ORGANIZATION"
    " PLACEHOLDER POLICY PORT PRINCIPAL REGION ROLE RTB RULE SERVICE SG SUBNET SUBNETS TOPIC VALUE VPC XXX"
    " YOUR ZONE".split()
)


class Refused(Exception):
    """Why a command cannot be run as it stands."""


class Stopped(BaseException):
    """All is checked; the CLI would send now. It catches every Exception, and this is none."""


def words(command):
    """The words that a shell makes of a command, where it makes nothing else of it."""
    for place in re.findall(r"<[^<>\s\"']+>|\{[a-z_]+(?::[^{}\"']*)?\}", command):
        raise Refused(f"{place} was not filled in")
    quote = None
    # A quote within quotes is written '\\'', and stands for nothing else.
    bare = command.replace("'\\''", "''")
    for before, character in zip(" " + bare, bare):
        if quote is None and character in "'\"":
            quote = character
        elif character == quote:
            quote = None
        elif quote == '"' and character in "$`\\":
            raise Refused(f"a shell reads {character} between double quotes")
        # A # begins a comment and ~ a home only where a word begins.
        elif quote is None and character in SHELL and (character not in "#~" or before in " ="):
            raise Refused(f"a shell reads {character} outside quotes")
    if quote:
        raise Refused(f"the quote {quote} does not end")
    return shlex.split(command)


def capitals(text):
    """Words in capitals that stand for what nobody filled in."""
    return [word for word in re.findall(r"[A-Za-z]+", text) if word in WORDS]


def unfilled(value):
    """The same in an argument. The dimensions of CloudWatch are called `VPC Id`, with a blank."""
    if isinstance(value, str):
        return [word for part in re.split(r"[.:/,=\-\[\]\"]", value) for word in capitals(part) if word == part]
    return []


def strings(shape, value, name=""):
    """Every text of the parameters, with its shape and the member that holds it."""
    if value is None:
        return
    if shape.type_name == "structure":
        for key, item in value.items():
            yield from strings(shape.members[key], item, key)
    elif shape.type_name == "list":
        if not value:
            raise Refused(f"{name} is an option without a value")
        for item in value:
            yield from strings(shape.member, item, name)
    elif shape.type_name == "map":
        for key, item in value.items():
            yield from strings(shape.key, key, name)
            yield from strings(shape.value, item, name)
    elif shape.type_name == "string" and isinstance(value, str):
        yield shape, value, name


def check_parameters(model, parameters):
    """What neither the CLI nor botocore looks at."""
    for shape, value, name in strings(model.input_shape, parameters) if model.input_shape else ():
        listed = getattr(shape, "enum", None)
        if listed and value not in listed:
            raise Refused(f"{name} is {value}, not one of {', '.join(listed[:20])}")
        if not listed and unfilled(value):
            raise Refused(f"{name} is {value}: {', '.join(unfilled(value))} was not filled in")
        kind = KINDS.get(name)
        if kind and not re.fullmatch(rf"{kind}-[0-9a-f]{{8,17}}", value):
            raise Refused(f"{name} is {value}, not the id of one {kind}")
        if name.endswith(("Arn", "Arns")) and not re.fullmatch(r"arn:aws[a-z-]*:[a-z0-9-]+:[^\s:]*:\d*:\S+", value):
            raise Refused(f"{name} is {value}, not an ARN")
        if name in ("CidrBlock", "CidrIp", "DestinationCidrBlock") and not re.fullmatch(r"[\d.]+/\d+", value):
            raise Refused(f"{name} is {value}, not a range of IPv4 addresses")


# Reading a service's model takes long, and the models are the same for all commands.
LOADER = create_clidriver().session.get_component("data_loader")


class Cli:
    """The AWS CLI for one command, which stops before it sends. What a command registers with its session
    would be heard by the next one."""

    def __init__(self):
        self.driver = create_clidriver()
        self.session = self.driver.session
        self.session.register_component("data_loader", LOADER)
        self.seen = None
        self.region = None
        self.create_client = self.session.create_client
        self.session.create_client = self.client
        self.session.register("top-level-args-parsed", self.top_level)
        self.session.register("before-parameter-build.*.*", self.built)
        self.session.register("before-call.*.*", self.stop)
        self.session.register("building-command-table.*", self.disarm)
        # At the top the CLI's own commands come after this would be called.
        self.disarm(self.driver._get_command_table())

    def client(self, service, region_name=None, **rest):
        """Whether the Region is given is asked below, in words that name the option."""
        return self.create_client(service, region_name=region_name or "us-east-1", **rest)

    def top_level(self, parsed_args, **_):
        self.region = parsed_args.region

    def built(self, params, model, **_):
        self.seen = (model, params)

    def stop(self, **_):
        raise Stopped

    def disarm(self, command_table, **_):
        """Commands of the CLI's own, such as `aws configure`, are parsed and not obeyed."""
        for command in command_table.values():
            if isinstance(command, BasicCommand) and (not command.SUBCOMMANDS or command.NAME == "configure"):
                command._run_main = self.stop_command

    def stop_command(self, *_):
        raise Stopped

    def judge(self, command):
        """The operation that a command calls; raises Refused."""
        arguments = words(command)
        if not arguments or arguments.pop(0) != "aws":
            raise Refused("is no command of the AWS CLI")
        if any(word.startswith(("file://", "fileb://")) for word in arguments):
            raise Refused("reads a file that nobody has")
        if tuple(arguments) in SECOND:
            return " ".join(arguments)
        told = io.StringIO()
        try:
            with contextlib.redirect_stderr(told), contextlib.redirect_stdout(told):
                status = self.driver.main(arguments)
        except Stopped:
            return self.admitted(arguments)
        except SystemExit as error:
            status = error.code
        # Before its error the CLI says how it is used, and after one of a word all words that there are.
        lines = [line.strip() for line in told.getvalue().splitlines() if line.strip()]
        start = next((at for at, line in enumerate(lines) if re.search(": error: |^Unknown options: ", line)), 0)
        raise Refused(" ".join(lines[start:])[:200] or f"the CLI ends with {status}")

    def admitted(self, arguments):
        if self.seen is None:
            return " ".join(word for word in arguments if not word.startswith("-"))
        model, parameters = self.seen
        service = model.service_model.service_name
        if service not in GLOBAL and not self.region:
            raise Refused("has no --region")
        if self.region and not re.fullmatch(r"[a-z]{2,4}(-[a-z]+)+-\d+", self.region):
            raise Refused(f"{self.region} is no Region")
        check_parameters(model, parameters)
        return f"{service}:{model.name}"


def verdict(command):
    try:
        return {"operation": Cli().judge(command), "error": None}
    except Refused as error:
        return {"operation": None, "error": str(error)}


ENDPOINT = "aws ec2 modify-vpc-endpoint --region us-east-1 --vpc-endpoint-id vpce-0123456789abcdef0"
GROUP = "aws elbv2 describe-target-health --region us-east-1 --target-group-arn"
TAGS = "aws ec2 create-tags --region us-east-1 --resources vpce-0123456789abcdef0"

# Commands, with the operation that they call.
RIGHT = [
    # First, as it leaves behind what every later command of its session fails by.
    ("aws ec2 modify-vpc-attribute --region us-east-1 --vpc-id vpc-0123456789abcdef0 --enable-dns-hostnames", "ec2:ModifyVpcAttribute"),
    (f"{ENDPOINT} --add-subnet-ids subnet-0123456789abcdef0 subnet-0123456789abcdef1", "ec2:ModifyVpcEndpoint"),
    (f"{ENDPOINT} --private-dns-enabled", "ec2:ModifyVpcEndpoint"),
    (ENDPOINT + """ --policy-document '{"Statement":[{"Effect":"Allow","Action":"*"}]}'""", "ec2:ModifyVpcEndpoint"),
    ("aws ec2 delete-vpc-endpoints --region us-east-1 --vpc-endpoint-ids vpce-0123456789abcdef0", "ec2:DeleteVpcEndpoints"),
    (f"{TAGS} --tags Key=service,Value=orders 'Key=data owner,Value=a $ sign'", "ec2:CreateTags"),
    (f"{TAGS} --tags Key=TEAM,Value=PROD", "ec2:CreateTags"),
    (f"{GROUP} arn:aws:elasticloadbalancing:us-east-1:111122223333:targetgroup/x/0123456789abcdef", "elbv2:DescribeTargetHealth"),
    (
        "aws cloudwatch get-metric-statistics --region us-east-1 --namespace AWS/PrivateLinkEndpoints"
        " --metric-name PacketsDropped --dimensions Name='VPC Id',Value=vpc-0123456789abcdef0"
        " --start-time 2026-01-01 --end-time 2026-01-02 --period 60 --statistics Sum",
        "cloudwatch:GetMetricStatistics",
    ),
    (
        "aws ec2 create-network-acl-entry --region us-east-1 --network-acl-id acl-0123456789abcdef0 --rule-number 90"
        " --protocol tcp --port-range From=443,To=443 --cidr-block 10.0.0.0/16 --rule-action allow --ingress",
        "ec2:CreateNetworkAclEntry",
    ),
    (
        "aws ec2 describe-vpc-endpoints --region us-east-1 --query 'VpcEndpoints[].PolicyDocument' --output text",
        "ec2:DescribeVpcEndpoints",
    ),
    ("aws arc-zonal-shift list-zonal-shifts --region us-east-1 --status ACTIVE", "arc-zonal-shift:ListZonalShifts"),
    ("aws sts get-caller-identity", "sts:GetCallerIdentity"),
    ("aws iam get-role --role-name plaudit-read-only", "iam:GetRole"),
    ("aws organizations list-accounts", "organizations:ListAccounts"),
    ("aws route53 list-hosted-zones-by-vpc --vpc-id vpc-0123456789abcdef0 --vpc-region eu-west-1", "route53:ListHostedZonesByVPC"),
    ("aws configure", "configure"),
    ("aws configure list", "configure list"),
    ("aws sso login", "sso login"),
]

# Commands, with a part of what is said against them.
WRONG = [
    ("aws ecc2 describe-vpcs --region us-east-1", "argument command: Invalid choice"),
    ("aws ec2 describe-vpc --region us-east-1", "argument operation: Invalid choice"),
    ("aws sso-login", "argument command: Invalid choice"),
    (f"{ENDPOINT} --add-subnets subnet-0123456789abcdef0", "Unknown options"),
    ("aws ec2 modify-vpc-endpoint --region us-east-1 --private-dns-enabled", "--vpc-endpoint-id"),
    ("aws ec2 accept-vpc-endpoint-connections --region us-east-1 --service-id vpce-svc-0123456789abcdef0", "--vpc-endpoint-ids"),
    (f"{ENDPOINT} --add-subnet-ids", "without a value"),
    ("aws elbv2 register-targets --region us-east-1 --target-group-arn arn:aws:x:us-east-1::y --targets Port=443", "Id"),
    (f"{TAGS} --tags Key=a,Value", "Tags[0].Key"),
    (f"{TAGS} --tags service=orders", "Unknown parameter"),
    (f"{TAGS} --tags Key=a,Value=b c", "parsing parameter"),
    (f"{TAGS} --tags Key=a,Value='b", "does not end"),
    # The shell's quotes are right; those of shorthand are not.
    (f"{TAGS} --tags 'Key=a,Value=it'\\''s ours'", "parsing parameter"),
    (f"{TAGS} --tags Key=a,Value=b,c", "Tags[0].Value"),
    (f"{TAGS} --tags 'Key=a,Value=[b]'", "Tags[0].Value"),
    (f"{TAGS} --tags 'Key=a,Value=b]'", "parsing parameter"),
    ("aws ec2 create-network-acl-entry --region us-east-1 --network-acl-id acl-0123456789abcdef0 --rule-number x"
     " --protocol tcp --rule-action allow --ingress", "invalid literal"),
    ("aws ec2 describe-vpc-endpoints --region us-east-1 --query 'VpcEndpoints[.x'", "--query"),
    ("aws ec2 delete-vpc-endpoints --vpc-endpoint-ids vpce-0123456789abcdef0", "no --region"),
    ("aws elbv2 describe-load-balancers", "no --region"),
    ("aws cloudwatch list-metrics", "no --region"),
    ("aws route53resolver list-resolver-rules", "no --region"),
    ("aws ec2 describe-vpcs --region REGION", "REGION"),
    ("aws ec2 describe-vpcs --region unknown", "no Region"),
    ("aws ec2 delete-vpc-endpoints --region us-east-1 --vpc-endpoint-ids ID", "ID"),
    ("aws ec2 delete-vpc-endpoints --region us-east-1 --vpc-endpoint-ids vpc-0123456789abcdef0", "vpce"),
    ("aws ec2 delete-vpc-endpoints --region us-east-1 --vpc-endpoint-ids unknown", "vpce"),
    ("aws ec2 delete-vpc-endpoints --region us-east-1 --vpc-endpoint-ids 'vpce-0123456789abcdef0 vpce-0123456789abcdef1'", "one vpce"),
    (f"{ENDPOINT} --add-subnet-ids 'subnet-0123456789abcdef0, subnet-0123456789abcdef1'", "one subnet"),
    (f"{ENDPOINT} --policy-document file://policy.json", "file"),
    (f"{ENDPOINT} --add-subnet-ids <subnet_id>", "<subnet_id> was not filled in"),
    (f"{ENDPOINT} --add-subnet-ids {{subnet_id}}", "{subnet_id} was not filled in"),
    (f"{TAGS} --tags Key=service,Value='<value>'", "<value> was not filled in"),
    (f"{TAGS} --tags Key=KEY,Value=VALUE", "was not filled in"),
    ("aws ec2 create-vpc-endpoint --region us-east-1 --vpc-id vpc-0123456789abcdef0 --service-name com.amazonaws.REGION.s3", "REGION"),
    (f"{GROUP} ARN", "ARN"),
    (f"{GROUP} x", "not an ARN"),
    ("aws ec2 authorize-security-group-ingress --region us-east-1 --group-id sg-0123456789abcdef0 --protocol tcp"
     " --port 443 --cidr CIDR-OF-THE-VPC", "CIDR"),
    ("aws ec2 create-vpc-endpoint --region us-east-1 --vpc-id vpc-0123456789abcdef0 --vpc-endpoint-type Gatewy"
     " --service-name com.amazonaws.us-east-1.s3", "not one of"),
    ("aws ec2 describe-vpcs --region us-east-1 | cat", "a shell reads |"),
    ("aws ec2 describe-vpcs --region us-east-1; rm x", "a shell reads ;"),
    ("aws ec2 describe-vpcs --region us-east-1 && true", "a shell reads &"),
    ("aws ec2 describe-vpcs --region $AWS_REGION", "a shell reads $"),
    ('aws ec2 describe-vpcs --region "$AWS_REGION"', "a shell reads $"),
    ("aws ec2 describe-vpcs --region us-east-1 --query Vpcs[].VpcId", "a shell reads ["),
    ("aws ec2 modify-vpc-endpoint-service-permissions --region us-east-1 --service-id vpce-svc-0123456789abcdef0"
     " --remove-allowed-principals *", "a shell reads *"),
    ("plaudit audit", "no command of the AWS CLI"),
]


def self_test():
    wrong = [f"{command}\n  {found}" for command, operation in RIGHT
             if (found := verdict(command)) != {"operation": operation, "error": None}]
    wrong += [f"{command}\n  {found}, expected: {reason}" for command, reason in WRONG
              if reason not in ((found := verdict(command))["error"] or "")]
    if wrong:
        sys.exit("\n".join(wrong))
    print(f"{len(RIGHT)} commands accepted, {len(WRONG)} refused")


def main():
    if sys.argv[1:] == ["--self-test"]:
        return self_test()
    known = {}
    for line in sys.stdin:
        given = json.loads(line)
        # What differs from another command by its ids alone is judged as that one is.
        like = re.sub(r"(?<=[a-z]-)[0-9a-f]{8,17}\b", "0123456789abcdef0", given["command"])
        like = re.sub(r"\b\d{12}\b", "111122223333", like)
        if like not in known:
            known[like] = verdict(like)
        print(json.dumps({"id": given["id"], **known[like]}))


if __name__ == "__main__":
    main()
