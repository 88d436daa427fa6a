// The steps of a status report. Each appends what it found to the report and says whether the next ones can go on.
#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "app/backend.h"
#include "app/status.h"
#include "clickhouse/probe.h"

namespace chimera::app {

class StatusSteps {
 public:
  /// All but `stop` must outlive this.
  StatusSteps(const config::Config& config, Backend& backend, std::stop_token stop, StatusReport& report);

  /// Runs `step`, or notes that it was skipped. What `step` says, false when skipped.
  bool If(bool condition, const char* name, bool (StatusSteps::*step)());

  bool Engine();     ///< starts the embedded engine if need be
  bool Hosts();      ///< dns, tcp, tls, http of each host; true when one of them answers: those that do not are down
  bool LogIn();      ///< the account and the server's version
  bool Databases();  ///< those that the configuration and the datasets name
  bool Schemas();    ///< one step a dataset
  bool Tables();     ///< fills the report's tables
  bool Access();     ///< which of the datasets' tables can be read and written; writes no row
  bool Reader();     ///< of a remote database: whether the account that reads may do more
  void Offered();    ///< which tools there are; nothing when none is switched off
  void AuditLog();   ///< whether it can be written; nothing when there is none
  bool RoundTrip();
  bool Pool();

 private:
  RequestContext Context() const;
  Result<Json> Rows(const std::string& sql, const std::string& database, std::vector<clickhouse::Parameter> parameters);
  Step& Add(Step step);
  bool Fail(const char* name, const Error& error);
  bool Host(size_t index, bool named);
  std::string Account(const clickhouse::Account& account) const;
  std::string AboutMissing(const std::vector<std::string>& missing, const Json& rows) const;
  void Schema(const schema::Dataset& dataset);
  Status ListTables(const schema::Dataset& dataset);
  void FindNewest(TableFacts& table);
  bool Listed(const std::string& database, const std::string& table) const;
  std::optional<Error> TryToRead(const std::string& database, const std::string& table);
  std::optional<Error> TryToWrite(const std::string& database, const schema::InsertTool& insert);
  void Judge(Step& step, const std::optional<Error>& no_read, const std::optional<Error>& no_write) const;

  const config::Config& config_;
  Backend& backend_;
  const std::stop_token stop_;
  StatusReport& report_;
};

}  // namespace chimera::app
