# SPDX-License-Identifier: MIT
#
# qemu.sh: the lab as a VM under QEMU (software emulation where there is no KVM), with
# Debian's cloud kernel and OpenZFS's modules built for it here (modules/qemu.sh). find_parts
# and add_modules are prepare's, start_machine is run's.
#
# Any number of processors, and systemd as process 1; programs run 10 to 50 times slower
# than on the machine where that is emulated.
#
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034 # prepare and run set them, or use them

find_parts() {
    local folder
    need_tools modinfo modprobe qemu-system-x86_64 /usr/lib/qemu/virtiofsd
    kernel=$(kernel_with_headers)
    [[ $kernel ]] || die 'no cloud kernel here that has its headers' "$install_hint"
    kernel_image=/boot/vmlinuz-$kernel
    folder=$(openzfs_for "$kernel")
    zfs_modules=$folder/modules
    zfs_module=$zfs_modules/zfs.ko
    zfs_userland=''
    [[ ! -d $folder/userland ]] || zfs_userland=$folder/userland
}

# Prints the newest cloud kernel that has its headers, or nothing.
kernel_with_headers() {
    local folder
    for folder in /lib/modules/*-cloud-*; do
        [[ ! -e /boot/vmlinuz-${folder##*/} || ! -d $folder/build ]] || echo "${folder##*/}"
    done | sort -Vr | head -n 1
}

add_modules() {
    local module file
    for module in virtio_pci virtiofs overlay; do add_kernel_module root "$module"; done
    add_kernel_module zfs loop
    for file in $(own_module_files zfs); do add_module_file zfs "$file"; done
}

# With all that the kernel's module needs: add_kernel_module LIST MODULE
add_kernel_module() {
    local file
    for file in $(modprobe -S "$kernel" --show-depends "$2" | sed -n 's/^insmod \([^ ]*\).*/\1/p'); do
        add_module_file "$1" "$file"
    done
}

# Prints the files of a module of OpenZFS and of those that it needs, in load order.
own_module_files() {
    local own=$zfs_modules/$1.ko needed
    if [[ -e $own ]]; then
        for needed in $(modinfo -F depends "$own" | tr , ' '); do own_module_files "$needed"; done
        echo "$own"
    else
        modprobe -S "$kernel" --show-depends "$1" | sed -n 's/^insmod \([^ ]*\).*/\1/p'
    fi
}

# Starts the machine; sets vm to its process. The terminal is this one where run has one.
start_machine() {
    local socket=lab-${run##*/} append accelerator=tcg,thread=multi qemu
    cd "$run" || exit # the name of a socket must be short
    left_files+=("/run/virtiofsd/$socket.pid")
    start /usr/lib/qemu/virtiofsd --socket-path="$socket" -o source=/ -o cache=always -o sandbox=chroot \
        < /dev/null > virtiofsd.log 2>&1
    virtiofsd=$!
    until [[ -S $socket ]]; do
        kill -0 "$virtiofsd" 2> /dev/null || fail 'virtiofsd did not start:' "$(< virtiofsd.log)"
        sleep 0.01
    done
    # A /dev/kvm alone proves nothing.
    [[ ! -w /dev/kvm ]] || ! grep -qwE 'vmx|svm' /proc/cpuinfo || accelerator=kvm
    append="console=ttyS0 quiet panic=-1 oops=panic mitigations=off lab.run=$run${systemd:+ lab.systemd}"
    # Emulated code is translated again wherever it lies at another address, and what a processor does at once
    # (rep movsb) goes byte by byte: these take a third off all times.
    [[ $accelerator == kvm ]] || append+=' norandmaps init_on_alloc=0 clearcpuid=rep_good,erms,fsrm'
    # shellcheck disable=SC2054 # these commas are those of qemu
    qemu=(qemu-system-x86_64 -nodefaults -no-user-config -no-reboot
        -M q35 -accel "$accelerator" -cpu max -smp "$cpus" -m "$memory"
        -object "memory-backend-memfd,id=memory,size=${memory}M,share=on"
        -numa node,memdev=memory -display none -nic none
        -chardev "socket,id=files,path=$socket"
        -device vhost-user-fs-pci,chardev=files,tag=hostroot
        -serial file:console.log
        -kernel "$boot/kernel" -initrd "$boot/initrd")
    if [[ $terminal ]]; then
        append+=' lab.tty=/dev/ttyS1'
        qemu+=(-chardev stdio,id=terminal,signal=off -serial chardev:terminal)
    fi
    start "${qemu[@]}" -append "$append" 2> qemu.log
    vm=$!
}
