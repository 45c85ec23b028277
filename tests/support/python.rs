//! Python with the programs that tests compare plaudit with, in a folder under `target/`.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};

/// What most tests compare with.
const COMMON: (&str, &str) = ("python", include_str!("../python/requirements.txt"));

/// Spark, which is large, and needs Java.
const SPARK: (&str, &str) = ("spark", include_str!("../python/spark-requirements.txt"));

/// A program of the environment: `python`, `aws`.
pub fn program(name: &str) -> Command {
    within(COMMON, name)
}

fn within(environment: (&str, &str), name: &str) -> Command {
    let mut command = Command::new(made(environment).join("bin").join(name));
    for (variable, _) in std::env::vars_os() {
        if variable.to_string_lossy().starts_with("AWS_") {
            command.env_remove(variable);
        }
    }
    command.env("AWS_EC2_METADATA_DISABLED", "true").env("AWS_PAGER", "");
    command
}

/// A script of `tests/python`.
pub fn script(name: &str) -> Command {
    let mut command = program("python");
    command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/python").join(name));
    command
}

/// A script of `tests/python` that runs Spark; nothing where there is no Java to run it on.
pub fn spark_script(name: &str) -> Option<Command> {
    let java = Command::new("java").arg("-version").output();
    if !java.is_ok_and(|output| output.status.success()) {
        return None;
    }
    let mut command = within(SPARK, "python");
    command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/python").join(name));
    Some(command)
}

/// Runs a command and gives what it printed.
pub fn output(command: &mut Command) -> String {
    let output = command.output().expect("Python runs");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}\n{stderr}\n{}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8(output.stdout).expect("Python prints UTF-8")
}

/// An environment by its name and requirements; made once, however many tests ask for it.
fn made((name, requirements): (&str, &str)) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let marker = folder.join("requirements.txt");
    std::fs::create_dir_all(&folder).expect("the folder can be made");
    let lock = std::fs::File::create(folder.with_extension("lock")).expect("the lock can be made");
    lock.lock().expect("the lock can be taken");
    if std::fs::read_to_string(&marker).is_ok_and(|text| text == requirements) {
        return folder;
    }
    let python = ["python3", "python"]
        .into_iter()
        .find(|name| Command::new(name).arg("--version").output().is_ok_and(|o| o.status.success()));
    let Some(python) = python else {
        panic!(
            "the tests against moto, boto3 and DuckDB need Python 3.10 or later with venv and pip: install `python3` and `python3-venv`"
        );
    };
    let step = |command: &mut Command| {
        let output = command.output().expect("Python runs");
        assert!(
            output.status.success(),
            "{command:?} failed; install `python3-venv`, and let pip reach a package index\n{}",
            String::from_utf8_lossy(&output.stderr)
        );
    };
    step(Command::new(python).args(["-m", "venv", "--clear"]).arg(&folder));
    // The marker says what is installed, so it is written last.
    let wanted = folder.join("wanted.txt");
    std::fs::write(&wanted, requirements).expect("the requirements can be written");
    step(
        Command::new(folder.join("bin/python"))
            .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"])
            .arg(&wanted),
    );
    std::fs::rename(&wanted, &marker).expect("the marker can be written");
    folder
}

/// A Python server that prints its address first and ends when its standard input closes.
pub struct Server {
    child: Child,
    stdin: Option<ChildStdin>,
    pub url: String,
}

impl Server {
    /// Starts a script of `tests/python`.
    pub fn start(name: &str) -> Server {
        let mut child = script(name)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .env("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")
            .spawn()
            .expect("the server starts");
        let stdin = child.stdin.take();
        let stdout = child.stdout.take().expect("stdout is piped");
        let mut url = String::new();
        BufReader::new(stdout).read_line(&mut url).expect("the server prints its address");
        assert!(url.starts_with("http://127.0.0.1:"), "the server did not start: {url}");
        Server { child, stdin, url: url.trim().to_owned() }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stdin.take());
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
