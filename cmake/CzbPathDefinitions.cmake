# SPDX-License-Identifier: MIT
# czb_path_definitions(TARGET [HEADERS NAME… DEFINITIONS] NAME=VALUE…): macros that hold paths of this build, for those
# sources of TARGET alone that name one of them or include one of the headers. So the others are compiled the same in every
# clone, and ccache knows them. A source that names one for the first time needs `cmake` to be run again.
function(czb_path_definitions target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "HEADERS;DEFINITIONS")
  list(APPEND arg_DEFINITIONS ${arg_UNPARSED_ARGUMENTS})
  list(TRANSFORM arg_DEFINITIONS REPLACE "=.*" "" OUTPUT_VARIABLE names)
  list(TRANSFORM arg_HEADERS REPLACE ".+" "include \"\\0\"")
  list(JOIN names "|" pattern)
  foreach(header ${arg_HEADERS})
    string(APPEND pattern "|${header}")
  endforeach()
  get_target_property(sources ${target} SOURCES)
  foreach(source ${sources})
    file(READ ${source} text)
    if(text MATCHES "${pattern}")
      set_property(SOURCE ${source} APPEND PROPERTY COMPILE_DEFINITIONS ${arg_DEFINITIONS})
    endif()
  endforeach()
endfunction()
