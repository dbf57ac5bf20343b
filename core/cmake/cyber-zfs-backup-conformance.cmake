# SPDX-License-Identifier: MIT
# find_package(cyber-zfs-backup REQUIRED COMPONENTS conformance) reads this: it defines cyber-zfs-backup::conformance,
# the static library of the conformance kit. GoogleTest is the author's own affair: only the header
# cyber-zfs-backup/testing/conformance.h uses it.
include(CMakeFindDependencyMacro)
find_dependency(yaml-cpp)
find_dependency(spdlog)
find_dependency(Boost 1.74 COMPONENTS filesystem)

if(NOT TARGET cyber-zfs-backup::conformance)
  get_filename_component(czb_library_dir ${CMAKE_CURRENT_LIST_DIR}/../.. ABSOLUTE)
  if(TARGET yaml-cpp::yaml-cpp)
    set(czb_yaml yaml-cpp::yaml-cpp)
  else()
    set(czb_yaml yaml-cpp)
  endif()
  add_library(cyber-zfs-backup::conformance STATIC IMPORTED)
  set_target_properties(cyber-zfs-backup::conformance PROPERTIES
    IMPORTED_LOCATION ${czb_library_dir}/libcyber-zfs-backup-conformance.a
    IMPORTED_LINK_INTERFACE_LANGUAGES CXX
    INTERFACE_LINK_LIBRARIES "cyber-zfs-backup::sdk;${czb_yaml};spdlog::spdlog;Boost::filesystem;${CMAKE_DL_LIBS}")
  unset(czb_library_dir)
  unset(czb_yaml)
endif()
