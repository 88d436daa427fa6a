// The command line of status, tools, call, token, client-config, check.
#include "app/invocation.h"

namespace chimera::app {
namespace {

void AddStatus(CLI::App& app, Invocation& invocation) {
  auto* status = app.add_subcommand("status", "check the way to the database, the schema, and how fresh the data is");
  status->add_flag("--json", invocation.status_json, "as one JSON object");
  status->callback([&invocation] {
    invocation.command = [&](const auto& config, auto stop) {
      return ShowStatus(config, invocation.status_json, stop);
    };
  });
}

void AddTools(CLI::App& app, Invocation& invocation) {
  auto* tools = app.add_subcommand("tools", "list the tools that agents see");
  tools->add_flag("--json", invocation.tools_json, "with schemas, as JSON");
  tools->callback([&invocation] {
    invocation.command = [&](const auto& config, auto) { return ListTools(config, invocation.tools_json); };
  });
  auto* call = app.add_subcommand("call", "call one tool and print its answer");
  call->add_option("tool", invocation.call.tool, "name, such as query.trend")->required();
  auto* pairs = call->add_option("arguments", invocation.call.pairs, "key=value …");
  call->add_option("--json", invocation.call.json, "all arguments as one JSON object")->excludes(pairs);
  call->callback([&invocation] {
    invocation.command = [&](const auto& config, auto stop) { return CallTool(config, invocation.call, stop); };
  });
}

void AddToken(CLI::App& app, Invocation& invocation) {
  auto* token = app.add_subcommand("token", "tokens for callers over HTTP");
  token->require_subcommand(1);
  auto* fresh = token->add_subcommand("new", "print a fresh token, and its line for the file of CHIMERA_TOKENS_FILE");
  fresh->add_option("name", invocation.token.name, "who will use it, for logs")->required();
  fresh->add_option("--scopes", invocation.token.scopes, "of read, write and admin, separated by commas")
      ->capture_default_str();
  fresh->callback(
      [&invocation] { invocation.command = [&](const auto&, auto) { return NewToken(invocation.token); }; });
}

void AddClients(CLI::App& app, Invocation& invocation) {
  auto* clients = app.add_subcommand("client-config", "print how a client is told of this server");
  clients->add_option("name", invocation.client.name, "claude-desktop, cursor, …; without one they are listed");
  clients->add_option("--http", invocation.client.url, "URL of a running server; otherwise the client starts one");
  clients->callback([&invocation] {
    invocation.command = [&](const auto& config, auto) { return ShowClientConfig(config, invocation.client); };
  });
}

void AddCheck(CLI::App& app, Invocation& invocation) {
  auto* check =
      app.add_subcommand("check", "say whether the read gate lets a statement pass, and why not; exit code 1");
  auto* sql = check->add_option("sql", invocation.check.sql, "the statement");
  auto* lines = check->add_flag("--jsonl", invocation.check.jsonl, "read {\"sql\": …} lines from stdin, answer each");
  lines->excludes(sql);
  check->add_option("--function", invocation.check.functions, "a user-defined function that is open; repeatable")
      ->allow_extra_args(false);
  check->add_option("--dictionary", invocation.check.dictionaries, "a dictionary that is open; repeatable")
      ->allow_extra_args(false);
  check->callback([&invocation, sql] {
    if (!invocation.check.jsonl && sql->count() == 0) throw CLI::RequiredError("sql or --jsonl");
    invocation.without_settings = [&] { return CheckSql(invocation.check); };
  });
}

}  // namespace

void AddCallerCommands(CLI::App& app, Invocation& invocation) {
  AddStatus(app, invocation);
  AddTools(app, invocation);
  AddToken(app, invocation);
  AddClients(app, invocation);
  AddCheck(app, invocation);
}

}  // namespace chimera::app
