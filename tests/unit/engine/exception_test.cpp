#include "engine/exception.h"

#include <gtest/gtest.h>

namespace chimera::engine {
namespace {

TEST(ExceptionText, IsReadBack) {
  const Error error = ParseException("Code: 60. DB::Exception: Unknown table t. (UNKNOWN_TABLE) ");
  EXPECT_EQ(error.database_code, 60);
  EXPECT_EQ(ExceptionBody(error, "26.7"), "Code: 60. DB::Exception: Unknown table t. (UNKNOWN_TABLE) (version 26.7)\n");
}

TEST(ExceptionText, KeepsAVersionThatIsThere) {
  const Error error = ParseException("Code: 27. DB::Exception: x. (NAME) (version 26.7)");
  EXPECT_EQ(ExceptionBody(error, "26.7"), "Code: 27. DB::Exception: x. (NAME) (version 26.7)\n");
}

TEST(ExceptionText, WithoutANumberIsUnknown) {
  const Error error = ParseException("No active streaming query");
  EXPECT_EQ(error.database_code, 1002);
  EXPECT_EQ(error.message, "Code: 1002. DB::Exception: No active streaming query. (UNKNOWN_EXCEPTION)");
}

TEST(ExceptionText, EndsABodyInATaggedBlock) {
  EXPECT_EQ(ExceptionBlock("boom\n", "abc"), "\r\n__exception__\r\nabc\r\nboom\n5 abc\r\n__exception__\r\n");
}

TEST(ExceptionStatus, IsThatOfClickHouse) {
  EXPECT_EQ(HttpStatus(62), 400);
  EXPECT_EQ(HttpStatus(516), 403);
  EXPECT_EQ(HttpStatus(60), 404);
  EXPECT_EQ(HttpStatus(115), 404);
  EXPECT_EQ(HttpStatus(159), 408);
  EXPECT_EQ(HttpStatus(48), 501);
  EXPECT_EQ(HttpStatus(164), 500);
  EXPECT_EQ(HttpStatus(394), 500);
}

}  // namespace
}  // namespace chimera::engine
