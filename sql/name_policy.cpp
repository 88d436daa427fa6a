#include "sql/name_policy.h"

#include <algorithm>
#include <array>
#include <unordered_map>

#include "sql/known_names.h"
#include "sql/name_set.h"

namespace chimera::sql {
namespace {

struct Denial {
  std::string_view names;
  std::string_view reason;
};

constexpr std::array kDenials = {
    Denial{"file filecluster filesystem executable arrowstream input", "reads files or runs programs on the server"},
    Denial{"url urlcluster s3 s3cluster gcs oss cosn hdfs hdfscluster azureblobstorage azureblobstoragecluster "
           "deltalake deltalakeazure deltalakeazurecluster deltalakecluster deltalakelocal deltalakes3 "
           "deltalakes3cluster hudi hudicluster iceberg icebergazure icebergazurecluster icebergcluster iceberghdfs "
           "iceberghdfscluster iceberglocal iceberglocalcluster icebergs3 icebergs3cluster paimon paimonazure "
           "paimonazurecluster paimoncluster paimonhdfs paimonhdfscluster paimonlocal paimons3 paimons3cluster "
           "ytsaurus",
           "reads data from outside the database"},
    Denial{"remote remotesecure cluster clusterallreplicas mysql postgresql mongodb redis sqlite odbc jdbc "
           "prometheusquery prometheusqueryrange",
           "reaches another server or database"},
    Denial{"aiclassify aiembed aiextract aigenerate aitranslate", "sends data to an outside service"},
    Denial{"joinget joingetornull catboostevaluate modelevaluate dictionary hascolumnintable naivebayesclassifier "
           "naivebayesclassifierwithallprobs naivebayesclassifierwithprob",
           "reads a source that is named inside a string"},
    Denial{"eval", "runs SQL that the gate cannot see"},
    Denial{"getserversetting getserverport getmacro getclienthttpheader showcertificate",
           "reveals the server's configuration"},
    Denial{"addresstoline addresstolinewithinlines addresstosymbol trap logtrace generateserialid",
           "acts on the server itself"},
};

using Reasons = std::unordered_map<std::string_view, std::string_view>;

Reasons MakeReasons() {
  Reasons reasons;
  for (const Denial& denial : kDenials) {
    std::string_view rest = denial.names;
    while (!rest.empty()) {
      const size_t end = std::min(rest.find(' '), rest.size());
      reasons.emplace(rest.substr(0, end), denial.reason);
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }
  return reasons;
}

constexpr std::array<std::string_view, 3> kDictionaryPrefixes = {"dictget", "dicthas", "dictisin"};

// Spellings that ClickHouse's parser knows besides its functions.
constexpr std::string_view kParsedFunctions =
    "columns interval exists grouping lambda date_add date_sub dateadd datesub timestamp_add timestamp_sub "
    "timestampadd timestampsub";
// ClickHouse's own, but not in every build of it.
constexpr std::string_view kOptionalFunctions =
    "untuple uniqtheta uniqthetaintersect uniqthetaunion uniqthetanot idnaencode idnadecode tryidnaencode "
    "punycodeencode punycodedecode trypunycodedecode seriesperioddetectfft geotos2 s2togeo s2getneighbors "
    "s2cellsintersect s2capcontains s2capunion s2rectadd s2rectcontains s2rectunion s2rectintersection stem lemmatize "
    "synonyms detectlanguage detectlanguagemixed detectlanguageunknown detectcharset detecttonality "
    "detectprogramminglanguage generateulid ulidstringtodatetime bech32encode bech32decode blake3 searchany searchall";
// Words that are followed by a bracket which holds no arguments.
constexpr std::string_view kBracketed =
    "except replace strict apply any all some distinct rollup cube sets filter interpolate values top materialized "
    "both leading trailing sample totals fill step staleness rows range groups first next union intersect explain";
constexpr std::array<std::string_view, 15> kCombinators = {"if",       "array",   "map",      "simplestate", "state",
                                                           "merge",    "foreach", "distinct", "ordefault",   "ornull",
                                                           "resample", "argmin",  "argmax",   "tuple",       "null"};

// Those that take a lambda, so that the name of a function may stand for one.
constexpr std::string_view kHigherOrder =
    "arrayall arrayavg arraybottomk arraycompact arraycount arraycumsum arraycumsumnonnegative arraydifference "
    "arrayexists arrayfill arrayfilter arrayfirst arrayfirstindex arrayfirstornull arrayfold arraylast arraylastindex "
    "arraylastornull arraymap arraymax arraymin arraypartialreversesort arraypartialsort arrayproduct "
    "arrayreversefill arrayreversesort arrayreversesplit arraysort arraysplit arraysum arraytopk mapall mapapply "
    "mapexists mapfilter mappartialreversesort mappartialsort mapreversesort mapsort";
// Of these, the ones whose first argument may also be a number.
constexpr std::string_view kLimited =
    "arraybottomk arraytopk arraypartialreversesort arraypartialsort mappartialreversesort mappartialsort";

constexpr std::string_view kExpressionTables = "numbers numbers_mt generateseries generate_series primes";
constexpr std::string_view kLiteralTables = "values format null generaterandom";

// What describes data, not accounts, queries or secrets.
constexpr std::string_view kSystemTables =
    "one numbers tables columns databases parts functions table_functions data_type_families settings merges "
    "mutations disks clusters build_options time_zones";
constexpr std::string_view kInformationSchemaTables =
    "tables columns views schemata engines statistics key_column_usage referential_constraints character_sets "
    "collations";

bool IsDictionaryFunction(std::string_view lower) {
  return std::any_of(kDictionaryPrefixes.begin(), kDictionaryPrefixes.end(),
                     [&](std::string_view prefix) { return lower.starts_with(prefix); });
}

/// Whether it is an aggregate function of ClickHouse's, perhaps with combinators: sumIf, quantilesTDigestStateOrNull.
bool IsAggregate(std::string_view lower) {
  static const NameSet functions(kAggregateFunctions);
  if (lower.starts_with("uniqtheta")) return true;  // not in every build
  for (bool shortened = true; shortened && !functions.HoldsLower(lower);) {
    const auto* suffix = std::find_if(kCombinators.begin(), kCombinators.end(),
                                      [&](std::string_view name) { return lower.ends_with(name); });
    shortened = suffix != kCombinators.end();
    if (shortened) lower.remove_suffix(suffix->size());
  }
  return functions.HoldsLower(lower);
}

}  // namespace

std::optional<std::string_view> FunctionDenial(std::string_view name) {
  static const Reasons reasons = MakeReasons();
  const LowerName lower(name);
  if (const auto denied = reasons.find(lower.text()); denied != reasons.end()) return denied->second;
  if (!IsDictionaryFunction(lower.text())) return std::nullopt;
  return "reads a dictionary, whose source may lie outside the database";
}

bool ReadsDictionary(std::string_view name) {
  return IsDictionaryFunction(LowerName(name).text());
}

bool IsKnownFunction(std::string_view name) {
  static const NameSet functions(kOrdinaryFunctions);
  static const NameSet parsed(kParsedFunctions);
  static const NameSet optional(kOptionalFunctions);
  const LowerName lower(name);
  return functions.HoldsLower(lower.text()) || parsed.HoldsLower(lower.text()) || optional.HoldsLower(lower.text()) ||
         IsAggregate(lower.text());
}

bool IsBracketedWord(std::string_view name) {
  static const NameSet words(kBracketed);
  static const NameSet types(kDataTypes);
  const LowerName lower(name);
  return words.HoldsLower(lower.text()) || types.HoldsLower(lower.text());
}

std::optional<TableFunctionKind> AllowedTableFunction(std::string_view name) {
  static const NameSet expressions(kExpressionTables);
  static const NameSet literals(kLiteralTables);
  const LowerName lower(name);
  if (expressions.HoldsLower(lower.text())) return TableFunctionKind::kExpressions;
  if (literals.HoldsLower(lower.text())) return TableFunctionKind::kLiterals;
  if (lower.text() == "merge") return TableFunctionKind::kMerge;
  if (lower.text() == "view") return TableFunctionKind::kQuery;
  return std::nullopt;
}

std::string_view AllowedTableFunctions() {
  return "numbers, generateSeries, primes, values, format, null, generateRandom, merge, view";
}

bool IsSystemDatabase(std::string_view database) {
  const LowerName lower(database);
  return lower.text() == "system" || lower.text() == "information_schema";
}

bool IsReadableSystemTable(std::string_view database, std::string_view table) {
  static const NameSet system(kSystemTables);
  static const NameSet information_schema(kInformationSchemaTables);
  return (LowerName(database).text() == "system" ? system : information_schema).Holds(table);
}

std::string_view ReadableSystemTables() {
  return kSystemTables;
}

bool LooksLikePath(std::string_view name) {
  return name.empty() || name.find_first_of("/\\.:*?{}~") != std::string_view::npos;
}

bool TakesFromAsArgument(std::string_view name) {
  static const NameSet functions("extract trim ltrim rtrim substring substr mid overlay");
  return functions.Holds(name);
}

bool IsInFunction(std::string_view name) {
  static const NameSet functions("in notin nullin notnullin globalin globalnotin globalnullin globalnotnullin");
  const LowerName lower(name);
  std::string_view plain = lower.text();
  if (plain.ends_with("ignoreset")) plain.remove_suffix(9);
  return functions.HoldsLower(plain);
}

bool IsHigherOrder(std::string_view name) {
  static const NameSet functions(kHigherOrder);
  return functions.Holds(name);
}

bool TakesLimitFirst(std::string_view name) {
  static const NameSet functions(kLimited);
  return functions.Holds(name);
}

}  // namespace chimera::sql
