#include "engine/query_handler.h"

#include "engine/exception.h"
#include "engine/gzip.h"

namespace chimera::engine {

Answer QueryHandler::Handle(const HttpCall& call) const {
  auto request = ReadRequest(call.head, database_.Settings(), accounts_);
  if (!request) return ExceptionAnswer(request.error(), QueryId(call.head));
  const std::string query_id = request->query_id;
  QueryRun run(database_, sessions_, running_, std::move(*request), call.client_left);
  if (Status arrived = ReadBody(call, run); !arrived) return ExceptionAnswer(arrived.error(), query_id);
  auto answer = run.Finish();
  return answer ? std::move(*answer) : ExceptionAnswer(answer.error(), query_id);
}

Status QueryHandler::ReadBody(const HttpCall& call, QueryRun& run) {
  if (!call.read_body) return Ok();
  const bool plain = call.encoding.empty() || call.encoding == "identity";
  if (!plain && call.encoding != "gzip" && call.encoding != "deflate")
    return Exception(kNotImplemented, "Of Content-Encoding the embedded engine reads gzip and deflate only, not '" +
                                          call.encoding + "'.");
  Gunzip gunzip;
  Status readable = Ok();
  const bool arrived = call.read_body([&](std::string_view piece) {
    if (run.Failed() || !readable) return;  // the rest is dropped, however much it would be
    if (plain) return run.Take(piece);
    readable = gunzip.Add(piece, [&](std::string_view bytes) { run.Take(bytes); });
  });
  if (!arrived) return Exception(kAborted, "The request's body did not arrive whole.");
  if (plain || run.Failed() || !readable) return readable;
  return gunzip.Finish();
}

Answer QueryHandler::ExceptionAnswer(const Error& exception, const std::string& query_id) const {
  Answer answer;
  answer.status = HttpStatus(exception.database_code);
  answer.content_type = "text/plain; charset=UTF-8";
  answer.text = ExceptionBody(exception, database_.Version());
  answer.headers = QueryHeaders(database_, query_id);
  answer.headers.emplace_back("X-ClickHouse-Exception-Code", std::to_string(exception.database_code));
  return answer;
}

}  // namespace chimera::engine
