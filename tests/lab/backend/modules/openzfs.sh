# SPDX-License-Identifier: MIT
#
# openzfs.sh: OpenZFS's sources and programs from Debian's packages, and its modules
# built for a kernel. Sourced by prepare, which has set $cache and $zfs_version.
#
# Promises: installs nothing; what is built is found again in the cache by the
# versions of what it was made of and by the files of this folder, and only one run builds
# it at a time.
#
# shellcheck shell=bash
# shellcheck disable=SC2154 # prepare sets them

die() {
    printf 'lab: %s\n' "$@" >&2
    exit 1
}

# shellcheck disable=SC2034 # the backends use it
install_hint='install the packages that CONTRIBUTING names for the lab:
    bash -c ". tools/lib/packages.sh && install_lab_packages"'
[[ $backend != qemu ]] || install_hint=${install_hint/install_lab/install_vm}

need_tools() {
    local tool
    for tool; do
        command -v "$tool" > /dev/null || die "no $tool here" "$install_hint"
    done
}

# Prints the version of Debian's packages that has OpenZFS $zfs_version: that which is
# installed, or the newest of the backports. Nothing where there is none.
openzfs_package_version() {
    case $zfs_version in
    2.1) dpkg-query -W -f '${Version}' zfsutils-linux 2> /dev/null | grep '^2\.1\.' || true ;;
    *) backports_version zfs-dkms "$zfs_version." ;;
    esac
}

# Prints the folder of OpenZFS $zfs_version for a kernel: "modules", and "userland"
# where it is not the installed one. Builds it where it is missing, with two functions of
# the backend: kernel_headers FOLDER makes what modules are built with, sets linux_source
# and linux_objects, and may leave files in FOLDER; adapt_openzfs SOURCE changes what has
# to be. openzfs_for KERNEL
openzfs_for() {
    local kernel=$1 recipe version folder
    recipe=$(cat "$here/backend/modules/"{openzfs.sh,"$backend.sh",exported-symbols,fault_around.c} | sha256sum | cut -c1-8)
    version=$(openzfs_package_version)
    if [[ ! $version && $zfs_version != 2.1 ]]; then
        # Without apt's lists the one that was built before will do.
        folder=$(find "$cache" -maxdepth 1 -type d -name "zfs-$zfs_version.*-$kernel-$recipe" 2> /dev/null | sort -V | tail -n 1)
        if [[ $folder ]]; then
            echo "$folder"
            return
        fi
        update_with_backports
        version=$(openzfs_package_version)
    fi
    [[ $version ]] || case $zfs_version in
    2.1) die 'no zfsutils-linux 2.1 is installed here' "$install_hint" ;;
    *) die "apt knows no zfs-dkms $zfs_version of the backports of this Debian release" \
        "its sources need, for example, Suites: $(debian_release)-backports and Components: main contrib" \
        'then: apt-get update; apt-cache madison zfs-dkms' ;;
    esac
    folder=$cache/zfs-$version-$kernel-$recipe
    [[ -d $folder ]] || build_openzfs_once "$version" "$folder"
    touch "$folder" # in use
    echo "$folder"
}

build_openzfs_once() {
    local version=$1 folder=$2 new lock
    mkdir -p "$cache"
    exec {lock}> "$cache/zfs-$zfs_version-$backend.lock"
    flock -n "$lock" || {
        echo "lab: waiting for another run, which builds OpenZFS $zfs_version" >&2
        flock "$lock"
    }
    if [[ ! -d $folder ]]; then
        new=$cache/new-${folder##*/}
        rm -rf "$new"
        mkdir -p "$new"
        build_openzfs "$version" "$new"
        mv -T "$new/made" "$folder"
        rm -rf "$new"
        # Those of other versions, a week unused.
        find "$cache" -maxdepth 1 -type d -name "zfs-$zfs_version.*" -mtime +7 -exec rm -rf {} +
    fi
    exec {lock}>&-
}

# build_openzfs VERSION FOLDER: leaves "made" in it.
build_openzfs() {
    local version=$1 new=$2 log=$cache/zfs-$zfs_version-$backend.log source packages=(zfs-dkms)
    need_tools gcc make
    mkdir -p "$new"/{unpacked,made/modules}
    [[ $zfs_version == 2.1 ]] ||
        packages+=(zfsutils-linux libnvpair3linux libuutil3linux libzfs6linux libzpool6linux)
    unpack_packages "$new/unpacked" "${packages[@]/%/=$version}" > "$log" 2>&1 ||
        die "could not get the packages of OpenZFS $version with apt:" "$(tail -n 20 "$log")"
    [[ $zfs_version == 2.1 ]] || take_userland "$new/unpacked" "$new/made/userland"
    source=$(echo "$new"/unpacked/usr/src/zfs-*)
    kernel_headers "$new"
    adapt_openzfs "$source"
    echo "lab: building OpenZFS $version for $kernel (some four minutes on two cores)" >&2
    (build_modules "$source" && build_own_modules "$new") < /dev/null >> "$log" 2>&1 ||
        die "could not build OpenZFS $version; the end of $log:" "$(tail -n 20 "$log")"
    find "$source/module" -name '*.ko' -exec cp {} "$new/made/modules" \;
    strip -g "$new"/made/modules/*.ko
}

# What programs need, all below usr as on this machine: take_userland FROM TO
take_userland() {
    install -d -m 755 "$2/usr"
    local part
    for part in "$1"/{,usr/}{lib,sbin,bin}; do
        [[ ! -d $part ]] || cp -a "$part" "$2/usr/"
    done
}

# Without what only takes time here: information for debuggers, and -O3 for the one large file of zstd.
build_modules() {
    export KCFLAGS=-g0
    cd "$1" && find module -name '*.in' -exec sed -Ei 's/^(ccflags-y \+|ZFS_ZSTD_FLAGS :)= -O3$/\1=/' {} + &&
        ./configure --with-config=kernel --with-linux="$linux_source" --with-linux-obj="$linux_objects" &&
        make -j "$(nproc)"
}
