#include "base/statement_trace.h"

#include <gtest/gtest.h>

namespace chimera {
namespace {

TEST(StatementTrace, ShowsTheFirstFewAndHowManyMore) {
  StatementTrace trace;
  EXPECT_EQ(trace.Text(), "");
  for (const char* id : {"a", "b", "c"}) trace.Note(id);
  EXPECT_EQ(trace.Text(), "a,b,c");
  for (const char* id : {"d", "e"}) trace.Note(id);
  EXPECT_EQ(trace.Text(), "a,b,c,+2");
}

}  // namespace
}  // namespace chimera
