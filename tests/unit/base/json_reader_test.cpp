#include "base/json_reader.h"

#include <gtest/gtest.h>

namespace chimera {
namespace {

TEST(JsonReader, ReadsWhatIsThere) {
  const Json object = {{"name", "x"}, {"days", 7}, {"on", true}, {"low", 0.5}, {"tags", {"a", "b"}}};
  JsonReader reader(object, "file.json");
  EXPECT_EQ(reader.String("name"), "x");
  EXPECT_EQ(reader.Integer("days", 1), 7);
  EXPECT_TRUE(reader.Bool("on", false));
  EXPECT_EQ(reader.Number("low"), 0.5);
  EXPECT_EQ(reader.Strings("tags"), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(reader.String("absent", "fallback"), "fallback");
  EXPECT_TRUE(reader.Finish().ok());
}

TEST(JsonReader, NamesAnUnknownKeyAndTheNearestKnownOne) {
  const Json object = {{"tilte", "x"}};
  JsonReader reader(object, "file.json");
  (void)reader.String("title", "");
  const Status status = reader.Finish();
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().message, "file.json: unknown key `tilte`: did you mean `title`?");
}

TEST(JsonReader, KeepsTheFirstFailure) {
  const Json object = {{"days", "seven"}};
  JsonReader reader(object, "file.json");
  (void)reader.Integer("days", 1);
  (void)reader.String("name");
  EXPECT_EQ(reader.Finish().error().message, "file.json: `days` must be an integer");
}

TEST(JsonReader, KnowsAllFailuresAndWhoseTheyAre) {
  const Json object = {{"days", "seven"}, {"dyas", 1}};
  JsonReader reader(object, "file.json");
  (void)reader.Integer("days", 1);
  (void)reader.String("name");
  std::vector<std::pair<std::string, std::string>> found;
  for (const Problem& failure : reader.Failures()) found.emplace_back(failure.path, failure.message);
  const std::vector<std::pair<std::string, std::string>> expected = {
      {"days", "`days` must be an integer"},
      {"", "`name` is missing"},
      {"dyas", "unknown key `dyas`: did you mean `days`?"}};
  EXPECT_EQ(found, expected);
}

TEST(JsonReader, RefusesWhatIsNoObject) {
  const Json array = Json::array();
  JsonReader reader(array, "file.json");
  EXPECT_EQ(reader.Finish().error().message, "file.json: must be an object");
}

}  // namespace
}  // namespace chimera
