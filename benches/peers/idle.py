"""What a careful engineer writes with boto3: idle endpoints of an organization, by threads.

Paginated, one session in all so that the service models are loaded once, one client per service,
account and Region, metrics in batches of 500, standard retries. Prints nothing; writes the ids of idle endpoints to the file that is named.
"""

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from threading import Lock

import boto3
from botocore.config import Config

ROLE = "plaudit-read-only"
DAYS = 90
THREADS = 32
CONFIG = Config(retries={"mode": "standard", "max_attempts": 5}, max_pool_connections=4)
SESSION = boto3.Session()
# Creating a client is not safe between threads of one session.
CREATING = Lock()


def enter(sts, account, management):
    """The credentials for an account; none for the caller's own."""
    if account == management:
        return {}
    role = sts.assume_role(RoleArn=f"arn:aws:iam::{account}:role/{ROLE}", RoleSessionName="idle")["Credentials"]
    return {
        "aws_access_key_id": role["AccessKeyId"],
        "aws_secret_access_key": role["SecretAccessKey"],
        "aws_session_token": role["SessionToken"],
    }


def client(credentials, service, region):
    with CREATING:
        return SESSION.client(service, region_name=region, config=CONFIG, **credentials)


def idle(credentials, region):
    now = datetime.now(timezone.utc)
    pages = client(credentials, "ec2", region).get_paginator("describe_vpc_endpoints").paginate(PaginationConfig={"PageSize": 1000})
    old = [
        endpoint
        for page in pages
        for endpoint in page["VpcEndpoints"]
        if endpoint["VpcEndpointType"] in ("Interface", "GatewayLoadBalancer")
        and endpoint["State"].lower() == "available"
        and now - endpoint["CreationTimestamp"] >= timedelta(days=DAYS)
    ]
    if not old:
        return []
    cloudwatch = client(credentials, "cloudwatch", region)
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    found = []
    for begin in range(0, len(old), 500):
        batch = old[begin : begin + 500]
        queries = [
            {
                "Id": f"m{index}",
                "MetricStat": {
                    "Metric": {
                        "Namespace": "AWS/PrivateLinkEndpoints",
                        "MetricName": "BytesProcessed",
                        "Dimensions": [
                            {"Name": "Endpoint Type", "Value": endpoint["VpcEndpointType"]},
                            {"Name": "Service Name", "Value": endpoint["ServiceName"]},
                            {"Name": "VPC Endpoint Id", "Value": endpoint["VpcEndpointId"]},
                            {"Name": "VPC Id", "Value": endpoint["VpcId"]},
                        ],
                    },
                    "Period": 86400,
                    "Stat": "Sum",
                },
            }
            for index, endpoint in enumerate(batch)
        ]
        total = [0.0] * len(batch)
        pages = cloudwatch.get_paginator("get_metric_data").paginate(
            MetricDataQueries=queries,
            StartTime=midnight - timedelta(days=DAYS),
            EndTime=midnight + timedelta(days=1),
        )
        for page in pages:
            for result in page["MetricDataResults"]:
                total[int(result["Id"][1:])] += sum(result["Values"])
        found += [endpoint["VpcEndpointId"] for endpoint, bytes_ in zip(batch, total) if bytes_ == 0]
    return found


def audit(sts, account, management):
    credentials = enter(sts, account, management)
    regions = client(credentials, "ec2", "us-east-1").describe_regions()["Regions"]
    return [endpoint for region in regions for endpoint in idle(credentials, region["RegionName"])]


def main():
    sts = SESSION.client("sts", config=Config(retries={"mode": "standard"}, max_pool_connections=THREADS))
    management = sts.get_caller_identity()["Account"]
    pages = SESSION.client("organizations").get_paginator("list_accounts").paginate()
    accounts = [account["Id"] for page in pages for account in page["Accounts"] if account["State"] == "ACTIVE"]
    with ThreadPoolExecutor(THREADS) as pool:
        found = [one for part in pool.map(lambda account: audit(sts, account, management), accounts) for one in part]
    with open(sys.argv[1], "w") as file:
        json.dump(found, file)


main()
