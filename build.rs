//! Puts the rules, their cases and the reports into the program. They are found by reading the
//! folders, so that a new rule is a new file and nothing else.

#![allow(clippy::disallowed_macros)] // Cargo reads a build script's standard output.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR").map_err(io::Error::other)?);
    let out = PathBuf::from(env::var("OUT_DIR").map_err(io::Error::other)?);
    for folder in ["rules", "reports"] {
        let mut files = Vec::new();
        collect(&root, Path::new(folder), &mut files)?;
        files.sort();
        let mut code = String::from("&[\n");
        for file in files {
            let name = file.to_string_lossy().replace('\\', "/");
            let path = root.join(&file);
            writeln!(code, "    ({name:?}, include_str!({path:?})),").map_err(io::Error::other)?;
        }
        code.push_str("]\n");
        fs::write(out.join(format!("{folder}.rs")), code)?;
    }
    Ok(())
}

fn collect(root: &Path, folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    println!("cargo:rerun-if-changed={}", folder.display());
    for entry in fs::read_dir(root.join(folder))? {
        let entry = entry?;
        let path = folder.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            collect(root, &path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "sql" || extension == "toml") {
            files.push(path);
        }
    }
    Ok(())
}
