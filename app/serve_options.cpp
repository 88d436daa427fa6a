// The command line of serve, engine.
#include "app/invocation.h"

namespace chimera::app {
namespace {

constexpr char kEngineExamples[] = R"(Examples:
  chimera-mcp engine --data ./data --listen 127.0.0.1:8123
      then: curl http://127.0.0.1:8123/ -d 'SELECT version()'
      or:   CH_HOST=127.0.0.1 CH_PORT=8123 CH_SECURE=false chimera-mcp schema apply
  chimera-mcp engine --data ./data --listen 0.0.0.0:8443 --tls-cert cert.pem --tls-key key.pem --users-file users
      where `users` has a line for each account, such as agent:PASSWORD or viewer:PASSWORD:readonly
  chimera-mcp engine --data ./data --socket ./engine.sock --idle-exit 300
      then: curl --unix-socket ./engine.sock http://localhost/ -d 'SELECT version()'

`serve` and the other commands start an engine of their own where CH_HOST is unset: this command is for other clients.)";

// What --http and --listen take.
CLI::Validator Address() {
  return {[](std::string& text) {
            const auto address = config::ParseHostPort(text);
            return address.ok() ? std::string() : address.error().message + "; " + address.error().hint;
          },
          "HOST:PORT"};
}

void AddServe(CLI::App& app, Invocation& invocation) {
  auto* serve = app.add_subcommand("serve", "serve MCP over stdio, or over HTTP");
  serve->add_option("--http", invocation.serve.http, "HOST:PORT to serve http://HOST:PORT/mcp on")->check(Address());
  serve->add_flag("--demo", invocation.serve.demo, "fill empty tables with sample data first");
  serve->add_flag("--hints", invocation.serve.hints, "print how to connect");
  serve->add_flag("--insecure", invocation.serve.insecure,
                  "over HTTP, let whoever reaches the address call, without tokens or client certificates");
  serve->callback([&invocation] {
    invocation.command = [&](const auto& config, auto stop) { return Serve(config, invocation.serve, stop); };
  });
}

void AddEngine(CLI::App& app, Invocation& invocation) {
  auto* engine = app.add_subcommand("engine", "serve ClickHouse's HTTP interface over the embedded engine");
  engine->add_option("--data", invocation.engine.data, "data folder; made if missing")->required();
  auto* where = engine->add_option_group("address")->require_option(1);
  where->add_option("--socket", invocation.engine.socket, "Unix socket to listen on");
  where->add_option("--listen", invocation.engine.listen, "HOST:PORT to listen on; port 0 takes a free one")
      ->check(Address());
  auto* certificate = engine->add_option("--tls-cert", invocation.engine.tls.certificate,
                                         "serve HTTPS with this certificate and chain (PEM)");
  auto* key = engine->add_option("--tls-key", invocation.engine.tls.key, "the certificate's private key (PEM)");
  certificate->needs(key)->excludes("--socket");
  key->needs(certificate);
  engine
      ->add_option("--tls-client-ca", invocation.engine.tls.client_ca,
                   "let clients in only with a certificate that one of these signed (PEM)")
      ->needs(certificate);
  engine
      ->add_option("--user", invocation.engine.users,
                   "NAME:PASSWORD[:readonly]; may be repeated; others on this machine can read it")
      ->expected(1)
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  engine->add_option("--users-file", invocation.engine.users_file, "file of such lines, which others cannot read");
  engine->add_option("--idle-exit", invocation.engine.idle_exit_seconds, "leave after so many idle seconds; 0: never")
      ->check(CLI::NonNegativeNumber);
  engine->add_option("--library", invocation.engine.library, "path of libchdb.so");
  engine->add_flag(
      "--unconfined", invocation.engine.unconfined,
      "let statements reach every file and address that this user may, as for an import by file() or url()");
  engine->footer(kEngineExamples);
  engine->callback([&invocation] {
    invocation.command = [&](const config::Config& config, auto stop) {
      if (invocation.engine.library.empty()) invocation.engine.library = config.engine.library;
      return RunEngine(invocation.engine, stop);
    };
  });
}

}  // namespace

void AddServing(CLI::App& app, Invocation& invocation) {
  AddServe(app, invocation);
  AddEngine(app, invocation);
}

}  // namespace chimera::app
