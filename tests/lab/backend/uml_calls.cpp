// SPDX-License-Identifier: MIT
// Preloaded into the User Mode Linux kernel, which is a program like others, for two of libc's functions that it calls.
//
// ptrace: it keeps 2696 bytes of a guest process's extended processor state (HOST_FP_SIZE in arch/x86/um/user-offsets.c
// of Linux 6.1): all there is up to AVX-512 and protection keys. A processor with more (AMX) has a longer state, and
// the host's PTRACE_SETREGSET takes a whole one or none (xstateregs_set() in arch/x86/kernel/fpu/regset.c), so no guest
// process could run. Here the rest is that of a process that has not used it; a guest cannot use AMX, for which a
// process has to ask its kernel, and this one knows no such call.
//
// And it sets and gets that state around each system call and page fault of a guest process, though it seldom changes
// in between: what is known to be so already is not asked of the host again.
//
// execvp: at a reboot it becomes itself anew (main() in arch/um/os-Linux/main.c), and the lab's program would run
// again, and again. Here that ends it, as -no-reboot does under QEMU.
#include <dlfcn.h>
#include <elf.h>
#include <sys/ptrace.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cstdarg>
#include <cstdint>
#include <cstring>

namespace {

using Ptrace = long (*)(int, pid_t, void*, void*);

// The standard form of the state (Intel's manual, volume 1, 13.4): its header begins with a mask of the parts that hold
// something. APX (bit 19), which no processor of today has, is taken away from guests by this.
constexpr std::size_t header = 512;
constexpr std::uint64_t known_parts = 0x2ff;
constexpr std::size_t most = 1 << 16;

// What the process has that was stopped last, up to the length that the kernel asks for; nothing once it runs.
pid_t stopped = 0;
std::size_t known_length = 0;
char known_state[most];

// As the host wants it: `whole_length` bytes, 0 as long as that is not known.
std::size_t whole_length = 0;
char whole_state[most];

void remember(pid_t process, const void* state, std::size_t length) {
  stopped = process;
  known_length = length;
  std::memcpy(known_state, state, length);
}

long get_state(Ptrace ptrace, pid_t process, void* kind, iovec& state) {
  if (process == stopped && state.iov_len == known_length) {
    std::memcpy(state.iov_base, known_state, known_length);
    return 0;
  }
  const long result = ptrace(PTRACE_GETREGSET, process, kind, &state);
  if (result == 0 && state.iov_len <= most) remember(process, state.iov_base, state.iov_len);
  return result;
}

long set_state(Ptrace ptrace, pid_t process, void* kind, const iovec& state) {
  if (process == stopped && state.iov_len == known_length &&
      std::memcmp(state.iov_base, known_state, known_length) == 0)
    return 0;
  if (whole_length == 0) {
    iovec whole = {whole_state, sizeof whole_state};
    if (const long result = ptrace(PTRACE_GETREGSET, process, kind, &whole); result != 0) return result;
    whole_length = whole.iov_len;
    std::memset(whole_state, 0, sizeof whole_state);
  }
  iovec whole = state;
  if (state.iov_len < whole_length) {
    std::memcpy(whole_state, state.iov_base, state.iov_len);
    std::uint64_t parts = 0;
    std::memcpy(&parts, whole_state + header, sizeof parts);
    parts &= known_parts;
    std::memcpy(whole_state + header, &parts, sizeof parts);
    whole = {whole_state, whole_length};
  }
  const long result = ptrace(PTRACE_SETREGSET, process, kind, &whole);
  if (result == 0 && state.iov_len <= most) remember(process, state.iov_base, state.iov_len);
  return result;
}

// All others but these may let a process run, or change what it has.
bool leaves_state(int request) {
  return request == PTRACE_GETREGS || request == PTRACE_SETREGS || request == PTRACE_GETSIGINFO;
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
  if (reinterpret_cast<std::uintptr_t>(address) == NT_X86_XSTATE) {
    if (request == PTRACE_GETREGSET) return get_state(real, process, address, *static_cast<iovec*>(data));
    if (request == PTRACE_SETREGSET) return set_state(real, process, address, *static_cast<const iovec*>(data));
  }
  if (!leaves_state(request)) stopped = 0;
  return real(request, process, address, data);
}

extern "C" int execvp(const char*, char* const[]) noexcept { _exit(1); }
