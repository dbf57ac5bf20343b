# SPDX-License-Identifier: MIT
#
# uml.sh: the lab as a process of this machine: User Mode Linux. Debian's own kernel of
# that kind (the package user-mode-linux), as it is, with OpenZFS's modules built for it
# here (modules/uml.sh). find_parts and add_modules are prepare's, start_machine is run's.
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

add_modules() {
    local module
    g++ -std=c++20 -O2 -shared -fPIC -o "${tree%/*}/uml_calls.so" "$here/backend/uml_calls.cpp" ||
        die "could not compile $here/backend/uml_calls.cpp"
    add_module_file root "$zfs_modules/fault_around.ko"
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
        # Blanks are written as \040 there. A place that another mount covers cannot be reached, by the guest either.
        awk "{print \$5}" /proc/self/mountinfo | while read -r place; do
            place=$(printf "%b." "$place") place=${place%.}
            case $place in "$run" | /dev/pts) continue ;; esac
            mount -o remount,bind,ro "$place" 2> /dev/null ||
                [ ! -w "$place" ] ||
                { echo "cannot make $place read-only for the guest" >&2; exit 1; }
        done || exit 1
        mount -t tmpfs -o "size=$((memory + 64))m" lab /dev/shm || exit 1
        # Not exec: as process 1 of its namespace a kernel that panics could not abort.
        cd "$run" && "$@"' lab "$run" "$memory" \
        taskset -c "$processor" env TMPDIR=/dev/shm LD_PRELOAD="$boot/uml_calls.so" "$boot/kernel" $append 2> "$run/console.log" "$@"
    vm=$!
}

processors() {
    taskset -pc $$ | sed 's/.*: //' | tr , '\n' | while IFS=- read -r first last; do seq "$first" "${last:-$first}"; done
}
