#include "tests/unit/mcp/transcript.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

#include "auth/token_file.h"
#include "base/text.h"
#include "mcp/exchange.h"

namespace chimera::mcp::testing {
namespace {

constexpr std::chrono::seconds kPatience{20};
constexpr std::chrono::milliseconds kQuiet{300};  // nothing more comes after as long

void Pause() {
  std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

bool Fits(const Json& expected, const Json& actual);

bool MembersFit(const Json& expected, const Json& actual) {
  for (const auto& [key, value] : expected.items()) {
    if (!actual.contains(key) || !Fits(value, actual[key])) return false;
  }
  return true;
}

bool Fits(const Json& expected, const Json& actual) {
  if (expected.is_object() && actual.is_object()) return MembersFit(expected, actual);
  if (!expected.is_array() || !actual.is_array()) return expected == actual;
  return expected.size() == actual.size() && std::equal(expected.begin(), expected.end(), actual.begin(), Fits);
}

std::string Replaced(std::string text, const std::string& what, const std::string& with) {
  for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size())) {
    text.replace(at, what.size(), with);
  }
  return text;
}

bool SameHeader(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return tolower(x) == tolower(y); });
}

/// The headers of a well-behaved client with those of `own` instead; null leaves one out.
Json HeadersWith(const Json& own) {
  Json headers = {{"Host", "127.0.0.1:8080"},
                  {"Content-Type", "application/json"},
                  {"Accept", "application/json, text/event-stream"}};
  headers.update(own);
  return headers;
}

RequestHead HeadOf(const std::string& method, const Json& headers) {
  const auto text = [&](const char* name) {
    const Json value = headers.value(name, Json());
    return value.is_string() ? value.get<std::string>() : std::string();
  };
  return {method, "/mcp", text("Host"), text("Origin"), text("Content-Type"), text("Accept")};
}

HeaderValue Lookup(const Json& headers) {
  return [headers](const char* name) -> std::optional<std::string> {
    for (const auto& [key, value] : headers.items()) {
      if (SameHeader(key, name) && value.is_string()) return value.get<std::string>();
    }
    return std::nullopt;
  };
}

/// The fields of an event: id, event, data (as JSON if it is), retry.
Json EventFields(const std::string& text) {
  Json fields = Json::object();
  for (size_t at = 0; at < text.size();) {
    const size_t end = text.find('\n', at);
    const std::string line = text.substr(at, end - at);
    const size_t colon = line.find(": ");
    if (colon != std::string::npos) fields[line.substr(0, colon)] = line.substr(colon + 2);
    at = end + 1;
  }
  const std::string data = fields.value("data", "");
  if (!data.empty()) fields["data"] = Json::parse(data);
  return fields;
}

/// The product's tools. A statement that names the table `big` is estimated to read 5,000 rows.
std::unique_ptr<tools::Registry> BudgetedTools(chimera::testing::FakeClient& database, uint64_t rows) {
  database.OnRead([](const clickhouse::Query& query) -> Result<clickhouse::Rows> {
    using chimera::testing::MakeRows;
    const bool big = query.sql.find("FROM big") != std::string::npos;
    if (query.sql.starts_with("EXPLAIN ESTIMATE ")) {
      return MakeRows({}, big ? Json{{"db", "big", "2", "5000", "3"}} : Json::array());
    }
    return MakeRows({{"v", "UInt8"}}, query.sql.find("system.") == std::string::npos ? Json{{7}} : Json::array());
  });
  static const std::vector<schema::Dataset> kNone;
  return tools::CreateToolset(database, kNone, {.read_budget_rows = rows});
}

}  // namespace

void Recorder::Send(std::string message) {
  const std::lock_guard lock(mutex_);
  messages_.push_back(Json::parse(message));
}

Json Recorder::Take() {
  const std::lock_guard lock(mutex_);
  return std::exchange(messages_, Json::array());
}

Transcript::~Transcript() {
  fake_.release = true;
  session_.CancelAll();
  if (background_.joinable()) background_.join();
  for (auto& worker : workers_) worker.join();
}

void Transcript::Open(const Json& options) {
  ServerOptions server = FakeServerOptions();
  server.list_page = options.value("list_page", server.list_page);
  server.task_after = std::chrono::milliseconds(options.value("task_after_ms", 10'000));
  server.lists_change = options.value("lists_change", false);
  Features features = {.tools = &fake_};
  if (options.contains("read_budget")) {
    features.tools = (budgeted_ = BudgetedTools(database_, options["read_budget"])).get();
  }
  if (options.value("fixtures", false)) {
    features = {.tools = &tools_, .resources = &resources_, .prompts = &prompts_, .completer = &prompts_};
  }
  server_.emplace(server, features);
  tools_.Announce(server_->Changes());
  http_ = std::make_unique<HttpEndpoint>(*server_, 100, std::chrono::seconds(60), [this](std::function<void()> job) {
    const std::lock_guard lock(workers_mutex_);
    workers_.emplace_back(std::move(job));
    return true;
  });
  session_.SetOutlet(recorder_);
  Authorize(options.value("tokens", Json::object()));
}

void Transcript::Authorize(const Json& tokens) {
  const std::string path = ::testing::TempDir() + "transcript-" + RandomHex(8);
  if (!tokens.empty()) {
    std::ofstream file(path);
    for (const auto& [token, scopes] : tokens.items()) {
      file << token << " " << Sha256Hex(token) << " " << scopes.get<std::string>() << "\n";
    }
    file.close();
    authorizer_ = std::make_unique<auth::Authorizer>(auth::Credentials{*auth::TokenFile::Open(path), nullptr, {}});
  }
  authorization_ = std::make_unique<HttpAuthorization>(
      AuthorizationOptions{.authorizer = authorizer_.get(), .issuer = "https://idp"}, "/mcp", false);
}

std::optional<Json> Transcript::Refused(const Json& headers, const Json& step, HttpCall& call) const {
  Presented presented;
  presented.token_in_url = step.value("token_in_url", false);
  presented.host = headers["Host"];
  if (headers.contains("Authorization")) presented.headers.push_back(headers["Authorization"]);
  auto checked = authorization_->Check(presented);
  if (const auto* challenge = std::get_if<Challenge>(&checked)) {
    return Json{{"status", challenge->status}, {"authenticate", challenge->authenticate}};
  }
  call.sender = std::get<std::shared_ptr<const Principal>>(checked);
  return std::nullopt;
}

void Transcript::Run(std::string line) {
  for (const auto& [name, value] : captured_) line = Replaced(std::move(line), "$" + name, value);
  const Json step = Json::parse(line);
  if (step.contains("options") || !server_) Open(step.value("options", Json::object()));
  if (step.value("background", false)) {
    const int before = fake_.waiting;
    background_ = std::thread([this, step] { Say(step, background_reply_); });
    if (!budgeted_) {
      EXPECT_TRUE(fake_.WaitForWaiting(before + 1));
    }
    CheckAsked(step);
    return;
  }
  if (step.contains("hang_up")) HangUp();
  if (step.contains("release")) fake_.release = true;
  if (step.contains("join")) {
    background_.join();
    reply_ = background_reply_;
  }
  Say(step, reply_);
  for (const Deadline end = Deadline::After(kPatience); step.value("repeat", false) && !end.Expired();
       Say(step, reply_)) {
    if (Fits(step["expect"], reply_)) break;
    Pause();
  }
  Check(step);
}

void Transcript::Say(const Json& step, Json& reply) {
  if (step.contains("send")) reply = Send(step["send"].dump());
  if (step.contains("send_text")) reply = Send(step["send_text"]);
  for (const char* method : {"post", "get", "delete"}) {
    if (step.contains(method)) reply = Http(method, step);
  }
}

void Transcript::Check(const Json& step) {
  for (const char* check : {"expect", "absent", "notified", "cancelled"}) checks_ += step.contains(check) ? 1 : 0;
  if (step.contains("expect")) {
    EXPECT_TRUE(Fits(step["expect"], reply_)) << "got " << reply_ << "\nfor " << step;
  }
  for (const auto& pointer : step.value("absent", Json::array())) {
    EXPECT_FALSE(reply_.contains(Json::json_pointer(pointer))) << pointer << " is in " << reply_;
  }
  if (step.contains("notified")) CheckNotified(step["notified"]);
  if (step.contains("cancelled")) {
    const int count = step["cancelled"];
    for (const Deadline end = Deadline::After(kPatience); fake_.cancelled < count && !end.Expired();) Pause();
    EXPECT_EQ(fake_.cancelled, count);
  }
  const Json capture = step.value("capture", Json::object());
  for (const auto& [name, pointer] : capture.items()) {
    captured_[name] = reply_.at(Json::json_pointer(pointer.get<std::string>())).get<std::string>();
  }
}

void Transcript::CheckAsked(const Json& step) {
  if (!step.contains("notified")) return;
  ++checks_;
  CheckNotified(step["notified"]);
}

void Transcript::CheckNotified(const Json& expected) {
  Json all = recorder_->Take();
  for (const Deadline end = Deadline::After(kPatience); all.size() < expected.size() && !end.Expired(); Pause()) {
    for (Json& message : recorder_->Take()) all.push_back(std::move(message));
  }
  EXPECT_TRUE(Fits(expected, all)) << "got " << all << "\nfor " << expected;
}

Json Transcript::Send(const std::string& text) {
  Incoming incoming = ParseIncoming(text);
  Admit(session_, incoming);
  const auto reply = Answer(*server_, session_, incoming, recorder_);
  return reply ? Json::parse(reply->text) : Json();
}

Json Transcript::Http(const std::string& method, const Json& step) {
  const Json headers = HeadersWith(step.value("headers", Json::object()));
  const RequestHead head = HeadOf(method == "post" ? "POST" : method == "get" ? "GET" : "DELETE", headers);
  if (const auto refusal = gate_.Check(head)) return {{"status", refusal->status}};
  if (step.contains("metadata")) return Json::parse(authorization_->Metadata(headers["Host"].get<std::string>()));
  HttpCall call;
  if (auto refused = Refused(headers, step, call)) return *refused;
  const Json body = step.value("post", Json(""));
  call.body = body.is_string() ? body.get<std::string>() : body.dump();
  call.header = Lookup(headers);
  call.takes_events = TakesEvents(head.accept);
  call.client = link_ = std::make_shared<ClientLink>();
  const HttpAnswer answer = method == "post"  ? http_->Post(call)
                            : method == "get" ? http_->Get(call)
                                              : http_->Delete(call);
  Json reply = {{"status", answer.status}};
  if (!answer.missing_scopes.empty()) {
    reply["authenticate"] = authorization_->ScopeChallenge(answer.missing_scopes, headers["Host"].get<std::string>());
  }
  if (!answer.session_id.empty()) reply["session"] = answer.session_id;
  if (!answer.body.empty()) reply["body"] = Json::parse(answer.body);
  if (answer.stream) reply["events"] = Events(answer, step.value("stays_open", false));
  return reply;
}

Json Transcript::Events(const HttpAnswer& answer, bool stays_open) const {
  EventStream::Reader reader(*answer.stream, answer.after);
  Json events = Json::array();
  std::string text;
  while (reader.Next(text, stays_open ? kQuiet : kPatience) == EventStream::Reader::State::kEvent) {
    events.push_back(EventFields(text));
  }
  return events;
}

void Transcript::HangUp() {
  link_->Cut();
  std::this_thread::sleep_for(kQuiet);
}

}  // namespace chimera::mcp::testing
