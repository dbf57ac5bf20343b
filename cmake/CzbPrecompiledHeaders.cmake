# SPDX-License-Identifier: MIT
# czb_precompile_headers(TARGET): its sources find the standard library's headers read already, which is a third of what a
# debug build of a source takes. They include what they use all the same: clang-tidy looks at each without these
# (tools/lib/lint.sh).
option(CZB_PRECOMPILED_HEADERS "Read the standard library's headers once for all sources of a target" ON)
set(CZB_STANDARD_HEADERS <algorithm> <chrono> <cstdint> <cstring> <functional> <map> <memory> <optional> <set>
                         <stdexcept> <string> <string_view> <utility> <variant> <vector>)
# What almost every test includes besides.
set(CZB_TEST_HEADERS ${CZB_STANDARD_HEADERS} <filesystem> <gmock/gmock.h> <gtest/gtest.h> <sstream>)

function(czb_precompile target)
  if(CZB_PRECOMPILED_HEADERS)
    target_precompile_headers(${target} PRIVATE ${ARGN})
    if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
      # GCC 12 sees faults in std::string (its bug 105651) that it forgets are the library's once that is precompiled.
      # So GCC warns of no such fault of ours either; AddressSanitizer looks for them in the tests.
      target_compile_options(${target} PRIVATE -Wno-array-bounds -Wno-restrict -Wno-stringop-overflow
                                               -Wno-stringop-overread)
    endif()
  endif()
endfunction()

function(czb_precompile_headers target)
  czb_precompile(${target} ${CZB_STANDARD_HEADERS})
endfunction()

# czb_test_program(TARGET): the same for a program of tests. Its own sources run once, so they are not optimised, and
# AddressSanitizer looks at them but not UndefinedBehaviorSanitizer, which is for the code under test: each would take
# longer to compile than it saves.
function(czb_test_program target)
  czb_precompile(${target} ${CZB_TEST_HEADERS})
  target_compile_options(${target} PRIVATE -O0 -U_FORTIFY_SOURCE)
  set_target_properties(${target} PROPERTIES CZB_TEST_PROGRAM ON)
endfunction()
