#include "engines/postgres/pg_mapped_contents.h"

#include <set>

#include "engines/postgres/pg_apply_catalog.h"
#include "engines/postgres/pg_quote.h"
#include "engines/postgres/pg_selection.h"

namespace dbstow::postgres {
namespace {

std::vector<std::string> RolesOf(const BackupContents& contents) {
  std::set<std::string> roles{contents.catalog.database.owner};
  for (const PgArchiveEntry& entry : contents.archive.entries) roles.insert(entry.owner);
  const auto add = [&roles](const PgAcl& acl) {
    for (const PgPrivilege& each : acl.privileges) roles.insert(each.grantee);
  };
  add(contents.catalog.database.acl);
  for (const PgSetting& setting : contents.catalog.database.settings) roles.insert(setting.role);
  for (const PgLargeObject& object : contents.catalog.large_objects) {
    roles.insert(object.owner);
    add(object.acl);
  }
  for (const PgRole& role : contents.globals.roles) roles.insert(role.name);
  roles.erase("");
  return {roles.begin(), roles.end()};
}

/// Replaces roles in what pg_dump's archive does not hold.
class RoleReplacement {
 public:
  explicit RoleReplacement(const std::map<std::string, std::string>& roles) : roles_(roles) {}

  void Apply(PgBackupCatalog& catalog) const {
    Replace(catalog.database.owner);
    Apply(catalog.database.acl);
    for (PgSetting& setting : catalog.database.settings) Replace(setting.role);
    for (PgLargeObject& object : catalog.large_objects) {
      Replace(object.owner);
      Apply(object.acl);
    }
  }

 private:
  void Replace(std::string& role) const {
    const auto found = roles_.find(role);
    if (found != roles_.end()) role = found->second;
  }
  void Apply(PgAcl& acl) const {
    for (PgPrivilege& each : acl.privileges) Replace(each.grantee);
  }

  const std::map<std::string, std::string>& roles_;
};

std::string RenameInPath(const std::string& path,
                         const std::map<std::string, std::string>& schemas) {
  std::string renamed;
  bool changes = false;
  for (const std::string& name : NamesInList(path)) {
    const auto found = schemas.find(name);
    changes = changes || found != schemas.end();
    renamed += (renamed.empty() ? "" : ", ") +
               QuoteIdentifier(found == schemas.end() ? name : found->second);
  }
  return changes ? renamed : path;
}

// What is set in the database follows its schemas. A role's own setting is for all databases, which
// know nothing of the new name.
void RenameInSettings(const std::map<std::string, std::string>& schemas, BackupContents& contents,
                      std::vector<std::string>& warnings) {
  for (PgSetting& setting : contents.catalog.database.settings) {
    if (setting.name == "search_path") setting.value = RenameInPath(setting.value, schemas);
  }
  for (const PgRole& role : contents.globals.roles) {
    for (const auto& [name, value] : role.settings) {
      if (name != "search_path" || RenameInPath(value, schemas) == value) continue;
      warnings.push_back("the search_path of role " + role.name +
                         ", which is for all databases, names a schema that is renamed in this "
                         "one: ALTER ROLE … IN DATABASE … SET search_path = " +
                         RenameInPath(value, schemas));
    }
  }
}

void Narrow(const PgSelection& selection, BackupContents& contents) {
  std::erase_if(contents.parts, [&selection](const StoredPart& part) {
    return !selection.ContainsRelation(part.table_oid);
  });
  std::erase_if(contents.catalog.sequences, [&selection](const PgSequenceValue& sequence) {
    return !selection.ContainsRelation(sequence.oid);
  });
  if (!selection.large_objects) {
    contents.catalog.large_objects.clear();
    contents.large_object_items.clear();
    contents.large_object_bytes = 0;
  }
  contents.bytes = 0;
  for (const StoredPart& part : contents.parts) contents.bytes += part.bytes;
}

}  // namespace

Result<std::vector<std::string>> MapContents(const RestoreMapping& mapping,
                                             const std::string& target, BackupContents& contents) {
  PgDatabaseFacts& database = contents.catalog.database;
  const MappingFacts facts{database.name, target, RolesOf(contents), database.tablespace};
  DBSTOW_ASSIGN(std::vector<std::string> warnings, ApplyMapping(mapping, facts, contents.archive));
  RoleReplacement(mapping.owners).Apply(contents.catalog);
  const auto tablespace = mapping.tablespaces.find(database.tablespace);
  if (tablespace != mapping.tablespaces.end()) database.tablespace = tablespace->second;
  // A role whose things go to another is not wanted here.
  std::erase_if(contents.globals.roles,
                [&mapping](const PgRole& role) { return mapping.owners.contains(role.name); });
  std::erase_if(contents.globals.memberships, [&mapping](const PgMembership& each) {
    return mapping.owners.contains(each.role) || mapping.owners.contains(each.member);
  });
  std::erase_if(contents.globals.parameter_grants, [&mapping](const PgParameterGrant& each) {
    return mapping.owners.contains(each.role);
  });
  RenameInSettings(mapping.schemas, contents, warnings);
  if (!mapping.selects()) return warnings;
  if (const std::size_t count = contents.catalog.large_objects.size(); count > 0) {
    warnings.push_back(
        "large objects are not restored with a selection: what refers to one of the " +
        std::to_string(count) + " finds nothing there");
  }
  DBSTOW_ASSIGN(PgSelection selection, Select(mapping, std::move(contents.archive)));
  Narrow(selection, contents);
  contents.archive = std::move(selection.archive);
  warnings.insert(warnings.end(), selection.warnings.begin(), selection.warnings.end());
  return warnings;
}

}  // namespace dbstow::postgres
