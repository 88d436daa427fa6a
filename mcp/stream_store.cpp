#include "mcp/stream_store.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/text.h"

namespace chimera::mcp {
namespace {

constexpr size_t kKeptStreams = 32;
constexpr size_t kNameBytes = 6;  // of randomness: unique within a session

}  // namespace

std::shared_ptr<EventStream> StreamStore::NewStream() {
  return std::make_shared<EventStream>(RandomHex(kNameBytes));
}

void StreamStore::Keep(std::shared_ptr<EventStream> stream) {
  const std::lock_guard lock(mutex_);
  while (streams_.size() >= kKeptStreams) {
    const auto finished =
        std::find_if(streams_.begin(), streams_.end(), [](const auto& one) { return one->Finished(); });
    if (finished == streams_.end()) break;
    streams_.erase(finished);
  }
  streams_.push_back(std::move(stream));
}

std::shared_ptr<EventStream> StreamStore::Standing() {
  const std::lock_guard lock(mutex_);
  if (!standing_) standing_ = NewStream();
  return standing_;
}

std::pair<std::shared_ptr<EventStream>, uint64_t> StreamStore::Find(std::string_view event_id) const {
  const size_t dash = event_id.find('-');
  if (dash == std::string_view::npos) return {};
  uint64_t number = 0;
  const char* end = event_id.data() + event_id.size();
  const auto [rest, error] = std::from_chars(event_id.data() + dash + 1, end, number);
  if (rest != end || error != std::errc()) return {};
  const auto named = [&](const auto& stream) {
    return stream && stream->Name() == event_id.substr(0, dash) && number > 0 && number <= stream->Last();
  };
  const std::lock_guard lock(mutex_);
  if (named(standing_)) return {standing_, number};
  const auto found = std::find_if(streams_.begin(), streams_.end(), named);
  if (found == streams_.end()) return {};
  return {*found, number};
}

void StreamStore::FinishAll() {
  const std::lock_guard lock(mutex_);
  for (const auto& stream : streams_) stream->Finish();
  if (standing_) standing_->Finish();
}

}  // namespace chimera::mcp
