# SPDX-License-Identifier: MIT
#
# qemu.sh: what OpenZFS's modules are built with for Debian's cloud kernel: the headers that
# are installed. Sourced by prepare, for openzfs.sh.
#
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034 # backend/qemu.sh sets them, openzfs.sh uses them

kernel_headers() {
    linux_source=/lib/modules/$kernel/source linux_objects=/lib/modules/$kernel/build
}

adapt_openzfs() { :; }

build_own_modules() { :; }
