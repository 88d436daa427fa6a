// What GoogleTest without its mocks lacks: checks on parts of a text, with the text in the failure.
#pragma once

#include <gtest/gtest.h>

#include <string>

namespace chimera::engine {

inline ::testing::AssertionResult Holds(const std::string& text, const std::string& part) {
  if (text.find(part) != std::string::npos) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << "\"" << part << "\" is not in: " << text.substr(0, 1000);
}

inline ::testing::AssertionResult Starts(const std::string& text, const std::string& part) {
  if (text.starts_with(part)) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << "\"" << part << "\" does not begin: " << text.substr(0, 1000);
}

inline ::testing::AssertionResult Ends(const std::string& text, const std::string& part) {
  if (text.ends_with(part)) return ::testing::AssertionSuccess();
  const size_t from = text.size() > 1000 ? text.size() - 1000 : 0;
  return ::testing::AssertionFailure() << "\"" << part << "\" does not end: " << text.substr(from);
}

}  // namespace chimera::engine
