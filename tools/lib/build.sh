# SPDX-License-Identifier: MIT
#
# build.sh: how tools/ compile. To be sourced by bash in the top folder.
#
# Promises: what was compiled once, in this or another clone of this tree or for the
# packages, is not compiled again where neither the source nor what matters of its
# options has changed (ccache).
#
# shellcheck shell=bash

# Clones of this tree share what ccache knows.
export CCACHE_BASEDIR=${CCACHE_BASEDIR:-$PWD} CCACHE_NOHASHDIR=1
# What it asks for before it looks at precompiled headers.
export CCACHE_SLOPPINESS=pch_defines,time_macros
# What a warning becomes, and where the tree lies, does not change the code: the packages take the objects of the check.
export CCACHE_IGNOREOPTIONS='-Werror -ffile-prefix-map=*'
export CMAKE_CXX_COMPILER_LAUNCHER=ccache
# debhelper's, whatever the user's is: messages depend on it, so objects of one are not taken for the other.
export LC_ALL=C.UTF-8

# build PRESET [OPTIONS of cmake --build]
build() {
    local preset=$1
    shift
    cmake --preset "$preset" && cmake --build --preset "$preset" "$@"
}
