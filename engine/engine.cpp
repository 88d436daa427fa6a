#include "engine/engine.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <thread>

#include "base/log.h"
#include "engine/accounts.h"
#include "engine/activity.h"
#include "engine/cage.h"
#include "engine/data_lock.h"
#include "engine/database.h"
#include "engine/file_watch.h"
#include "engine/http_front.h"

namespace chimera::engine {
namespace {

// An engine that leaves needs this long at most (see Leave) before the next one may have its folder.
constexpr std::chrono::seconds kLockPatience{5};
constexpr std::chrono::milliseconds kFinishGrace{1500};
constexpr std::chrono::milliseconds kKillGrace{1000};

/// What the folder and the library were opened with.
struct Places {
  std::string data_dir;
  std::string library;
  std::string socket;
  http::TlsFiles tls;

  std::string Database() const { return data_dir + "/clickhouse"; }
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
  const http::TlsFiles& tls = options.tls;
  return Places{*data_dir,
                *library,
                Absolute(options.socket),
                {Absolute(tls.certificate), Absolute(tls.key), Absolute(tls.client_ca)}};
}

/// From here on the process belongs to the data folder: private files, nothing of the caller's left open to queries.
Status EnterDataDir(const Places& places) {
  umask(077);
  if (chdir(places.data_dir.c_str()) != 0) return MakeError(ErrorCode::kIoError, "cannot enter " + places.data_dir);
  if (mkdir(places.Database().c_str(), 0700) != 0 && errno != EEXIST)
    return MakeError(ErrorCode::kIoError, "cannot make " + places.Database() + ": " + std::strerror(errno));
  return DetachStandardStreams();
}

/// Puts up the walls; what is missing goes into the log. What confines this process from here on, for people.
std::string Confine(const EngineOptions& options, const Places& places) {
  if (!options.confined) {
    log::Warning("engine: not confined, as told: statements reach every file and address that this user may");
    return "not confined, as told";
  }
  const Cage cage = EnterCage({places.Database(), std::filesystem::path(places.socket).parent_path().string()});
  for (const auto& missing : cage.missing) log::Warning("engine: " + missing);
  return cage.Describe();
}

std::string Address(const EngineOptions& options, const Places& places, int port) {
  if (!places.socket.empty()) return "unix:" + places.socket;
  const std::string scheme = places.tls.certificate.empty() ? "http://" : "https://";
  return scheme + options.host + ":" + std::to_string(port);
}

/// Lets what runs finish for a moment, then kills it. Whoever asks from now on finds no engine and starts the next.
void Leave(HttpFront& front, Activity& activity, RunningQueries& running) {
  front.Hide();
  if (activity.WaitForLast(kFinishGrace)) return;
  running.KillAll();
  if (!activity.WaitForLast(kKillGrace)) log::Warning("engine: leaving although a request is still being answered");
}

/// What shows others that this engine is here. Without it nobody finds the engine, but it would stay.
std::vector<FileMark> FilesOf(const Places& places, const DataLock& lock) {
  std::vector<FileMark> files = {FileMark(lock.Path())};
  if (!places.socket.empty()) files.emplace_back(places.socket);
  return files;
}

void WaitUntilDone(Activity& activity, const EngineOptions& options, std::vector<FileMark> files,
                   const std::stop_token& stop) {
  std::stop_source leave;
  const std::stop_callback asked(stop, [&] { leave.request_stop(); });
  const FileWatch watch(std::move(files), [&](const std::string& path) {
    log::Warning("engine: leaving, because " + path + " is gone, or another engine's");
    leave.request_stop();
  });
  activity.WaitUntilDone(leave.get_token(), options.idle_exit);
}

Status Serve(const EngineOptions& options, const Places& places, const Accounts& accounts, DataLock& lock,
             std::stop_token stop, const std::function<void(int port)>& on_ready) {
  auto front = HttpFront::Create({places.socket, options.host, options.port, options.threads, places.tls});
  if (!front) return front.error();
  auto library = chdb::Library::Load(places.library);
  if (!library) return library.error();
  // Here, because the listener is there and the library has not started a thread yet.
  const std::string walls = Confine(options, places);
  auto database = Database::Open(std::move(*library), places.Database(), {!options.confined, options.max_memory_bytes});
  if (!database) return database.error();
  Activity activity;
  RunningQueries running([&](const std::string& query_id) { (*database)->Kill(query_id); });
  Sessions sessions(**database);
  const QueryHandler handler(**database, accounts, sessions, running);
  const std::string address = Address(options, places, (*front)->Port());
  if (Status announced = lock.Announce(address, walls); !announced) return announced;
  (*front)->Start(handler, activity, (*database)->Version());
  on_ready((*front)->Port());
  if (options.confined) log::Info("engine: confined; " + walls);  // behind the address, which is awaited first
  WaitUntilDone(activity, options, FilesOf(places, lock), stop);
  Leave(**front, activity, running);
  (*front)->Stop();
  return Ok();
}

}  // namespace

Status RunEngine(const EngineOptions& options, std::stop_token stop, const std::function<void(int port)>& on_ready) {
  const auto accounts = Accounts::Read(options.users, options.users_file);
  if (!accounts) return accounts.error();
  auto places = FindPlaces(options);
  if (!places) return places.error();
  if (!places->tls.certificate.empty()) {
    if (Status usable = http::CheckTls(places->tls); !usable) return usable;
  }
  auto lock = DataLock::Acquire(places->data_dir, kLockPatience);
  if (!lock) return lock.error();
  if (Status entered = EnterDataDir(*places); !entered) return entered.error();
  // On a thread of its own: the library asks for the bounds of its stack, which for a main thread are in /proc.
  Status served = Ok();
  std::thread([&] { served = Serve(options, *places, *accounts, *lock, stop, on_ready); }).join();
  return served;
}

}  // namespace chimera::engine
