# SPDX-License-Identifier: MIT
#
# uml.sh: the lab as a process of this machine: User Mode Linux. Debian's own kernel of
# that kind (the package user-mode-linux), as it is, with OpenZFS's modules built for it
# here. find_parts and add_modules are prepare's, start_machine is run's.
#
# A guest's programs run at native speed; it has one processor. As root it is no boundary
# for a hostile guest, only for an erring one: all of it is in a PID namespace that ends
# with its first process (a killed kernel would let its guest's processes go, and they would
# run on here as root), and in a mount namespace where this machine's files are read-only.
#
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034 # prepare and run set them, or use them

uml_kernel=/usr/bin/linux.uml

find_parts() {
    local folder
    [[ $(uname -m) == x86_64 ]] || die 'User Mode Linux is for x86_64 only'
    [[ -x $uml_kernel ]] || die 'the package user-mode-linux is not installed' "$install_hint"
    kernel_image=$uml_kernel
    kernel_modules=$(echo /usr/lib/uml/modules/*)
    folder=$(openzfs_for "uml-${kernel_modules##*/}-$(dpkg-query -W -f '${Version}' user-mode-linux)")
    zfs_modules=$folder/modules
    zfs_module=$zfs_modules/zfs.ko
    zfs_userland=''
    [[ ! -d $folder/userland ]] || zfs_userland=$folder/userland
}

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
            perl "$here/backend/exported-symbols" "$uml_kernel" > "$linux_objects/Module.symvers"
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

add_modules() {
    local module
    g++ -std=c++20 -O2 -shared -fPIC -o "${tree%/*}/whole_xstate.so" "$here/backend/whole_xstate.cpp" ||
        die "could not compile $here/backend/whole_xstate.cpp"
    add_kernel_module root fs/overlayfs/overlay
    add_kernel_module zfs drivers/block/loop
    add_kernel_module zfs net/ipv6/ipv6
    # In the order in which they need each other; OpenZFS 2.3 has the first and the last.
    for module in spl znvpair zcommon icp zavl zlua zzstd zunicode zfs; do
        [[ ! -e $zfs_modules/$module.ko ]] || add_module_file zfs "$zfs_modules/$module.ko"
    done
}

# With what the kernel's module needs before it, which modules.dep lists last first: add_kernel_module LIST PATH
add_kernel_module() {
    local file
    for file in $(sed -n "s|^kernel/$2.ko:|kernel/$2.ko |p" "$kernel_modules/modules.dep" | tr ' ' '\n' | tac); do
        add_module_file "$1" "$kernel_modules/$file"
    done
}

# Starts the machine; sets vm to its process. The terminal is this one where run has one.
start_machine() {
    local processor terminal_channel=null
    [[ $cpus == 1 ]] || fail 'User Mode Linux has one processor: --backend qemu has more'
    # The kernel and its processes take turns, so on one processor they wake each other cheaply: a free one, if any.
    for processor in $(processors | shuf); do
        exec {processor_lock}> "$runs/processor-$processor"
        ! flock -n "$processor_lock" || break
        exec {processor_lock}>&-
    done
    [[ ! $terminal ]] || terminal_channel=fd:0,fd:1
    append="root=/dev/ram0 initrd=$boot/initrd mem=${memory}M quiet panic=-1 umid=lab uml_dir=$run/ con0=null,fd:2"
    append+=" con1=$terminal_channel con=null ssl=null lab.run=$run${systemd:+ lab.systemd}${terminal:+ lab.tty=/dev/tty1}"
    # shellcheck disable=SC2016,SC2086 # for the shell inside; words
    start unshare --mount --pid --fork --kill-child -- /bin/sh -c '
        run=$1 memory=$2; shift 2
        mount --bind "$run" "$run"
        awk "{print \$5}" /proc/self/mountinfo | while read -r place; do
            case $place in "$run" | /dev/pts) continue ;; esac
            mount -o remount,bind,ro "$place" || [ "$place" != / ] || exit 1
        done 2> /dev/null || { echo "cannot make this machine read-only for the guest" >&2; exit 1; }
        mount -t tmpfs -o "size=$((memory + 64))m" lab /dev/shm || exit 1
        # Not exec: as process 1 of its namespace a kernel that panics could not abort.
        cd "$run" && "$@"' lab "$run" "$memory" \
        env TMPDIR=/dev/shm LD_PRELOAD="$boot/whole_xstate.so" taskset -c "$processor" "$boot/kernel" $append 2> "$run/console.log" "$@"
    vm=$!
}

processors() {
    taskset -pc $$ | sed 's/.*: //' | tr , '\n' | while IFS=- read -r first last; do seq "$first" "${last:-$first}"; done
}
