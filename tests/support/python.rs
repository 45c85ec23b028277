//! Python with the programs that tests compare plaudit with, in a folder under `target/`.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};

/// What most tests compare with.
const COMMON: (&str, &str) = ("python", include_str!("../python/requirements.txt"));

/// Parsers of Markdown, few and small.
const TEXT: (&str, &str) = ("text", include_str!("../python/text-requirements.txt"));

/// Sail, which speaks Spark's SQL without Java.
const SAIL: (&str, &str) = ("sail", include_str!("../python/sail-requirements.txt"));

/// Spark, which is large, and needs Java.
const SPARK: (&str, &str) = ("spark", include_str!("../python/spark-requirements.txt"));

/// A program of the environment: `python`, `aws`.
pub fn program(name: &str) -> Command {
    within(COMMON, name)
}

fn within(environment: (&str, &str), name: &str) -> Command {
    let folder = made(environment).unwrap_or_else(|reason| panic!("{reason}"));
    let mut command = Command::new(folder.join("bin").join(name));
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
    command.arg(path(name));
    command
}

/// Whether a test cannot be run for want of Python, or of a package index. It then says so, past the test
/// harness, which keeps what a passing test prints to itself; in the gate it fails.
pub fn is_missing(test: &str) -> bool {
    is_not_to_be_had(COMMON, test)
}

fn is_not_to_be_had(environment: (&str, &str), test: &str) -> bool {
    made(environment).is_err_and(|reason| {
        not_run(test, &reason);
        true
    })
}

/// Says that a test was not run and why; in the gate it fails.
pub fn not_run(test: &str, reason: &str) {
    let told = format!("NOT RUN: {test}: {reason}\n");
    assert!(!is_gate(), "{told}");
    std::io::stderr().write_all(told.as_bytes()).expect("stderr is open");
}

/// Whether this is the gate, which leaves nothing out.
pub fn is_gate() -> bool {
    super::depth(0, 1) == 1
}

/// A script that looks at text as other people's programs and terminals do.
pub fn text_script(name: &str) -> Option<Command> {
    if is_not_to_be_had(TEXT, name) {
        return None;
    }
    let mut command = within(TEXT, "python");
    command.arg(path(name));
    Some(command)
}

/// The script that runs Spark's SQL on Sail.
pub fn sail_script() -> Option<Command> {
    if is_not_to_be_had(SAIL, "the rules on Sail") {
        return None;
    }
    let mut command = within(SAIL, "python");
    command.arg(path("spark_store.py")).arg("sail");
    Some(command)
}

/// A script that opens files with pyarrow and pandas, which come with Sail.
pub fn sail_python(name: &str) -> Option<Command> {
    if is_not_to_be_had(SAIL, name) {
        return None;
    }
    let mut command = within(SAIL, "python");
    command.arg(path(name));
    Some(command)
}

/// The script that runs Spark's SQL on Spark itself; nothing where there is no Java to run it on.
pub fn spark_script() -> Option<Command> {
    let test = "the rules on Spark";
    let java = Command::new("java").arg("-version").output();
    if !java.is_ok_and(|output| output.status.success()) {
        not_run(test, "there is no Java: install Java 17 or later, and run the tests again");
        return None;
    }
    if is_not_to_be_had(SPARK, test) {
        return None;
    }
    let mut command = within(SPARK, "python");
    command.arg(path("spark_store.py")).arg("spark");
    Some(command)
}

fn path(script: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/python").join(script)
}

/// Runs a command and gives what it printed.
pub fn output(command: &mut Command) -> String {
    let output = command.output().expect("Python runs");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}\n{stderr}\n{}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8(output.stdout).expect("Python prints UTF-8")
}

/// The folder of an environment, by its name and requirements, made once, however many tests ask for it;
/// or why it cannot be had, and what to install.
fn made((name, requirements): (&str, &str)) -> Result<PathBuf, String> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let marker = folder.join("requirements.txt");
    std::fs::create_dir_all(&folder).expect("the folder can be made");
    let lock = std::fs::File::create(folder.with_extension("lock")).expect("the lock can be made");
    lock.lock().expect("the lock can be taken");
    if std::fs::read_to_string(&marker).is_ok_and(|text| text == requirements) {
        return Ok(folder);
    }
    let python = ["python3", "python"]
        .into_iter()
        .find(|name| Command::new(name).arg("--version").output().is_ok_and(|o| o.status.success()))
        .ok_or("there is no Python: install Python 3.10 or later with venv and pip")?;
    let step = |command: &mut Command, advice: &str| {
        let output = command.output().map_err(|error| format!("{command:?}: {error}: {advice}"))?;
        let said = String::from_utf8_lossy(&output.stderr);
        let last = said.lines().last().unwrap_or_default();
        if output.status.success() { Ok(()) } else { Err(format!("{last}: {advice}")) }
    };
    step(
        Command::new(python).args(["-m", "venv", "--clear"]).arg(&folder),
        "install `python3-venv`, and run the tests again",
    )?;
    // The marker says what is installed, so it is written last.
    let wanted = folder.join("wanted.txt");
    std::fs::write(&wanted, requirements).expect("the requirements can be written");
    step(
        Command::new(folder.join("bin/python"))
            .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--retries", "1", "-r"])
            .arg(&wanted),
        "install needs a package index that pip can reach",
    )?;
    std::fs::rename(&wanted, &marker).expect("the marker can be written");
    Ok(folder)
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
