"""Soak: audits of one organization, one after the other, each with other faults. None may leave anything
behind, none may need more than the one before, and outside of what a fault hit each must give what the
calm run gave, row by row.

    python3 benches/soak.py [AUDITS [ACCOUNTS]]     50 of 500 accounts x 2 Regions unless said otherwise

It ends with an error where one of these does not hold.
"""

import json
import os
import random
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

from measure import Measured, Simulator, mebibytes, plaudit, python

REGIONS = ["us-east-1", "eu-west-1"]

# What goes wrong for good, and what is over after one or two attempts, so that a retry has to make up for it.
LASTING = [
    '{ error = { status = 403, code = "UnauthorizedOperation", message = "You are not authorized." } }',
    '{ error = { status = 503, code = "RequestLimitExceeded", message = "Request limit exceeded." } }',
    '{ error = { status = 500, code = "InternalError", message = "An internal error has occurred" } }',
    '{ page = { status = 502 } }',
    '"malformed"',
    '"cut"',
    '"repeat-token"',
]
PASSING = [
    '{ error = { status = 503, code = "RequestLimitExceeded", message = "Request limit exceeded." } }',
    '{ error = { status = 500, code = "InternalError", message = "An internal error has occurred" } }',
    '"expired"',
    '"cut"',
]

# Compares two snapshots by account and Region, table by table. What is judged by several accounts may say
# less where one of them is missing, so verdicts may turn into `skip` and nothing else.
COMPARE = """
import duckdb, glob, json, os, sys
store, calm, other, hit = sys.argv[1], sys.argv[2], sys.argv[3], set(map(tuple, json.loads(sys.argv[4])))
connection = duckdb.connect()
def is_hit(account, region):
    return (account, region) in hit or (account, "*") in hit
def scopes(table, snapshot):
    path = f"{store}/{table}/snapshot_id={snapshot}/*.parquet"
    if not glob.glob(path):
        return {}
    columns = [c[0] for c in connection.execute(f"DESCRIBE SELECT * FROM read_parquet('{path}', hive_partitioning=false)").fetchall()]
    if "account_id" not in columns or "region" not in columns:
        return {}
    # A retry that made up for a fault is counted, and is no difference.
    kept = ", ".join(f'"{column}"' for column in columns if (table, column) != ("coverage", "requests"))
    rows = connection.execute(
        f"SELECT account_id, region, COUNT(*), bit_xor(hash(t)) FROM (SELECT {kept} FROM read_parquet('{path}', hive_partitioning=false)) AS t GROUP BY ALL"
    ).fetchall()
    return {(account, region): (count, digest) for account, region, count, digest in rows}
tables = sorted(d for d in os.listdir(store) if os.path.isdir(f"{store}/{d}") and not d.startswith("_"))
differing, compared = {}, 0
for table in tables:
    # What bytes cost depends on the tier that the whole organization reaches, so a gap elsewhere moves it.
    if table in ("finding", "vpc_endpoint_cost"):
        continue
    before, after = scopes(table, calm), scopes(table, other)
    compared += len(before)
    for scope in before.keys() | after.keys():
        if not is_hit(*scope) and before.get(scope) != after.get(scope):
            differing.setdefault(table, []).append(scope)
findings = {}
for snapshot in (calm, other):
    path = f"{store}/finding/snapshot_id={snapshot}/*.parquet"
    rows = connection.execute(
        f"SELECT rule_id, account_id, region, resource_id, status FROM read_parquet('{path}', hive_partitioning=false)"
    ).fetchall()
    findings[snapshot] = {row for row in rows if not is_hit(row[1], row[2])}
new = [row for row in findings[other] - findings[calm] if row[4] != "skip"]
print(json.dumps({
    "compared": compared, "differing": {table: len(scopes) for table, scopes in differing.items()},
    "examples": {table: scopes[:2] for table, scopes in differing.items()},
    "findings": len(findings[calm]), "new": new[:5], "skipped": len(findings[calm] - findings[other]),
}))
"""


def plan(random, accounts, operations):
    """Faults in a twentieth of all accounts, half of them passing."""
    faults, hit = [], set()
    for account in random.sample(accounts, max(1, len(accounts) // 20)):
        region = random.choice(REGIONS)
        operation = random.choice(operations + ["sts:AssumeRole"])
        lasting = random.random() < 0.5
        effect = random.choice(LASTING if lasting else PASSING)
        lines = ["[[fault]]", f'account = "{account}"', f'operation = "{operation}"', f"effect = {effect}"]
        if operation != "sts:AssumeRole":
            lines.append(f'region = "{region}"')
        # Whoever may not even assume a role has credentials that nobody here can renew.
        if lasting or ("expired" in effect and operation == "sts:AssumeRole"):
            # An account that stays closed does not even tell its Regions.
            hit.add((account, region if operation != "sts:AssumeRole" else "*"))
        if not lasting:
            # Credentials that are refused are renewed once.
            lines.append(f"times = {1 if 'expired' in effect else random.choice([1, 2])}")
        faults.append("\n".join(lines))
    return "\n\n".join(faults), hit


def held(simulator):
    """Memory in bytes and descriptors of the simulator, which lives through all audits."""
    pid = simulator.process.pid
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE"), len(os.listdir(f"/proc/{pid}/fd"))


def below(folder):
    return sum(1 for path in Path(folder).rglob("*") if path.is_file())


def main(audits, accounts):
    binary, bin_folder = plaudit(), python()
    arguments = ["--accounts", accounts, "--regions", ",".join(REGIONS), "--no-gaps"]
    failures, peaks, simulated, files, skipped, compared, hits = [], [], [], [], 0, 0, 0
    with Simulator(binary, *arguments) as simulator, tempfile.TemporaryDirectory() as folder:
        store, state, scratch = (Path(folder) / name for name in ("store", "state", "scratch"))
        for place in (state, scratch):
            place.mkdir(mode=0o700)
        environment = simulator.environment() | {"XDG_STATE_HOME": str(state), "TMPDIR": str(scratch)}

        def put(text):
            request = urllib.request.Request(simulator.url + "/faults", data=text.encode(), method="PUT")
            urllib.request.urlopen(request).close()

        def audit():
            measured = Measured(
                [binary, "audit", "--quiet", "--charges", "list-price", "--rate-share", "1", "--store", store],
                env=environment, stdout=subprocess.DEVNULL,
            )
            if measured.status != 0:
                sys.exit(f"the audit ended with {measured.status}")
            return measured, sorted(path.stem for path in (store / "_snapshots").glob("*.json"))[-1]

        measured, calm = audit()
        operations = [name for name in simulator.statistics()["requests"] if name.split(":")[0] in
                      ("ec2", "elasticloadbalancing", "cloudwatch", "route53", "route53resolver")
                      and name != "ec2:DescribeRegions"]
        members = json.loads(subprocess.run(
            [binary, "query", "--store", store, "--format", "json", "SELECT account_id FROM account"],
            check=True, capture_output=True, text=True).stdout)
        members = sorted(row["account_id"] for row in members)
        files_of_one = below(store)
        print(f"calm: {measured.wall:.1f} s, {mebibytes(measured.peak)}, {files_of_one} files", flush=True)
        for number in range(1, audits + 1):
            text, hit = plan(random.Random(number), members, operations)
            put(text)
            measured, snapshot = audit()
            answer = json.loads(subprocess.run(
                [bin_folder / "python", "-c", COMPARE, str(store), calm, snapshot, json.dumps(sorted(hit))],
                check=True, capture_output=True, text=True).stdout)
            peaks.append(measured.peak)
            simulated.append(held(simulator))
            hits += len(hit)
            compared += answer["compared"]
            skipped += answer["skipped"]
            files.append(below(store) - files_of_one * (number + 1))
            left = below(state) + below(scratch)
            if answer["differing"] or answer["new"] or left or files[-1]:
                failures.append(f"audit {number}: {answer['examples']} {answer['new']}, {left} files left, {files[-1]} too many in the store")
                print(failures[-1], flush=True)
            print(f"{number}: {measured.wall:.1f} s, {mebibytes(measured.peak)}; simulator "
                  f"{mebibytes(simulated[-1][0])}, {simulated[-1][1]} descriptors; {len(hit)} scopes hit for good, "
                  f"{answer['skipped']} findings elsewhere skipped", flush=True)
    third = max(1, audits // 3)
    mean = lambda values: sum(values) / len(values)
    print(f"\n{audits} audits of {accounts} accounts x {len(REGIONS)} Regions; {hits} account-Regions hit for good")
    print(f"tables compared by account and Region: {compared:,}; findings elsewhere that say less: {skipped}")
    print(f"peak memory of an audit: first third {mebibytes(mean(peaks[:third]))}, last third {mebibytes(mean(peaks[-third:]))}, most {mebibytes(max(peaks))}")
    print(f"simulator: {mebibytes(simulated[0][0])} after the first, {mebibytes(simulated[-1][0])} after the last; descriptors {simulated[0][1]}, {simulated[-1][1]}")
    print(f"files left in the work folder and among the temporary files: none" if not failures else "see above")
    if mean(peaks[-third:]) > 1.1 * mean(peaks[:third]):
        failures.append("later audits need more memory than earlier ones")
    if simulated[-1][1] > simulated[0][1] + 8:
        failures.append("descriptors of the simulator grow")
    if failures:
        sys.exit(f"{len(failures)} failures")


if __name__ == "__main__":
    numbers = [int(argument) for argument in sys.argv[1:]]
    main(*(numbers + [50, 500][len(numbers):]))
