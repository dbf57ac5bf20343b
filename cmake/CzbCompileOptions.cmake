# SPDX-License-Identifier: MIT
# czb_compile_options: warnings and sanitizers that every target of ours is built with.
add_library(czb_compile_options INTERFACE)
target_compile_options(czb_compile_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wold-style-cast
                                                     -Wnon-virtual-dtor -Woverloaded-virtual)
# The SDK's interfaces are created and destroyed by their plugin alone, never through delete: their
# destructors are protected. Implementations are `final`.
if(CZB_WARNINGS_AS_ERRORS)
  target_compile_options(czb_compile_options INTERFACE -Werror)
endif()
if(CZB_FUZZ)
  target_compile_options(czb_compile_options INTERFACE -fsanitize=fuzzer-no-link,address,undefined
                                                       -fno-sanitize-recover=all)
  target_link_options(czb_compile_options INTERFACE -fsanitize=address,undefined)
endif()
if(CZB_SANITIZE)
  # A program of tests says of itself that it is one (czb_test_program): its own sources are not the code under test.
  set(undefined "$<$<NOT:$<BOOL:$<TARGET_PROPERTY:CZB_TEST_PROGRAM>>>:,undefined>")
  target_compile_options(czb_compile_options INTERFACE "-fsanitize=address${undefined}" -fno-sanitize-recover=all
                                                       -fno-omit-frame-pointer)
  target_link_options(czb_compile_options INTERFACE -fsanitize=address,undefined)
endif()
