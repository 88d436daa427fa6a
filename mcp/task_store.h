// Work that goes on after its request was answered (the extension io.modelcontextprotocol/tasks): the state of each
// task, its result for as long as it is kept, and the threads that work on it. Bounded in number, bytes and time. A
// task's id cannot be guessed, and belongs to the principal who began it. Knows no tools. Thread-safe.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <variant>

#include "base/deadline.h"
#include "base/json.h"
#include "mcp/announcer.h"
#include "mcp/call_context.h"
#include "mcp/message.h"
#include "mcp/reply_headers.h"
#include "mcp/work_queue.h"

namespace chimera::mcp {

/// The text of a result object, and the headers of a reply that holds it before there is a task.
struct TaskResult {
  TaskResult(std::string result, Headers beside = {})  // NOLINT(google-explicit-constructor)
      : text(std::move(result)), headers(std::move(beside)) {}
  std::string text;
  Headers headers;
};

/// What a piece of work came to: a result, an error, or what it has to ask before it begins anew.
using TaskStep = std::variant<TaskResult, ProtocolError, InputNeed>;
/// Must not throw, and should end soon after `stop`.
using TaskWork = std::function<TaskStep(const std::stop_token& stop, const Inputs& inputs)>;

struct TaskLimits {
  size_t tasks = 1000;        ///< kept at once, whatever their state
  size_t bytes = 256u << 20;  ///< of what they hold: arguments until they have ended, then results
  size_t working = 64;        ///< worked on at once
  size_t calls = 256;         ///< pieces of work besides, whose requests still wait for them; more wait for a thread
  std::chrono::milliseconds ttl = std::chrono::hours(1);  ///< how long a task is kept after its status last changed
};

class TaskStore {
 public:
  using Clock = std::chrono::system_clock;
  struct Task;
  using Handle = std::shared_ptr<Task>;

  /// `announcer` must outlive it. `now` is a parameter for tests.
  TaskStore(TaskLimits limits, Announcer& announcer, std::function<Clock::time_point()> now = Clock::now);
  /// Cancels all work and waits for it.
  ~TaskStore();

  /// Work that is not known to anybody yet; `bytes` is what it holds, `owner` the name of who asked for it.
  static Handle New(TaskWork work, size_t bytes, std::string owner = {});
  /// Begins the work on another thread. False when even too many wait for one.
  bool Start(const Handle& task, Inputs inputs);
  /// Waits for the work of a task that was not published. Nothing when `until` passed before, or `stop` came, which
  /// stops the work, too. Blocks.
  std::optional<TaskStep> Await(const Handle& task, Deadline until, const std::stop_token& stop);
  /// Makes the work a task that can be found by its id: the fields of a Task object that is being worked on. Nothing
  /// when a limit is reached.
  std::optional<Json> Publish(const Handle& task);

  /// True when `owner` has a task of that id. Ask before the methods below, which do not.
  bool Has(const std::string& id, const std::string& owner = {});
  /// The text of a DetailedTask object; nothing when there is no such task (any more).
  std::optional<std::string> State(const std::string& id);
  /// Takes answers to what the task asked; others are ignored. With the last of them it goes on. False: no such task.
  bool Update(const std::string& id, const Json& responses);
  /// Stops the work if it has not ended. False: no such task.
  bool Cancel(const std::string& id);
  /// Tells those who listen how the task stands, as every change of its status does.
  void Announce(const std::string& id);

 private:
  void Work(const Handle& task, const Inputs& inputs);
  bool Enqueue(const Handle& task, Inputs inputs);
  Task* Find(const std::string& id);
  void Sweep();
  void Settle(Task& task);
  void SettleOn(Task& task, std::string status, size_t bytes);
  void GoOn(Task& task);
  void Changed(Task& task);
  void Tell(const Task& task);
  size_t Working() const;

  const TaskLimits limits_;
  Announcer& announcer_;
  const std::function<Clock::time_point()> now_;
  std::stop_source closing_;
  std::mutex mutex_;  ///< guards what follows, and the tasks
  std::map<std::string, Handle> tasks_;
  size_t bytes_ = 0;
  WorkQueue queue_;  // last: its jobs use the rest
};

}  // namespace chimera::mcp
