#include "clickhouse/verdict.h"

#include <algorithm>
#include <string>
#include <utility>

#include "clickhouse/errors.h"
#include "clickhouse/request.h"

namespace chimera::clickhouse {
namespace {

// An attempt to connect that was given less time than this says nothing about the host.
constexpr std::chrono::milliseconds kFairTime{900};

bool HadFairTime(const Endpoint& endpoint, std::chrono::steady_clock::duration took) {
  return took >= std::min(kFairTime, endpoint.connect_timeout);
}

bool RanOutOfTime(Failure failure) {
  switch (failure) {
    case Failure::kNameTimeout:
    case Failure::kConnectTimeout:
    case Failure::kTlsTimeout:
    case Failure::kTlsSilent:
      return true;
    default:
      return false;
  }
}

/// What only somebody who changes a file, a certificate or a port can mend.
bool IsLasting(Failure failure) {
  switch (failure) {
    case Failure::kTlsFiles:
    case Failure::kTlsSilent:
    case Failure::kTlsNotSpoken:
    case Failure::kTlsExpected:
    case Failure::kNativeProtocol:
    case Failure::kNotHttp:
      return true;
    default:
      return SpokeTls(failure);  // and was refused, or refused us
  }
}

Error OutOfTime(Kind kind, const Endpoint& endpoint, bool sent) {
  if (!sent) {
    return MakeError(ErrorCode::kTimeout, "no connection to " + endpoint.Name() + " before the deadline",
                     "check that the database is reachable, or allow more time");
  }
  if (kind == Kind::kRead) {
    return MakeError(ErrorCode::kTimeout, "the database did not finish before the deadline",
                     "read less (a narrower time range, fewer columns) or allow more time");
  }
  return MakeError(ErrorCode::kTimeout, "the database did not finish before the deadline", "allow more time");
}

Verdict Abandoned(Kind kind, const Endpoint& endpoint, const Exchange& exchange,
                  std::chrono::steady_clock::duration took) {
  const bool expired = exchange.outcome == Outcome::kExpired;
  Verdict verdict = Verdict::Final(expired ? OutOfTime(kind, endpoint, exchange.sent)
                                           : MakeError(ErrorCode::kCancelled, "the request was cancelled"));
  if (expired && !exchange.sent && HadFairTime(endpoint, took)) verdict.health = Health::kFailed;
  verdict.unclear = exchange.sent;
  return verdict;
}

Verdict Thrown(const Exception& exception) {
  Verdict verdict;
  verdict.error = ToError(exception);
  verdict.setback = SetbackOf(exception.code, exception.text);
  verdict.unclear = LeavesInsertOpen(exception.code);
  verdict.health = Health::kWorks;
  return verdict;
}

Verdict Foreign(const Endpoint& endpoint, int status, std::string_view text) {
  Verdict verdict;
  verdict.error = ForeignReply(endpoint, status, text);
  verdict.health = Health::kWorks;
  verdict.unclear = status < 400 || status >= 500;  // from a proxy, which may have passed the statement on
  if (status == 429) {
    verdict.setback = Setback::kRefused;
  } else if (status == 502 || status == 503 || status == 504) {
    verdict.setback = Setback::kBroken;
    verdict.health = Health::kFailed;
  }
  return verdict;
}

/// The peer has shown that it did not take the request as one: it was sent to the wrong port, or without a certificate.
bool WasTurnedAway(Failure failure) {
  return failure == Failure::kTlsExpected || failure == Failure::kNativeProtocol ||
         failure == Failure::kTlsClientCertificate;
}

Verdict Disconnected(const Endpoint& endpoint, const Exchange& exchange, std::chrono::steady_clock::duration took) {
  Verdict verdict;
  verdict.error = NetworkError(endpoint, exchange);
  const bool arrived = exchange.sent && !WasTurnedAway(exchange.failure);
  verdict.error->unsent = !arrived;
  verdict.setback = arrived ? Setback::kBroken : Setback::kUnsent;
  verdict.unclear = arrived;
  verdict.health = Health::kFailed;
  if (RanOutOfTime(exchange.failure) && !HadFairTime(endpoint, took)) verdict.health = Health::kUnknown;
  if (exchange.failure == Failure::kBacklogFull) {  // has been waited for already
    verdict.setback = Setback::kFinal;
    verdict.health = Health::kUnknown;
  }
  verdict.lasting = IsLasting(exchange.failure);
  return verdict;
}

}  // namespace

Verdict Judge(Kind kind, const Endpoint& endpoint, const Exchange& exchange, const TextReply& reply,
              std::chrono::steady_clock::duration took) {
  if (exchange.outcome == Outcome::kExpired || exchange.outcome == Outcome::kCancelled) {
    return Abandoned(kind, endpoint, exchange, took);
  }
  Verdict works;
  works.health = Health::kWorks;
  if (reply.IsSettled()) return works;
  if (auto exception = reply.FindError()) return Thrown(*exception);
  const int status = reply.Head().status;
  if (status != 0 && status != 200) return Foreign(endpoint, status, reply.Text());
  if (exchange.outcome == Outcome::kFailed) return Disconnected(endpoint, exchange, took);
  if (reply.IsResult()) return works;
  auto format = reply.Head().Find("X-ClickHouse-Format");
  if (!format.empty() && format != kRowsFormat) {
    works.error =
        MakeError(ErrorCode::kInvalidArgument, "the statement chooses the format " + std::string(format) + " itself",
                  "leave the FORMAT clause out");
  } else {
    return Foreign(endpoint, status, reply.Text());
  }
  return works;
}

}  // namespace chimera::clickhouse
