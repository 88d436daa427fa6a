// A client of the database, each statement of which observers hear about.
#pragma once

#include <memory>

#include "clickhouse/client.h"
#include "metrics/observer.h"

namespace chimera::metrics {

class ObservedClient : public clickhouse::Client {
 public:
  /// `inner` must outlive this.
  ObservedClient(clickhouse::Client& inner, Observers observers) : inner_(inner), observers_(std::move(observers)) {}

  Result<clickhouse::Rows> Read(const RequestContext& context, const clickhouse::Query& query) override;
  Result<clickhouse::Written> Write(const RequestContext& context, const clickhouse::Insert& insert) override;
  Status Execute(const RequestContext& context, std::string_view statement, std::string_view database) override;
  const std::string& DefaultDatabase() const override { return inner_.DefaultDatabase(); }
  clickhouse::ClientState State() const override { return inner_.State(); }

 private:
  void Tell(const Statement& statement) const;

  clickhouse::Client& inner_;
  const Observers observers_;
};

}  // namespace chimera::metrics
