//! Arguments in, exit status out.

use std::process::ExitCode;

/// A crawl and the engine allocate in small pieces from many threads, which is what this one is made for.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    plaudit::cli::main()
}
