#include "engine/query_handler.h"

#include "engine/exception.h"
#include "engine/query_run.h"

namespace chimera::engine {

Answer QueryHandler::Handle(const HttpCall& call) const {
  auto request = ReadRequest(call.head, database_.Settings());
  if (!request) return ExceptionAnswer(request.error(), QueryId(call.head));
  const std::string query_id = request->query_id;
  QueryRun run(database_, running_, std::move(*request), call.client_left);
  const bool arrived = call.head.is_get || call.read_body([&](std::string_view piece) { run.Take(piece); });
  if (!arrived) return ExceptionAnswer(Exception(kAborted, "The request's body did not arrive whole."), query_id);
  auto answer = run.Finish();
  return answer ? std::move(*answer) : ExceptionAnswer(answer.error(), query_id);
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
