#include "app/embedded_client.h"

#include "base/log.h"
#include "schema/migrator.h"

namespace chimera::app {
namespace {

// Migrations may outlast the call that happens to start them (a cold disk), and must not stop half way with it.
constexpr std::chrono::seconds kMigrationTime{120};

// The engine may be lost once more while a call is repeated, but an engine that dies of the call must not be fed it for
// ever.
constexpr int kAttempts = 3;

}  // namespace

EmbeddedClient::EmbeddedClient(std::unique_ptr<engine::Supervisor> supervisor,
                               std::unique_ptr<clickhouse::Client> client, const std::vector<schema::Dataset>& datasets,
                               bool migrate)
    : supervisor_(std::move(supervisor)), client_(std::move(client)), datasets_(datasets), migrated_(!migrate) {}

Status EmbeddedClient::EnsureReady(const RequestContext& context) {
  if (Status running = supervisor_->EnsureRunning(context); !running.ok()) return running;
  return migrated_ ? Ok() : EnsureMigrated(context);
}

Status EmbeddedClient::EnsureMigrated(const RequestContext& context) {
  std::unique_lock lock(migrating_, std::defer_lock);
  while (!lock.try_lock_for(context.deadline.Remaining(std::chrono::milliseconds(50)))) {
    if (context.Cancelled()) return MakeError(ErrorCode::kCancelled, "the request was cancelled");
    if (context.deadline.Expired()) {
      return MakeError(ErrorCode::kTimeout, "the schema is still being created", "try again in a few seconds");
    }
  }
  if (migrated_) return Ok();
  RequestContext patient = context;
  patient.deadline = Deadline::After(kMigrationTime);
  patient.stop = {};
  Status done = Migrate(patient);
  migrated_ = done.ok();
  return done;
}

Status EmbeddedClient::Migrate(const RequestContext& context) {
  for (const auto& dataset : datasets_) {
    auto applied = schema::ApplyMigrations(context, *client_, dataset);
    if (!applied.ok()) return applied.error();
    for (int version : *applied) log::Info("applied migration " + std::to_string(version) + " of " + dataset.name);
  }
  return Ok();
}

template <typename Call>
auto EmbeddedClient::WithEngine(const RequestContext& context, Call call) -> decltype(call()) {
  for (int attempt = 1;; ++attempt) {
    if (Status ready = EnsureReady(context); !ready.ok()) return ready.error();
    auto result = call();
    const bool gone = !result.ok() && result.error().code == ErrorCode::kUnavailable;
    if (!gone || attempt == kAttempts) return result;
    log::Warning("the engine went away (" + result.error().message + "); looking for it again");
    supervisor_->Distrust();
  }
}

Result<clickhouse::Rows> EmbeddedClient::Read(const RequestContext& context, const clickhouse::Query& query) {
  return WithEngine(context, [&] { return client_->Read(context, query); });
}

Result<uint64_t> EmbeddedClient::ReadBytes(const RequestContext& context, const clickhouse::Query& query,
                                           const clickhouse::TakeBytes& take) {
  return WithEngine(context, [&] { return client_->ReadBytes(context, query, take); });
}

Result<clickhouse::Written> EmbeddedClient::Write(const RequestContext& context, const clickhouse::Insert& insert) {
  clickhouse::Insert attempt = insert;
  return WithEngine(context, [&] {
    auto written = client_->Write(context, attempt);
    if (!written.ok() && !written.error().unsent) attempt.repeated = true;
    return written;
  });
}

Status EmbeddedClient::Execute(const RequestContext& context, std::string_view statement, std::string_view database) {
  return WithEngine(context, [&] { return client_->Execute(context, statement, database); });
}

}  // namespace chimera::app
