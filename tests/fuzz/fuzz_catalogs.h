// Tools, resources, prompts and completions that answer at once, fail, throw, speak and ask: every way through the
// protocol, without anything behind it.
#pragma once

#include <memory>
#include <string_view>

#include "mcp/server.h"

namespace chimera::fuzz {

/// A server that offers them. Nothing waits: a question to the client is at once a timeout.
class FuzzedServer {
 public:
  FuzzedServer();
  ~FuzzedServer();
  FuzzedServer(const FuzzedServer&) = delete;
  FuzzedServer& operator=(const FuzzedServer&) = delete;

  mcp::Server& Get();

 private:
  struct Impl;
  const std::unique_ptr<Impl> impl_;
};

/// Requires that `text` is what a client can read: one line with one JSON-RPC message, or with an array of them.
void RequireMessage(std::string_view text);

}  // namespace chimera::fuzz
