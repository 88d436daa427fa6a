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

TEST(StatementTrace, AddsUpWhatStatementsDid) {
  StatementTrace trace(true);
  trace.Note("a", "SELECT 1", {.rows_read = 3, .bytes_read = 10});
  trace.Note("b", "INSERT", {.rows_written = 2, .bytes_written = 20});
  trace.NoteProgress(2);
  EXPECT_EQ(trace.Total().rows_read, 3u);
  trace.NoteProgress(7);
  trace.NoteProgress(5);
  EXPECT_EQ(trace.Total().rows_read, 7u);
  EXPECT_EQ(trace.Total().rows_written, 2u);
  EXPECT_EQ(trace.LastText(), "INSERT");
  EXPECT_EQ(trace.Ids(), (std::vector<std::string>{"a", "b"}));
  for (int i = 0; i < 200; ++i) trace.Note("c");
  EXPECT_EQ(trace.Ids().size(), 100u);
  EXPECT_EQ(trace.Text(), "a,b,c,+199");
}

}  // namespace
}  // namespace chimera
