#include "ingest/sqlite_store.h"

#include "tests/unit/ingest/sqlite_folder.h"
#include "tests/unit/ingest/store_contract.h"

namespace chimera::ingest {
namespace {

OpenStore FreshSqlite() {
  return
      [folder = std::make_shared<SqliteFolder>()](const StoreLimits& limits, WallClock now) -> std::unique_ptr<Store> {
        auto store = OpenSqliteStore(RequestContext::For("test", std::chrono::seconds(30), {}),
                                     {.path = folder->File(), .limits = limits, .now = std::move(now)});
        if (store) return *std::move(store);
        ADD_FAILURE() << store.error().message;
        return nullptr;
      };
}

INSTANTIATE_TEST_SUITE_P(Sqlite, StoreContract, testing::Values(StoreKind{"Sqlite", FreshSqlite}), StoreKindName);

}  // namespace
}  // namespace chimera::ingest
