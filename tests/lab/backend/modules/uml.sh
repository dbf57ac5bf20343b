# SPDX-License-Identifier: MIT
#
# uml.sh: what OpenZFS's modules are built with for Debian's User Mode Linux. Sourced by
# prepare, for openzfs.sh.
#
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034 # prepare and backend/uml.sh set them, or openzfs.sh uses them

# The headers of exactly this kernel: its source is the version that the package says it was
# built of, its configuration comes with it, and what modules may call is read from it.
kernel_headers() {
    local log=$cache/uml-headers.log linux series unpacked=$1/linux
    need_tools g++ flex bison bc perl readelf xz
    linux_source=$1/linux-source linux_objects=$1/linux-objects
    series=$(echo "${kernel_modules##*/}" | grep -oE '^[0-9]+\.[0-9]+')
    linux=$(dpkg-query -W -f '${Built-Using}' user-mode-linux | sed -n 's/.*linux (= \([^)]*\)).*/\1/p')
    [[ $linux ]] || die 'the package user-mode-linux does not say what it was built of'
    echo "lab: headers of user-mode-linux, which is Linux $linux (half a minute)" >&2
    (
        unpack_packages "$unpacked" "linux-source-$series=$linux" && mkdir "$linux_source" "$linux_objects" &&
            unpack_headers "$unpacked/usr/src/linux-source-$series" "$linux_source" &&
            zcat /usr/share/doc/user-mode-linux/config.gz > "$linux_objects/.config" &&
            make -C "$linux_source" ARCH=um O="$linux_objects" olddefconfig &&
            # Other sources would have other options.
            cmp "$linux_objects/.config" <(zcat /usr/share/doc/user-mode-linux/config.gz) &&
            make -C "$linux_source" ARCH=um O="$linux_objects" -j "$(nproc)" modules_prepare &&
            grep -qF "\"${kernel_modules##*/}\"" "$linux_objects/include/generated/utsrelease.h" &&
            perl "$here/backend/modules/exported-symbols" "$uml_kernel" > "$linux_objects/Module.symvers"
    ) < /dev/null > "$log" 2>&1 ||
        die "could not prepare the headers of Linux $linux; the end of $log:" "$(tail -n 20 "$log")"
    rm -rf "$unpacked"
    export ARCH=um
}

# The tenth of the tree that modules are configured and compiled with: unpack_headers TAR_WITHOUT_SUFFIX FOLDER
unpack_headers() {
    local top=${1##*/}
    xz -dc -T0 "$1.tar.xz" |
        tar -x -C "$2" --strip-components=1 --wildcards --exclude='*/Documentation/*' --exclude='*/tools/testing/*' \
            --exclude='*/tools/perf/*' '*/Kconfig*' '*/Makefile' '*/Kbuild' '*/Kbuild.*' "$top"/{arch/um,arch/x86}/'*' \
            "$top"/{include,scripts,tools/include,security/selinux/include}/'*' \
            "$top/kernel/bounds.c" "$top/kernel/time/timeconst.bc" &&
        mkdir -p "$2/Documentation" && : > "$2/Documentation/Kconfig" # named, and not needed
}

# What keeps OpenZFS 2.1 from being built for ARCH=um; 2.3 has all but the last itself.
adapt_openzfs() {
    local context=$1/include/os/linux/zfs/sys/zfs_context_os.h simd=$1/include/os/linux/kernel/linux/simd_x86.h
    if [[ $zfs_version == 2.1 ]]; then
        # What is particular to the processor is compiled for CONFIG_X86, which User Mode Linux calls otherwise.
        sed -i 's/\$(CONFIG_X86)/$(CONFIG_UML_X86)/' "$1"/module/{icp,zcommon,zfs}/Makefile.in
        # ARCH=um renames setjmp by -D, to keep libc's out; that of OpenZFS's Lua is its own.
        sed -i '$i #undef setjmp\n#undef longjmp\n' "$context"
        # The header that has xgetbv is x86's alone.
        sed -i 's/^\txcr0 = xgetbv(0);/\tuint32_t lo, hi;\n\t__asm__ __volatile__("xgetbv" : "=a" (lo), "=d" (hi) : "c" (0));\n\txcr0 = lo | (uint64_t)hi << 32;/' "$simd"
    fi
}

# fault_around.c, which says what it is for, into the folder $1: the kernel's own makefiles need one of its own.
build_own_modules() {
    local folder=$1/fault_around
    mkdir "$folder"
    cp "$here/backend/modules/fault_around.c" "$folder"
    echo 'obj-m := fault_around.o' > "$folder/Makefile"
    make -C "$linux_objects" M="$folder" modules && cp "$folder/fault_around.ko" "$1/made/modules"
}
