// One transcript of tests/transcripts on its way: the servers, what was said last and what it brought.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "mcp/http_authorization.h"
#include "mcp/http_endpoint.h"
#include "mcp/http_gate.h"
#include "support/fake_client.h"
#include "tests/conformance/fixtures.h"
#include "tests/unit/mcp/fake_catalog.h"
#include "tools/toolset.h"

namespace chimera::mcp::testing {

/// Keeps what is sent.
class Recorder : public Outlet {
 public:
  void Send(std::string message) override;
  Json Take();

 private:
  std::mutex mutex_;
  Json messages_ = Json::array();
};

class Transcript {
 public:
  ~Transcript();
  /// Does what a line says and checks what it expects; failures are gtest's.
  void Run(std::string line);
  int checks() const { return checks_; }

 private:
  void Open(const Json& options);
  void Say(const Json& step, Json& reply);
  void Check(const Json& step);
  void CheckAsked(const Json& step);
  void CheckNotified(const Json& expected);
  Json Send(const std::string& text);
  Json Http(const std::string& method, const Json& step);
  /// Lets in whoever has one of `tokens`: token → its scopes.
  void Authorize(const Json& tokens);
  /// What stands in a refusal; nothing when `call` may go on as whoever sent it.
  std::optional<Json> Refused(const Json& headers, const Json& step, HttpCall& call) const;
  Json Events(const HttpAnswer& answer, bool stays_open) const;
  void HangUp();

  FakeCatalog fake_;
  chimera::testing::FakeClient database_;
  std::unique_ptr<tools::Registry> budgeted_;  ///< instead of `fake_`, when set
  conformance::FixtureTools tools_;
  conformance::FixtureResources resources_;
  conformance::FixturePrompts prompts_;
  std::optional<Server> server_;
  Session session_;
  std::unique_ptr<HttpEndpoint> http_;
  std::unique_ptr<auth::Authorizer> authorizer_;
  std::unique_ptr<HttpAuthorization> authorization_;
  const HttpGate gate_{{.bound_host = "127.0.0.1", .allowed_hosts = {}, .allowed_origins = {}}};
  std::shared_ptr<ClientLink> link_;
  std::shared_ptr<Recorder> recorder_ = std::make_shared<Recorder>();
  std::map<std::string, std::string> captured_;
  Json reply_;
  Json background_reply_;  ///< of the step that runs beside the others, until it is joined
  std::vector<std::thread> workers_;
  std::mutex workers_mutex_;
  std::thread background_;
  int checks_ = 0;
};

}  // namespace chimera::mcp::testing
