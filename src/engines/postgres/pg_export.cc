#include "engines/postgres/pg_export.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <nlohmann/json.hpp>

#include "engines/postgres/pg_archive_toc.h"
#include "engines/postgres/pg_copy_concat.h"
#include "engines/postgres/pg_errors.h"
#include "engines/postgres/pg_export_folder.h"
#include "engines/postgres/pg_export_toc.h"
#include "engines/postgres/pg_large_objects.h"
#include "engines/postgres/pg_schema_dump.h"

namespace dbstow::postgres {
namespace {

constexpr std::size_t kChunk = 1u << 20;

Result<std::string> ReadWhole(BackupReader& reader, std::string_view item) {
  DBSTOW_ASSIGN(const auto source, reader.OpenStream(item));
  std::string text;
  Bytes buffer(kChunk);
  for (;;) {
    DBSTOW_ASSIGN(const std::size_t count, source->Read(buffer));
    if (count == 0) return text;
    text += AsText(ByteView(buffer).first(count));
  }
}

Error BadItem(const ItemInfo& item) {
  return Error(ErrorCode::kCorrupt,
               "the backup's item '" + item.name + "' does not say what it holds");
}

std::string Attribute(const ItemInfo& item, const std::string& name) {
  const auto found = item.attributes.find(name);
  return found == item.attributes.end() ? "" : found->second;
}

Result<ExportTable> DescribeTable(const ItemInfo& item) {
  ExportTable table;
  const std::string oid = Attribute(item, "oid");
  const auto [end, failure] = std::from_chars(oid.data(), oid.data() + oid.size(), table.oid);
  if (failure != std::errc() || end != oid.data() + oid.size()) return BadItem(item);
  table.schema = Attribute(item, "schema");
  table.name = Attribute(item, "table");
  table.format = Attribute(item, "format") == "binary" ? CopyFormat::kBinary : CopyFormat::kText;
  const auto columns = nlohmann::json::parse(Attribute(item, "columns"), nullptr, false);
  if (!columns.is_array() || table.name.empty()) return BadItem(item);
  for (const auto& column : columns) {
    if (!column.is_string()) return BadItem(item);
    table.columns.push_back(column.get<std::string>());
  }
  return table;
}

// The tables of a backup with their parts in order of pages.
Result<std::vector<ExportTable>> ListTables(const BackupReader& reader) {
  std::map<std::uint32_t, ExportTable> by_oid;
  std::map<std::uint32_t, std::map<int, std::string>> parts;
  for (const ItemInfo& item : reader.items()) {
    if (!item.name.starts_with("data/")) continue;
    DBSTOW_ASSIGN(ExportTable table, DescribeTable(item));
    parts[table.oid][std::atoi(Attribute(item, "part").c_str())] = item.name;
    by_oid.emplace(table.oid, std::move(table));
  }
  std::vector<ExportTable> tables;
  for (auto& [oid, table] : by_oid) {
    for (auto& [number, name] : parts[oid]) table.items.push_back(name);
    tables.push_back(std::move(table));
  }
  return tables;
}

/// One run of an export.
class DirectoryExport {
 public:
  DirectoryExport(BackupReader& reader, ExportFolder& folder, OperationContext& context)
      : reader_(reader), folder_(folder), context_(context) {}

  Result<void> Run() {
    DBSTOW_ASSIGN(const std::string schema, ReadWhole(reader_, kSchemaItem));
    DBSTOW_ASSIGN(archive_, ParseArchive(AsBytes(schema)));
    DBSTOW_ASSIGN(const std::string facts, ReadWhole(reader_, PgBackupCatalog::kItem));
    DBSTOW_ASSIGN(catalog_, PgBackupCatalog::FromJson(facts));
    DBSTOW_ASSIGN(tables_, ListTables(reader_));
    AddDataEntries(catalog_, tables_, archive_);
    for (const ItemInfo& item : reader_.items()) {
      if (item.name.starts_with("data/") || item.name.starts_with("large_objects/")) {
        total_ += item.size;
      }
    }
    for (const ExportTable& table : tables_) DBSTOW_TRY(WriteTable(table));
    if (!catalog_.large_objects.empty()) DBSTOW_TRY(WriteLargeObjects());
    // Last: without it pg_restore does not take the folder for an archive.
    DBSTOW_ASSIGN(const std::string toc, WriteDirectoryToc(archive_, reader_.record().started));
    return folder_.Write("toc.dat", AsBytes(toc));
  }

  [[nodiscard]] StringMap Details() const {
    const auto binary = std::ranges::count(tables_, CopyFormat::kBinary, &ExportTable::format);
    return {{"format", "pg_dump directory archive 1.14"},
            {"database", catalog_.database.name},
            {"tables", std::to_string(tables_.size())},
            {"binaryTables", std::to_string(binary)},
            {"largeObjects", std::to_string(catalog_.large_objects.size())}};
  }

 private:
  Result<void> WriteTable(const ExportTable& table) {
    DBSTOW_ASSIGN(const auto file, folder_.Open(table.data_file));
    std::uint64_t offset = 0;
    CopyConcatenation rows(table.format == CopyFormat::kBinary ? CopyConcatenation::Format::kBinary
                                                               : CopyConcatenation::Format::kText,
                           [&](ByteView bytes) -> Result<void> {
                             DBSTOW_TRY(context_.CheckAlive("exporting " + table.name));
                             DBSTOW_TRY(file->WriteAt(offset, bytes));
                             offset += bytes.size();
                             Report(table.schema + "." + table.name, bytes.size());
                             return {};
                           });
    for (const std::string& item : table.items) {
      DBSTOW_ASSIGN(const auto source, reader_.OpenStream(item));
      auto added = rows.Add(*source);
      if (!added) return Explain(added.error(), "export " + item);
    }
    DBSTOW_TRY(rows.Finish());
    return file->Sync();
  }

  // Pieces of different objects may be mixed, so the file of the object at hand is kept open.
  Result<void> WriteLargeObjects() {
    for (const PgLargeObject& object : catalog_.large_objects) {
      toc_ += std::to_string(object.oid) + " " + FileOf(object.oid) + "\n";
      DBSTOW_ASSIGN(const auto file, folder_.Open(FileOf(object.oid)));
      DBSTOW_TRY(file->Sync());
    }
    for (const ItemInfo& item : reader_.items()) {
      if (!item.name.starts_with("large_objects/")) continue;
      DBSTOW_ASSIGN(const auto source, reader_.OpenStream(item.name));
      DBSTOW_TRY(ForEachLargeObjectPiece(
          *source, [this](const LargeObjectPiece& piece) { return WritePiece(piece); }));
    }
    if (open_file_) DBSTOW_TRY(open_file_->Sync());
    return folder_.Write("blobs.toc", AsBytes(toc_));
  }

  Result<void> WritePiece(const LargeObjectPiece& piece) {
    DBSTOW_TRY(context_.CheckAlive("exporting large objects"));
    if (!open_file_ || open_object_ != piece.oid) {
      if (open_file_) DBSTOW_TRY(open_file_->Sync());
      DBSTOW_ASSIGN(open_file_, folder_.Reopen(FileOf(piece.oid)));
      open_object_ = piece.oid;
    }
    DBSTOW_TRY(open_file_->WriteAt(piece.offset, piece.bytes));
    Report("large objects", piece.bytes.size());
    return {};
  }

  static std::string FileOf(std::uint32_t oid) { return "blob_" + std::to_string(oid) + ".dat"; }

  void Report(const std::string& what, std::size_t bytes) {
    folder_.Count(bytes);
    context_.progress.Report({"export", what, folder_.bytes(), total_});
  }

  BackupReader& reader_;
  ExportFolder& folder_;
  OperationContext& context_;
  PgArchive archive_;
  PgBackupCatalog catalog_;
  std::vector<ExportTable> tables_;
  std::string toc_;
  std::uint64_t total_ = 0;  ///< of rows and large objects
  std::unique_ptr<io::File> open_file_;
  std::uint32_t open_object_ = 0;
};

std::string ShellQuote(const std::string& text) {
  std::string quoted = "'";
  for (const char letter : text) quoted += letter == '\'' ? "'\\''" : std::string(1, letter);
  return quoted + "'";
}

Result<void> CheckRequest(const ExportOptions& options) {
  if (options.path.empty()) {
    return Error(ErrorCode::kInvalidOptions, "an export needs a path to write to");
  }
  if (options.format == "native" || options.format == "directory") return {};
  return UnknownWord("export format", options.format, {"native", "directory"});
}

}  // namespace

Result<ExportResult> ExportBackup(const ExportOptions& options, std::string_view chain,
                                  const EnginePorts& ports, OperationContext& context) {
  DBSTOW_TRY(CheckRequest(options));
  DBSTOW_ASSIGN(BackupStore* const store, context.RequireStore());
  DBSTOW_ASSIGN(const auto reader, store->Open(options.source, chain));
  ExportFolder folder(ports.files, options.path);
  DBSTOW_TRY(folder.Check());
  if (context.dry_run) return ExportResult{options.path, 0, {}};
  DBSTOW_TRY(folder.Create(context.random));
  DirectoryExport run(*reader, folder, context);
  DBSTOW_TRY(run.Run());
  DBSTOW_TRY(folder.Keep());
  ExportResult result{options.path, folder.bytes(), run.Details()};
  result.details["restore_command"] =
      "createdb -T template0 NEWNAME && pg_restore --exit-on-error -j 2 -d NEWNAME " +
      ShellQuote(options.path);
  return result;
}

}  // namespace dbstow::postgres
