// The operator's log: one line an event on stderr, never on stdout (stdout belongs to the protocol). A thin front over
// spdlog so that its headers stay in one .cpp. Never waits: lines that nobody reads are dropped. Never pass a secret
// (what has the form of one is taken out, see redaction.h); statement text only at debug level.
#pragma once

#include <string>
#include <string_view>

namespace chimera::log {

enum class Level { kDebug, kInfo, kWarning, kError, kOff };

/// Call once at start; thread-safe afterwards. Default before the call: kInfo.
void SetLevel(Level level);

void Debug(std::string_view message);
void Info(std::string_view message);
void Warning(std::string_view message);
void Error(std::string_view message);

}  // namespace chimera::log
