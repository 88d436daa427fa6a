// How a person connects to a server that has just started: a curl line and client configurations.
#pragma once

#include <string>

namespace chimera::app {

/// For `url` such as "http://127.0.0.1:8080/mcp"; `executable` is the absolute path of chimera-mcp.
std::string ConnectHints(const std::string& url, const std::string& executable);

/// The absolute path of the running program.
std::string ExecutablePath();

}  // namespace chimera::app
