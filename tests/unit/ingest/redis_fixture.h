// What the tests of the store in Redis share: a server, stores as of several hosts, small writes.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/text.h"
#include "tests/unit/ingest/redis_process.h"

namespace chimera::ingest {

class RedisTest : public testing::Test {
 protected:
  void SetUp() override {
    server_ = RedisProcess::Start(Settings());
    if (!server_) GTEST_SKIP() << "there is no redis-server";
    store_ = Open();
  }
  virtual std::vector<std::string> Settings() const { return {}; }

  RedisOptions Options() const { return server_->Options("buffer"); }
  std::unique_ptr<Store> Open() const { return CreateRedisStore(Options()); }

  static RequestContext Within(std::chrono::milliseconds time) { return RequestContext::For("test", time, {}); }
  RequestContext context_ = Within(std::chrono::seconds(20));
  const Destination events_{"timestore", "app", "events"};

  /// One row that names itself.
  Write RowOf(const std::string& name, const std::string& filling = {}) const {
    const std::string row = "{\"n\":\"" + name + filling + "\"}\n";
    return {events_, Sha256Hex(name), Sha256Hex(row), {{.day = 20'000, .rows = 1, .body = row}}};
  }
  /// Of a row of RowOf without filling.
  static std::string NameOf(const std::string& row) { return row.substr(6, row.size() - 9); }

  std::vector<Entry> ReadAll(Store& store) {
    auto entries = store.Read(context_, events_, 0, INT64_MAX, {.rows = 1'000'000, .bytes = 1'000'000'000});
    if (!entries) ADD_FAILURE() << entries.error().message;
    return entries ? *entries : std::vector<Entry>();
  }
  std::multiset<std::string> NamesIn(Store& store) {
    std::multiset<std::string> names;
    for (const Entry& entry : ReadAll(store)) names.insert(NameOf(entry.slice.body));
    return names;
  }
  static std::vector<Entry> Kept(std::vector<Entry> entries, size_t except) {
    entries.erase(entries.begin() + static_cast<std::ptrdiff_t>(except));
    return entries;
  }
  DeadLetter Dead(const Entry& entry) const {
    DeadLetter letter;
    letter.to = events_;
    letter.position = entry.position;
    letter.row = "{}";
    letter.reason = "type_mismatch: n is text; send a number";
    return letter;
  }
  template <typename Outcome>
  static ErrorCode CodeOf(const Outcome& outcome) {
    if (outcome.ok()) ADD_FAILURE() << "it did not fail";
    return outcome.ok() ? ErrorCode::kInternal : outcome.error().code;
  }

  std::unique_ptr<RedisProcess> server_;
  std::unique_ptr<Store> store_;
};

}  // namespace chimera::ingest
