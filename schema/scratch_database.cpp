#include "schema/scratch_database.h"

#include "base/log.h"
#include "base/text.h"
#include "sql/lexer.h"

namespace chimera::schema {
namespace {

constexpr std::chrono::seconds kDropTime{30};

}  // namespace

ScratchDatabase::ScratchDatabase(clickhouse::Client& client, std::string_view purpose)
    : name_("chimera_" + std::string(purpose) + "_" + RandomHex(6)), client_(client) {}

ScratchDatabase::~ScratchDatabase() {
  const auto context = RequestContext::For("drop scratch database", kDropTime, {});
  const Status dropped = client_.Execute(context, "DROP DATABASE IF EXISTS " + sql::QuoteIdentifier(name_), "system");
  if (!dropped) log::Warning("database " + name_ + " could not be dropped: " + dropped.error().message);
}

}  // namespace chimera::schema
