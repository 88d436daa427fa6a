// A ToolCatalog with a few tools whose behaviour tests know: echo, wait, fail, throw, big.
#pragma once

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "mcp/tool.h"

namespace chimera::mcp::testing {

inline ToolDefinition FakeTool(std::string name, std::string title) {
  ToolDefinition tool;
  tool.name = std::move(name);
  tool.title = std::move(title);
  tool.description = "A tool for tests.";
  tool.input_schema = {{"type", "object"}};
  tool.output_schema = {{"type", "object"}};
  return tool;
}

class FakeCatalog : public ToolCatalog {
 public:
  const std::vector<ToolDefinition>& Definitions() const override { return definitions_; }

  bool Has(std::string_view name) const override {
    for (const ToolDefinition& tool : definitions_) {
      if (tool.name == name) return true;
    }
    return false;
  }

  std::string Suggestion(std::string_view name) const override { return name == "ecko" ? "did you mean `echo`?" : ""; }

  ToolResult Call(const CallContext& context, std::string_view name, std::string_view arguments) override {
    ++calls;
    last_arguments_bytes = arguments.size();
    if (name == "throw") throw std::runtime_error("a bug");
    if (name == "fail") return {"it failed", R"({"dropped":true})", R"({"chimera/error":{"code":"timeout"}})", true};
    if (name == "big") return {std::string(3'000'000, 'x'), "{\n\"rows\":\r\n[]}", {}, false};
    if (name == "wait") return Wait(context);
    const std::string structured = "{\"arguments\":" + std::string(arguments) + "}";
    ToolResult result = {"echo", structured, {}, false};
    result.headers = headers;
    return result;
  }

  /// Waits until `count` calls of the tool "wait" run; false after 10 s.
  bool WaitForWaiting(int count) const {
    for (int i = 0; i < 10'000 && waiting < count; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    return waiting >= count;
  }

  std::atomic<int> calls = 0;
  std::atomic<int> waiting = 0;
  std::atomic<int> cancelled = 0;
  std::atomic<bool> release = false;  ///< lets "wait" return
  std::atomic<size_t> last_arguments_bytes = 0;
  Headers headers = {};  ///< that "echo" answers with; set before calls

 private:
  ToolResult Wait(const RequestContext& context) {
    ++waiting;
    while (!context.Cancelled() && !context.deadline.Expired() && !release) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    --waiting;
    if (context.Cancelled()) ++cancelled;
    return {"waited", {}, {}, false};
  }

  const std::vector<ToolDefinition> definitions_ = {FakeTool("echo", "Echo"), FakeTool("wait", "Wait"),
                                                    FakeTool("fail", "Fail"), FakeTool("throw", "Throw"),
                                                    FakeTool("big", "Big")};
};

inline ServerOptions FakeServerOptions() {
  ServerOptions options;
  options.name = "test-server";
  options.title = "Test Server";
  options.version = "1.2.3";
  options.instructions = "Use echo.";
  options.call_timeout = std::chrono::seconds(20);
  return options;
}

}  // namespace chimera::mcp::testing
