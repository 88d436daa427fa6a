// Processes that share a buffer's file, and die at any moment.
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <map>
#include <random>
#include <set>
#include <thread>

#include "base/text.h"
#include "tests/unit/ingest/sqlite_folder.h"

namespace chimera::ingest {
namespace {

constexpr const char* kGood = "{\"n\":1}\n";
constexpr const char* kBad = "{\"n\":\"a\"}";

RequestContext Context() {
  return RequestContext::For("test", std::chrono::seconds(30), {});
}

// A child of this process: it runs `work` with the end of a pipe to tell what it has done.
class Child {
 public:
  using Tell = std::function<void(Position)>;
  explicit Child(const std::function<void(const Tell&)>& work) {
    int ends[2];
    if (::pipe(ends) != 0) std::abort();
    pid_ = ::fork();
    if (pid_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // some children work for ever
      ::close(ends[0]);
      work([&](Position position) { (void)!::write(ends[1], &position, sizeof position); });
      ::_exit(testing::Test::HasFailure() ? 1 : 0);
    }
    ::close(ends[1]);
    from_ = ends[0];
  }
  ~Child() { ::close(from_); }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  /// One thing that it told; 0 when it has ended.
  Position Next() {
    Position position = 0;
    return ::read(from_, &position, sizeof position) == sizeof position ? position : 0;
  }
  void Kill() { ::kill(pid_, SIGKILL); }
  /// All else that it told before its end. Its status, as of waitpid.
  std::vector<Position> Rest() {
    std::vector<Position> positions;
    while (const Position position = Next()) positions.push_back(position);
    ::waitpid(pid_, &status_, 0);
    return positions;
  }
  bool Succeeded() const { return WIFEXITED(status_) && WEXITSTATUS(status_) == 0; }
  bool WasKilled() const { return WIFSIGNALED(status_) && WTERMSIG(status_) == SIGKILL; }

 private:
  pid_t pid_ = 0;
  int from_ = -1;
  int status_ = 0;
};

class SqliteKillTest : public testing::Test {
 protected:
  // Of two slices.
  Write NewWrite(const std::string& name) const {
    return {to_, Sha256Hex(name), Sha256Hex("content"), {{20'000, 1, kGood}, {20'001, 1, std::string(kBad) + "\n"}}};
  }

  void AppendFrom(const Child::Tell& tell, const std::string& name, int threads, int writes) const {
    const auto store = folder_.Open(kLimits);
    if (!store) return;
    std::vector<std::thread> all;
    for (int thread = 0; thread < threads; ++thread) {
      all.emplace_back([&, thread] {
        for (int i = 0; i < writes; ++i) {
          const auto accepted =
              store->Append(Context(), NewWrite(name + "/" + std::to_string(thread) + "/" + std::to_string(i)));
          if (!accepted) ADD_FAILURE() << accepted.error().message;
          if (accepted) tell(accepted->position);
        }
      });
    }
    for (std::thread& thread : all) thread.join();
  }

  // Carries the sealed batch on, or a new one: rows that are bad go to the dead letters.
  void Flush(Store& store) const {
    const auto batch = store.Seal(Context(), to_, {.rows = 6, .bytes = 1'000'000});
    if (!batch || !*batch) return;
    if (!(*batch)->checked) Check(store, **batch);
    EXPECT_TRUE(store.Finish(Context(), **batch).ok());
  }
  void Check(Store& store, const Batch& batch) const {
    std::vector<Entry> kept;
    std::vector<DeadLetter> dead;
    for (const Entry& entry : *store.Read(Context(), to_, batch.first - 1, batch.last, {})) {
      if (entry.slice.body == kGood) kept.push_back(entry);
      if (entry.slice.body == kGood) continue;
      dead.push_back({0, to_, entry.position, entry.slice.day, batch.id, kBad, "type_mismatch: n is text", {}});
    }
    EXPECT_TRUE(store.Check(Context(), batch, kept, dead).ok());
  }

  // Appends, and flushes beside that as whoever has the lease.
  void AppendAndFlush(const Child::Tell& tell, const std::string& name) const {
    std::thread writer([&] { AppendFrom(tell, name, 2, 100'000); });
    const auto store = folder_.Open(kLimits);
    const auto lease = store->TryLease(Context());
    EXPECT_TRUE(lease.ok() && *lease) << "the lease of a process that died is not free";
    for (;;) Flush(*store);
  }

  static constexpr StoreLimits kLimits{.max_rows = 1'000'000'000, .max_bytes = 1'000'000'000'000};
  SqliteFolder folder_;
  const Destination to_{"timestore", "app", "events"};
  std::mt19937 random_{20'261'121};
};

// How many slices there are of each write.
std::map<Position, int> SlicesIn(Store& store, const Destination& to) {
  std::map<Position, int> slices;
  for (const Entry& entry : *store.Read(Context(), to, 0, INT64_MAX, {1'000'000'000, 1'000'000'000'000}))
    ++slices[entry.position];
  return slices;
}

TEST_F(SqliteKillTest, WhatWasAcceptedIsThereWheneverAProcessDies) {
  constexpr int kRounds = 25;
  constexpr int kThreads = 4;
  std::set<Position> accepted;
  for (int round = 0; round < kRounds; ++round) {
    Child child([&](const Child::Tell& tell) { AppendFrom(tell, std::to_string(round), kThreads, 100'000); });
    accepted.insert(child.Next());
    std::this_thread::sleep_for(std::chrono::microseconds(random_() % 15'000));
    child.Kill();
    for (const Position position : child.Rest()) accepted.insert(position);
    ASSERT_TRUE(child.WasKilled());
    const auto kept = SlicesIn(*folder_.Open(), to_);
    for (const Position position : accepted) ASSERT_TRUE(kept.contains(position)) << "a write was lost";
    for (const auto& [position, slices] : kept) ASSERT_EQ(slices, 2) << "half a write was kept";
    // Those whose answer was on its way.
    ASSERT_LE(kept.size(), accepted.size() + kThreads);
    for (const auto& [position, slices] : kept) accepted.insert(position);
  }
}

TEST_F(SqliteKillTest, EachRowIsInOnePlaceWheneverAFlusherDies) {
  constexpr int kRounds = 25;
  std::set<Position> accepted;
  for (int round = 0; round < kRounds; ++round) {
    Child child([&](const Child::Tell& tell) { AppendAndFlush(tell, std::to_string(round)); });
    accepted.insert(child.Next());
    std::this_thread::sleep_for(std::chrono::microseconds(random_() % 15'000));
    child.Kill();
    for (const Position position : child.Rest()) accepted.insert(position);
    ASSERT_TRUE(child.WasKilled());

    const auto store = folder_.Open();
    const auto kept = SlicesIn(*store, to_);
    const Backlog backlog = store->Backlogs(Context())->front();
    std::map<Position, int> letters;
    for (const DeadLetter& letter : *store->DeadLetters(Context(), {}, 0, 1'000'000)) ++letters[letter.position];
    Batch sealed;
    if (backlog.sealed) sealed = **store->Seal(Context(), to_, {});
    for (const auto& [position, slices] : kept) accepted.insert(position);

    uint64_t rows = 0;
    for (const Position position : accepted) {
      const bool finished = position <= backlog.stored;
      const bool checked = sealed.checked && position >= sealed.first && position <= sealed.last;
      const int slices = kept.contains(position) ? kept.at(position) : 0;
      ASSERT_EQ(slices, finished ? 0 : checked ? 1 : 2);
      ASSERT_EQ(letters[position], finished || checked ? 1 : 0);
      rows += slices;
    }
    ASSERT_EQ(backlog.rows, rows);
    ASSERT_EQ(backlog.writes, kept.size());
    ASSERT_EQ(backlog.oldest, kept.empty() ? 0 : kept.begin()->first);
  }
  EXPECT_FALSE(accepted.empty());
}

TEST_F(SqliteKillTest, TwoProcessesAppendAtOnce) {
  constexpr int kThreads = 4;
  constexpr int kWrites = 50;
  std::vector<Position> accepted;
  {
    Child first([&](const Child::Tell& tell) { AppendFrom(tell, "first", kThreads, kWrites); });
    Child second([&](const Child::Tell& tell) { AppendFrom(tell, "second", kThreads, kWrites); });
    accepted = first.Rest();
    for (const Position position : second.Rest()) accepted.push_back(position);
    EXPECT_TRUE(first.Succeeded() && second.Succeeded());
  }
  EXPECT_EQ(accepted.size(), size_t(2 * kThreads * kWrites));
  EXPECT_EQ(std::set<Position>(accepted.begin(), accepted.end()).size(), accepted.size());
  EXPECT_EQ(SlicesIn(*folder_.Open(), to_).size(), accepted.size());
}

}  // namespace
}  // namespace chimera::ingest
