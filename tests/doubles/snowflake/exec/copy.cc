#include "doubles/snowflake/exec/copy.h"

#include <algorithm>

#include "doubles/snowflake/exec/dml.h"
#include "doubles/snowflake/exec/evaluator.h"
#include "doubles/snowflake/exec/names.h"
#include "doubles/snowflake/exec/property_text.h"
#include "doubles/snowflake/exec/show.h"
#include "doubles/snowflake/exec/stage_access.h"
#include "doubles/snowflake/sql/sql_error.h"

namespace dbstow::doubles::snowflake {
namespace {

// COPY INTO <table>: load metadata expires after 64 days.
constexpr Nanos kLoadMetadataLife = 64 * kNanosPerDay;

Scope PositionalScope(size_t columns, const FileFormat& format) {
  Scope scope;
  const TypeKind kind = format.type == FileType::kJson ? TypeKind::kVariant : TypeKind::kText;
  for (size_t at = 0; at < std::max<size_t>(columns, 50); ++at) {
    scope.columns.push_back(ScopeColumn{"", "$" + std::to_string(at + 1), DataType{kind}});
  }
  return scope;
}

size_t WidestRow(const std::vector<Row>& rows) {
  size_t most = 0;
  for (const Row& row : rows) most = std::max(most, row.size());
  return most;
}

/// One COPY INTO a table while it runs.
class Load {
 public:
  Load(const Execution& execution, const CopyIntoTableStatement& copy)
      : execution_(execution), copy_(copy) {}

  Result<ResultSet> Run() {
    DBSTOW_TRY(CheckOptions());
    const Names names(execution_);
    DBSTOW_ASSIGN(const Object* table, names.OfKind(ObjectKind::kTable, copy_.table));
    DBSTOW_TRY(names.access().Require(*table, "INSERT"));
    DBSTOW_TRY(RequireWarehouse(execution_));
    table_ = table->id;
    DBSTOW_ASSIGN(stage_, OpenStage(execution_, copy_.stage, StageUse::kRead));
    DBSTOW_ASSIGN(format_, ResolveFormat(execution_, copy_.options, stage_));
    DBSTOW_ASSIGN(const auto files, FilesToLoad());
    ResultSet result = ShowResult({"file", "status", "number:rows_parsed", "number:rows_loaded",
                                   "number:error_limit", "number:errors_seen", "first_error",
                                   "number:first_error_line", "number:first_error_character",
                                   "first_error_column_name"});
    for (const StagedFile& file : files) {
      DBSTOW_ASSIGN(const size_t rows, LoadFile(file));
      result.rows.push_back({stage_.label + "/" + file.path, "LOADED",
                             Integer(static_cast<int64_t>(rows)),
                             Integer(static_cast<int64_t>(rows)), Integer(1), Integer(0), Null{},
                             Null{}, Null{}, Null{}});
    }
    if (result.rows.empty()) result = StatusResult("Copy executed with 0 files processed.");
    result.statement_type = "COPY";
    result.statement_type_id = 0x3600;
    return result;
  }

 private:
  Result<void> CheckOptions() {
    const Property* on_error = FindProperty(copy_.options, "ON_ERROR");
    if (on_error != nullptr && Upper(on_error->text) != "ABORT_STATEMENT") {
      return Unsupported("ON_ERROR = " + on_error->text);
    }
    if (FindProperty(copy_.options, "VALIDATION_MODE") != nullptr)
      return Unsupported("VALIDATION_MODE");
    const Property* files = FindProperty(copy_.options, "FILES");
    if (files != nullptr && files->items.size() > 1000) {
      return CompilationError({"001023", "22023"},
                              "Maximum number of files allowed in FILES is 1000.");
    }
    return {};
  }

  Result<std::vector<StagedFile>> FilesToLoad() {
    const Property* pattern = FindProperty(copy_.options, "PATTERN");
    const Property* named = FindProperty(copy_.options, "FILES");
    DBSTOW_ASSIGN(std::vector<StagedFile> files,
                  ListStage(execution_, stage_, copy_.stage.path,
                            pattern != nullptr ? std::optional(pattern->text) : std::nullopt));
    if (named != nullptr) {
      DBSTOW_ASSIGN(files, NamedFiles(files, named->items));
    }
    if (IsTrue(copy_.options, "FORCE")) return files;
    const auto& loaded = execution_.change.Find(table_)->table()->loaded;
    std::erase_if(files, [&](const StagedFile& file) {
      return std::any_of(loaded.begin(), loaded.end(), [&](const LoadedFile& known) {
        return known.file == stage_.folder + file.path && known.etag == file.etag &&
               execution_.now() - known.loaded < kLoadMetadataLife;
      });
    });
    return files;
  }

  Result<std::vector<StagedFile>> NamedFiles(const std::vector<StagedFile>& files,
                                             const std::vector<std::string>& names) {
    std::string folder = copy_.stage.path;
    if (!folder.empty() && folder.back() != '/') folder += '/';
    std::vector<StagedFile> found;
    for (const std::string& name : names) {
      const auto file = std::find_if(files.begin(), files.end(), [&](const StagedFile& each) {
        return each.path == folder + name;
      });
      if (file == files.end()) {
        return SqlError(codes::kStageFile,
                        "Remote file '" + stage_.label + "/" + folder + name +
                            "' was not found. If you are running a copy command, please "
                            "make sure files are not deleted when they are being loaded.");
      }
      found.push_back(*file);
    }
    return found;
  }

  Result<size_t> LoadFile(const StagedFile& file) {
    DBSTOW_ASSIGN(const std::string bytes, ReadStaged(execution_, stage_, file.path, format_));
    DBSTOW_ASSIGN(const ParsedFile parsed, ParseFile(format_, bytes));
    std::vector<std::string> columns = copy_.columns;
    DBSTOW_ASSIGN(const std::vector<Row> rows, RowsFor(parsed, columns));
    DBSTOW_TRY(InsertRows(execution_, execution_.change.Edit(table_), columns, rows));
    auto& loaded = execution_.change.Edit(table_).table()->loaded;
    std::erase_if(loaded,
                  [&](const LoadedFile& each) { return each.file == stage_.folder + file.path; });
    loaded.push_back(LoadedFile{stage_.folder + file.path, file.etag, execution_.now()});
    if (IsTrue(copy_.options, "PURGE")) {
      DBSTOW_TRY(execution_.stages.Remove(stage_.folder + file.path));
    }
    return rows.size();
  }

  Result<std::vector<Row>> RowsFor(const ParsedFile& parsed, std::vector<std::string>& columns) {
    if (copy_.query) return Transform(parsed);
    const Property* match = FindProperty(copy_.options, "MATCH_BY_COLUMN_NAME");
    if (match != nullptr && Upper(match->text) != "NONE")
      return MatchByName(parsed, Upper(match->text), columns);
    const size_t wanted =
        columns.empty() ? execution_.change.Find(table_)->table()->columns.size() : columns.size();
    if (format_.type == FileType::kJson && wanted != 1) {
      return CompilationError(
          {"001044", "42P13"},
          "JSON file format can produce one and only one column of type variant, object, or "
          "array. Load data into separate columns using the MATCH_BY_COLUMN_NAME copy option "
          "or copy with transformation.");
    }
    std::vector<Row> rows = parsed.rows;
    for (Row& row : rows) {
      if (row.size() == wanted) continue;
      if (format_.error_on_column_count) {
        return SqlError(codes::kColumnsInFile,
                        "Number of columns in file (" + std::to_string(row.size()) +
                            ") does not match that of the corresponding table (" +
                            std::to_string(wanted) +
                            "), use file format option error_on_column_count_mismatch=false to "
                            "ignore this error");
      }
      row.resize(wanted, Value(Null{}));
    }
    return rows;
  }

  Result<std::vector<Row>> Transform(const ParsedFile& parsed) {
    if (copy_.query->where || !copy_.query->group_by.empty() || copy_.query->limit) {
      return Unsupported("WHERE, GROUP BY or LIMIT in a COPY transformation");
    }
    const Scope scope = PositionalScope(WidestRow(parsed.rows), format_);
    const Evaluator evaluator(execution_, scope);
    std::vector<Row> rows;
    for (const Row& row : parsed.rows) {
      Row out;
      for (const SelectItem& item : copy_.query->items) {
        DBSTOW_ASSIGN(Value value, evaluator.Evaluate(item.expression, row));
        out.push_back(std::move(value));
      }
      rows.push_back(std::move(out));
    }
    return rows;
  }

  // Columns that the file lacks get NULL; fields that the table lacks are dropped.
  Result<std::vector<Row>> MatchByName(const ParsedFile& parsed, const std::string& how,
                                       std::vector<std::string>& columns) {
    const bool any_case = how == "CASE_INSENSITIVE";
    const auto same = [&](const std::string& a, const std::string& b) {
      return any_case ? Upper(a) == Upper(b) : a == b;
    };
    if (format_.type == FileType::kCsv && !format_.parse_header) {
      return CompilationError(codes::kInvalidValue,
                              "MATCH_BY_COLUMN_NAME with CSV needs PARSE_HEADER = TRUE");
    }
    columns.clear();
    for (const Column& column : execution_.change.Find(table_)->table()->columns)
      columns.push_back(column.name);
    std::vector<Row> rows;
    for (const Row& row : parsed.rows) {
      Row out;
      for (const std::string& column : columns) {
        DBSTOW_ASSIGN(Value value, FieldNamed(parsed, row, column, same));
        out.push_back(std::move(value));
      }
      rows.push_back(std::move(out));
    }
    return rows;
  }

  template <class Same>
  Result<Value> FieldNamed(const ParsedFile& parsed, const Row& row, const std::string& column,
                           Same same) {
    if (format_.type == FileType::kCsv) {
      for (size_t at = 0; at < parsed.header.size() && at < row.size(); ++at) {
        if (same(parsed.header[at], column)) return row[at];
      }
      return Value(Null{});
    }
    return JsonField(row[0], [&](const std::string& key) { return same(key, column); });
  }

  const Execution& execution_;
  const CopyIntoTableStatement& copy_;
  OpenedStage stage_;
  FileFormat format_;
  Id table_ = 0;
};

}  // namespace

Result<ResultSet> ExecuteCopyIntoTable(const Execution& execution,
                                       const CopyIntoTableStatement& copy) {
  return Load(execution, copy).Run();
}

Result<Source> OpenStageSource(const Execution& execution, const TableReference& table) {
  DBSTOW_ASSIGN(const OpenedStage stage, OpenStage(execution, table.stage, StageUse::kRead));
  Properties options;
  std::optional<std::string> pattern;
  for (const Property& property : table.stage_options) {
    if (property.key == "PATTERN") {
      pattern = property.text;
    } else if (property.key == "FILE_FORMAT") {
      options.push_back(property);
    } else {
      return Unsupported("stage option " + property.key);
    }
  }
  DBSTOW_ASSIGN(const FileFormat format, ResolveFormat(execution, options, stage));
  DBSTOW_ASSIGN(const auto files, ListStage(execution, stage, table.stage.path, pattern));
  Source source;
  for (const StagedFile& file : files) {
    DBSTOW_ASSIGN(const std::string bytes, ReadStaged(execution, stage, file.path, format));
    DBSTOW_ASSIGN(ParsedFile parsed, ParseFile(format, bytes));
    for (Row& row : parsed.rows) source.rows.push_back(std::move(row));
  }
  source.scope = PositionalScope(WidestRow(source.rows), format);
  return source;
}

}  // namespace dbstow::doubles::snowflake
