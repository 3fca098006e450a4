#include "engines/postgres/pg_mapping.h"

#include <algorithm>
#include <set>

#include "engines/postgres/pg_archive_sql.h"
#include "engines/postgres/pg_quote.h"

namespace dbstow::postgres {
namespace {

Error Contradiction(const std::string& text) {
  return Error(ErrorCode::kInvalidOptions, "mapping: " + text);
}

Error NotInBackup(std::string_view kind, const std::string& name,
                  const std::vector<std::string>& known) {
  Error error(ErrorCode::kInvalidOptions,
              "mapping: the backup holds no " + std::string(kind) + " '" + name + "'");
  if (const auto nearest = NearestWord(name, known)) {
    error.WithHint("did you mean '" + *nearest + "'?");
  } else if (!known.empty()) {
    error.WithHint("it holds for example '" + known.front() + "'");
  }
  return error;
}

Result<TableRename> ParseTableRename(const std::string& from, const std::string& to) {
  DBSTOW_ASSIGN(DottedName old_name, DottedName::Parse(from));
  DBSTOW_ASSIGN(DottedName new_name, DottedName::Parse(to));
  if (!old_name.schema) {
    return Contradiction("'table:" + from + "' does not say in which schema")
        .WithHint("write table:schema." + from + "=" + to);
  }
  return TableRename{std::move(*old_name.schema), std::move(old_name.name),
                     std::move(new_name.schema), std::move(new_name.name)};
}

// Two things must not end under one name.
Result<void> CheckDistinct(std::string_view kind, const std::map<std::string, std::string>& names) {
  std::set<std::string> seen;
  for (const auto& [from, to] : names) {
    if (to.empty())
      return Contradiction("the new name of " + std::string(kind) + " '" + from + "' is empty");
    if (!seen.insert(to).second) {
      return Contradiction("two of the kind " + std::string(kind) + " would be named '" + to + "'");
    }
  }
  return {};
}

Result<void> ParseKey(const std::string& key, const std::string& value, RestoreMapping& mapping) {
  const auto rest = [&key](std::string_view prefix) { return key.substr(prefix.size()); };
  if (key.starts_with("schema:")) {
    mapping.schemas[rest("schema:")] = value;
  } else if (key.starts_with("owner:")) {
    mapping.owners[rest("owner:")] = value;
  } else if (key.starts_with("tablespace:")) {
    mapping.tablespaces[rest("tablespace:")] = value;
  } else if (key.starts_with("database:")) {
    mapping.databases[rest("database:")] = value;
  } else if (key.starts_with("table:")) {
    DBSTOW_ASSIGN(TableRename rename, ParseTableRename(rest("table:"), value));
    mapping.tables.push_back(std::move(rename));
  } else if (key == "tables") {
    DBSTOW_ASSIGN(mapping.table_selection, NamePattern::ParseList(value));
  } else if (key == "schemas") {
    DBSTOW_ASSIGN(mapping.schema_selection, NamePattern::ParseList(value));
  }
  return {};
}

bool IsRelation(const PgArchiveEntry& entry) {
  return entry.desc == "TABLE" || entry.desc == "VIEW" || entry.desc == "MATERIALIZED VIEW" ||
         entry.desc == "FOREIGN TABLE" || entry.desc == "SEQUENCE";
}

/// The names that mappings may refer to.
struct Inventory {
  std::set<std::string> schemas;
  std::set<std::string> relations;  // dotted
  std::set<std::string> owners;
  std::set<std::string> tablespaces;

  Inventory(const PgArchive& archive, const MappingFacts& facts)
      : owners(facts.roles.begin(), facts.roles.end()) {
    if (!facts.tablespace.empty()) tablespaces.insert(facts.tablespace);
    for (const PgArchiveEntry& entry : archive.entries) {
      if (entry.desc == "SCHEMA") schemas.insert(entry.tag);
      if (!entry.namespace_name.empty()) schemas.insert(entry.namespace_name);
      if (IsRelation(entry)) relations.insert(WriteDotted(entry.namespace_name, entry.tag));
      if (!entry.owner.empty()) owners.insert(entry.owner);
      if (entry.tablespace && !entry.tablespace->empty()) tablespaces.insert(*entry.tablespace);
    }
  }
};

Result<void> CheckKnown(std::string_view kind, const std::map<std::string, std::string>& mapping,
                        const std::set<std::string>& known) {
  for (const auto& [from, to] : mapping) {
    if (!known.contains(from)) return NotInBackup(kind, from, {known.begin(), known.end()});
  }
  return {};
}

Result<void> CheckNames(const RestoreMapping& mapping, const MappingFacts& facts,
                        const PgArchive& archive) {
  const Inventory inventory(archive, facts);
  DBSTOW_TRY(CheckKnown("schema", mapping.schemas, inventory.schemas));
  DBSTOW_TRY(CheckKnown("owner", mapping.owners, inventory.owners));
  DBSTOW_TRY(CheckKnown("tablespace", mapping.tablespaces, inventory.tablespaces));
  DBSTOW_TRY(CheckKnown("database", mapping.databases, {facts.database}));
  for (const auto& [from, to] : mapping.databases) {
    if (to != facts.target) {
      return Contradiction("database '" + from + "' cannot become '" + to +
                           "' when the target is '" + facts.target + "'");
    }
  }
  for (const TableRename& rename : mapping.tables) {
    const std::string name = WriteDotted(rename.schema, rename.name);
    if (!inventory.relations.contains(name)) {
      return NotInBackup("table", name, {inventory.relations.begin(), inventory.relations.end()});
    }
  }
  return {};
}

/// Goes through pg_dump's SQL token by token.
class SqlTokens {
 public:
  explicit SqlTokens(std::string_view sql) : sql_(sql) {}

  struct Token {
    std::string_view text;  // as written
    std::string name;       // the identifier meant; empty for anything else
  };

  // Every byte of the text is in exactly one token. Empty at the end.
  Token Next() {
    if (position_ >= sql_.size()) return {};
    const std::size_t begin = position_;
    const char first = sql_[position_];
    std::string name;
    if (first == '"') {
      name = Enclosed('"');
    } else if (first == '\'') {
      Enclosed('\'');
    } else if (IsWordByte(first)) {
      while (position_ < sql_.size() && IsWordByte(sql_[position_])) ++position_;
      name = std::string(sql_.substr(begin, position_ - begin));
    } else {
      ++position_;
    }
    return {sql_.substr(begin, position_ - begin), std::move(name)};
  }

 private:
  static bool IsWordByte(char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
           (letter >= '0' && letter <= '9') || letter == '_' || letter == '$' ||
           static_cast<unsigned char>(letter) >= 0x80;
  }
  std::string Enclosed(char quote) {
    std::string inside;
    for (++position_; position_ < sql_.size(); ++position_) {
      if (sql_[position_] == quote) {
        if (position_ + 1 >= sql_.size() || sql_[position_ + 1] != quote) break;
        ++position_;
      }
      inside += sql_[position_];
    }
    if (position_ < sql_.size()) ++position_;
    return inside;
  }

  std::string_view sql_;
  std::size_t position_ = 0;
};

// In grants a role follows TO or FROM, or ROLE in ALTER DEFAULT PRIVILEGES, or AUTHORIZATION in
// SET SESSION AUTHORIZATION; nothing else does. They are always unquoted and in capitals.
bool IntroducesRole(std::string_view word) {
  return word == "TO" || word == "FROM" || word == "ROLE" || word == "AUTHORIZATION";
}

bool Mentions(const std::string& sql, const std::string& name) {
  SqlTokens tokens(sql);
  for (auto token = tokens.Next(); !token.text.empty(); token = tokens.Next()) {
    if (token.name == name) return true;
  }
  return false;
}

// CREATE USER MAPPING FOR role SERVER …
std::string ReplaceMappedUser(const std::string& sql,
                              const std::map<std::string, std::string>& roles) {
  std::string replaced;
  bool role_follows = false;
  bool is_done = false;
  SqlTokens tokens(sql);
  for (auto token = tokens.Next(); !token.text.empty(); token = tokens.Next()) {
    const auto found = roles.find(token.name);
    const bool is_role = role_follows && !is_done && !token.name.empty();
    replaced +=
        is_role && found != roles.end() ? QuoteIdentifier(found->second) : std::string(token.text);
    is_done = is_done || is_role;
    role_follows = role_follows || token.text == "FOR";
  }
  return replaced;
}

// Two roles of the source may have become one, who has one mapping for each server.
void DropRepeatedUserMappings(PgArchive& archive, std::vector<std::string>& warnings) {
  std::set<std::string> seen;
  std::erase_if(archive.entries, [&](const PgArchiveEntry& entry) {
    if (entry.desc != "USER MAPPING") return false;
    const std::string_view ddl = entry.defn;
    const auto end = std::min(FindOutsideQuotes(ddl, " OPTIONS ("), FindOutsideQuotes(ddl, ";"));
    if (seen.insert(std::string(ddl.substr(0, end))).second) return false;
    warnings.push_back(entry.desc + " " + entry.tag +
                       " is left out: the role that it goes to has one for this server");
    return true;
  });
}

void ReplaceOwner(const RestoreMapping& mapping, PgArchiveEntry& entry,
                  std::vector<std::string>& warnings) {
  if (const auto found = mapping.owners.find(entry.owner); found != mapping.owners.end()) {
    entry.owner = found->second;
  }
  if (entry.desc == "ACL" || entry.desc == "DEFAULT ACL") {
    entry.defn = ReplaceGrantRoles(entry.defn, mapping.owners);
  } else if (entry.desc == "USER MAPPING") {
    entry.defn = ReplaceMappedUser(entry.defn, mapping.owners);
  } else if (entry.desc == "POLICY") {
    for (const auto& [from, to] : mapping.owners) {
      if (Mentions(entry.defn, from)) {
        warnings.push_back(entry.desc + " " + entry.tag + " names the role " + from +
                           ", which is not replaced there");
      }
    }
  }
}

}  // namespace

std::vector<OptionSpec> MappingSpecs() {
  using enum OptionSpec::Kind;
  return {
      {"schema:*", kText, {}, "", "schema:OLD=NEW restores the schema under another name"},
      {"table:*",
       kText,
       {},
       "",
       "table:SCHEMA.OLD=NEW, or =SCHEMA.NEW, restores the table or view under another name"},
      {"owner:*", kText, {}, "", "owner:OLD=NEW gives another role what OLD owns and was granted"},
      {"tablespace:*", kText, {}, "", "tablespace:OLD=NEW puts tables and indexes elsewhere"},
      {"database:*", kText, {}, "", "database:OLD=NEW, NEW being the target, is checked"},
      {"tables",
       kText,
       {},
       "",
       "only these tables and views and what they need: patterns with *, separated by commas"},
      {"schemas", kText, {}, "", "only what is in these schemas, and what that needs"},
  };
}

Result<RestoreMapping> RestoreMapping::Parse(const StringMap& mapping) {
  RestoreMapping parsed;
  for (const auto& [key, value] : mapping) DBSTOW_TRY(ParseKey(key, value, parsed));
  DBSTOW_TRY(CheckDistinct("schema", parsed.schemas));
  for (const auto* names : {&parsed.owners, &parsed.tablespaces, &parsed.databases}) {
    for (const auto& [from, to] : *names) {
      if (to.empty()) return Contradiction("'" + from + "' has no new name");
    }
  }
  std::set<std::string> new_names;
  for (const TableRename& rename : parsed.tables) {
    if (!new_names.insert(WriteDotted(rename.new_schema.value_or(rename.schema), rename.new_name))
             .second) {
      return Contradiction("two tables would be named '" + rename.new_name + "'");
    }
  }
  return parsed;
}

Result<std::vector<std::string>> ApplyMapping(const RestoreMapping& mapping,
                                              const MappingFacts& facts, PgArchive& archive) {
  DBSTOW_TRY(CheckNames(mapping, facts, archive));
  std::vector<std::string> warnings;
  for (PgArchiveEntry& entry : archive.entries) {
    ReplaceOwner(mapping, entry, warnings);
    if (!entry.tablespace) continue;
    const auto found = mapping.tablespaces.find(*entry.tablespace);
    if (found != mapping.tablespaces.end()) entry.tablespace = found->second;
  }
  if (!mapping.owners.empty()) DropRepeatedUserMappings(archive, warnings);
  return warnings;
}

std::string ReplaceGrantRoles(const std::string& sql,
                              const std::map<std::string, std::string>& roles) {
  std::string replaced;
  bool role_follows = false;
  SqlTokens tokens(sql);
  for (auto token = tokens.Next(); !token.text.empty(); token = tokens.Next()) {
    const auto found = roles.find(token.name);
    if (role_follows && !token.name.empty() && found != roles.end()) {
      replaced += QuoteIdentifier(found->second);
    } else {
      replaced += token.text;
    }
    if (!token.name.empty() || token.text == ";") role_follows = IntroducesRole(token.text);
  }
  return replaced;
}

}  // namespace dbstow::postgres
