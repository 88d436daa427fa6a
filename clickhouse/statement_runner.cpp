#include "clickhouse/statement_runner.h"

#include <algorithm>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "clickhouse/deduplication.h"

namespace chimera::clickhouse {
namespace {

using std::chrono::milliseconds;

size_t HostCount(const HttpOptions& options) {
  return options.unix_socket.empty() ? options.hosts.size() : 1;
}

size_t SlotOf(size_t host, Role role) {
  return host * 2 + static_cast<size_t>(role);
}

/// What was asked before a statement failed: the statement itself has not left.
Verdict BeforeStatement(Verdict verdict) {
  if (verdict.setback != Setback::kFinal) verdict.setback = Setback::kUnsent;
  verdict.error->unsent = true;
  return verdict;
}

/// ClickHouse's words for a setting that it does not know or that the account may not send.
bool IsAboutSettings(const Error& error) {
  constexpr int kUnknownSetting = 115, kReadonly = 164, kSettingConstraint = 452;
  return error.database_code == kUnknownSetting || error.database_code == kReadonly ||
         error.database_code == kSettingConstraint;
}

void Sleep(const RequestContext& context, milliseconds time) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  never.wait_for(lock, context.stop, time, [] { return false; });
}

}  // namespace

/// One call: its attempts and what is known after them.
class StatementRunner::Call {
 public:
  Call(StatementRunner& runner, const RequestContext& context, const Job& job)
      : runner_(runner),
        context_(context),
        job_(job),
        backoff_(runner.retries_, runner.pace_, runner.random_),
        patience_(runner.pace_.longest_cooldown + runner.pace_.longest_cooldown / 5) {
    if (job.insert == nullptr || !job.insert->repeated) return;
    sent_ = in_doubt_ = open_ = true;
    if (runner.routes_.Count() == 1) suspect_ = 0;
  }

  std::optional<Error> Run();

 private:
  Verdict TryOnce();
  ProfileCache::Profile Profile(Route& route, Verdict& verdict);
  ProfileCache::Profile Learn(Route& route, Verdict& verdict);
  Result<Rows> Ask(const RequestContext& context, Route& route, const AccountProfile& profile, const Query& query,
                   Verdict& verdict);
  std::optional<Verdict> Forbid(Route& route, const AccountProfile& profile);
  bool LearnsAgain(const Error& error);
  void Note(const Verdict& verdict);
  bool GoesOn(const Verdict& verdict);
  Error InsteadOf(Error error) const;
  Error Final(const Verdict& verdict) const;
  Error Unclear(Error error) const;

  StatementRunner& runner_;
  const RequestContext& context_;
  const Job& job_;
  Backoff backoff_;
  milliseconds patience_;  ///< left for waiting for a circuit
  Routes::Wish wish_ = {};
  int tries_ = 0;
  size_t host_ = 0;                     ///< of the latest attempt
  ProfileCache::Profile profile_ = {};  ///< of the latest attempt
  bool learned_again_ = false;
  std::optional<Error> last_ = {};      ///< why the latest attempt failed
  bool sent_ = false;                   ///< some attempt of the statement left this process
  bool open_ = false;                   ///< a statement that changes something may have been carried out
  bool in_doubt_ = false;               ///< before a repeat, the table must be asked
  std::optional<size_t> suspect_ = {};  ///< the host that may have stored it
  std::optional<Deduplication> table_ = {};
};

StatementRunner::StatementRunner(const HttpOptions& options, std::function<double()> random, ReadOnce read_once,
                                 Learn learn)
    : retries_(options.retries),
      learns_(options.learn_account),
      pace_(options.pace),
      random_(std::move(random)),
      read_once_(std::move(read_once)),
      learn_(std::move(learn)),
      unrestricted_(std::make_shared<const AccountProfile>(AccountProfile::Unrestricted())),
      profiles_(HostCount(options) * 2),
      routes_(options, random_) {}

std::optional<Error> StatementRunner::Run(const RequestContext& context, const Job& job) {
  return Call(*this, context, job).Run();
}

std::optional<Error> StatementRunner::Call::Run() {
  while (true) {
    Verdict verdict = TryOnce();
    if (!verdict.error) return std::nullopt;
    if (LearnsAgain(*verdict.error)) continue;
    Note(verdict);
    if (!GoesOn(verdict)) return Final(verdict);
  }
}

Verdict StatementRunner::Call::TryOnce() {
  profile_ = nullptr;
  auto route = runner_.routes_.Take(context_, wish_, patience_);
  if (!route) return Verdict::Final(InsteadOf(std::move(route).error()));
  ++tries_;
  host_ = route->Host();
  Verdict before;
  auto profile = Profile(*route, before);
  if (!profile) return BeforeStatement(std::move(before));
  if (in_doubt_) {
    if (auto forbidden = Forbid(*route, *profile)) return *std::move(forbidden);
    if (job_.repeated != nullptr) *job_.repeated = true;
  }
  profile_ = std::move(profile);
  return job_.attempt(*route, *profile_);
}

/// nullptr: see `verdict`.
ProfileCache::Profile StatementRunner::Call::Profile(Route& route, Verdict& verdict) {
  if (!runner_.learns_ || job_.kind == Kind::kExecute) {
    return runner_.unrestricted_;
  }
  if (route.IsProbe()) {  // it may come back as another version, or with other accounts
    for (Role role : {Role::kReader, Role::kWriter}) runner_.profiles_.Forget(SlotOf(route.Host(), role), nullptr);
  }
  if (auto known = runner_.profiles_.Known(SlotOf(route.Host(), job_.role))) return known;
  return Learn(route, verdict);
}

/// The questions are short: a host that does not answer them in time is left for another one.
ProfileCache::Profile StatementRunner::Call::Learn(Route& route, Verdict& verdict) {
  RequestContext asking = context_;
  asking.deadline = route.AnswerBy(context_);
  bool asked = false;
  auto learn = [&] {
    asked = true;
    return runner_.learn_(
        [&](const Query& query) { return Ask(asking, route, AccountProfile::Bare(), query, verdict); });
  };
  auto profile = runner_.profiles_.Obtain(SlotOf(route.Host(), job_.role), asking, learn);
  if (profile) return *profile;
  if (!verdict.error || verdict.setback == Setback::kFinal) verdict.error = profile.error();
  const bool out_of_time = profile.error().code == ErrorCode::kTimeout && asking.deadline.Expired();
  if (out_of_time && !context_.deadline.Expired()) {
    verdict.setback = Setback::kUnsent;
    if (asked) route.GiveUp(verdict);
  }
  return nullptr;
}

Result<Rows> StatementRunner::Call::Ask(const RequestContext& context, Route& route, const AccountProfile& profile,
                                        const Query& query, Verdict& verdict) {
  std::optional<Rows> rows;
  verdict = runner_.read_once_(context, route, job_.role, profile, query, rows);
  if (verdict.error) return *verdict.error;
  return *std::move(rows);
}

/// Why an insert that may have been stored must not be sent over this route.
std::optional<Verdict> StatementRunner::Call::Forbid(Route& route, const AccountProfile& profile) {
  if (table_ == Deduplication::kEverywhere) return std::nullopt;
  Verdict asked;
  auto answer = AskDeduplication(job_.insert->database, job_.insert->table,
                                 [&](const Query& query) { return Ask(context_, route, profile, query, asked); });
  if (!answer && asked.setback != Setback::kFinal) return BeforeStatement(std::move(asked));
  const bool nobody_waits = context_.Cancelled() || context_.deadline.Expired();
  if (!answer && nobody_waits) return BeforeStatement(std::move(asked));
  table_ = answer ? *answer : Deduplication::kNone;
  if (table_ == Deduplication::kEverywhere || (table_ == Deduplication::kHere && suspect_ == route.Host())) {
    return std::nullopt;
  }
  Verdict forbidden =
      Verdict::Final(last_ ? *last_ : MakeError(ErrorCode::kUnavailable, "an earlier attempt had no whole answer"));
  if (table_ == Deduplication::kHere && suspect_) {  // this is another host: back to the one that may have stored it
    wish_.only = suspect_;
    forbidden.setback = Setback::kUnsent;
    forbidden.error->unsent = true;
  }
  return forbidden;
}

bool StatementRunner::Call::LearnsAgain(const Error& error) {
  if (!runner_.learns_ || learned_again_ || !profile_ || job_.kind == Kind::kExecute || !IsAboutSettings(error)) {
    return false;
  }
  auto named = [&error](const Setting& setting) { return error.message.find(setting.name) != std::string::npos; };
  if (job_.settings != nullptr && std::any_of(job_.settings->begin(), job_.settings->end(), named)) return false;
  learned_again_ = true;
  runner_.profiles_.Forget(SlotOf(host_, job_.role), profile_);
  return true;
}

void StatementRunner::Call::Note(const Verdict& verdict) {
  if (verdict.error->unsent) return;
  sent_ = true;
  if (job_.kind == Kind::kRead) return;
  open_ = open_ || verdict.unclear;
  if (job_.kind != Kind::kWrite || MayRepeat(job_.kind, verdict.setback) != Repeat::kIfDeduplicated) return;
  in_doubt_ = true;
  suspect_ = host_;
}

bool StatementRunner::Call::GoesOn(const Verdict& verdict) {
  if (MayRepeat(job_.kind, verdict.setback) == Repeat::kNo) return false;
  last_ = verdict.error;
  wish_.avoid.resize(runner_.routes_.Count());
  wish_.avoid[host_] = true;
  const bool host_lost = verdict.setback == Setback::kUnsent || verdict.setback == Setback::kBroken;
  const bool fails_over = host_lost && runner_.routes_.AnyWorks(wish_);
  if (verdict.lasting && !fails_over) return false;
  auto pause = backoff_.Next();
  if (!pause) return false;
  if (fails_over) return true;
  if (context_.deadline.Remaining() <= *pause) return false;
  if (host_lost) wish_.avoid.clear();
  Sleep(context_, *pause);
  return true;
}

/// What tells the caller more than that no further attempt came to pass.
Error StatementRunner::Call::InsteadOf(Error error) const {
  const bool alone = runner_.routes_.Count() == 1;
  const bool ran_out = error.code == ErrorCode::kBusy || error.code == ErrorCode::kTimeout ||
                       (error.code == ErrorCode::kUnavailable && alone && last_ && last_->code == error.code);
  return ran_out && last_ ? *last_ : error;
}

Error StatementRunner::Call::Final(const Verdict& verdict) const {
  Error error = *verdict.error;
  const Routes::Wish candidates{.only = wish_.only};
  const bool several = runner_.routes_.Count() > 1;  // of a single one, the attempt's own words say everything
  if (several && verdict.health == Health::kFailed && runner_.routes_.AllFail(candidates)) {
    error.message = runner_.routes_.Unavailable(candidates).message;
  }
  if (open_) error = Unclear(std::move(error));
  if (tries_ > 1) error.message += " (after " + std::to_string(tries_) + " attempts)";
  error.unsent = !sent_;
  return error;
}

Error StatementRunner::Call::Unclear(Error error) const {
  if (error.query_id.empty() && last_) error.query_id = last_->query_id;
  const std::string look =
      error.query_id.empty() ? "" : ", or look for the query " + error.query_id + " in system.query_log";
  if (job_.kind == Kind::kExecute) {
    error.message = "the statement may or may not have been carried out: " + error.message;
    error.hint = "look whether its effect is there" + look;
    return error;
  }
  const std::string table = job_.insert->database + "." + job_.insert->table;
  error.message = "the rows for " + table + " may or may not have been stored: " + error.message;
  if (!table_) {
    error.hint =
        "the same rows with the same key are stored once by tables that recognise repeats, as the datasets' own do; "
        "where it is another table, count them first" +
        look;
  } else if (*table_ == Deduplication::kNone) {
    error.hint =
        "the table (or a table behind one of its views) does not recognise rows that it has already, so they "
        "were not sent again; count them there before they are inserted again" +
        look;
  } else {
    error.hint = "the table recognises rows that it has already: insert the same rows again with the same key";
  }
  return error;
}

}  // namespace chimera::clickhouse
