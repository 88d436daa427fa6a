#include "engine/cage.h"

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "base/text.h"

namespace chimera::engine {
namespace {

constexpr uint64_t kRead = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
constexpr uint64_t kWrite = LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |
                            LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG;
// Databases keep links from their names to their folders.
constexpr uint64_t kLink = LANDLOCK_ACCESS_FS_MAKE_SYM;
constexpr uint64_t kNeverNeeded = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_MAKE_CHAR |
                                  LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |
                                  LANDLOCK_ACCESS_FS_MAKE_BLOCK;

// Moving between folders came with version 2 (without it, it is always refused), cutting files with version 3. Written
// out, because older headers lack them.
constexpr uint64_t kRefer = 1ull << 13;
constexpr uint64_t kTruncate = 1ull << 14;

/// The rights to work on data that a kernel of this version can tell apart.
uint64_t DataRights(int abi) {
  return kRead | kWrite | kLink | (abi >= 2 ? kRefer : 0) | (abi >= 3 ? kTruncate : 0);
}

/// A descriptor that is closed at the end of its scope.
class Descriptor {
 public:
  explicit Descriptor(long fd) : fd_(static_cast<int>(fd)) {}
  Descriptor(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  int Number() const { return fd_; }

 private:
  int fd_;
};

bool Allow(const Descriptor& rules, const std::string& path, uint64_t rights) {
  const Descriptor parent(open(path.c_str(), O_PATH | O_CLOEXEC));
  if (parent.Number() < 0) return false;
  const landlock_path_beneath_attr rule{rights, parent.Number()};
  return syscall(SYS_landlock_add_rule, rules.Number(), LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0;
}

// What the library learns the limits of memory and processors from: they stand in the machine's and the container's own
// control groups. Without them, it would take all of the machine. And where its random numbers begin.
constexpr std::array kMachineFiles = {"/dev/urandom",
                                      "/proc/self/cgroup",
                                      "/sys/devices/system/cpu/online",
                                      "/sys/devices/system/cpu/possible",
                                      "/sys/fs/cgroup/cpu/cpu.cfs_period_us",
                                      "/sys/fs/cgroup/cpu/cpu.cfs_quota_us",
                                      "/sys/fs/cgroup/cpuacct/cpuacct.stat",
                                      "/sys/fs/cgroup/memory/memory.limit_in_bytes",
                                      "/sys/fs/cgroup/memory/memory.stat"};
constexpr std::array kGroupFiles = {"cgroup.controllers", "cpu.max",    "cpu.stat",   "cpuset.cpus.effective",
                                    "memory.current",     "memory.max", "memory.stat"};

/// This process's control group (version 2) and those that it lies in, as folders; the outermost is always one.
std::vector<std::filesystem::path> ControlGroups() {
  std::ifstream file("/proc/self/cgroup");
  std::filesystem::path group;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("0::/")) group = line.substr(4);
  }
  std::vector<std::filesystem::path> groups;
  for (; !group.empty(); group = group.parent_path()) groups.push_back("/sys/fs/cgroup" / group);
  groups.emplace_back("/sys/fs/cgroup");
  return groups;
}

/// Single files, because a folder of theirs tells of everything else that runs. Those that are not there are not
/// missed.
void AllowLimits(const Descriptor& rules) {
  for (const char* file : kMachineFiles) Allow(rules, file, LANDLOCK_ACCESS_FS_READ_FILE);
  for (const auto& group : ControlGroups()) {
    for (const char* file : kGroupFiles) Allow(rules, group / file, LANDLOCK_ACCESS_FS_READ_FILE);
  }
}

bool ConfineFiles(const CagePlan& plan, int abi) {
  landlock_ruleset_attr handled{};
  handled.handled_access_fs = DataRights(abi) | kNeverNeeded;
  const Descriptor rules(syscall(SYS_landlock_create_ruleset, &handled, sizeof(handled), 0));
  if (rules.Number() < 0 || !Allow(rules, plan.data, DataRights(abi))) return false;
  if (!plan.socket_dir.empty() && !Allow(rules, plan.socket_dir, LANDLOCK_ACCESS_FS_REMOVE_FILE)) return false;
  AllowLimits(rules);
  return syscall(SYS_landlock_restrict_self, rules.Number(), 0) == 0;
}

#if defined(__x86_64__)
constexpr uint32_t kArchitecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr uint32_t kArchitecture = AUDIT_ARCH_AARCH64;
#else
#error "name the AUDIT_ARCH of this processor"
#endif
// The x32 variants of system calls have numbers from here on; no other processor has any.
constexpr uint32_t kForeignCalls = 0x40000000;

// A socket is a way out even without connect (UDP), io_uring does both without these calls, and whatever program runs
// or is traced would be outside of the data folder's rules on kernels without Landlock.
constexpr std::array kForbidden = {SYS_socket,           SYS_connect,           SYS_execve,
                                   SYS_execveat,         SYS_io_uring_setup,    SYS_ptrace,
                                   SYS_process_vm_readv, SYS_process_vm_writev, SYS_pidfd_getfd};

/// Compares what was loaded; `hit` and `miss` are how many instructions to skip.
sock_filter Compare(uint16_t how, uint32_t value, size_t hit, size_t miss) {
  return {static_cast<uint16_t>(BPF_JMP | how | BPF_K), static_cast<uint8_t>(hit), static_cast<uint8_t>(miss), value};
}

/// Loads the architecture, then the call's number, and compares. The last instruction refuses with EPERM, the one
/// before allows.
std::vector<sock_filter> Filter() {
  constexpr uint16_t kLoad = BPF_LD | BPF_W | BPF_ABS, kReturn = BPF_RET | BPF_K;
  constexpr size_t kCount = kForbidden.size();
  std::vector<sock_filter> filter = {{kLoad, 0, 0, offsetof(seccomp_data, arch)},
                                     Compare(BPF_JEQ, kArchitecture, 0, kCount + 3),
                                     {kLoad, 0, 0, offsetof(seccomp_data, nr)},
                                     Compare(BPF_JGE, kForeignCalls, kCount + 1, 0)};
  for (size_t i = 0; i < kCount; ++i)
    filter.push_back(Compare(BPF_JEQ, static_cast<uint32_t>(kForbidden[i]), kCount - i, 0));
  filter.push_back({kReturn, 0, 0, SECCOMP_RET_ALLOW});
  filter.push_back({kReturn, 0, 0, SECCOMP_RET_ERRNO | EPERM});
  return filter;
}

bool ConfineCalls() {
  std::vector<sock_filter> filter = Filter();
  const sock_fprog program{static_cast<unsigned short>(filter.size()), filter.data()};
  // Some thread may have a filter of its own; the library's will all come from this one.
  return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program) == 0 ||
         syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0;
}

std::string Because(const std::string& what) {
  return what + " (" + std::strerror(errno) + ")";
}

}  // namespace

std::string Cage::Describe() const {
  std::string text = "files: ";
  text += landlock_abi > 0 ? "its data folder only (Landlock ABI " + std::to_string(landlock_abi) + ")"
                           : std::string("whatever this user may");
  return text + "; network and programs: " + (calls ? "none (seccomp)" : "whatever this user may");
}

int LandlockAbi() {
  const long abi = syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  return abi > 0 ? static_cast<int>(abi) : 0;
}

Cage EnterCage(const CagePlan& plan) {
  Cage cage;
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
    cage.missing.push_back(Because("new privileges cannot be given up"));
    return cage;
  }
  errno = 0;
  if (const int abi = LandlockAbi(); plan.files && abi > 0 && ConfineFiles(plan, abi)) cage.landlock_abi = abi;
  if (plan.files && cage.landlock_abi == 0) {
    cage.missing.push_back(
        Because("this kernel has no Landlock, or does not let it be used: statements may reach files"));
  }
  cage.calls = plan.calls && ConfineCalls();
  if (plan.calls && !cage.calls)
    cage.missing.push_back(Because("no seccomp filter could be set: statements may reach the network"));
  return cage;
}

}  // namespace chimera::engine
