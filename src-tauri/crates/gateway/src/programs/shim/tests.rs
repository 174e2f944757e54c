//! Shims of version managers as they lie on disk, with and without a version.

use super::*;

/// A home with these files (a name that ends in `/` is a folder); answers what is wrong with the shim.
fn fault_in(files: &[(&str, &str)], program: &str) -> Option<String> {
    use std::os::unix::fs::PermissionsExt;
    let home = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let file = home.path().join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, text).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let cwd = home.path().join("project");
    fs::create_dir_all(&cwd).unwrap();
    let program = home.path().join(program);
    let name = program.file_stem().unwrap().to_str().unwrap();
    let path = program.parent().unwrap().as_os_str();
    Shim { program: &program, name, path, cwd: &cwd, home: home.path() }.fault()
}

#[track_caller]
fn check(files: &[(&str, &str)], program: &str, expected: Option<&str>) {
    let expected = expected.map(|rest| format!("it is a shim of {rest}"));
    assert_eq!(fault_in(files, program), expected, "{files:?}");
}

const SHIM: (&str, &str) = (".pyenv/shims/uvx", "#!/bin/sh\n");

#[test]
fn pyenv_and_its_like() {
    let installed = (".pyenv/versions/3.12.4/bin/uvx", "");
    let program = SHIM.0;
    let wrong = "pyenv, and the version system, which is set here, has no `uvx`: set one that works by \
                 `pyenv global VERSION`";
    check(&[SHIM, installed], program, Some(wrong));
    check(&[SHIM, installed, (".pyenv/version", "3.12.4\n")], program, None);
    check(&[SHIM, installed, (".pyenv/version", "3.12\n")], program, None);
    check(&[SHIM, installed, (".pyenv/version", "# mine\n3.9.1 3.12.4\n")], program, None);
    let local = "pyenv, and the version 3.9.1, which is set here, has no `uvx`: set one that works by \
                 `pyenv global VERSION`";
    let here = ("project/.python-version", "3.9.1\n");
    check(&[SHIM, installed, (".pyenv/version", "3.12.4\n"), here], program, Some(local));
    let ruby = [(".rbenv/shims/gem", ""), (".rbenv/versions/3.4.1/bin/gem", ""), (".rbenv/version", "3.4.1")];
    check(&ruby, ".rbenv/shims/gem", None);
}

#[test]
fn asdf() {
    let shim = (".asdf/shims/npx", "#!/usr/bin/env bash\n# asdf-plugin: nodejs 22.1.0\nexec asdf exec npx\n");
    let program = shim.0;
    let unset = "asdf, and no installed version of nodejs is set here: set one that works by \
                 `asdf set -u nodejs latest`";
    check(&[shim], program, Some(unset));
    check(&[shim, (".tool-versions", "python 3.12\nnodejs 20.0.0\n")], program, Some(unset));
    check(&[shim, (".tool-versions", "python 3.12\nnodejs 20.0.0 22.1.0\n")], program, None);
    check(&[shim, ("project/.tool-versions", "nodejs system\n")], program, None);
}

#[test]
fn mise() {
    let shim = (".local/share/mise/shims/npx", "");
    let program = shim.0;
    let unset =
        "mise, and no installed version of node is set here: set one that works by `mise use -g node`";
    check(&[shim], program, Some(unset));
    check(&[shim, (".config/mise/config.toml", "[tools]\npython = \"3\"\n")], program, Some(unset));
    check(&[shim, (".config/mise/config.toml", "[tools]\nnode = \"22\"\n")], program, None);
    check(&[shim, ("project/.tool-versions", "nodejs 22\n")], program, None);
    check(&[shim, ("project/.node-version", "22\n")], program, None);
    check(&[(".local/share/mise/shims/jq", "")], ".local/share/mise/shims/jq", None);
}

#[test]
fn volta() {
    let shim = (".volta/bin/npx", "");
    let program = shim.0;
    let unset =
        "Volta, and no installed version of Node.js is set here: set one that works by `volta install node`";
    let platform = ".volta/tools/user/platform.json";
    check(&[shim], program, Some(unset));
    check(&[shim, (platform, r#"{"node":null}"#)], program, Some(unset));
    check(&[shim, (platform, r#"{"node":{"runtime":"22.1.0","npm":null}}"#)], program, None);
    check(&[shim, ("project/package.json", r#"{"volta":{"node":"22.1.0"}}"#)], program, None);
}

#[test]
fn what_is_no_shim_has_no_such_fault() {
    check(&[(".nvm/versions/node/v22/bin/npx", "")], ".nvm/versions/node/v22/bin/npx", None);
    check(&[("scoop/shims/uvx", "")], "scoop/shims/uvx", None);
}
