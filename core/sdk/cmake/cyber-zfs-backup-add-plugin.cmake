# SPDX-License-Identifier: MIT
# cyber_zfs_backup_add_plugin(KIND ID SOURCES…): a plugin as the shared object KIND-ID.so, the target KIND-ID.
#
# KIND is transport, naming or retention; ID the id in the descriptor. It exports its entry function alone, every other
# symbol that it uses must be found in what it is linked with, and `cmake --install` puts it into
# ${CYBER_ZFS_BACKUP_PLUGIN_DIR}, where the program looks. The bundled plugins are made with the same function.
function(cyber_zfs_backup_add_plugin kind id)
  if(NOT kind MATCHES "^(transport|naming|retention)$")
    message(FATAL_ERROR "cyber_zfs_backup_add_plugin: '${kind}' is no kind of plugin: transport, naming or retention")
  endif()
  string(LENGTH "${id}" length)
  if(NOT id MATCHES "^[a-z0-9-]+$" OR length GREATER 64)
    message(FATAL_ERROR "cyber_zfs_backup_add_plugin: '${id}' is no id: 1 to 64 lower-case letters, digits and '-'")
  endif()
  if("${ARGN}" STREQUAL "")
    message(FATAL_ERROR "cyber_zfs_backup_add_plugin: ${kind}-${id} has no sources")
  endif()

  set(target ${kind}-${id})
  add_library(${target} MODULE ${ARGN})
  target_link_libraries(${target} PRIVATE cyber-zfs-backup::sdk)
  target_link_options(${target} PRIVATE -Wl,-z,defs)
  if(CMAKE_CXX_FLAGS MATCHES "-fsanitize=")  # the sanitizers' functions come with the program that loads the plugin
    target_link_options(${target} PRIVATE -Wl,-z,undefs)
  endif()
  set_target_properties(${target} PROPERTIES PREFIX "" SUFFIX .so CXX_EXTENSIONS OFF CXX_VISIBILITY_PRESET hidden
                                             VISIBILITY_INLINES_HIDDEN ON)
  install(TARGETS ${target} LIBRARY DESTINATION ${CYBER_ZFS_BACKUP_PLUGIN_DIR} COMPONENT runtime)
endfunction()
