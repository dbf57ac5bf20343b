# SPDX-License-Identifier: MIT
# czb_add_plugin(KIND ID SOURCES…): a plugin as a shared object KIND-ID.so in the plugin folder.
function(czb_add_plugin kind id)
  set(target ${kind}-${id})
  add_library(${target} MODULE ${ARGN})
  target_link_libraries(${target} PRIVATE czb_sdk czb_compile_options)
  if(NOT CZB_SANITIZE AND NOT CZB_FUZZ)
    target_link_options(${target} PRIVATE -Wl,-z,defs)
  endif()
  set_target_properties(${target} PROPERTIES PREFIX "" LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/${CZB_PLUGIN_DIR})
  install(TARGETS ${target} LIBRARY DESTINATION ${CZB_PLUGIN_DIR})
endfunction()
