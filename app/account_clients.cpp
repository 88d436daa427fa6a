#include "app/account_clients.h"

namespace chimera::app {

AccountClients::AccountClients(std::unique_ptr<clickhouse::Client> own, std::optional<clickhouse::HttpOptions> options)
    : own_(std::move(own)), options_(std::move(options)) {}

Result<AccountClients::Shared> AccountClients::For(const RequestContext& context) {
  if (!context.principal || !context.principal->database_account) return own_;
  const DatabaseAccount& account = *context.principal->database_account;
  if (!options_) {
    return MakeError(ErrorCode::kAccessDenied, "the embedded engine has no account `" + account.username + "`",
                     "the server's operator can take account= out of your line of the token file, or set CH_HOST");
  }
  const std::lock_guard lock(mutex_);
  Shared& client = clients_[{account.username, account.password}];
  if (client) return client;
  clickhouse::HttpOptions options = *options_;
  options.account = {account.username, account.password};
  options.write_account.reset();
  auto created = clickhouse::CreateHttpClient(std::move(options));
  if (!created.ok()) return created.error();
  client = *std::move(created);
  return client;
}

Result<clickhouse::Rows> AccountClients::Read(const RequestContext& context, const clickhouse::Query& query) {
  auto client = For(context);
  if (!client.ok()) return client.error();
  return (*client)->Read(context, query);
}

Result<uint64_t> AccountClients::ReadBytes(const RequestContext& context, const clickhouse::Query& query,
                                           const clickhouse::TakeBytes& take) {
  auto client = For(context);
  if (!client.ok()) return client.error();
  return (*client)->ReadBytes(context, query, take);
}

Result<clickhouse::Written> AccountClients::Write(const RequestContext& context, const clickhouse::Insert& insert) {
  auto client = For(context);
  if (!client.ok()) return client.error();
  return (*client)->Write(context, insert);
}

Status AccountClients::Execute(const RequestContext& context, std::string_view statement, std::string_view database) {
  auto client = For(context);
  if (!client.ok()) return client.error();
  return (*client)->Execute(context, statement, database);
}

}  // namespace chimera::app
