#include "engines/postgres/pg_export_toc.h"

#include <algorithm>
#include <map>

#include "engines/postgres/pg_quote.h"
#include "engines/postgres/pg_scattered.h"

namespace dbstow::postgres {
namespace {

constexpr std::uint32_t kPgClass = 1259;
constexpr std::uint32_t kPgLargeObject = 2613;

/// Makes the new entries, giving out ids behind those that are there.
class DataEntries {
 public:
  explicit DataEntries(const PgArchive& archive)
      : index_(archive), roots_(FindScattered(archive)), next_id_(archive.MaxDumpId() + 1) {}

  void AddTable(ExportTable& table) {
    PgArchiveEntry entry = New("TABLE DATA", table.name, PgSection::kData);
    table.data_file = std::to_string(entry.dump_id) + ".dat";
    entry.has_data = true;
    entry.oid = table.oid;
    entry.namespace_name = table.schema;
    entry.data_file = table.data_file;
    const auto root = roots_.find(table.oid);
    if (root == roots_.end()) {
      entry.copy_stmt =
          CopyInSql({QuoteQualified(table.schema, table.name), table.columns, table.format}) +
          ";\n";
    } else {
      // The words by which pg_restore knows that it must not empty the table first.
      entry.defn = "-- load via partition root " + root->second;
      entry.copy_stmt = CopyInSql({root->second, table.columns, table.format}) + ";\n";
    }
    DependOn(kPgClass, table.oid, entry);
    before_.push_back(std::move(entry));
  }

  void AddSequence(const PgSequenceValue& value) {
    PgArchiveEntry entry = New("SEQUENCE SET", value.name, PgSection::kData);
    entry.oid = value.oid;
    entry.namespace_name = value.schema;
    entry.defn = "SELECT pg_catalog.setval(" +
                 QuoteLiteral(QuoteQualified(value.schema, value.name)) + ", " +
                 std::to_string(value.last_value) + ", " + (value.is_called ? "true" : "false") +
                 ");\n";
    DependOn(kPgClass, value.oid, entry);
    before_.push_back(std::move(entry));
  }

  void AddLargeObject(const PgLargeObject& object) {
    const std::string oid = std::to_string(object.oid);
    PgArchiveEntry entry = New("BLOB", oid, PgSection::kPreData);
    entry.catalog_oid = kPgLargeObject;
    entry.oid = object.oid;
    entry.owner = object.owner;
    entry.defn = "SELECT pg_catalog.lo_create('" + oid + "');\n";
    entry.drop = "SELECT pg_catalog.lo_unlink('" + oid + "');\n";
    const std::int32_t id = entry.dump_id;
    before_.push_back(std::move(entry));
    if (!object.comment.empty()) {
      AddRemark("COMMENT", object, id,
                "COMMENT ON LARGE OBJECT " + oid + " IS " + QuoteLiteral(object.comment) + ";\n");
    }
    if (!object.acl.is_default) AddRemark("ACL", object, id, Grants(object));
  }

  void AddLargeObjectContents() {
    PgArchiveEntry entry = New("BLOBS", "BLOBS", PgSection::kData);
    entry.has_data = true;
    entry.data_file = "blobs.toc";
    before_.push_back(std::move(entry));
  }

  // One waits for the other, because a view may read from the one before.
  void AddRefresh(const PgArchiveEntry& view) {
    PgArchiveEntry entry = New("MATERIALIZED VIEW DATA", view.tag, PgSection::kPostData);
    entry.oid = view.oid;
    entry.namespace_name = view.namespace_name;
    entry.owner = view.owner;
    entry.defn =
        "REFRESH MATERIALIZED VIEW " + QuoteQualified(view.namespace_name, view.tag) + ";\n";
    entry.dependencies = {view.dump_id};
    if (!after_.empty()) entry.dependencies.push_back(after_.back().dump_id);
    after_.push_back(std::move(entry));
  }

  // Rows come before the first index; refreshing comes last.
  void InsertInto(PgArchive& archive) {
    const auto first_post =
        std::ranges::find(archive.entries, PgSection::kPostData, &PgArchiveEntry::section);
    archive.entries.insert(first_post, before_.begin(), before_.end());
    archive.entries.insert(archive.entries.end(), after_.begin(), after_.end());
  }

 private:
  PgArchiveEntry New(const char* desc, const std::string& tag, PgSection section) {
    PgArchiveEntry entry;
    entry.dump_id = next_id_++;
    entry.desc = desc;
    entry.tag = tag;
    entry.section = section;
    return entry;
  }

  void DependOn(std::uint32_t catalog, std::uint32_t oid, PgArchiveEntry& entry) {
    const PgArchiveEntry* object = index_.FindObject(catalog, oid);
    if (object == nullptr) return;  // the table of an extension has no entry of its own
    entry.owner = object->owner;
    entry.dependencies.push_back(object->dump_id);
  }

  void AddRemark(const char* desc, const PgLargeObject& object, std::int32_t id, std::string defn) {
    PgArchiveEntry entry =
        New(desc, "LARGE OBJECT " + std::to_string(object.oid), PgSection::kNone);
    entry.owner = object.owner;
    entry.defn = std::move(defn);
    entry.dependencies = {id};
    before_.push_back(std::move(entry));
  }

  static std::string Grants(const PgLargeObject& object) {
    const std::string on = " ON LARGE OBJECT " + std::to_string(object.oid);
    std::string sql = "REVOKE ALL" + on + " FROM " + QuoteIdentifier(object.owner) + ";\n";
    for (const PgPrivilege& privilege : object.acl.privileges) {
      sql += "GRANT " + privilege.privilege + on + " TO " +
             (privilege.grantee.empty() ? "PUBLIC" : QuoteIdentifier(privilege.grantee)) +
             (privilege.grantable ? " WITH GRANT OPTION" : "") + ";\n";
    }
    return sql;
  }

  PgArchiveIndex index_;
  std::map<std::uint32_t, std::string> roots_;
  std::int32_t next_id_;
  std::vector<PgArchiveEntry> before_;
  std::vector<PgArchiveEntry> after_;
};

// A grant that its holder gives on needs the right to use the schema, which is another grant.
// pg_dump only lists them in that order: `pg_restore -j` runs them side by side, and now and then
// too early.
void OrderGrants(PgArchive& archive) {
  const PgArchiveIndex index(archive);
  std::map<std::string, std::int32_t> of_schemas;
  for (const PgArchiveEntry& entry : archive.entries) {
    if (entry.desc != "SCHEMA") continue;
    for (const PgArchiveEntry* dependent : index.DependentsOf(entry.dump_id)) {
      if (dependent->desc == "ACL") of_schemas[entry.tag] = dependent->dump_id;
    }
  }
  for (PgArchiveEntry& entry : archive.entries) {
    const auto schema = of_schemas.find(entry.namespace_name);
    if (entry.desc == "ACL" && schema != of_schemas.end()) {
      entry.dependencies.push_back(schema->second);
    }
  }
}

}  // namespace

void AddDataEntries(const PgBackupCatalog& catalog, std::vector<ExportTable>& tables,
                    PgArchive& archive) {
  DataEntries entries(archive);
  for (const PgLargeObject& object : catalog.large_objects) entries.AddLargeObject(object);
  for (ExportTable& table : tables) entries.AddTable(table);
  if (!catalog.large_objects.empty()) entries.AddLargeObjectContents();
  for (const PgSequenceValue& value : catalog.sequences) entries.AddSequence(value);
  // The archive lists views after those they read from.
  for (const PgArchiveEntry& entry : archive.entries) {
    if (entry.desc != "MATERIALIZED VIEW") continue;
    const bool populated = std::ranges::any_of(
        catalog.populated_views, [&](const PgNamedObject& view) { return view.oid == entry.oid; });
    if (populated) entries.AddRefresh(entry);
  }
  entries.InsertInto(archive);
  OrderGrants(archive);
}

}  // namespace dbstow::postgres
