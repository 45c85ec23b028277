"""Benches of the crawl, on a simulated organization served by another process of the same machine.

    python3 benches/crawl.py pace     1,000 accounts x 4 Regions, 20 ms answers, AWS's throttles:
                                      how near to the lower bound
    python3 benches/crawl.py scale    10,000 accounts x 3 Regions: time, CPU, calls, memory
    python3 benches/crawl.py peers    beside boto3 with threads and c7n-org, in one run

`--write` puts the figures into README.
"""

import csv
import io
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from measure import Measured, Simulator, mebibytes, plaudit, publish, python

LATENCY = 0.020
RATE_SHARE = 0.5
PRIVATELINK_IN_FLIGHT = 10
PRIVATELINK_PER_SECOND = 500.0
PRIVATELINK_BURST = 500.0
# What a full bucket holds and what it gets a second, per account and Region.
PUBLISHED = {"ec2": (100, 20), "elasticloadbalancing": (40, 10), "cloudwatch": (25, 25), "route53resolver": (5, 5)}
# The same of a service whose bucket all Regions of an account share.
PUBLISHED_GLOBAL = {"route53": (50, 10)}


def crawl(binary, simulator, store, *arguments):
    measured = Measured(
        # Cost Explorer is asked before the crawl, page by page; it is no part of what is measured here.
        [binary, "crawl", "--quiet", "--charges", "list-price", "--store", store, *arguments],
        env=simulator.environment(),
    )
    if measured.status != 0:
        sys.exit(f"the crawl ended with {measured.status}")
    return measured


def rows(binary, store, sql):
    output = subprocess.run(
        [binary, "query", "--store", store, "--format", "csv", sql], check=True, capture_output=True, text=True
    ).stdout
    return list(csv.DictReader(io.StringIO(output)))


def lower_bound(calls):
    """Seconds below which nobody gets who keeps to the same rates.

    The accounts are listed page by page, one after the other. After that, either the PrivateLink
    actions of all accounts take longest, few of which are in flight at a time; or the account and
    Region with the most calls of one family, at its share of AWS's rate. Before the first of them
    stand AssumeRole and DescribeRegions.
    """
    listing = [call for call in calls if call["operation"].startswith("organizations:")]
    pages = sum(int(call["requests"]) for call in listing)
    serial = LATENCY * (2 + pages)
    privatelink = sum(
        int(call["requests"]) for call in calls if call["operation"].startswith("ec2:DescribeVpcEndpoint")
    )
    together = max(
        privatelink * LATENCY / PRIVATELINK_IN_FLIGHT,
        (privatelink - PRIVATELINK_BURST) / PRIVATELINK_PER_SECOND,
    )
    scopes = {}
    for call in calls:
        family = call["operation"].partition(":")[0]
        if family in PUBLISHED:
            key = (call["account_id"], call["region"], family)
        elif family in PUBLISHED_GLOBAL:
            key = (call["account_id"], "", family)
        else:
            continue
        scopes[key] = scopes.get(key, 0) + int(call["requests"])
    alone = 0.0
    for (_, _, family), requests in scopes.items():
        burst, per_second = (PUBLISHED | PUBLISHED_GLOBAL)[family]
        alone = max(alone, (requests - burst * RATE_SHARE) / (per_second * RATE_SHARE))
    entering = 2 * LATENCY
    return serial + entering + max(together, alone), privatelink


def pace(binary):
    arguments = ["--accounts", 1000, "--regions", 4, "--no-gaps", "--latency", int(LATENCY * 1000), "--throttle"]
    with Simulator(binary, *arguments) as simulator, tempfile.TemporaryDirectory() as store:
        measured = crawl(binary, simulator, store)
        statistics = simulator.statistics()
        server = simulator.cpu_seconds()
        calls = rows(binary, store, "SELECT account_id, region, operation, requests FROM coverage")
    bound, privatelink = lower_bound(calls)
    asked = sum(statistics["requests"].values())
    publish(
        "pace",
        [
            "| 1,000 accounts x 4 Regions, 20 ms answers, throttled | |",
            "|---|---:|",
            f"| lower bound | {bound:.1f} s |",
            f"| crawl | {measured.wall:.1f} s |",
            f"| ratio | {measured.wall / bound:.2f} |",
            f"| CPU of the crawl (of the simulator) | {measured.cpu:.1f} s ({server:.1f} s) |",
            f"| calls (PrivateLink actions among them) | {asked:,} ({privatelink:,}) |",
            f"| refused by a throttle | {statistics['throttled']:,} |",
            f"| peak memory | {mebibytes(measured.peak)} |",
        ],
    )


def scale(binary):
    arguments = ["--accounts", 10000, "--regions", 3, "--no-gaps"]
    with Simulator(binary, *arguments) as simulator, tempfile.TemporaryDirectory() as store:
        measured = crawl(binary, simulator, store)
        statistics = simulator.statistics()
        server = simulator.cpu_seconds()
        endpoints = rows(binary, store, "SELECT COUNT(*) AS n FROM vpc_endpoint")[0]["n"]
        size = sum(path.stat().st_size for path in Path(store).rglob("*") if path.is_file())
    asked = sum(statistics["requests"].values())
    publish(
        "scale",
        [
            "| 10,000 accounts x 3 Regions | |",
            "|---|---:|",
            f"| endpoints | {int(endpoints):,} |",
            f"| calls | {asked:,} |",
            f"| crawl | {measured.wall:.0f} s |",
            f"| CPU of the crawl (of the simulator) | {measured.cpu:.0f} s ({server:.0f} s) |",
            f"| peak memory | {mebibytes(measured.peak)} |",
            f"| snapshot on disk | {mebibytes(size)} |",
        ],
    )


def peers(binary):
    bin_folder = python()
    here = Path(__file__).parent / "peers"
    accounts, regions = 200, 2
    arguments = ["--accounts", accounts, "--regions", regions, "--no-gaps", "--latency", int(LATENCY * 1000), "--throttle"]
    results = []
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        for name in ["plaudit", "boto3 with threads", "c7n-org"]:
            with Simulator(binary, *arguments) as simulator:
                orphaned = [one for one in simulator.planted() if one["rule_id"] == "orphaned-endpoint"]
                truth = {one["resource_id"] for one in orphaned if one["is_fault"]}
                environment = simulator.environment()
                if name == "plaudit":
                    store = folder / "store"
                    command = [binary, "audit", "--quiet", "--charges", "list-price", "--store", store]
                elif name == "c7n-org":
                    # c7n-org enters an account by a role or by a profile, never as it is.
                    credentials = folder / "credentials"
                    credentials.write_text(
                        "[management]\naws_access_key_id = management\naws_secret_access_key = simulated\n"
                    )
                    environment["AWS_SHARED_CREDENTIALS_FILE"] = str(credentials)
                    configuration = folder / "accounts.json"
                    configuration.write_text(json.dumps(c7n_accounts(bin_folder, environment, regions)))
                    command = [
                        bin_folder / "c7n-org", "run", "-c", configuration, "-u", here / "idle.yml",
                        "-s", folder / "c7n", "--cache-path", folder, "--cache-period", "0",
                    ]
                else:
                    command = [bin_folder / "python", here / "idle.py", folder / "boto3.json"]
                before = simulator.statistics()["requests"]
                log = open(folder / "log", "w")
                measured = Measured(command, env=environment, stdout=log, stderr=log)
                if measured.status != 0:
                    sys.exit(f"{name} ended with {measured.status}:\n{(folder / 'log').read_text()[-3000:]}")
                statistics = simulator.statistics()
                asked = sum(statistics["requests"].values()) - sum(before.values())
            if name == "plaudit":
                found = {
                    row["resource_id"]
                    for row in rows(
                        binary, store,
                        "SELECT resource_id FROM finding WHERE rule_id = 'orphaned-endpoint' AND status = 'alarm'",
                    )
                }
            elif name == "c7n-org":
                found = set()
                for path in (folder / "c7n").rglob("resources.json"):
                    found |= {one["VpcEndpointId"] for one in json.loads(path.read_text())}
            else:
                found = set(json.loads((folder / "boto3.json").read_text()))
            for one in orphaned:
                if one["resource_id"] in found - truth:
                    print(f"{name} accuses {one['resource_id']}: {one['what']}", file=sys.stderr)
            results.append((name, measured, asked, statistics["throttled"], found, truth))
    base = results[0][1]
    lines = [
        f"| {accounts} accounts x {regions} Regions, 20 ms answers, throttled | time | ratio | CPU | ratio | memory | calls | throttled | idle found | accused wrongly | missed |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for name, measured, asked, throttled, found, truth in results:
        lines.append(
            f"| {name} | {measured.wall:.1f} s | {measured.wall / base.wall:.1f} | {measured.cpu:.1f} s "
            f"| {measured.cpu / base.cpu:.1f} | {mebibytes(measured.peak)} | {asked:,} | {throttled:,} "
            f"| {len(found & truth)} | {len(found - truth)} | {len(truth - found)} |"
        )
    publish("peers", lines)


def c7n_accounts(bin_folder, environment, regions):
    """The accounts file that c7n-org wants, made before its clock runs."""
    script = (
        "import boto3, json\n"
        "pages = boto3.client('organizations').get_paginator('list_accounts').paginate()\n"
        "found = [account for page in pages for account in page['Accounts']]\n"
        "print(json.dumps([{key: one[key] for key in ('Id', 'Name')} for one in found]))\n"
    )
    listed = json.loads(
        subprocess.run([bin_folder / "python", "-c", script], env=environment, check=True, capture_output=True).stdout
    )
    management = subprocess.run(
        [bin_folder / "python", "-c", "import boto3; print(boto3.client('sts').get_caller_identity()['Account'])"],
        env=environment, check=True, capture_output=True, text=True,
    ).stdout.strip()
    names = ["us-east-1", "eu-west-1", "eu-central-1", "us-west-2"][:regions]
    return {
        "accounts": [
            {"account_id": account["Id"], "name": account["Name"], "regions": names}
            | (
                {"profile": "management"}
                if account["Id"] == management
                else {"role": f"arn:aws:iam::{account['Id']}:role/plaudit-read-only"}
            )
            for account in listed
        ]
    }


def main():
    benches = {"pace": pace, "scale": scale, "peers": peers}
    chosen = [name for name in sys.argv[1:] if name in benches]
    if not chosen:
        sys.exit(__doc__)
    binary = plaudit()
    for name in chosen:
        benches[name](binary)


main()
