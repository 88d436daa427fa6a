// A database for the time of one command, on the server that is configured. Private to schema/.
#pragma once

#include <string>
#include <string_view>

#include "clickhouse/client.h"

namespace chimera::schema {

/// A name that nobody else uses (chimera_PURPOSE_ and random digits); whoever has it creates the database. It is
/// dropped in the end, whatever has become of the call by then; a failure of that is logged.
class ScratchDatabase {
 public:
  /// `client` must outlive this.
  ScratchDatabase(clickhouse::Client& client, std::string_view purpose);
  ~ScratchDatabase();  ///< blocks on the database, 30 s at most
  ScratchDatabase(const ScratchDatabase&) = delete;
  ScratchDatabase& operator=(const ScratchDatabase&) = delete;
  const std::string& Name() const { return name_; }

 private:
  const std::string name_;
  clickhouse::Client& client_;
};

}  // namespace chimera::schema
