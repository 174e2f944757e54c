//! What holds when, and what real shells tell in a home of their own.

use super::*;

fn shell_told(value: &str) -> ChildPath {
    let shell = env::var_os("SHELL").map(PathBuf::from).unwrap_or_default();
    ChildPath { value: value.into(), teller: Teller::Shell(shell) }
}

#[tokio::test]
async fn what_was_told_before_holds_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path().join("path.json");
    let shell = env::var_os("SHELL").map(PathBuf::from).unwrap_or_default();
    write(&cache, "/told/before", &shell).unwrap();
    let told = || LoginPath::ask(&cache, &[]).told().borrow().clone();
    assert_eq!(told(), Some(shell_told("/told/before")));
    write(&cache, "/told/before", Path::new("another shell")).unwrap();
    assert_eq!(told(), None);
    fs::remove_file(&cache).unwrap();
    assert_eq!(told(), None);
}

#[tokio::test]
async fn the_shell_is_asked_again_though_not_at_once() {
    let home = tempfile::tempdir().unwrap();
    let Ok(shell) = which::which_in("bash", Some("/bin:/usr/bin:/opt/homebrew/bin"), "/") else { return };
    let marks = vec![("HOME".into(), home.path().into())];
    let path = LoginPath::of(shell, home.path().join("path.json"), marks);
    let has = || {
        let told = path.told().borrow().clone().map(|told| told.value).unwrap_or_default();
        env::split_paths(&told).any(|folder| folder == Path::new(FOLDER))
    };
    path.ask_again().await;
    fs::write(home.path().join(".bashrc"), NVM).unwrap();
    path.ask_again().await;
    assert!(!has(), "it was asked a moment ago");
    path.last.lock().unwrap().at -= ASK_PAUSE;
    path.ask_again().await;
    assert!(has());
}

#[test]
fn without_an_answer_the_last_one_stays() {
    let nobody = || Teller::Nobody("it is slow".to_owned());
    let mut path = Some(shell_told("/told/before"));
    assert!(!use_own(&mut path, nobody()));
    assert_eq!(path, Some(shell_told("/told/before")));
    path = None;
    assert!(use_own(&mut path, nobody()));
    assert_eq!(path.map(|path| path.teller), Some(nobody()));
}

#[test]
fn folders_are_compared() {
    let missing = |path: &str, wanted: &str| missing_in_words(&missing(OsStr::new(path), OsStr::new(wanted)));
    assert_eq!(missing("/bin:/a", "/a:/bin:"), "");
    assert_eq!(missing("/bin", "/bin:/a:/b:/a:"), "/a, /b");
}

/// Asks a real shell in a home with these start-up files. `None` where it is not installed.
async fn asked(shell: &str, files: &[(&str, &str)]) -> Option<Result<OsString, Teller>> {
    let shell = which::which_in(shell, Some("/bin:/usr/bin:/usr/local/bin:/opt/homebrew/bin"), "/").ok()?;
    let home = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let file = home.path().join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }
    let folders = [("HOME", ""), ("ZDOTDIR", ""), ("XDG_CONFIG_HOME", ".config")];
    let marks = folders.map(|(name, folder)| (name.into(), home.path().join(folder).into_os_string()));
    Some(platform::ask(shell, marks.to_vec()).await)
}

#[track_caller]
fn has(answer: Option<Result<OsString, Teller>>, folder: &str) {
    if let Some(answer) = answer {
        let path = answer.unwrap();
        assert!(env::split_paths(&path).any(|found| found == Path::new(folder)), "{path:?} lacks {folder}");
    }
}

/// As the installer of nvm sets it up.
const NVM: &str = "echo hello\nexport PATH=\"/nvm/versions/node/v22/bin:$PATH\"\n";
const FOLDER: &str = "/nvm/versions/node/v22/bin";

#[tokio::test]
async fn what_terminals_of_bash_read_counts() {
    has(asked("bash", &[(".bashrc", NVM)]).await, FOLDER);
    // A profile that does not read it, and one that does.
    has(asked("bash", &[(".bashrc", NVM), (".bash_profile", "export A=1\n")]).await, FOLDER);
    let answer = asked("bash", &[(".bashrc", NVM), (".profile", ". ~/.bashrc\n")]).await.unwrap().unwrap();
    assert_eq!(env::split_paths(&answer).filter(|found| found == Path::new(FOLDER)).count(), 1);
    // As Debian writes it: only interactive shells read on.
    let guarded = format!("case $- in *i*) ;; *) return;; esac\n{NVM}");
    has(asked("bash", &[(".bashrc", &guarded)]).await, FOLDER);
}

#[tokio::test]
async fn every_other_shell_reads_its_own() {
    has(asked("zsh", &[(".zshrc", NVM)]).await, FOLDER);
    has(asked("zsh", &[(".zprofile", NVM)]).await, FOLDER);
    let fish = "if status is-interactive\n  set -gx PATH /nvm/versions/node/v22/bin $PATH\nend\n";
    has(asked("fish", &[(".config/fish/config.fish", fish)]).await, FOLDER);
    has(asked("dash", &[(".profile", NVM)]).await, FOLDER);
    has(asked("sh", &[(".profile", NVM)]).await, FOLDER);
}

#[tokio::test]
async fn a_shell_that_becomes_another_one_is_asked_again() {
    let files = [(".profile", NVM), (".bashrc", "case $- in *i*) exec /bin/cat;; esac\n")];
    has(asked("bash", &files).await, FOLDER);
    let files = [(".bashrc", "exit 3\n"), (".profile", "exit 3\n")];
    let answer = asked("bash", &files).await.unwrap();
    assert!(matches!(&answer, Err(Teller::Nobody(why)) if why.contains("without telling")), "{answer:?}");
}

#[tokio::test]
async fn no_shell_is_a_reason() {
    let answer = platform::ask(PathBuf::new(), Vec::new()).await;
    assert!(matches!(&answer, Err(Teller::Nobody(why)) if why.contains("SHELL is not set")), "{answer:?}");
    let answer = platform::ask("/no/such/shell".into(), Vec::new()).await;
    assert!(matches!(&answer, Err(Teller::Nobody(why)) if why.contains("cannot be run")), "{answer:?}");
}
