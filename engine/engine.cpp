#include "engine/engine.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "base/log.h"
#include "engine/activity.h"
#include "engine/data_lock.h"
#include "engine/database.h"
#include "engine/http_front.h"

namespace chimera::engine {
namespace {

// An engine that leaves needs this long at most (see Leave) before the next one may have its folder.
constexpr std::chrono::seconds kLockPatience{3};
constexpr std::chrono::milliseconds kFinishGrace{1500};
constexpr std::chrono::milliseconds kKillGrace{1000};

/// What the folder and the library were opened with.
struct Places {
  std::string data_dir;
  std::string library;
  std::string socket;
};

std::string Absolute(const std::string& path) {
  std::error_code failed;
  return path.empty() ? path : std::filesystem::absolute(path, failed).lexically_normal().string();
}

Result<Places> FindPlaces(const EngineOptions& options) {
  auto library = FindLibrary(options.library);
  if (!library) return library.error();
  auto data_dir = PrepareDataDir(options.data_dir);
  if (!data_dir) return data_dir.error();
  return Places{*data_dir, *library, Absolute(options.socket)};
}

/// From here on the process belongs to the data folder: private files, nothing of the caller's left open to queries.
Status EnterDataDir(const std::string& data_dir) {
  umask(077);
  if (chdir(data_dir.c_str()) != 0) return MakeError(ErrorCode::kIoError, "cannot enter " + data_dir);
  return DetachStandardStreams();
}

std::string Address(const EngineOptions& options, const Places& places, int port) {
  if (!places.socket.empty()) return "unix:" + places.socket;
  return "http://" + options.host + ":" + std::to_string(port);
}

/// Lets what runs finish for a moment, then kills it. Whoever asks from now on finds no engine and starts the next.
void Leave(HttpFront& front, Activity& activity, RunningQueries& running) {
  front.Hide();
  if (activity.WaitForLast(kFinishGrace)) return;
  running.KillAll();
  if (!activity.WaitForLast(kKillGrace)) log::Warning("engine: leaving although a request is still being answered");
}

Status Serve(const EngineOptions& options, const Places& places, DataLock& lock, std::stop_token stop,
             const std::function<void(int port)>& on_ready) {
  auto database = Database::Open(places.library, places.data_dir + "/clickhouse", options.max_memory_bytes);
  if (!database) return database.error();
  Activity activity;
  RunningQueries running([&](const std::string& query_id) { (*database)->Kill(query_id); });
  const QueryHandler handler(**database, running);
  auto front = HttpFront::Create({places.socket, options.host, options.port, options.threads}, handler, activity,
                                 (*database)->Version());
  if (!front) return front.error();
  const std::string address = Address(options, places, (*front)->Port());
  if (Status announced = lock.Announce(address); !announced) return announced;
  (*front)->Start();
  on_ready((*front)->Port());
  activity.WaitUntilDone(stop, options.idle_exit);
  Leave(**front, activity, running);
  return Ok();
}

}  // namespace

Status RunEngine(const EngineOptions& options, std::stop_token stop, const std::function<void(int port)>& on_ready) {
  auto places = FindPlaces(options);
  if (!places) return places.error();
  auto lock = DataLock::Acquire(places->data_dir, kLockPatience);
  if (!lock) return lock.error();
  if (Status entered = EnterDataDir(places->data_dir); !entered) return entered.error();
  return Serve(options, *places, *lock, stop, on_ready);
}

}  // namespace chimera::engine
