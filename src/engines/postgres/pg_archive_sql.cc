#include "engines/postgres/pg_archive_sql.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "engines/postgres/pg_quote.h"

namespace dbstow::postgres {
namespace {

template <std::size_t kCount>
bool IsOneOf(std::string_view word, const std::array<std::string_view, kCount>& words) {
  return std::ranges::find(words, word) != words.end();
}

// As pg_restore's _getObjectDescription (pg_backup_archiver.c).
constexpr std::array<std::string_view, 21> kNamedByTag = {"COLLATION",
                                                          "CONVERSION",
                                                          "DOMAIN",
                                                          "FOREIGN TABLE",
                                                          "MATERIALIZED VIEW",
                                                          "SEQUENCE",
                                                          "STATISTICS",
                                                          "TABLE",
                                                          "TEXT SEARCH DICTIONARY",
                                                          "TEXT SEARCH CONFIGURATION",
                                                          "VIEW",
                                                          "TYPE",
                                                          "FOREIGN DATA WRAPPER",
                                                          "SERVER",
                                                          "SCHEMA",
                                                          "EVENT TRIGGER",
                                                          "PROCEDURAL LANGUAGE",
                                                          "PUBLICATION",
                                                          "SUBSCRIPTION",
                                                          "SHELL TYPE",
                                                          "UNDEFINED"};
// Those whose name needs its argument types, which only the DROP statement has.
constexpr std::array<std::string_view, 6> kNamedByDrop = {
    "AGGREGATE", "FUNCTION", "OPERATOR", "OPERATOR CLASS", "OPERATOR FAMILY", "PROCEDURE"};
constexpr std::array<std::string_view, 6> kSkipped = {
    "DATABASE", "DATABASE PROPERTIES", "ENCODING", "STDSTRINGS", "SEARCHPATH", "SHELL TYPE"};
constexpr std::array<std::string_view, 3> kAttached = {"COMMENT", "SECURITY LABEL", "ACL"};

// A partition has its parent's trigger with a state of its own. pg_dump lists triggers by the names
// of their tables, and so the state perhaps before the trigger.
bool IsStateOfTrigger(const PgArchiveEntry& entry) {
  const std::size_t begin = entry.defn.find_first_not_of('\n');
  return entry.desc == "TRIGGER" && begin != std::string::npos &&
         std::string_view(entry.defn).substr(begin).starts_with("ALTER ");
}

PgPhase PhaseOfObject(const PgArchiveEntry& entry) {
  if (entry.desc == "EVENT TRIGGER") return PgPhase::kLast;
  if (IsStateOfTrigger(entry)) return PgPhase::kTriggerState;
  if (entry.section == PgSection::kPreData) return PgPhase::kPreData;
  if (entry.section == PgSection::kData) return PgPhase::kSkip;
  if (entry.desc == "FK CONSTRAINT") return PgPhase::kForeignKey;
  if (entry.desc == "INDEX" || entry.desc == "CONSTRAINT" || entry.desc == "INDEX ATTACH") {
    return PgPhase::kIndex;
  }
  return PgPhase::kPostData;
}

// Behind a name that is perhaps quoted.
std::size_t EndOfName(std::string_view text, std::size_t begin) {
  bool quoted = false;
  for (std::size_t i = begin; i < text.size(); ++i) {
    if (text[i] == '"') quoted = !quoted;
    if (text[i] == ' ' && !quoted) return i;
  }
  return text.size();
}

}  // namespace

bool IsOfSubscription(const PgArchiveEntry& entry) {
  return entry.desc.starts_with("SUBSCRIPTION") ||
         (std::ranges::find(kAttached, entry.desc) != kAttached.end() &&
          entry.tag.starts_with("SUBSCRIPTION "));
}

bool IsLoginTrigger(const PgArchiveEntry& entry) {
  return entry.desc == "EVENT TRIGGER" &&
         FindOutsideQuotes(entry.defn, " ON login") != std::string::npos;
}

void LeaveSubscriptionsOut(PgArchive& archive) { std::erase_if(archive.entries, IsOfSubscription); }

std::size_t FindOutsideQuotes(std::string_view text, std::string_view part) {
  char quote = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (quote == 0 && text.substr(i).starts_with(part)) return i;
    if (quote == 0 && (text[i] == '"' || text[i] == '\'')) {
      quote = text[i];
    } else if (text[i] == quote) {
      quote = 0;
    }
  }
  return std::string_view::npos;
}

PgPhase PhaseOf(const PgArchiveEntry& entry, const PgArchiveIndex& index) {
  if (IsOneOf(entry.desc, kSkipped) && entry.desc != "SHELL TYPE") return PgPhase::kSkip;
  if (IsOneOf(entry.desc, kAttached) && entry.tag.starts_with("DATABASE ")) return PgPhase::kSkip;
  if (entry.desc == "ACL" || entry.desc == "DEFAULT ACL" || entry.desc == "ACL LANGUAGE") {
    return PgPhase::kAcl;
  }
  if (!IsOneOf(entry.desc, kAttached)) return PhaseOfObject(entry);
  // Comments and labels follow what they belong to; those of indexes once all indexes are there.
  for (const PgArchiveEntry* object : index.DependenciesOf(entry)) {
    const PgPhase phase = PhaseOf(*object, index);
    const bool late = phase == PgPhase::kIndex || phase == PgPhase::kForeignKey;
    return late ? PgPhase::kPostData : phase;
  }
  return PgPhase::kPreData;
}

std::string OwnerSql(const PgArchiveEntry& entry, const std::string& owner) {
  if (owner.empty() || entry.drop.empty()) return "";
  std::string object;
  if (IsOneOf(entry.desc, kNamedByTag)) {
    object = entry.desc + " " +
             (entry.namespace_name.empty() ? "" : QuoteIdentifier(entry.namespace_name) + ".") +
             QuoteIdentifier(entry.tag);
  } else if (IsOneOf(entry.desc, kNamedByDrop) && entry.drop.starts_with("DROP ")) {
    object = entry.drop.substr(5, entry.drop.find_last_not_of(" ;\n") + 1 - 5);
  } else {
    return "";
  }
  return "ALTER " + object + " OWNER TO " + QuoteIdentifier(owner);
}

std::string DatabaseParameters(const PgArchive& archive) {
  static constexpr std::string_view kCreate = "CREATE DATABASE ";
  for (const PgArchiveEntry& entry : archive.entries) {
    if (entry.desc != "DATABASE" || !entry.defn.starts_with(kCreate)) continue;
    std::string rest = entry.defn.substr(EndOfName(entry.defn, kCreate.size()));
    rest = rest.substr(0, rest.find_last_not_of(" ;\n") + 1);
    return rest.substr(0, rest.find(" TABLESPACE = "));
  }
  return "";
}

std::string ParametersFor(const std::string& parameters, int server_version) {
  // pg_dump 15 and later name the only provider that older servers have.
  static constexpr std::string_view kOnlyProvider = " LOCALE_PROVIDER = libc";
  if (server_version >= 150000) return parameters;
  const std::size_t at = FindOutsideQuotes(parameters, kOnlyProvider);
  if (at == std::string::npos) return parameters;
  return std::string(parameters).erase(at, kOnlyProvider.size());
}

std::string DefinitionFor(const PgArchiveEntry& entry, int server_version) {
  static constexpr std::string_view kUnlogged = "UNLOGGED ";
  if (server_version < 180000 || entry.desc != "TABLE") return entry.defn;
  const std::size_t at = FindOutsideQuotes(entry.defn, kUnlogged);
  if (at == std::string::npos ||
      FindOutsideQuotes(entry.defn, "\nPARTITION BY ") == std::string::npos) {
    return entry.defn;
  }
  return std::string(entry.defn).erase(at, kUnlogged.size());
}

std::vector<std::string> SplitStatements(std::string_view sql) {
  std::vector<std::string> statements;
  while (!sql.empty()) {
    std::string_view statement = sql.substr(0, FindOutsideQuotes(sql, ";"));
    sql.remove_prefix(std::min(statement.size() + 1, sql.size()));
    statement.remove_prefix(std::min(statement.find_first_not_of(" \n"), statement.size()));
    if (!statement.empty()) statements.emplace_back(statement);
  }
  return statements;
}

}  // namespace dbstow::postgres
