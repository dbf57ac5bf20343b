# SPDX-License-Identifier: MIT
# czb_add_plugin(KIND ID SOURCES…): a bundled plugin, made as everybody's are (core/sdk/cmake), with our warnings and
# sanitizers, and in the build tree's plugin folder.
include(${CMAKE_CURRENT_LIST_DIR}/../core/sdk/cmake/cyber-zfs-backup-add-plugin.cmake)

function(czb_add_plugin kind id)
  set(CYBER_ZFS_BACKUP_PLUGIN_DIR ${CZB_PLUGIN_DIR})
  cyber_zfs_backup_add_plugin(${kind} ${id} ${ARGN})
  target_link_libraries(${kind}-${id} PRIVATE czb_compile_options)
  if(CZB_SANITIZE OR CZB_FUZZ)
    target_link_options(${kind}-${id} PRIVATE -Wl,-z,undefs)
  endif()
  set_target_properties(${kind}-${id} PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/${CZB_PLUGIN_DIR})
endfunction()
