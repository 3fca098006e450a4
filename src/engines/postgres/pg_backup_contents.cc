#include "engines/postgres/pg_backup_contents.h"

#include <nlohmann/json.hpp>

#include "engines/postgres/pg_archive_toc.h"
#include "engines/postgres/pg_schema_dump.h"

namespace dbstow::postgres {
namespace {

Result<Bytes> ReadAll(BackupReader& reader, std::string_view item) {
  DBSTOW_ASSIGN(const auto source, reader.OpenStream(item));
  Bytes all;
  Bytes piece(256 * 1024);
  for (;;) {
    DBSTOW_ASSIGN(const std::size_t count, source->Read(piece));
    if (count == 0) return all;
    all.insert(all.end(), piece.begin(), piece.begin() + static_cast<std::ptrdiff_t>(count));
  }
}

std::string AttributeOr(const ItemInfo& item, const std::string& key, const std::string& fallback) {
  const auto found = item.attributes.find(key);
  return found == item.attributes.end() ? fallback : found->second;
}

Result<StoredPart> PartOf(const ItemInfo& item) {
  StoredPart part{item.name};
  const auto columns = nlohmann::json::parse(AttributeOr(item, "columns", ""), nullptr, false);
  if (!columns.is_array()) {
    return Error(ErrorCode::kCorrupt, "item " + item.name + " of the backup lacks its columns");
  }
  for (const auto& column : columns) part.columns.push_back(column.get<std::string>());
  part.table_oid = static_cast<std::uint32_t>(std::stoul(AttributeOr(item, "oid", "0")));
  part.schema = AttributeOr(item, "schema", "");
  part.table = AttributeOr(item, "table", "");
  part.format =
      AttributeOr(item, "format", "text") == "binary" ? CopyFormat::kBinary : CopyFormat::kText;
  part.parts = std::stoi(AttributeOr(item, "parts", "1"));
  part.bytes = item.size;
  return part;
}

Result<void> CheckRecord(const BackupRecord& record) {
  if (record.engine == "postgres" && record.type == BackupType::kLogical) return {};
  return Error(ErrorCode::kInvalidOptions,
               "backup " + record.id + " is a " + std::string(ToString(record.type)) +
                   " backup of engine " + record.engine + ", not a logical one of PostgreSQL");
}

}  // namespace

Result<BackupContents> BackupContents::Open(BackupStore& store, const std::string& selector,
                                            const std::string& chain) {
  BackupContents contents;
  DBSTOW_ASSIGN(contents.reader, store.Open(selector, chain));
  DBSTOW_TRY(CheckRecord(contents.reader->record()));
  DBSTOW_ASSIGN(const Bytes schema, ReadAll(*contents.reader, kSchemaItem));
  DBSTOW_ASSIGN(contents.archive, ParseArchive(schema));
  DBSTOW_ASSIGN(const Bytes catalog, ReadAll(*contents.reader, PgBackupCatalog::kItem));
  DBSTOW_ASSIGN(contents.catalog, PgBackupCatalog::FromJson(AsText(catalog)));
  DBSTOW_ASSIGN(const Bytes globals, ReadAll(*contents.reader, PgGlobals::kItem));
  DBSTOW_ASSIGN(contents.globals, PgGlobals::FromJson(AsText(globals)));
  for (const ItemInfo& item : contents.reader->items()) {
    if (item.name.starts_with("data/")) {
      DBSTOW_ASSIGN(StoredPart part, PartOf(item));
      contents.bytes += part.bytes;
      contents.parts.push_back(std::move(part));
    } else if (item.name.starts_with("large_objects/")) {
      contents.large_object_bytes += item.size;
      contents.large_object_items.push_back(item.name);
    }
  }
  return contents;
}

}  // namespace dbstow::postgres
