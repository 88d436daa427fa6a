#include "schema/type_name.h"

#include <gtest/gtest.h>

#include <string>

namespace chimera::schema {
namespace {

TEST(KindOfType, KnowsWhatDatasetsUse) {
  const std::pair<const char*, TypeKind> cases[] = {
      {"UInt8", TypeKind::kNumber},
      {"Decimal(10, 6)", TypeKind::kNumber},
      {"Nullable(Float64)", TypeKind::kNumber},
      {"Bool", TypeKind::kBool},
      {"LowCardinality(Nullable(String))", TypeKind::kText},
      {"FixedString(40)", TypeKind::kText},
      {"Enum8('pending' = 0, 'success' = 1)", TypeKind::kText},
      {"UUID", TypeKind::kUuid},
      {"Date", TypeKind::kTime},
      {"DateTime", TypeKind::kTime},
      {"DateTime('UTC')", TypeKind::kTime},
      {"DateTime64(3)", TypeKind::kTime},
      {"DateTime64(3, 'UTC')", TypeKind::kTime},
      {"Array(Tuple(Date, Nullable(Float64)))", TypeKind::kComposite},
      {"Tuple(day Date, value Float64)", TypeKind::kComposite},
  };
  for (const auto& [type, kind] : cases) {
    const Result<TypeKind> found = KindOfType(type);
    ASSERT_TRUE(found.ok()) << type;
    EXPECT_EQ(*found, kind) << type;
  }
}

TEST(KindOfType, RefusesTheRest) {
  for (const char* type :
       {"",           "Uint8",           "uint8",          "UInt8)",     "UInt8 UInt8",       "Decimal(10)",
        "Decimal",    "FixedString",     "FixedString(x)", "DateTime64", "DateTime64('UTC')", "Nullable",
        "Nullable()", "Tuple()",         "Array(UInt8",    "Enum8",      "Enum8()",           "Enum8('it\\'s' = 1)",
        "Enum8('a')", "Enum8('a' = 1,)", "Enum8(1 = 'a')", "Int128",     "Identifier",        "'String'",
        "JSON"}) {
    const Result<TypeKind> found = KindOfType(type);
    EXPECT_FALSE(found.ok()) << type;
  }
}

TEST(KindOfType, RefusesNestingThatIsTooDeep) {
  std::string type = "UInt8";
  for (int i = 0; i < 1000; ++i) type = "Array(" + type + ")";
  EXPECT_FALSE(KindOfType(type).ok());
}

}  // namespace
}  // namespace chimera::schema
