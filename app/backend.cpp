#include "app/backend.h"

#include "app/account_clients.h"
#include "app/buffer.h"
#include "app/embedded_client.h"
#include "app/privacy.h"
#include "app/reader_check.h"
#include "base/log.h"
#include "clickhouse/http_client.h"
#include "engine/request.h"
#include "schema/loader.h"

namespace chimera::app {
namespace {

constexpr std::chrono::seconds kWarmUpTime{120};
constexpr std::chrono::seconds kCheckTime{30};

// A name that no tool has is a slip: what it should switch off would stay on.
Status CheckRules(const access::ToolRules& rules, const tools::Registry& tools) {
  std::vector<std::string> names;
  for (const auto& tool : tools.Definitions()) names.push_back(tool.name);
  for (const auto& [name, why] : tools.SwitchedOff()) names.push_back(name);
  if (Status allow = access::CheckGlobs(rules.allow, "CHIMERA_TOOLS_ALLOW", names); !allow.ok()) return allow;
  return access::CheckGlobs(rules.deny, "CHIMERA_TOOLS_DENY", names);
}

}  // namespace

Result<std::vector<schema::Dataset>> LoadDatasets(const config::Config& config) {
  auto datasets = schema::BuiltInDatasets(config.datasets);
  if (!datasets.ok()) return datasets;
  for (const auto& folder : config.dataset_dirs) {
    auto loaded = schema::LoadFolder(folder);
    if (!loaded.ok()) return loaded.error();
    datasets->push_back(std::move(*loaded));
  }
  for (const auto& [table, retention] : config.retention) {
    if (Status set = schema::SetRetention(*datasets, table, retention); !set.ok()) return set.error();
  }
  if (Status distinct = schema::CheckDistinct(*datasets); !distinct.ok()) return distinct.error();
  return datasets;
}

std::string DescribeDatabase(const config::Config& config) {
  if (config.embedded) return "the embedded engine in " + config.engine.data_dir;
  const clickhouse::HttpOptions& options = config.clickhouse;
  std::string text = options.secure ? "https://" : "http://";
  for (const auto& [host, port] : options.hosts) {
    if (&host != &options.hosts.front().host) text += ",";
    text += (host.find(':') == std::string::npos ? host : "[" + host + "]") + ":" + std::to_string(port);
  }
  text += options.path_prefix + " as " + options.account.username;
  if (options.write_account) text += ", inserting as " + options.write_account->username;
  return text + (options.secure ? ", by TLS" : ", without TLS");
}

Status CheckNoMirror(const config::Config& config, const std::string& command) {
  if (!config.mirror) return Ok();
  return MakeError(ErrorCode::kInvalidArgument,
                   "`" + command + "` writes into one database alone, and CHIMERA_MIRROR keeps a second one equal",
                   "unset CHIMERA_MIRROR and run it for each database by itself: with this server's CH_* settings, and "
                   "with --config " +
                       config.mirror->file);
}

Result<std::unique_ptr<Backend>> Backend::Create(const config::Config& config, const BackendUses& uses) {
  std::unique_ptr<Backend> backend(new Backend);
  auto datasets = LoadDatasets(config);
  if (!datasets.ok()) return datasets.error();
  backend->datasets_ = std::move(*datasets);
  auto privacy = CreatePrivacy(config, backend->datasets_);
  if (!privacy.ok()) return privacy.error();

  backend->account_ = config.clickhouse.account.username;
  clickhouse::HttpOptions options = config.clickhouse;
  for (const auto& dataset : backend->datasets_) options.own_databases.push_back(dataset.database);
  std::unique_ptr<engine::Supervisor> supervisor;
  if (config.embedded) {
    auto created = engine::Supervisor::Create(config.engine);
    if (!created.ok()) return created.error();
    supervisor = std::move(*created);
    options.unix_socket = supervisor->Socket();
    options.secure = false;
    options.learn_account = false;
    options.query_id_sql = "Settings['" + std::string(engine::kQueryIdSetting) + "']";
    options.retries = 0;  // EmbeddedClient repeats, once it has started the engine again
  }
  auto client = clickhouse::CreateHttpClient(std::move(options));
  if (!client.ok()) return client.error();
  backend->client_ = std::move(*client);
  if (supervisor) {
    auto embedded = std::make_unique<EmbeddedClient>(std::move(supervisor), std::move(backend->client_),
                                                     backend->datasets_, uses.migrate);
    backend->embedded_ = embedded.get();
    backend->client_ = std::move(embedded);
  }
  if (!config.authorization.token_file.empty()) {
    backend->client_ = std::make_unique<AccountClients>(
        std::move(backend->client_), config.embedded ? std::nullopt : std::optional(config.clickhouse));
  }
  clickhouse::Client* for_tools = backend->client_.get();
  metrics::Observers observers = uses.observe ? uses.observe(*backend->client_) : metrics::Observers();
  if (!observers.empty()) {
    backend->observed_ = std::make_unique<metrics::ObservedClient>(*backend->client_, observers);
    for_tools = backend->observed_.get();
  }
  tools::ToolsetOptions tools = config.tools;
  backend->privacy_ = *std::move(privacy);
  tools.privacy = backend->privacy_;
  if (uses.buffer && config.buffer.On()) {
    auto buffer = Buffer::Open(config, config.embedded ? backend->client_.get() : nullptr, observers);
    if (!buffer.ok()) return buffer.error();
    backend->buffer_ = std::move(*buffer);
    tools.buffer = &backend->buffer_->Writes();
  }
  backend->tools_ = tools::CreateToolset(*for_tools, backend->datasets_, tools);
  if (Status rules = CheckRules(config.rules, *backend->tools_); !rules.ok()) return rules.error();
  if (backend->buffer_) {
    backend->fresh_ = std::make_unique<freshness::FreshCatalog>(
        *backend->tools_, backend->buffer_->Writes(), backend->datasets_,
        freshness::FreshOptions{.wait = config.buffer.fresh, .default_database = for_tools->DefaultDatabase()});
  }
  return backend;
}

mcp::ToolCatalog& Backend::Catalog() {
  if (fresh_) return *fresh_;
  return *tools_;
}

Backend::~Backend() {
  quit_.request_stop();
}

void Backend::WarmUp() {
  if (buffer_) buffer_->Start();
  if (!embedded_) {
    warm_up_ = std::jthread([this] {
      if (buffer_) buffer_->Warn(quit_.get_token());
      WarnOfReader(account_);
    });
    return;
  }
  warm_up_ = std::jthread([this] {
    if (buffer_) buffer_->Warn(quit_.get_token());
    const Status ready = embedded_->EnsureReady(RequestContext::For("warm-up", kWarmUpTime, quit_.get_token()));
    if (ready.ok() || ready.error().code == ErrorCode::kCancelled) return;
    log::Error("the embedded engine is not ready: " + ready.error().message + " " + ready.error().hint);
  });
}

void Backend::WarnOfReader(const std::string& account) {
  const auto beyond = BeyondReading(RequestContext::For("account check", kCheckTime, quit_.get_token()), *client_);
  if (!beyond.ok()) return log::Debug("what account `" + account + "` may do is not known: " + beyond.error().message);
  if (beyond->empty()) return;
  log::Warning("account `" + account + "`, which reads, may do more than that (" + *beyond + "): " + kReaderAdvice);
}

}  // namespace chimera::app
