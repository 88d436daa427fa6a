#include "mcp/task_store.h"

#include <algorithm>
#include <condition_variable>
#include <cstdio>
#include <ctime>
#include <utility>

#include "base/text.h"

namespace chimera::mcp {

struct TaskStore::Task {
  std::shared_ptr<const TaskWork> work;  ///< null once the task has ended
  size_t bytes = 0;
  std::string owner;
  std::stop_source stop;
  std::optional<TaskStep> step;  ///< what the work came to last, until somebody takes it
  std::condition_variable_any stepped;

  // Of a task that was published.
  std::string id;
  std::string status = "working";
  std::string message;
  Clock::time_point created;
  Clock::time_point updated;
  std::chrono::milliseconds ttl{0};
  std::string result;
  ProtocolError error;
  Inputs inputs;
  std::map<std::string, std::pair<std::string, Json>> asked;  ///< the tool's key and the request, by the key sent out
  int rounds = 0;

  bool Published() const { return !id.empty(); }
  bool Ended() const { return work == nullptr; }
};

namespace {

constexpr int kMaxRounds = 10;
constexpr int kPollMilliseconds = 1000;

const ProtocolError kTooMuchWaits = {kServerBusy, "too many calls are waiting; try again when some are done"};

/// RFC 3339 in UTC.
std::string Timestamp(TaskStore::Clock::time_point time) {
  const auto since = std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch());
  const std::time_t seconds = std::chrono::floor<std::chrono::seconds>(since).count();
  std::tm parts = {};
  ::gmtime_r(&seconds, &parts);
  char date[32], text[40];
  std::strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &parts);
  std::snprintf(text, sizeof text, "%s.%03dZ", date, static_cast<int>(since.count() % 1000));
  return text;
}

Json Fields(const TaskStore::Task& task) {
  Json fields = {{"taskId", task.id}, {"status", task.status}};
  if (!task.message.empty()) fields["statusMessage"] = task.message;
  fields["createdAt"] = Timestamp(task.created);
  fields["lastUpdatedAt"] = Timestamp(task.updated);
  fields["ttlMs"] = task.ttl.count();
  fields["pollIntervalMs"] = kPollMilliseconds;
  return fields;
}

Json ErrorObject(const ProtocolError& error) {
  Json object = {{"code", error.code}, {"message", error.message}};
  if (!error.data.is_null()) object["data"] = error.data;
  return object;
}

std::string Detail(const TaskStore::Task& task) {
  Json fields = Fields(task);
  for (const auto& [key, asked] : task.asked) fields["inputRequests"][key] = asked.second;
  if (task.status == "failed") fields["error"] = ErrorObject(task.error);
  std::string text = ToText(fields);
  if (task.status == "completed") {
    text.back() = ',';
    text.append(R"("result":)").append(task.result).append("}");
  }
  return text;
}

/// A key is never used for two requests of a task (tasks.md, "Task Update Requests"), whatever the tool calls them.
void Ask(TaskStore::Task& task, const InputNeed& need) {
  ++task.rounds;
  task.inputs.state = need.state;
  for (const InputRequest& request : need.requests) {
    Json entry = {{"method", request.method}};
    if (!request.params.empty()) entry["params"] = request.params;
    const std::string suffix = task.rounds == 1 ? "" : "-" + std::to_string(task.rounds);
    task.asked[request.key + suffix] = {request.key, std::move(entry)};
  }
}

}  // namespace

TaskStore::TaskStore(TaskLimits limits, Announcer& announcer, std::function<Clock::time_point()> now)
    : limits_(limits),
      announcer_(announcer),
      now_(std::move(now)),
      queue_(limits.working + limits.calls, limits.tasks + limits.calls) {}

TaskStore::~TaskStore() {
  closing_.request_stop();
}

TaskStore::Handle TaskStore::New(TaskWork work, size_t bytes, std::string owner) {
  auto task = std::make_shared<Task>();
  task->work = std::make_shared<const TaskWork>(std::move(work));
  task->bytes = bytes;
  task->owner = std::move(owner);
  return task;
}

bool TaskStore::Start(const Handle& task, Inputs inputs) {
  const std::lock_guard lock(mutex_);
  task->inputs = inputs;
  if (Enqueue(task, std::move(inputs))) return true;
  if (task->Published()) Settle(*task);
  return false;
}

/// On failure the step says so.
bool TaskStore::Enqueue(const Handle& task, Inputs inputs) {
  if (queue_.Add(1, [this, task, inputs = std::move(inputs)] { Work(task, inputs); })) return true;
  task->step = kTooMuchWaits;
  return false;
}

void TaskStore::Work(const Handle& task, const Inputs& inputs) {
  const std::stop_callback closing(closing_.get_token(), [&] { task->stop.request_stop(); });
  std::shared_ptr<const TaskWork> work;
  {
    const std::lock_guard lock(mutex_);
    work = task->work;
  }
  if (!work || task->stop.stop_requested()) return;
  TaskStep step = (*work)(task->stop.get_token(), inputs);
  const std::lock_guard lock(mutex_);
  task->step = std::move(step);
  if (task->Published()) Settle(*task);
  task->stepped.notify_all();
}

std::optional<TaskStep> TaskStore::Await(const Handle& task, Deadline until, const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  const auto done = [&] { return task->step.has_value(); };
  const bool came =
      until.IsNever() ? task->stepped.wait(lock, stop, done) : task->stepped.wait_until(lock, stop, until.At(), done);
  if (!stop.stop_requested()) return came ? std::exchange(task->step, std::nullopt) : std::nullopt;
  // Not by a callback on `stop`: the wait may end, and take the callback back, before it was called.
  lock.unlock();
  task->stop.request_stop();
  return std::nullopt;
}

std::optional<Json> TaskStore::Publish(const Handle& task) {
  const std::lock_guard lock(mutex_);
  Sweep();
  if (tasks_.size() >= limits_.tasks || bytes_ >= limits_.bytes || Working() >= limits_.working) return std::nullopt;
  task->id = RandomHex(20);
  task->created = task->updated = now_();
  task->ttl = limits_.ttl;
  bytes_ += task->bytes;
  tasks_[task->id] = task;
  Json fields = Fields(*task);
  Settle(*task);
  return fields;
}

size_t TaskStore::Working() const {
  return std::count_if(tasks_.begin(), tasks_.end(),
                       [](const auto& entry) { return entry.second->status == "working"; });
}

TaskStore::Task* TaskStore::Find(const std::string& id) {
  Sweep();
  const auto found = tasks_.find(id);
  return found == tasks_.end() ? nullptr : found->second.get();
}

// What is worked on has a deadline of its own.
void TaskStore::Sweep() {
  const auto now = now_();
  std::erase_if(tasks_, [&](const auto& entry) {
    const Task& task = *entry.second;
    const bool old = task.status != "working" && now > task.created + task.ttl;
    if (old) bytes_ -= task.bytes;
    return old;
  });
}

/// Draws the consequences of what the work came to.
void TaskStore::Settle(Task& task) {
  if (!task.step) return;
  TaskStep step = *std::exchange(task.step, std::nullopt);
  if (task.Ended()) return;  // it was cancelled meanwhile
  if (auto* need = std::get_if<InputNeed>(&step)) {
    if (task.rounds < kMaxRounds) {
      Ask(task, *need);
      if (task.asked.empty()) return GoOn(task);
      task.status = "input_required";
      return Changed(task);
    }
    step = ProtocolError{kInternalError, "the client was asked " + std::to_string(kMaxRounds) + " times in vain"};
  }
  if (auto* error = std::get_if<ProtocolError>(&step)) {
    task.message = error->message;
    task.error = std::move(*error);
    return SettleOn(task, "failed", 0);
  }
  task.result = std::move(std::get<TaskResult>(step).text);
  SettleOn(task, "completed", task.result.size());
}

void TaskStore::SettleOn(Task& task, std::string status, size_t bytes) {
  task.status = std::move(status);
  task.work = nullptr;
  task.asked.clear();
  task.inputs = {};
  bytes_ += bytes - task.bytes;
  task.bytes = bytes;
  Changed(task);
}

void TaskStore::Changed(Task& task) {
  task.updated = now_();
  task.ttl = limits_.ttl + std::chrono::ceil<std::chrono::milliseconds>(task.updated - task.created);
  Tell(task);
}

void TaskStore::Tell(const Task& task) {
  announcer_.TaskChanged(task.id, [&] {
    auto detail = ParseJson(Detail(task));
    return detail.ok() ? *std::move(detail) : Fields(task);
  });
}

bool TaskStore::Has(const std::string& id, const std::string& owner) {
  const std::lock_guard lock(mutex_);
  const Task* task = Find(id);
  return task != nullptr && task->owner == owner;
}

std::optional<std::string> TaskStore::State(const std::string& id) {
  const std::lock_guard lock(mutex_);
  const Task* task = Find(id);
  return task == nullptr ? std::nullopt : std::optional(Detail(*task));
}

bool TaskStore::Update(const std::string& id, const Json& responses) {
  const std::lock_guard lock(mutex_);
  Task* task = Find(id);
  if (task == nullptr) return false;
  const size_t answered = std::erase_if(task->asked, [&](const auto& entry) {
    const auto response = responses.find(entry.first);
    if (response == responses.end()) return false;
    task->inputs.responses[entry.second.first] = *response;
    return true;
  });
  if (answered == 0) return true;
  if (task->asked.empty()) {
    GoOn(*task);
  } else {
    Changed(*task);
  }
  return true;
}

/// Begins the work anew with what was answered.
void TaskStore::GoOn(Task& task) {
  task.status = "working";
  Changed(task);
  if (!Enqueue(tasks_.at(task.id), task.inputs)) Settle(task);
}

// Stop callbacks run inside request_stop and may take locks of their own: never under mutex_.
bool TaskStore::Cancel(const std::string& id) {
  std::optional<std::stop_source> work;
  {
    const std::lock_guard lock(mutex_);
    Task* task = Find(id);
    if (task == nullptr) return false;
    if (task->Ended()) return true;
    work = task->stop;
    task->message = "cancelled by the client";
    SettleOn(*task, "cancelled", 0);
  }
  work->request_stop();
  return true;
}

void TaskStore::Announce(const std::string& id) {
  const std::lock_guard lock(mutex_);
  if (const Task* task = Find(id)) Tell(*task);
}

}  // namespace chimera::mcp
