# Tools for boards, to be sourced: `cargo_for TARGET ARGUMENTS …` builds for a target without an operating system, with rustup's
# target where that is installed, or else with the Rust of Debian and the sources of its library. It never touches rustup.

as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

# packages COMMAND=PACKAGE …: installs those whose command is missing.
packages() {
    local missing=() pair
    for pair in "$@"; do
        [ -e "$(command -v "${pair%%=*}" || echo "${pair%%=*}")" ] || missing+=("${pair#*=}")
    done
    [ "${#missing[@]}" -gt 0 ] || return 0
    echo "+ apt-get install ${missing[*]}"
    as_root apt-get -o DPkg::Lock::Timeout=300 update -qq
    as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get -o DPkg::Lock::Timeout=300 install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

cargo_for() {
    local target=$1 subcommand=$2
    shift 2
    if rustup target list --installed 2>/dev/null | grep -qx "$target"; then
        cargo "$subcommand" --target "$target" "$@"
    else
        packages /usr/bin/cargo=cargo-web /usr/bin/rustc=rustc-web /usr/lib/rustlib/src/rust/library/core=rust-web-src
        PATH="/usr/bin:$PATH" RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 /usr/bin/cargo "$subcommand" --target "$target" -Zbuild-std=core "$@"
    fi
}
