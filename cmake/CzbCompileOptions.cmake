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
  target_compile_options(czb_compile_options INTERFACE -fsanitize=address,undefined -fno-sanitize-recover=all
                                                       -fno-omit-frame-pointer)
  target_link_options(czb_compile_options INTERFACE -fsanitize=address,undefined)
endif()
