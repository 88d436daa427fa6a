// The walls around the engine's process, for whatever a statement manages to say: Landlock keeps its files to the data
// folder, a seccomp filter its system calls from the network and from other programs. Linux only. Neither can be taken
// down again.
#pragma once

#include <string>
#include <vector>

namespace chimera::engine {

/// What the process still needs once it listens.
struct CagePlan {
  std::string data;        ///< folder to read and write; must exist
  std::string socket_dir;  ///< folder whose files it may remove (its socket, when it leaves); empty: none
  bool files = true;       ///< the wall around files; each can be left out, to see what the other does alone
  bool calls = true;       ///< the wall before the network and other programs
};

/// What is in force.
struct Cage {
  int landlock_abi = 0;                ///< 0: files are not confined
  bool calls = false;                  ///< no sockets, no connecting, no other programs
  std::vector<std::string> missing{};  ///< why something is not, for the operator

  /// For people: "files: its data folder only (Landlock ABI 7); network and programs: none (seccomp)".
  std::string Describe() const;
};

/// The Landlock version of this kernel; 0 when it has none, or when it is switched off.
int LandlockAbi();

/// Confines the calling thread and every thread that it starts from here on; the filter of system calls all threads of
/// the process where the kernel lets it. What is open stays open: listeners, the log. Every failure is in `missing`.
Cage EnterCage(const CagePlan& plan);

}  // namespace chimera::engine
