#include "clickhouse/grants.h"

#include <gtest/gtest.h>

namespace chimera::clickhouse {
namespace {

using Names = std::vector<std::string>;

TEST(GrantsTest, ReadingIsNothingBeyond) {
  EXPECT_EQ(BeyondReading("GRANT SELECT ON chimera_metrics.* TO reader"), Names());
  EXPECT_EQ(BeyondReading("GRANT SHOW, SELECT(a, `b, INSERT`), dictGet ON *.* TO reader WITH GRANT OPTION"), Names());
  EXPECT_EQ(BeyondReading("GRANT TABLE ENGINE ON * TO reader"), Names());
  EXPECT_EQ(BeyondReading("REVOKE INSERT ON *.* FROM reader"), Names());
}

TEST(GrantsTest, WhatWritesOrReachesOutIsNamedWithItsPlace) {
  EXPECT_EQ(BeyondReading("GRANT SELECT, INSERT(a, b), ALTER UPDATE ON d.t TO reader"),
            Names({"INSERT(a, b) ON d.t", "ALTER UPDATE ON d.t"}));
  EXPECT_EQ(BeyondReading("GRANT READ, WRITE ON URL TO reader"), Names({"READ ON URL", "WRITE ON URL"}));
  EXPECT_EQ(BeyondReading("GRANT ALL ON *.* TO default WITH GRANT OPTION"), Names({"ALL ON *.*"}));
  EXPECT_EQ(BeyondReading("GRANT CREATE TEMPORARY TABLE, CREATE TABLE ON *.* TO reader"),
            Names({"CREATE TABLE ON *.*"}));
}

TEST(GrantsTest, RolesAreToldFromPrivileges) {
  EXPECT_EQ(GrantedRoles("GRANT writers, `odd, TO role` TO reader WITH ADMIN OPTION"),
            Names({"writers", "`odd, TO role`"}));
  EXPECT_EQ(GrantedRoles("GRANT SELECT ON d.* TO reader"), Names());
  EXPECT_EQ(BeyondReading("GRANT writers TO reader"), Names());
}

}  // namespace
}  // namespace chimera::clickhouse
