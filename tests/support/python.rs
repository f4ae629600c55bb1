//! A Python with the released `distributed`, for tests and examples: a virtual environment below the target directory.
//!
//! Made once, from `tests/python/requirements.txt` (another one with numpy 1 beside it), and used by every process that asks afterwards. Two variables of
//! the environment count: `FRAMES_PYTHON` names the interpreter that makes it, `FRAMES_SKIP_PYTHON=1` skips what needs
//! one. An example includes this file by `#[path = "../tests/support/python.rs"] mod python;`.

#![allow(dead_code, reason = "tests use all of it, an example perhaps only `interpreter`")]

use std::env;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Once;

const REQUIREMENTS: &str = include_str!("../python/requirements.txt");
const NUMPY1: &str = include_str!("../python/requirements-numpy1.txt");

/// The oldest Python for which the pinned packages exist.
const OLDEST: (u32, u32) = (3, 11);

const ADVICE: &str = "install Python 3.11 or newer with its venv module (Debian: apt install python3-venv), \
    or name one with FRAMES_PYTHON=/path/to/python3, or skip what needs Python with FRAMES_SKIP_PYTHON=1";

/// Whether the user wants no Python, with `FRAMES_SKIP_PYTHON=1`. Says so on stderr, past the capture of `cargo test`.
pub(crate) fn skip() -> bool {
    static SAY: Once = Once::new();
    let skip = env::var_os("FRAMES_SKIP_PYTHON").is_some_and(|value| !value.is_empty() && value != "0");
    if skip {
        SAY.call_once(|| say("SKIPPED: FRAMES_SKIP_PYTHON is set, so nothing here is checked against a real Python"));
    }
    skip
}

/// The path of a Python interpreter that has the packages of `requirements.txt`.
///
/// The first call on a machine makes the environment, which takes about a minute and needs the network.
///
/// # Errors
///
/// A sentence for the user, where there is no Python or its packages cannot be installed.
pub(crate) fn interpreter() -> Result<PathBuf, String> {
    with(REQUIREMENTS)
}

/// The path of a Python interpreter that has numpy 1, and nothing else.
///
/// # Errors
///
/// As [`interpreter`].
pub(crate) fn numpy1() -> Result<PathBuf, String> {
    with(NUMPY1)
}

fn with(requirements: &str) -> Result<PathBuf, String> {
    let base = Base::find()?;
    let environments = target_dir().join("python");
    let home = environments.join(base.environment_name(requirements));
    let interpreter = home.join(if cfg!(windows) { r"Scripts\python.exe" } else { "bin/python" });
    // Written last: without it the environment is half made, by a process that was killed or had no network.
    let ready = home.join(".ready");
    if ready.exists() {
        return Ok(interpreter);
    }

    let lock_path = home.with_extension("lock");
    let lock = fs::create_dir_all(&environments).and_then(|()| File::create(&lock_path));
    let mut lock = fd_lock::RwLock::new(lock.map_err(|error| describe(&lock_path, &error))?);
    let _held = lock.write().map_err(|error| describe(&lock_path, &error))?;
    if !ready.exists() {
        base.make_environment(&home, &interpreter, requirements)?;
        fs::write(&ready, "").map_err(|error| describe(&ready, &error))?;
    }
    Ok(interpreter)
}

/// The Python that makes the environment.
struct Base {
    program: String,
    version: (u32, u32),
}

impl Base {
    fn find() -> Result<Base, String> {
        let named = env::var("FRAMES_PYTHON").ok().filter(|name| !name.is_empty());
        let candidates = named.map_or_else(|| vec!["python3".into(), "python".into()], |name| vec![name]);
        let mut found = Vec::new();
        for program in candidates {
            match version(&program) {
                Some(version) if version >= OLDEST => return Ok(Base { program, version }),
                Some((major, minor)) => found.push(format!("{program} is Python {major}.{minor}")),
                None => found.push(format!("{program} does not run")),
            }
        }
        Err(format!("no Python to check against ({}): {ADVICE}", found.join(", ")))
    }

    /// A name for the environment that changes with all that decides about its content.
    fn environment_name(&self, requirements: &str) -> String {
        let content = format!("{requirements}\n{} {:?}", self.program, self.version);
        // FNV-1a: as std's hasher may change between releases of Rust, which would make the environment anew.
        let hash = content
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        format!("{:012x}", hash >> 16)
    }

    fn make_environment(&self, home: &Path, interpreter: &Path, content: &str) -> Result<(), String> {
        say(&format!("making a Python environment in {} (once; takes a minute)", home.display()));
        run(isolated(&self.program).args(["-m", "venv", "--clear"]).arg(home))
            .map_err(|error| format!("{} -m venv {error}\n{ADVICE}", self.program))?;
        let requirements = home.join("requirements.txt");
        fs::write(&requirements, content).map_err(|error| describe(&requirements, &error))?;
        // Wheels only: compiling numpy for an hour is not what anybody wants from `cargo test`.
        let pip =
            ["-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check", "--only-binary=:all:"];
        run(isolated(interpreter).args(pip).arg("--requirement").arg(&requirements))
            .map_err(|error| format!("pip install {error}\nFRAMES_SKIP_PYTHON=1 skips what needs Python"))
    }
}

/// A command that the user's Python settings do not lead astray.
pub(crate) fn isolated(program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new(program);
    for variable in ["PYTHONHOME", "PYTHONPATH", "PYTHONSTARTUP", "VIRTUAL_ENV", "__PYVENV_LAUNCHER__"] {
        command.env_remove(variable);
    }
    // Other processes of the tests run the same files: no cache files beside the sources.
    command.env("PYTHONDONTWRITEBYTECODE", "1").env("PYTHONHASHSEED", "0").env("PYTHONUTF8", "1");
    command.stdin(Stdio::null());
    command
}

fn version(program: &str) -> Option<(u32, u32)> {
    let output = isolated(program).args(["-c", "import sys; print(*sys.version_info[:2])"]).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let (major, minor) = text.trim().split_once(' ')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

/// The error is the end of a sentence about the command, with what it said last.
fn run(command: &mut Command) -> Result<(), String> {
    let output = command.output().map_err(|error| format!("does not run: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    let last = lines[lines.len().saturating_sub(12)..].join("\n  ");
    Err(format!("failed ({}), its last lines:\n  {last}", output.status))
}

/// Cargo's target directory: as told by the environment, or else the one in which this program lies.
fn target_dir() -> PathBuf {
    if let Some(dir) = env::var_os("CARGO_TARGET_DIR").filter(|dir| !dir.is_empty()) {
        // A relative one starts where cargo was called, and that is the workspace for whom it makes sense.
        return workspace().join(dir);
    }
    let program = env::current_exe().unwrap_or_default();
    let tagged = program.ancestors().find(|dir| dir.join("CACHEDIR.TAG").is_file());
    tagged.map_or_else(|| workspace().join("target"), Path::to_path_buf)
}

/// The directory that has `tests/python`, from whichever package of the workspace this file is compiled in.
pub(crate) fn workspace() -> &'static Path {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.ancestors().find(|dir| dir.join("tests/python/peer.py").is_file()).unwrap_or(package)
}

fn describe(path: &Path, error: &io::Error) -> String {
    format!("{}: {error}", path.display())
}

fn say(text: &str) {
    // Not eprintln!, which the test harness captures. Nothing to do where stderr is closed.
    let _ = writeln!(io::stderr(), "\n*** frames: {text}\n");
}
