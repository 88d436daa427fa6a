#include "mcp/task_store.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <set>
#include <thread>
#include <vector>

namespace chimera::mcp {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds kPatience{20};

TaskWork Returning(std::string result) {
  return [result](const std::stop_token&, const Inputs&) -> TaskStep { return result; };
}

InputNeed Need(std::vector<std::string> keys, Json state = {}) {
  InputNeed need;
  for (auto& key : keys) need.requests.push_back({key, "elicitation/create", {{"message", key}}});
  need.state = std::move(state);
  return need;
}

class TaskStoreTest : public ::testing::Test {
 protected:
  std::string Publish(const TaskStore::Handle& task) {
    const auto fields = store_.Publish(task);
    return fields ? fields->value("taskId", "") : "";
  }
  std::string Begin(TaskWork work) {
    const auto task = TaskStore::New(std::move(work), 10);
    const std::string id = Publish(task);
    EXPECT_TRUE(store_.Start(task, {}));
    return id;
  }
  Json State(const std::string& id) {
    const auto text = store_.State(id);
    return text ? Json::parse(*text) : Json();
  }
  Json StateOnce(const std::string& id, const std::string& status) {
    for (const Deadline end = Deadline::After(kPatience); !end.Expired();) {
      if (const Json state = State(id); state.is_null() || state["status"] == status) return state;
      std::this_thread::sleep_for(milliseconds(1));
    }
    ADD_FAILURE() << "never " << status << ": " << State(id);
    return {};
  }
  /// Work that ends when it is stopped or released, and counts both.
  TaskWork Waiting() {
    return [this](const std::stop_token& stop, const Inputs&) -> TaskStep {
      ++started_;
      while (!stop.stop_requested() && !release_) std::this_thread::sleep_for(milliseconds(1));
      if (stop.stop_requested()) ++stopped_;
      return TaskResult("{}");
    };
  }
  void Until(const std::function<bool()>& condition) {
    for (const Deadline end = Deadline::After(kPatience); !condition() && !end.Expired();) {
      std::this_thread::sleep_for(milliseconds(1));
    }
    EXPECT_TRUE(condition());
  }

  std::atomic<int> started_ = 0, stopped_ = 0;
  std::atomic<bool> release_ = false;
  std::atomic<int64_t> later_ = 0;  ///< seconds by which the store's clock is ahead
  Announcer announcer_;
  TaskStore store_{{.tasks = 4, .bytes = 1000, .working = 2, .calls = 8, .ttl = hours(1)}, announcer_, [this] {
                     return TaskStore::Clock::now() + seconds(later_);
                   }};
};

TEST_F(TaskStoreTest, WorkThatIsDoneInTimeIsNoTask) {
  const auto task = TaskStore::New(Returning(R"({"n":1})"), 0);
  ASSERT_TRUE(store_.Start(task, {}));
  const auto step = store_.Await(task, Deadline::After(kPatience), {});
  ASSERT_TRUE(step);
  EXPECT_EQ(std::get<TaskResult>(*step).text, R"({"n":1})");
}

TEST_F(TaskStoreTest, ATaskKeepsItsResult) {
  const std::string id = Begin(Returning(R"({"content":[]})"));
  const Json state = StateOnce(id, "completed");
  EXPECT_EQ(state["taskId"], id);
  EXPECT_EQ(state["result"], Json::parse(R"({"content":[]})"));
  EXPECT_EQ(state["createdAt"].get<std::string>().size(), std::string("2026-07-28T00:00:00.000Z").size());
  EXPECT_GE(state["ttlMs"], 3'600'000);
  EXPECT_FALSE(state.contains("error"));
}

TEST_F(TaskStoreTest, WorkThatEndsJustBeforeItIsPublishedIsNotLost) {
  const auto task = TaskStore::New(Returning("{}"), 0);
  ASSERT_TRUE(store_.Start(task, {}));
  std::this_thread::sleep_for(milliseconds(20));
  const auto fields = store_.Publish(task);
  ASSERT_TRUE(fields);
  EXPECT_EQ((*fields)["status"], "working");
  StateOnce((*fields)["taskId"], "completed");
}

TEST_F(TaskStoreTest, AnErrorIsKeptAsOne) {
  const std::string id = Begin([](const std::stop_token&, const Inputs&) -> TaskStep {
    return ProtocolError{kInternalError, "broken", {{"why", 1}}};
  });
  const Json state = StateOnce(id, "failed");
  EXPECT_EQ(state["error"], Json::parse(R"({"code":-32603,"message":"broken","data":{"why":1}})"));
  EXPECT_EQ(state["statusMessage"], "broken");
  EXPECT_FALSE(state.contains("result"));
}

TEST_F(TaskStoreTest, IdsCannotBeGuessedAndUnknownOnesAreNoTasks) {
  const std::string a = Begin(Returning("{}")), b = Begin(Returning("{}"));
  EXPECT_EQ(a.size(), 40u);
  EXPECT_NE(a.substr(0, 8), b.substr(0, 8));
  EXPECT_FALSE(store_.State("x"));
  EXPECT_FALSE(store_.Update("x", Json::object()));
  EXPECT_FALSE(store_.Cancel("x"));
  EXPECT_FALSE(store_.Has(""));
}

TEST_F(TaskStoreTest, CancellingStopsTheWorkAndItsResultIsDropped) {
  const std::string id = Begin(Waiting());
  Until([&] { return started_ == 1; });
  EXPECT_TRUE(store_.Cancel(id));
  EXPECT_EQ(State(id)["status"], "cancelled");
  Until([&] { return stopped_ == 1; });
  std::this_thread::sleep_for(milliseconds(20));
  EXPECT_EQ(State(id)["status"], "cancelled");
  EXPECT_TRUE(store_.Cancel(id)) << "again";
}

TEST_F(TaskStoreTest, CancellingTheRequestStopsWhatIsNotATaskYet) {
  const auto task = TaskStore::New(Waiting(), 0);
  ASSERT_TRUE(store_.Start(task, {}));
  std::stop_source request;
  auto step = std::async(std::launch::async, [&] { return store_.Await(task, Deadline(), request.get_token()); });
  Until([&] { return started_ == 1; });
  request.request_stop();
  EXPECT_FALSE(step.get());
  Until([&] { return stopped_ == 1; });
}

TEST_F(TaskStoreTest, AnAnsweredRequestNoLongerStopsItsTask) {
  const auto task = TaskStore::New(Waiting(), 0);
  ASSERT_TRUE(store_.Start(task, {}));
  std::stop_source request;
  EXPECT_FALSE(store_.Await(task, Deadline::After(milliseconds(5)), request.get_token()));
  const std::string id = Publish(task);
  request.request_stop();
  release_ = true;
  StateOnce(id, "completed");
  EXPECT_EQ(stopped_, 0);
}

TEST_F(TaskStoreTest, AnswersMayComeOneByOneAndKeysAreNeverUsedTwice) {
  const std::string id = Begin([](const std::stop_token&, const Inputs& inputs) -> TaskStep {
    if (inputs.state.is_null()) return Need({"a", "b"}, "second");
    if (inputs.state == "second") return Need({"a"}, "third");
    return ToText(inputs.responses);
  });
  const Json asked = StateOnce(id, "input_required");
  EXPECT_EQ(asked["inputRequests"]["a"], Json::parse(R"({"method":"elicitation/create","params":{"message":"a"}})"));
  EXPECT_FALSE(asked.contains("requestState"));
  EXPECT_TRUE(store_.Update(id, {{"a", 1}, {"c", 2}}));
  const Json left = State(id);
  EXPECT_EQ(left["status"], "input_required");
  EXPECT_EQ(left["inputRequests"].size(), 1u);
  EXPECT_TRUE(left["inputRequests"].contains("b"));
  EXPECT_TRUE(store_.Update(id, {{"a", "late"}, {"b", 3}}));
  const Json again = StateOnce(id, "input_required");
  ASSERT_EQ(again["inputRequests"].size(), 1u);
  EXPECT_FALSE(again["inputRequests"].contains("a")) << "that key was used";
  EXPECT_TRUE(store_.Update(id, {{again["inputRequests"].begin().key(), 4}}));
  EXPECT_EQ(StateOnce(id, "completed")["result"], Json::parse(R"({"a":4,"b":3})"));
}

TEST_F(TaskStoreTest, WorkThatAsksForNothingGoesOnAndDoesNotAskForEver) {
  std::atomic<int> rounds = 0;
  const std::string id = Begin([&](const std::stop_token&, const Inputs&) -> TaskStep {
    ++rounds;
    return Need({}, "again");
  });
  StateOnce(id, "failed");
  EXPECT_GT(rounds, 1);
  EXPECT_LT(rounds, 100);
}

TEST_F(TaskStoreTest, TasksAreBoundedInNumberAndExpire) {
  for (int i = 0; i < 4; ++i) StateOnce(Begin(Returning("{}")), "completed");
  EXPECT_FALSE(store_.Publish(TaskStore::New(Returning("{}"), 0)));
  later_ = 3500;
  EXPECT_FALSE(store_.Publish(TaskStore::New(Returning("{}"), 0))) << "none is given up before its time";
  later_ = 3700;
  EXPECT_TRUE(store_.Publish(TaskStore::New(Returning("{}"), 0)));
}

TEST_F(TaskStoreTest, BytesAndWorkAreBounded) {
  const std::string big = Begin(Returning("\"" + std::string(1500, 'x') + "\""));
  StateOnce(big, "completed");
  EXPECT_FALSE(store_.Publish(TaskStore::New(Returning("{}"), 0)));
  later_ = 3700;
  EXPECT_FALSE(store_.Has(big));
  const std::string first = Begin(Waiting()), second = Begin(Waiting());
  EXPECT_FALSE(store_.Publish(TaskStore::New(Returning("{}"), 0))) << "two are worked on";
  later_ = 10'000;
  EXPECT_TRUE(store_.Has(first)) << "what is worked on does not expire";
  store_.Cancel(first);
  EXPECT_TRUE(store_.Publish(TaskStore::New(Returning("{}"), 0)));
}

TEST_F(TaskStoreTest, ThoseWhoListenHearEveryStatus) {
  std::mutex mutex;
  std::vector<std::string> heard;
  const auto task = TaskStore::New(
      [](const std::stop_token&, const Inputs& inputs) -> TaskStep {
        if (inputs.responses.empty()) return Need({"a"});
        return TaskResult(R"({"content":[]})");
      },
      0);
  const std::string id = Publish(task);
  const auto handle = announcer_.Listen({.tasks = {id}}, [&](const std::string& method, const Json& params) {
    const std::lock_guard lock(mutex);
    heard.push_back(params["status"]);
    EXPECT_EQ(method, "notifications/tasks");
    EXPECT_EQ(params["taskId"], id);
    EXPECT_EQ(params.contains("result"), params["status"] == "completed");
  });
  store_.Announce(id);
  ASSERT_TRUE(store_.Start(task, {}));
  StateOnce(id, "input_required");
  store_.Update(id, {{"a", 1}});
  StateOnce(id, "completed");
  const std::lock_guard lock(mutex);
  EXPECT_EQ(heard, (std::vector<std::string>{"working", "input_required", "working", "completed"}));
}

TEST_F(TaskStoreTest, ItsEndStopsAllWork) {
  {
    Announcer announcer;
    TaskStore store({}, announcer);
    for (const bool publish : {true, false}) {
      const auto task = TaskStore::New(Waiting(), 0);
      EXPECT_EQ(publish && store.Publish(task).has_value(), publish);
      ASSERT_TRUE(store.Start(task, {}));
    }
    Until([&] { return started_ == 2; });
  }
  EXPECT_EQ(stopped_, 2);
}

TEST_F(TaskStoreTest, ManyAtOnce) {
  Announcer announcer;
  TaskStore store({.tasks = 50}, announcer);
  std::atomic<int> ended = 0;
  std::vector<std::thread> callers;
  for (int i = 0; i < 16; ++i) {
    callers.emplace_back([&, i] {
      for (int n = 0; n < 30; ++n) {
        const auto task = TaskStore::New(Returning("{}"), 1);
        EXPECT_TRUE(store.Start(task, {}));
        const auto fields = n % 3 == 0 ? store.Publish(task) : std::nullopt;
        if (!fields) {
          EXPECT_TRUE(store.Await(task, Deadline::After(kPatience), {}));
        } else if (i % 2 == 0) {
          EXPECT_TRUE(store.Cancel((*fields)["taskId"]));
        }
        ++ended;
      }
    });
  }
  for (auto& caller : callers) caller.join();
  EXPECT_EQ(ended, 16 * 30);
}

}  // namespace
}  // namespace chimera::mcp
