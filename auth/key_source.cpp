#include "auth/key_source.h"

#include <utility>

#include "base/log.h"

namespace chimera::auth {
namespace {

constexpr size_t kMaxFileBytes = 1u << 20;

}  // namespace

Result<std::unique_ptr<KeySource>> KeySource::FromFile(const std::string& path) {
  std::unique_ptr<KeySource> source(new KeySource());
  source->file_ = std::make_unique<WatchedFile>(path, kMaxFileBytes);
  auto read = source->file_->ReadIfChanged();
  if (!read->ok()) return read->error();
  auto keys = JwkSet::Parse((*read)->text);
  if (!keys.ok()) return MakeError(keys.error().code, path + " " + keys.error().message, keys.error().hint);
  source->Take(std::move(keys), path);
  return source;
}

std::unique_ptr<KeySource> KeySource::FromUrl(std::string url, Fetch fetch, Ages ages,
                                              std::function<Clock::time_point()> now) {
  std::unique_ptr<KeySource> source(new KeySource());
  source->url_ = std::move(url);
  source->fetch_ = std::move(fetch);
  source->ages_ = ages;
  source->now_ = std::move(now);
  return source;
}

KeySource::Keys KeySource::Held() {
  const std::lock_guard lock(mutex_);
  return keys_;
}

KeySource::Keys KeySource::Current() {
  if (file_) {
    ReadFile();
    return Held();
  }
  Keys keys;
  bool stale = false;
  {
    const std::lock_guard lock(mutex_);
    keys = keys_;
    stale = now_() >= stale_at_;
  }
  return stale ? Newer(keys) : keys;
}

KeySource::Keys KeySource::Newer(const Keys& known) {
  if (!file_) FetchOnce(known);
  return Held();
}

void KeySource::ReadFile() {
  const std::lock_guard lock(mutex_);
  auto read = file_->ReadIfChanged();
  if (!read) return;
  auto keys = read->ok() ? JwkSet::Parse((*read)->text) : Result<JwkSet>(read->error());
  if (keys.ok()) {
    keys_ = std::make_shared<const JwkSet>(*std::move(keys));
  } else {
    log::Error("the keys of " + file_->Path() + " stay as they were: " + keys.error().message);
  }
}

/// Who waited here for somebody else's fetch takes what that brought.
void KeySource::FetchOnce(const Keys& known) {
  const std::lock_guard fetching(fetching_);
  {
    const std::lock_guard lock(mutex_);
    const auto now = now_();
    if (keys_ != known || now < next_fetch_) return;
    next_fetch_ = now + ages_.between;
  }
  auto body = fetch_(url_);
  Take(body.ok() ? JwkSet::Parse(*body) : Result<JwkSet>(std::move(body).error()), url_);
}

void KeySource::Take(Result<JwkSet> keys, const std::string& from) {
  if (!keys.ok()) return log::Error("no keys from " + from + ": " + keys.error().message);
  log::Info(std::to_string(keys->Size()) + " keys for tokens from " + from);
  const std::lock_guard lock(mutex_);
  keys_ = std::make_shared<const JwkSet>(*std::move(keys));
  if (now_) stale_at_ = now_() + ages_.fresh;
}

}  // namespace chimera::auth
