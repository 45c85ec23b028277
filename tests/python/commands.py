"""Hands commands to the AWS CLI's own parser. Reads a JSON object of names and commands, and prints one of
those that are not accepted, with the reason. Nothing is sent, unless an address is given: `commands.py URL`
runs them there.
"""

import contextlib
import io
import json
import os
import re
import shlex
import sys
import tempfile

# Services without a Region of their own in the command: one for all, or their Region is a matter of course.
GLOBAL = {"iam", "sts", "organizations", "ce", "route53", "sso", "configure"}
LEFT_OVER = re.compile(
    r"<[a-z_]+>|\{[a-z_]+\}|\b(?:REGION|ID|SUBNET|NAME|RULE|VPC|ZONE|SG|GROUP|ACCOUNT|ARN|PORT|TABLE|KEY|VALUE)\b"
)
SHELL = {"|", "||", "&", "&&", ";", ">", "<", ">>", "$("}


def quiet_environment():
    for name in list(os.environ):
        if name.startswith("AWS_"):
            del os.environ[name]
    os.environ.update(
        AWS_CONFIG_FILE=os.devnull,
        AWS_SHARED_CREDENTIALS_FILE=os.devnull,
        AWS_EC2_METADATA_DISABLED="true",
        AWS_PAGER="",
        AWS_ACCESS_KEY_ID="AKIAIOSFODNN7EXAMPLE",
        AWS_SECRET_ACCESS_KEY="secret",
    )


class Parser:
    def __init__(self, url=None):
        from awscli.clidriver import create_clidriver

        self.url = url
        self.driver = create_clidriver()
        self.requests = []
        self.driver.session.register("before-call", self.before_call)

    def before_call(self, model, params, **kwargs):
        """What botocore is about to send. An answer of our own keeps it from sending."""
        self.requests.append(model.name)
        if self.url is None:
            return (type("Answer", (), {"status_code": 200})(), {})
        return None

    def problem(self, command):
        """Why a command is not accepted; None where it is."""
        left = LEFT_OVER.search(command)
        if left:
            return f"`{left[0]}` is left over"
        try:
            words = shlex.split(command)
        except ValueError as error:
            return f"it cannot be split: {error}"
        if words[:1] != ["aws"] or len(words) < 3:
            return "it is no command of the AWS CLI"
        shell = SHELL.intersection(words)
        if shell:
            return f"it needs a shell: {sorted(shell)}"
        if words[1] in ("configure", "sso"):
            return None
        if words[1] not in GLOBAL and "--region" not in words:
            return "it names no Region"
        arguments = words[1:]
        if words[1] in GLOBAL and "--region" not in words:
            arguments += ["--region", "us-east-1"]
        if self.url is not None:
            arguments += ["--endpoint-url", self.url]
        self.requests.clear()
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                status = self.driver.main(arguments)
            except SystemExit as error:
                status = error.code
        if status != 0:
            return " ".join(err.getvalue().split())[-400:] or f"status {status}"
        if not self.requests:
            return "it asks AWS for nothing"
        return None


def self_test():
    parser = Parser()
    right = [
        "aws ec2 delete-vpc-endpoints --region us-east-1 --vpc-endpoint-ids vpce-1",
        "aws ec2 modify-vpc-endpoint --region us-east-1 --vpc-endpoint-id vpce-1 --add-subnet-ids subnet-1 subnet-2",
        "aws elbv2 modify-load-balancer-attributes --region us-east-1 --load-balancer-arn arn:lb --attributes Key=load_balancing.cross_zone.enabled,Value=false",
        "aws sts get-caller-identity",
        "aws ec2 modify-vpc-endpoint --region us-east-1 --vpc-endpoint-id vpce-1 --policy-document file://policy.json",
    ]
    wrong = [
        "aws ec2 delete-vpc-endpoint --region us-east-1 --vpc-endpoint-ids vpce-1",
        "aws ec2 delete-vpc-endpoints --region us-east-1",
        "aws ec2 delete-vpc-endpoints --region us-east-1 --vpc-endpoint-id-list vpce-1",
        "aws ec2 delete-vpc-endpoints --vpc-endpoint-ids vpce-1",
        "aws ec2 delete-vpc-endpoints --region REGION --vpc-endpoint-ids vpce-1",
        "aws ec2 delete-vpc-endpoints --region us-east-1 --vpc-endpoint-ids <vpc_endpoint_id>",
        "aws ec2 delete-vpc-endpoints --region us-east-1 --vpc-endpoint-ids 'vpce-1",
        "aws ec2 describe-vpcs --region us-east-1 | head",
        "aws ec2 modify-security-group-rules --region us-east-1 --group-id sg-1",
        "aws ec2 authorize-security-group-ingress --region us-east-1 --group-id sg-1 --protocol tcp --port high --cidr 10.0.0.0/8",
        "aws elbv2 modify-load-balancer-attributes --region us-east-1 --load-balancer-arn arn:lb --attributes Value=false,Ky=x",
    ]
    for command in right:
        assert parser.problem(command) is None, (command, parser.problem(command))
    for command in wrong:
        assert parser.problem(command) is not None, command


def main():
    quiet_environment()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        with open("policy.json", "w") as policy:
            policy.write("{}")
        if sys.argv[1:] == ["--self-test"]:
            return self_test()
        parser = Parser(*sys.argv[1:])
        commands = json.load(sys.stdin)
        problems = {name: [command, parser.problem(command)] for name, command in commands.items()}
        json.dump({name: found for name, found in problems.items() if found[1]}, sys.stdout)


main()
