// SPDX-License-Identifier: MIT
// Preloaded into the User Mode Linux kernel, which is a program like others and calls libc's ptrace.
//
// It keeps 2696 bytes of a guest process's extended processor state (HOST_FP_SIZE in arch/x86/um/user-offsets.c of
// Linux 6.1): all there is up to AVX-512 and protection keys. A processor with more (AMX) has a longer state, and the
// host's PTRACE_SETREGSET takes a whole one or none (xstateregs_set() in arch/x86/kernel/fpu/regset.c), so no guest
// process could run. Here what the kernel does not know is left as it is; a guest cannot use AMX, for which a process
// has to ask its kernel, and this one knows no such call.
#include <dlfcn.h>
#include <elf.h>
#include <sys/ptrace.h>
#include <sys/types.h>
#include <sys/uio.h>

#include <cstdarg>
#include <cstdint>
#include <cstring>

namespace {

using Ptrace = long (*)(int, pid_t, void*, void*);

// The standard form of the state (Intel's manual, volume 1, 13.4): its header begins with a mask of the parts that hold
// something.
constexpr std::size_t header = 512;
constexpr std::uint64_t known_parts = 0x2ff;

char whole_state[1 << 16];

long set_known_part(Ptrace ptrace, pid_t process, void* kind, const iovec& known) {
  iovec whole = {whole_state, sizeof whole_state};
  const long result = ptrace(PTRACE_GETREGSET, process, kind, &whole);
  if (result != 0) return result;
  if (whole.iov_len <= known.iov_len) {
    iovec same = known;
    return ptrace(PTRACE_SETREGSET, process, kind, &same);
  }
  std::memcpy(whole_state, known.iov_base, known.iov_len);
  std::uint64_t parts = 0;
  std::memcpy(&parts, whole_state + header, sizeof parts);
  parts &= known_parts;
  std::memcpy(whole_state + header, &parts, sizeof parts);
  return ptrace(PTRACE_SETREGSET, process, kind, &whole);
}

}  // namespace

extern "C" long ptrace(enum __ptrace_request request, ...) noexcept {
  static const auto real = reinterpret_cast<Ptrace>(dlsym(RTLD_NEXT, "ptrace"));
  va_list arguments;
  va_start(arguments, request);
  const pid_t process = va_arg(arguments, pid_t);
  void* const address = va_arg(arguments, void*);
  void* const data = va_arg(arguments, void*);
  va_end(arguments);
  if (request == PTRACE_SETREGSET && reinterpret_cast<std::uintptr_t>(address) == NT_X86_XSTATE)
    return set_known_part(real, process, address, *static_cast<const iovec*>(data));
  return real(request, process, address, data);
}
