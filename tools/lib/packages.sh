# SPDX-License-Identifier: MIT
#
# packages.sh: what the build, the lab and the benchmarks need, on Debian 12.
# To be sourced by bash.
#
# Promises: install_demo_packages, install_build_packages, install_lab_packages, install_vm_packages,
# install_bench_packages and install_package_packages install what is missing, as root, and take well
# under a second where nothing is; they start no service; on failure they return 1, with
# the end of apt's log and what to do on the standard error.
# backports_version and unpack_packages get packages, those of bookworm-backports too,
# without installing them.
#
# shellcheck shell=bash

# What README's "Build and install" names.
program_packages=(
    build-essential ccache cmake ninja-build
    libboost-dev libboost-filesystem-dev libboost-program-options-dev libboost-system-dev
    libfmt-dev libhowardhinnant-date-dev libmd-dev libspdlog-dev libyaml-cpp-dev nlohmann-json3-dev zlib1g-dev
)

build_packages=(
    "${program_packages[@]}" abigail-tools git pkg-config scdoc
    clang clang-format clang-tidy libclang-rt-14-dev llvm-14
    libgmock-dev libgtest-dev librapidcheck-dev openssh-client openssh-server
    busybox-static fish ksh93u+m mksh tcsh zsh
)

# A User Mode Linux kernel, what builds OpenZFS's modules for it, OpenZFS's own programs, and what the tests use.
lab_packages=(
    user-mode-linux bc bison flex g++ gcc make perl xz-utils
    zfsutils-linux busybox-static cpio util-linux
    acct openssh-server sudo
)

# The VM under QEMU: for systemd, for several processors, and where User Mode Linux cannot be had.
vm_packages=(
    "${lab_packages[@]}" linux-headers-cloud-amd64 linux-image-cloud-amd64
    qemu-system-x86 qemu-system-common kmod
)

bench_packages=(sanoid pv mbuffer lzop)

# What makes Debian packages, and looks at them and their units; tools/package
# adds what debian/control asks for.
package_packages=(ccache debhelper dpkg-dev fakeroot lintian openssh-client systemd)

install_demo_packages() {
    install_missing_packages "${program_packages[@]}" "${lab_packages[@]}"
}

install_build_packages() {
    install_missing_packages "${build_packages[@]}"
}

install_lab_packages() {
    install_missing_packages "${lab_packages[@]}"
}

install_vm_packages() {
    install_missing_packages "${vm_packages[@]}"
}

install_bench_packages() {
    install_missing_packages "${bench_packages[@]}"
}

install_package_packages() {
    install_missing_packages "${package_packages[@]}"
}

# What the debian/control in FOLDER needs to be built: install_build_dependencies FOLDER
install_build_dependencies() {
    local log
    (cd "$1" && dpkg-checkbuilddeps 2> /dev/null) && return
    if [[ $EUID != 0 ]]; then
        (cd "$1" && dpkg-checkbuilddeps)
        return 1
    fi
    log=$(mktemp) || return 1
    if ! (cd "$1" && apt_get build-dep ./) > "$log" 2>&1; then
        tail -n 40 "$log" >&2
        echo "could not install what $1/debian/control needs; the whole log: $log" >&2
        return 1
    fi
    rm -f "$log"
}

install_missing_packages() {
    local missing log
    mapfile -t missing < <(missing_packages "$@")
    ((${#missing[@]} > 0)) || return 0
    if [[ $EUID != 0 ]]; then
        echo "missing packages; as root: apt-get install ${missing[*]}" >&2
        echo "(those of OpenZFS are in Debian's component contrib)" >&2
        return 1
    fi
    echo "installing ${#missing[@]} packages: ${missing[*]}" >&2
    log=$(mktemp) || return 1
    if ! enable_contrib || ! apt_install "${missing[@]}" > "$log" 2>&1; then
        tail -n 40 "$log" >&2
        echo "could not install ${missing[*]}; the whole log: $log" >&2
        return 1
    fi
    rm -f "$log"
}

# Prints those of the packages that are not installed, one a line.
missing_packages() {
    comm -23 <(printf '%s\n' "$@" | sort) \
        <(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "$@" 2> /dev/null |
            sed -n 's/^installed //p' | sort)
}

apt_install() {
    apt_get install "$@"
}

# apt-get COMMAND WORDS…, with the lists made new. The subshell's trap and
# environment are its own.
apt_get() (
    export DEBIAN_FRONTEND=noninteractive
    # Debian's own way to say that no service is to be started.
    policy=/usr/sbin/policy-rc.d
    if [[ ! -e $policy ]]; then
        trap 'rm -f "$policy"' EXIT
        printf '#!/bin/sh\nexit 101\n' > "$policy"
        chmod 755 "$policy"
    fi
    for _ in first again; do
        # A foreign source that cannot be reached need not matter.
        apt-get update || true
        apt-get -y --no-install-recommends -o DPkg::Lock::Timeout=600 "$@" && return
    done
    return 1
)

# Prints the version of a package of Debian's backports that begins with what is
# told, or nothing where apt does not know one: backports_version PACKAGE 2.3.
backports_version() {
    apt-cache madison "$1" 2> /dev/null |
        awk -F ' *[|] *' -v begin="$2" -v suite=" $(debian_release)-backports/" '
            index($2, begin) == 1 && index($3, suite) { print $2 }' | sort -rV | head -n 1
}

# Lets apt know the packages of Debian's backports, which it then installs only
# where it is told to.
update_with_backports() {
    local log
    [[ $EUID == 0 ]] || return
    log=$(mktemp) || return
    if ! enable_contrib || ! enable_backports || ! apt-get update > "$log" 2>&1; then
        tail -n 20 "$log" >&2 # need not matter
    fi
    rm -f "$log"
}

# Unpacks packages into the new folder FOLDER without installing them:
# unpack_packages FOLDER PACKAGE=VERSION...
unpack_packages() {
    local folder=$1 package
    shift
    mkdir -p "$folder/packages" || return
    # As root, because apt's own user need not be able to write there.
    (cd "$folder/packages" && apt-get -q -o APT::Sandbox::User=root download "$@") || return
    for package in "$folder"/packages/*.deb; do
        dpkg -x "$package" "$folder" || return
    done
    rm -r "$folder/packages"
}

# Adds contrib, where OpenZFS is, to the package sources of this Debian release:
# to those that have main, and to no other archive's. Given files, edits those.
enable_contrib() {
    edit_sources with_contrib "$@"
}

# Adds the backports to the package sources of this Debian release that have its
# updates, which no other archive has. Nothing where a source has them already.
# Given files, looks at those.
enable_backports() {
    (($# > 0)) || set -- /etc/apt/sources.list /etc/apt/sources.list.d/*.{list,sources}
    if ! grep -qsE "^(deb|Suites:) .*\b$(debian_release)-backports\b" "$@"; then
        edit_sources with_backports "$@"
    fi
}

debian_release() {
    sed -n 's/^VERSION_CODENAME=//p' /etc/os-release
}

# Sends the files, or all that apt reads, through EDIT_in_sources or EDIT_in_list:
# edit_sources EDIT [FILES...]
edit_sources() {
    local edit=$1 file release edited
    shift
    release=$(debian_release) || return
    if (($# == 0)); then
        set -- /etc/apt/sources.list /etc/apt/sources.list.d/*.{list,sources}
    fi
    edited=$(mktemp) || return
    for file in "$@"; do
        [[ -f $file ]] || continue
        case $file in
        *.sources) "${edit}_in_sources" "$release" < "$file" > "$edited" ;;
        *) "${edit}_in_list" "$release" < "$file" > "$edited" ;;
        esac
        # Into the file that is there: it keeps its owner and mode.
        cmp -s "$edited" "$file" || cat "$edited" > "$file" || return
    done
    rm -f "$edited"
}

# Copies a file of one line a source, with one for the backports beside that of
# the updates.
with_backports_in_list() {
    sed -E "/^deb +(\[[^]]*\] +)?[^ ]+ +$1-updates .*\bmain\b/ {
        p
        s/ $1-updates / $1-backports /
    }"
}

# Copies a file of stanzas.
with_backports_in_sources() {
    sed -E "/^Suites:/ s/[ \t]$1-updates\b/& $1-backports/"
}

# Copies a file of one line a source: deb [OPTIONS] ADDRESS SUITE COMPONENTS
with_contrib_in_list() {
    sed -E "/^deb(-src)? +(\[[^]]*\] +)?[^ ]+ +$1(-updates|-security|-backports)? .*\bmain\b/ {
        /\bcontrib\b/! s/\bmain\b/main contrib/
    }"
}

# Copies a file of stanzas, which blank lines end; a stanza has Suites: and
# Components: in any order.
with_contrib_in_sources() {
    awk -v release="$1" '
        function end_stanza(    i) {
            for (i = 1; i <= lines; i++) {
                if (ours && line[i] ~ /^Components:/ &&
                    line[i] ~ /[ \t]main([ \t]|$)/ && line[i] !~ /[ \t]contrib([ \t]|$)/)
                    sub(/[ \t]main/, "& contrib", line[i])
                print line[i]
            }
            lines = ours = 0
        }
        /^[ \t]*$/ { end_stanza(); print; next }
        /^Suites:/ {
            for (i = 2; i <= NF; i++)
                if ($i ~ ("^" release "(-updates|-security|-backports)?$"))
                    ours = 1
        }
        { line[++lines] = $0 }
        END { end_stanza() }'
}
