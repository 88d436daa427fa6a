// How a person connects to a server that has just started: a curl line and client configurations.
#pragma once

#include <string>

#include "config/config.h"

namespace chimera::app {

/// For `url` such as "http://127.0.0.1:8080/mcp"; `executable` is the absolute path of chimera-mcp. A server that a
/// host starts does not inherit this one's environment, so what is set in `config` goes along; passwords do not.
std::string ConnectHints(const std::string& url, const std::string& executable, const config::Config& config);

/// The absolute path of the running program.
std::string ExecutablePath();

}  // namespace chimera::app
