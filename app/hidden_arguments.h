// Everybody on a machine can read the arguments of its processes (ps, /proc/PID/cmdline).
#pragma once

namespace chimera::app {

/// Overwrites, in the arguments that the process shows, the passwords of `--user NAME:PASSWORD`, and the accounts in
/// addresses. To be called once they have been read; the moment before stays visible.
void HideArguments(int argc, char** argv);

}  // namespace chimera::app
