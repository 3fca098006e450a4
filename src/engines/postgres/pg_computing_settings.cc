#include "engines/postgres/pg_computing_settings.h"

#include <algorithm>
#include <array>
#include <span>
#include <string_view>

#include "engines/postgres/pg_errors.h"

namespace dbstow::postgres {
namespace {

using Names = std::span<const std::string_view>;

constexpr std::array<std::string_view, 6> kComputing = {
    "TimeZone", "timezone_abbreviations", "default_text_search_config", "lc_time", "lc_numeric",
    "xmlbinary"};
constexpr std::array<std::string_view, 7> kForms = {
    "DateStyle",   "IntervalStyle", "extra_float_digits", "bytea_output",
    "lc_monetary", "xmloption",     "array_nulls"};

bool IsOneOf(std::string_view name, Names names) {
  return std::ranges::find(names, name) != names.end();
}

// A name with a dot is a variable of an application or of a library.
bool IsVariable(std::string_view name) { return name.find('.') != std::string_view::npos; }

Result<void> Reset(PgSession& session, Names names) {
  std::string sql;
  for (const std::string_view name : names) sql += "RESET " + std::string(name) + ";";
  return session.Run(sql);
}

Result<void> Set(PgSession& session, const PgSetting& setting) {
  const auto set = session.Query("SELECT set_config($1, $2, false)", {setting.name, setting.value});
  if (set || IsAboutTheStatement(set.error())) return {};
  return set.error();
}

}  // namespace

Result<void> ComputeAsInDatabase(PgSession& session, const PgDatabaseFacts& facts) {
  DBSTOW_TRY(Reset(session, kComputing));
  for (const PgSetting& setting : facts.settings) {
    if (!setting.role.empty()) continue;
    if (IsVariable(setting.name) || IsOneOf(setting.name, kComputing)) {
      DBSTOW_TRY(Set(session, setting));
    }
  }
  return {};
}

Result<void> WriteAsInDatabase(PgSession& session, const PgDatabaseFacts& facts) {
  DBSTOW_TRY(Reset(session, kForms));
  for (const PgSetting& setting : facts.settings) {
    if (setting.role.empty() && IsOneOf(setting.name, kForms)) DBSTOW_TRY(Set(session, setting));
  }
  return {};
}

}  // namespace dbstow::postgres
