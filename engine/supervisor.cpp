#include "engine/supervisor.h"

#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <optional>
#include <sstream>
#include <thread>

#include "base/text.h"
#include "engine/child_process.h"
#include "engine/data_lock.h"
#include "engine/local_socket.h"

namespace chimera::engine {
namespace {

constexpr std::chrono::milliseconds kPoll{10};
constexpr std::chrono::milliseconds kTurn{50};  // while another thread starts the engine
constexpr std::chrono::milliseconds kPingPatience{1000};
constexpr uintmax_t kMaxLogBytes = 10u << 20;
constexpr size_t kLogLines = 5;

std::string SocketDir(const SupervisorOptions& options) {
  if (!options.socket_dir.empty()) return options.socket_dir;
  // Not under $XDG_RUNTIME_DIR: hosts start their servers with and without it, and all must find the same engine.
  return "/tmp/chimera-mcp-" + std::to_string(geteuid());
}

std::string LogPath(const std::string& data_dir) {
  return data_dir + "/engine.log";
}

/// Where the log ends now. A log that grew too long starts anew.
uintmax_t MarkLog(const std::string& data_dir) {
  std::error_code missing;
  const uintmax_t size = std::filesystem::file_size(LogPath(data_dir), missing);
  if (missing) return 0;
  if (size <= kMaxLogBytes) return size;
  std::filesystem::resize_file(LogPath(data_dir), 0, missing);
  return 0;
}

/// The last lines that were written since the mark.
std::string LogSince(const std::string& data_dir, uintmax_t mark) {
  std::ifstream file(LogPath(data_dir));
  file.seekg(static_cast<std::streamoff>(mark));
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) {
    if (!line.empty()) lines.push_back(line);
    if (lines.size() > kLogLines) lines.erase(lines.begin());
  }
  return Join(lines, "\n");
}

Status StillWanted(const RequestContext& context) {
  if (context.Cancelled()) return MakeError(ErrorCode::kCancelled, "the wait for the embedded engine was cancelled");
  if (!context.deadline.Expired()) return Ok();
  return MakeError(ErrorCode::kTimeout, "the embedded engine did not start in time", "try again; it goes on starting");
}

}  // namespace

struct Supervisor::Impl {
  Status Start(const RequestContext& context);
  enum class State { kAnswers, kStarts, kLost };
  Result<bool> Await(const RequestContext& context, ChildProcess& child, uintmax_t mark) const;
  Result<State> Look(ChildProcess& child, uintmax_t mark) const;
  bool Answers(std::chrono::milliseconds patience) const;
  std::optional<Error> HeldElsewhere() const;
  Result<ChildProcess> Spawn() const;
  Error Died(const std::string& ending, uintmax_t mark) const;

  SupervisorOptions options;
  std::string data_dir;
  std::string socket;
  std::timed_mutex starting;           // one start at a time; guards `engines`
  std::atomic<bool> answered = false;  ///< the engine answered a ping once; then a connection is proof enough
  std::vector<ChildProcess> engines;   ///< that this process started and that have not ended, to be reaped
};

Result<std::string> SocketPath(const SupervisorOptions& options) {
  auto data_dir = PrepareDataDir(options.data_dir);
  if (!data_dir) return data_dir.error();
  const std::string dir = SocketDir(options);
  if (Status ready = PreparePrivateDir(dir); !ready) return ready.error();
  const std::string path = dir + "/" + Sha256Hex(*data_dir).substr(0, 16) + ".sock";
  if (path.size() < sizeof(sockaddr_un::sun_path)) return path;
  return MakeError(ErrorCode::kIoError, "the path of the engine's socket is too long: " + path,
                   "choose a shorter folder for it");
}

Supervisor::Supervisor() : impl_(std::make_unique<Impl>()) {}
Supervisor::~Supervisor() = default;

Result<std::unique_ptr<Supervisor>> Supervisor::Create(SupervisorOptions options) {
  auto data_dir = PrepareDataDir(options.data_dir);
  if (!data_dir) return data_dir.error();
  auto socket = SocketPath(options);
  if (!socket) return socket.error();
  std::unique_ptr<Supervisor> supervisor(new Supervisor());
  if (options.executable.empty()) options.executable = "/proc/self/exe";
  supervisor->impl_->options = std::move(options);
  supervisor->impl_->data_dir = std::move(*data_dir);
  supervisor->impl_->socket = std::move(*socket);
  return supervisor;
}

const std::string& Supervisor::Socket() const {
  return impl_->socket;
}

Status Supervisor::EnsureRunning(const RequestContext& context) {
  std::unique_lock lock(impl_->starting, std::defer_lock);
  while (!lock.try_lock_for(context.deadline.Remaining(kTurn))) {
    if (Status wanted = StillWanted(context); !wanted) return wanted;
  }
  std::erase_if(impl_->engines, [](ChildProcess& engine) { return engine.Exited().has_value(); });
  if (impl_->answered && CanConnect(impl_->socket)) return Ok();
  impl_->answered = impl_->Answers(context.deadline.Remaining(kPingPatience));
  if (impl_->answered) return Ok();
  const Status started = impl_->Start(context);
  impl_->answered = started.ok();
  return started;
}

void Supervisor::Distrust() {
  impl_->answered = false;
}

Status Supervisor::Impl::Start(const RequestContext& context) {
  while (true) {
    if (Status wanted = StillWanted(context); !wanted) return wanted;
    if (auto folder = PrepareDataDir(data_dir); !folder) return folder.error();  // it may have been removed since
    const uintmax_t mark = MarkLog(data_dir);
    auto child = Spawn();
    if (!child) return child.error();
    engines.push_back(std::move(*child));
    auto started = Await(context, engines.back(), mark);
    if (!started) return started.error();
    if (*started) return Ok();
  }
}

/// True when an engine answers; false when ours lost the folder to one that has left since without answering.
Result<bool> Supervisor::Impl::Await(const RequestContext& context, ChildProcess& child, uintmax_t mark) const {
  for (bool lost = false; true; std::this_thread::sleep_for(kPoll)) {
    auto state = Look(child, mark);
    if (!state && lost && state.error().code == ErrorCode::kUnavailable) return false;
    if (!state) return state.error();
    if (*state == State::kAnswers) return true;
    lost = lost || *state == State::kLost;
    if (Status wanted = StillWanted(context); !wanted) return wanted.error();
  }
}

/// Losing the race for the folder to another engine is no failure: that one will answer, or leave. The exception: ours
/// has ended and nobody holds the folder (kUnavailable), or somebody holds it for another address.
Result<Supervisor::Impl::State> Supervisor::Impl::Look(ChildProcess& child, uintmax_t mark) const {
  if (Answers(kPingPatience)) return State::kAnswers;
  const auto ending = child.Exited();
  if (!ending) return State::kStarts;
  if (const auto elsewhere = HeldElsewhere()) return *elsewhere;
  if (FindLockHolder(data_dir)) return State::kLost;
  if (Answers(kPingPatience)) return State::kAnswers;
  return Died(*ending, mark);
}

/// One whose folder was deleted answers until it notices; nobody holds the lock of the folder that is there now.
bool Supervisor::Impl::Answers(std::chrono::milliseconds patience) const {
  return FindLockHolder(data_dir).has_value() && AnswersPing(socket, patience);
}

std::optional<Error> Supervisor::Impl::HeldElsewhere() const {
  const auto holder = FindLockHolder(data_dir);
  if (!holder || holder->address.empty() || holder->address == "unix:" + socket) return std::nullopt;
  return MakeError(ErrorCode::kConflict,
                   "the data folder " + data_dir + " is held by process " + std::to_string(holder->pid) + " (" +
                       holder->command + "), which listens on " + holder->address,
                   "end that engine, or choose another data folder");
}

Error Supervisor::Impl::Died(const std::string& ending, uintmax_t mark) const {
  const std::string words = LogSince(data_dir, mark);
  return MakeError(ErrorCode::kUnavailable,
                   "the embedded engine ended at once (" + ending + ")" + (words.empty() ? "" : ": " + words),
                   "see " + LogPath(data_dir));
}

Result<ChildProcess> Supervisor::Impl::Spawn() const {
  std::vector<std::string> arguments = {
      options.executable, "engine", "--data",      data_dir,
      "--socket",         socket,   "--idle-exit", std::to_string(options.idle_exit.count())};
  if (!options.library.empty()) arguments.insert(arguments.end(), {"--library", options.library});
  return ChildProcess::Start(arguments, LogPath(data_dir));
}

}  // namespace chimera::engine
