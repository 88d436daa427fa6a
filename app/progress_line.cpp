#include "app/progress_line.h"

#include <unistd.h>

#include <chrono>
#include <cstdio>

namespace chimera::app {
namespace {

constexpr std::chrono::milliseconds kOnTerminal{200};
constexpr std::chrono::milliseconds kElsewhere{5000};

}  // namespace

ProgressLine::ProgressLine(std::function<std::string()> text)
    : text_(std::move(text)), terminal_(isatty(STDERR_FILENO) != 0), thread_([this] { Run(); }) {}

ProgressLine::~ProgressLine() {
  {
    const std::lock_guard lock(mutex_);
    done_ = true;
  }
  ended_.notify_all();
  thread_.join();
  if (terminal_) std::fputs("\r\033[K", stderr);
}

void ProgressLine::Run() {
  std::unique_lock lock(mutex_);
  while (!ended_.wait_for(lock, terminal_ ? kOnTerminal : kElsewhere, [this] { return done_; })) Show();
}

void ProgressLine::Show() const {
  const std::string text = text_();
  std::fprintf(stderr, terminal_ ? "\r\033[K%s" : "%s\n", text.c_str());
  std::fflush(stderr);
}

}  // namespace chimera::app
