#include "clickhouse/alarm.h"

namespace chimera::clickhouse {

Alarm::Alarm() : thread_([this] { Run(); }) {}

Alarm::~Alarm() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

Alarm::Handle Alarm::At(Deadline deadline, std::function<void()> action) {
  if (deadline.IsNever()) return {};
  std::lock_guard lock(mutex_);
  Handle::Key key{deadline.At(), next_id_++};
  auto place = due_.emplace(key, std::move(action)).first;
  if (place == due_.begin()) changed_.notify_one();
  return Handle(this, key);
}

void Alarm::Disarm(const Handle::Key& key) {
  std::lock_guard lock(mutex_);
  due_.erase(key);
}

void Alarm::Run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (due_.empty()) {
      changed_.wait(lock);
      continue;
    }
    auto first = due_.begin();
    if (first->first.first > Deadline::Clock::now()) {
      changed_.wait_until(lock, first->first.first);
      continue;
    }
    first->second();
    due_.erase(first);
  }
}

}  // namespace chimera::clickhouse
