// An engine's sockets without the HTTP library: where the Unix one is, and the cheapest questions to it.
#pragma once

#include <chrono>
#include <string>

#include "base/result.h"

namespace chimera::engine {

/// The private folder for sockets: made with mode 0700 if missing. kIoError when it belongs to somebody else or others
/// may enter it.
Status PreparePrivateDir(const std::string& path);

/// Whether something listens there. Takes some 20 µs.
bool CanConnect(const std::string& socket_path);

/// Whether the engine there answers GET /ping within `patience`.
bool AnswersPing(const std::string& socket_path, std::chrono::milliseconds patience);

}  // namespace chimera::engine
