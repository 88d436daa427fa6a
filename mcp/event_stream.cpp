#include "mcp/event_stream.h"

#include <algorithm>
#include <utility>

namespace chimera::mcp {
namespace {

// What a client that lost its connection can still fetch, and what a client that does not read can pile up.
constexpr size_t kKeptEvents = 1000;
constexpr size_t kKeptBytes = 8u << 20;

// How long a client waits before it comes back (2025-11-25, "retry" of the priming event), in milliseconds.
constexpr const char* kRetry = "retry: 500\n";

}  // namespace

EventStream::EventStream(std::string name) : name_(std::move(name)) {
  if (name_.empty()) return;
  ++last_;
  events_.push_back({last_, kRetry + ("id: " + name_ + "-" + std::to_string(last_)) + "\ndata: \n\n"});
}

void EventStream::Send(std::string message) {
  SendEvent("message", std::move(message));
}

void EventStream::SendEvent(std::string type, std::string data) {
  {
    const std::lock_guard lock(mutex_);
    if (finished_) return;
    Append(std::move(type), std::move(data));
    used_ = true;
  }
  changed_.notify_all();
}

void EventStream::Append(std::string type, std::string data) {
  std::string text = "event: " + std::move(type) + "\n";
  ++last_;
  if (!name_.empty()) text += "id: " + name_ + "-" + std::to_string(last_) + "\n";
  text.append("data: ").append(data).append("\n\n");
  bytes_ += text.size();
  events_.push_back({last_, std::move(text)});
  Trim();
}

void EventStream::Trim() {
  while (events_.size() > 1 && (events_.size() > kKeptEvents || bytes_ > kKeptBytes)) {
    bytes_ -= std::min(bytes_, events_.front().text.size());
    events_.pop_front();
  }
}

void EventStream::Disconnect() {
  {
    const std::lock_guard lock(mutex_);
    disconnected_ = std::max<uint64_t>(generation_, 1);
    used_ = true;
  }
  changed_.notify_all();
}

void EventStream::Finish(std::string last) {
  {
    const std::lock_guard lock(mutex_);
    if (finished_) return;
    if (used_ && !last.empty()) {
      Append("message", std::move(last));
    } else {
      last_message_ = std::move(last);
    }
    finished_ = true;
  }
  changed_.notify_all();
}

bool EventStream::Finished() const {
  const std::lock_guard lock(mutex_);
  return finished_;
}

uint64_t EventStream::Last() const {
  const std::lock_guard lock(mutex_);
  return last_;
}

void EventStream::Wake() {
  {
    const std::lock_guard lock(mutex_);
    ++wakes_;
  }
  changed_.notify_all();
}

std::optional<std::string> EventStream::Unused() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return used_ || finished_; });
  if (used_) return std::nullopt;
  return std::move(last_message_);
}

EventStream::Reader::Reader(EventStream& stream, uint64_t after)
    : stream_(stream),
      generation_([&] {
        const std::lock_guard lock(stream.mutex_);
        return ++stream.generation_;
      }()),
      position_(after) {
  stream.changed_.notify_all();
}

EventStream::Reader::State EventStream::Reader::Next(std::string& text, std::chrono::milliseconds wait) {
  EventStream& s = stream_;
  std::unique_lock lock(s.mutex_);
  const auto next = [&] {
    return std::find_if(s.events_.begin(), s.events_.end(), [&](const Event& e) { return e.number > position_; });
  };
  const auto replaced = [&] { return generation_ < s.generation_; };
  const auto dismissed = [&] { return generation_ <= s.disconnected_; };
  s.changed_.wait_for(lock, wait, [&] {
    return replaced() || dismissed() || s.finished_ || wakes_ != s.wakes_ || next() != s.events_.end();
  });
  wakes_ = s.wakes_;
  if (replaced()) return State::kEnd;
  const auto event = next();
  if (event == s.events_.end()) return dismissed() || s.finished_ ? State::kEnd : State::kQuiet;
  // What came after the disconnect is for the next connection.
  position_ = event->number;
  text = event->text;
  if (s.name_.empty()) {
    s.bytes_ -= std::min(s.bytes_, event->text.size());
    s.events_.erase(event);
  }
  return State::kEvent;
}

}  // namespace chimera::mcp
