"""What the benches share: a simulated organization, and the time, CPU and memory of a command."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WORK = ROOT / "target" / "benches"
REQUIREMENTS = Path(__file__).with_name("requirements.txt")
README = ROOT / "README.md"


def plaudit():
    """The binary that is handed out, profile `release`, or the one that PLAUDIT names."""
    if "PLAUDIT" in os.environ:
        return Path(os.environ["PLAUDIT"])
    subprocess.run(["cargo", "build", "--quiet", "--release", "--bin", "plaudit"], cwd=ROOT, check=True)
    return ROOT / "target" / "release" / "plaudit"


def python():
    """A Python with the programs that plaudit is compared with."""
    folder = WORK / "python"
    marker = folder / "requirements.txt"
    if not marker.exists() or marker.read_text() != REQUIREMENTS.read_text():
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        subprocess.run([folder / "bin" / "pip", "install", "--quiet", "-r", REQUIREMENTS], check=True)
        marker.write_text(REQUIREMENTS.read_text())
    return folder / "bin"


class Simulator:
    """`plaudit simulate` on a free port, in a process of its own."""

    def __init__(self, binary, *arguments):
        self.planted_file = tempfile.NamedTemporaryFile(suffix=".json")
        self.process = subprocess.Popen(
            [binary, "simulate", "--port", "0", "--planted", self.planted_file.name, *map(str, arguments)],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.url = self.process.stdout.readline().strip()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def environment(self):
        clean = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        return clean | {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": "management",
            "AWS_SECRET_ACCESS_KEY": "simulated",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def planted(self):
        return json.loads(Path(self.planted_file.name).read_text())

    def statistics(self):
        with urllib.request.urlopen(self.url + "/requests") as answer:
            return json.load(answer)

    def cpu_seconds(self):
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Measured:
    """What a command took. Memory is the most that its processes held together, shared pages once."""

    def __init__(self, command, **options):
        before = os.times()
        begun = time.monotonic()
        process = subprocess.Popen([str(part) for part in command], **options)
        self.peak = 0
        self._stop = threading.Event()
        watcher = threading.Thread(target=self._watch, args=(process.pid,))
        watcher.start()
        self.status = process.wait()
        self.wall = time.monotonic() - begun
        self._stop.set()
        watcher.join()
        after = os.times()
        self.cpu = after.children_user + after.children_system - before.children_user - before.children_system

    def _watch(self, pid):
        while not self._stop.wait(0.05):
            self.peak = max(self.peak, sum(map(_memory, _tree(pid))))


def _tree(pid):
    found, queue = [], [pid]
    while queue:
        pid = queue.pop()
        found.append(pid)
        try:
            for task in os.listdir(f"/proc/{pid}/task"):
                queue += map(int, Path(f"/proc/{pid}/task/{task}/children").read_text().split())
        except OSError:
            pass
    return found


def _memory(pid):
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    return 0


def mebibytes(size):
    return f"{size / 2**20:,.0f} MiB"


def publish(section, lines):
    """Prints a table, and puts it into README with `--write`."""
    print("\n".join(lines))
    if "--write" not in sys.argv:
        return
    text = README.read_text()
    begin, end = f"<!-- bench {section} -->\n", f"<!-- end of bench {section} -->"
    head, _, rest = text.partition(begin)
    _, _, tail = rest.partition(end)
    README.write_text(head + begin + "\n" + "\n".join(lines) + "\n\n" + end + tail)
