#include "base/log.h"

#include <poll.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <mutex>
#include <string>

#include "base/redaction.h"

namespace chimera::log {
namespace {

// Writes to stderr, but never waits for it: a host may hand us a pipe that nobody reads, and the log must not stop the
// server. What does not fit is dropped and counted.
class StderrSink final : public spdlog::sinks::base_sink<std::mutex> {
 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    if (!Writable()) {
      ++dropped_;
      return;
    }
    if (dropped_ > 0) WriteOut(std::to_string(dropped_) + " log lines were dropped: nobody read them\n");
    dropped_ = 0;
    WriteOut({line.data(), line.size()});
  }

  void flush_() override {}

  // A pipe that polls as writable takes PIPE_BUF (4096) bytes without waiting (pipe(7)); longer lines are cut to that.
  static bool Writable() {
    pollfd descriptor{STDERR_FILENO, POLLOUT, 0};
    return poll(&descriptor, 1, 0) > 0 && (descriptor.revents & POLLOUT) != 0;
  }

  static void WriteOut(std::string_view line) {
    constexpr size_t kMost = 4096;
    std::string cut;
    if (line.size() > kMost) {
      cut = std::string(line.substr(0, kMost - 5)) + "…\n";
      line = cut;
    }
    [[maybe_unused]] const ssize_t ignored = ::write(STDERR_FILENO, line.data(), line.size());
  }

  size_t dropped_ = 0;
};

spdlog::logger& Logger() {
  static const std::shared_ptr<spdlog::logger> logger = [] {
    auto made = std::make_shared<spdlog::logger>("chimera-mcp", std::make_shared<StderrSink>());
    made->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %l %v", spdlog::pattern_time_type::utc);
    return made;
  }();
  return *logger;
}

spdlog::level::level_enum ToSpdlog(Level level) {
  switch (level) {
    case Level::kDebug:
      return spdlog::level::debug;
    case Level::kInfo:
      return spdlog::level::info;
    case Level::kWarning:
      return spdlog::level::warn;
    case Level::kError:
      return spdlog::level::err;
    case Level::kOff:
      return spdlog::level::off;
  }
  return spdlog::level::info;
}

// A value from outside must not forge a second line.
std::string OneLine(std::string_view message) {
  std::string out(message);
  for (char& c : out) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
  }
  return out;
}

void Write(Level level, std::string_view message) {
  const auto at = ToSpdlog(level);
  if (Logger().should_log(at)) Logger().log(at, "{}", OneLine(Redacted(message)));
}

}  // namespace

void SetLevel(Level level) {
  Logger().set_level(ToSpdlog(level));
}
void Debug(std::string_view message) {
  Write(Level::kDebug, message);
}
void Info(std::string_view message) {
  Write(Level::kInfo, message);
}
void Warning(std::string_view message) {
  Write(Level::kWarning, message);
}
void Error(std::string_view message) {
  Write(Level::kError, message);
}

}  // namespace chimera::log
