#include "sql/name_policy.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace chimera::sql {
namespace {

using Names = std::string_view;  // lower case, each between single spaces

bool Holds(Names names, std::string_view name) {
  return name.find(' ') == Names::npos && names.find(" " + ToLower(name) + " ") != Names::npos;
}

struct Denial {
  Names names;
  std::string_view reason;
};

constexpr std::array kDenials = {
    Denial{" file filecluster filesystem executable arrowstream input ", "reads files or runs programs on the server"},
    Denial{
        " url urlcluster s3 s3cluster gcs oss cosn hdfs hdfscluster azureblobstorage azureblobstoragecluster "
        "deltalake deltalakeazure deltalakeazurecluster deltalakecluster deltalakelocal deltalakes3 deltalakes3cluster "
        "hudi hudicluster iceberg icebergazure icebergazurecluster icebergcluster iceberghdfs iceberghdfscluster "
        "iceberglocal iceberglocalcluster icebergs3 icebergs3cluster paimon paimonazure paimonazurecluster "
        "paimoncluster paimonhdfs paimonhdfscluster paimonlocal paimons3 paimons3cluster ytsaurus ",
        "reads data from outside the database"},
    Denial{" remote remotesecure cluster clusterallreplicas mysql postgresql mongodb redis sqlite odbc jdbc "
           "prometheusquery prometheusqueryrange ",
           "reaches another server or database"},
    Denial{" aiclassify aiembed aiextract aigenerate aitranslate ", "sends data to an outside service"},
    Denial{" joinget joingetornull catboostevaluate modelevaluate dictionary hascolumnintable ",
           "reads a source that is named inside a string"},
    Denial{" eval ", "runs SQL that the gate cannot see"},
    Denial{" getserversetting getmacro getclienthttpheader showcertificate ", "reveals the server's configuration"},
    Denial{" addresstoline addresstolinewithinlines addresstosymbol trap logtrace generateserialid ",
           "acts on the server itself"},
};
constexpr std::array<std::string_view, 3> kDictionaryPrefixes = {"dictget", "dicthas", "dictisin"};

constexpr Names kExpressionTables = " numbers numbers_mt generateseries generate_series primes ";
constexpr Names kLiteralTables = " values format null generaterandom ";

// What describes data, not accounts, queries or secrets.
constexpr Names kSystemTables =
    " one numbers tables columns databases parts functions table_functions data_type_families settings merges "
    "mutations "
    "disks clusters build_options time_zones ";
constexpr Names kInformationSchemaTables =
    " tables columns views schemata engines statistics key_column_usage referential_constraints character_sets "
    "collations ";

}  // namespace

std::optional<std::string_view> FunctionDenial(std::string_view name) {
  for (const Denial& denial : kDenials) {
    if (Holds(denial.names, name)) return denial.reason;
  }
  const std::string lower = ToLower(name);
  const bool dictionary = std::any_of(kDictionaryPrefixes.begin(), kDictionaryPrefixes.end(),
                                      [&](std::string_view prefix) { return lower.starts_with(prefix); });
  if (dictionary) return "reads a dictionary, whose source may lie outside the database";
  return std::nullopt;
}

std::optional<TableFunctionKind> AllowedTableFunction(std::string_view name) {
  if (Holds(kExpressionTables, name)) return TableFunctionKind::kExpressions;
  if (Holds(kLiteralTables, name)) return TableFunctionKind::kLiterals;
  if (Holds(" merge ", name)) return TableFunctionKind::kMerge;
  if (Holds(" view ", name)) return TableFunctionKind::kQuery;
  return std::nullopt;
}

std::string_view AllowedTableFunctions() {
  return "numbers, generateSeries, primes, values, format, null, generateRandom, merge, view";
}

bool IsSystemDatabase(std::string_view database) {
  return Holds(" system information_schema ", database);
}

bool IsReadableSystemTable(std::string_view database, std::string_view table) {
  return Holds(Holds(" system ", database) ? kSystemTables : kInformationSchemaTables, table);
}

std::string_view ReadableSystemTables() {
  return kSystemTables.substr(1, kSystemTables.size() - 2);
}

bool LooksLikePath(std::string_view name) {
  return name.empty() || name.find_first_of("/\\.:*?{}~") != std::string_view::npos;
}

bool TakesFromAsArgument(std::string_view name) {
  return Holds(" extract trim ltrim rtrim substring substr mid overlay ", name);
}

bool IsInFunction(std::string_view name) {
  const std::string lower = ToLower(name);
  const std::string_view plain =
      lower.ends_with("ignoreset") ? std::string_view(lower).substr(0, lower.size() - 9) : lower;
  return Holds(" in notin nullin notnullin globalin globalnotin globalnullin globalnotnullin ", plain);
}

bool IsHigherOrder(std::string_view name) {
  const std::string lower = ToLower(name);
  return lower.starts_with("array") || lower.starts_with("map");
}

}  // namespace chimera::sql
