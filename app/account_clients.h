// A Client that runs the statements of principals who have a database account of their own as that account, and all
// others as the server's.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "clickhouse/client.h"
#include "clickhouse/http_client.h"

namespace chimera::app {

/// Each account has a pool of its own, as large as the server's, which is made when it is first used. Thread-safe.
class AccountClients : public clickhouse::Client {
 public:
  /// `options` are those of the server's own client; nothing where the database knows no other accounts (the embedded
  /// engine): statements of such principals are then refused, kAccessDenied.
  AccountClients(std::unique_ptr<clickhouse::Client> own, std::optional<clickhouse::HttpOptions> options);

  Result<clickhouse::Rows> Read(const RequestContext& context, const clickhouse::Query& query) override;
  Result<uint64_t> ReadBytes(const RequestContext& context, const clickhouse::Query& query,
                             const clickhouse::TakeBytes& take) override;
  Result<clickhouse::Written> Write(const RequestContext& context, const clickhouse::Insert& insert) override;
  Status Execute(const RequestContext& context, std::string_view statement, std::string_view database) override;
  const std::string& DefaultDatabase() const override { return own_->DefaultDatabase(); }
  clickhouse::ClientState State() const override { return own_->State(); }

 private:
  using Shared = std::shared_ptr<clickhouse::Client>;

  Result<Shared> For(const RequestContext& context);

  const Shared own_;
  const std::optional<clickhouse::HttpOptions> options_;
  std::mutex mutex_;                                               ///< guards clients_
  std::map<std::pair<std::string, std::string>, Shared> clients_;  ///< by name and password
};

}  // namespace chimera::app
