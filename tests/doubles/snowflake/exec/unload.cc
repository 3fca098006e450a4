#include <algorithm>

#include "doubles/snowflake/exec/copy.h"
#include "doubles/snowflake/exec/names.h"
#include "doubles/snowflake/exec/property_text.h"
#include "doubles/snowflake/exec/select.h"
#include "doubles/snowflake/exec/show.h"
#include "doubles/snowflake/exec/stage_access.h"
#include "doubles/snowflake/sql/sql_error.h"
#include "doubles/snowflake/stage/client_encryption.h"
#include "doubles/snowflake/stage/gzip.h"

namespace dbstow::doubles::snowflake {
namespace {

constexpr size_t kDefaultFileSize = 16 * 1024 * 1024;

/// One COPY INTO a stage while it runs.
class Unload {
 public:
  Unload(const Execution& execution, const CopyIntoLocationStatement& copy)
      : execution_(execution), copy_(copy) {}

  Result<ResultSet> Run() {
    DBSTOW_TRY(RequireWarehouse(execution_));
    DBSTOW_ASSIGN(stage_, OpenStage(execution_, copy_.stage, StageUse::kWrite));
    DBSTOW_ASSIGN(format_, ResolveFormat(execution_, copy_.options, stage_));
    DBSTOW_ASSIGN(const size_t most, MaxFileSize());
    single_ = IsTrue(copy_.options, "SINGLE");
    with_id_ = IsTrue(copy_.options, "INCLUDE_QUERY_ID");
    if (with_id_ && (single_ || IsTrue(copy_.options, "OVERWRITE"))) {
      return CompilationError(codes::kInvalidValue,
                              "INCLUDE_QUERY_ID cannot be used together with SINGLE or OVERWRITE");
    }
    DBSTOW_ASSIGN(const ResultSet rows, Rows());
    if (format_.type == FileType::kJson &&
        (rows.columns.size() != 1 || rows.columns[0].type.kind != TypeKind::kVariant)) {
      return CompilationError(
          {"001044", "42P13"},
          "JSON file format can produce one and only one column of type variant, object, or "
          "array.");
    }
    DBSTOW_TRY(WriteFiles(rows, most));
    return Report(rows.rows.size());
  }

 private:
  struct Written {
    std::string path;
    size_t rows;
    size_t input;
    size_t output;
  };

  Result<size_t> MaxFileSize() const {
    const Property* property = FindProperty(copy_.options, "MAX_FILE_SIZE");
    if (property == nullptr) return kDefaultFileSize;
    const long long size = std::atoll(property->text.c_str());
    if (size < 1 || size > 5368709120LL) {
      return CompilationError(codes::kInvalidValue,
                              "invalid value [" + property->text + "] for MAX_FILE_SIZE");
    }
    return static_cast<size_t>(size);
  }

  Result<ResultSet> Rows() const {
    if (copy_.query) return ExecuteSelect(execution_, *copy_.query);
    SelectStatement all;
    SelectItem star;
    star.expression.kind = ExpressionKind::kStar;
    all.items = {star};
    all.from = TableReference{};
    all.from->name = *copy_.table;
    return ExecuteSelect(execution_, all);
  }

  [[nodiscard]] std::string PathOf(size_t number) const {
    std::string path = copy_.stage.path;
    if (single_ && !path.empty() && path.back() != '/') return path;
    path += path.empty() || path.back() == '/' ? "data" : "";
    if (with_id_) path += "_" + execution_.query_id;
    if (!single_) path += "_0_" + std::to_string(number / 8) + "_" + std::to_string(number % 8);
    path += format_.type == FileType::kCsv ? ".csv" : ".json";
    return path + (format_.compression == "NONE" ? "" : ".gz");
  }

  Result<void> WriteFiles(const ResultSet& rows, size_t most) {
    const HeaderLine header =
        IsTrue(copy_.options, "HEADER") ? HeaderLine::kNames : HeaderLine::kNone;
    size_t first = 0;
    while (first < rows.rows.size()) {
      std::string text = WriteRows(format_, rows, first, 1, header);
      size_t next = first + 1;
      while (next < rows.rows.size() && (single_ || text.size() < most)) {
        text += WriteRows(format_, rows, next++, 1, HeaderLine::kNone);
      }
      DBSTOW_TRY(WriteFile(text, next - first));
      first = next;
    }
    return {};
  }

  Result<void> WriteFile(const std::string& text, size_t rows) {
    const std::string path = PathOf(written_.size());
    if (!IsTrue(copy_.options, "OVERWRITE")) {
      DBSTOW_ASSIGN(const auto there, ListStage(execution_, stage_, path, std::nullopt));
      if (std::any_of(there.begin(), there.end(),
                      [&](const StagedFile& f) { return f.path == path; })) {
        return SqlError({"001030", "22000"}, "Files already existing at the unload destination: @" +
                                                 stage_.label + "/" + path +
                                                 ". Use overwrite option to force unloading.");
      }
    }
    StagedBytes file{format_.compression == "NONE" ? text : Gzip(text), ""};
    const size_t size = file.bytes.size();
    if (!stage_.master_key.empty()) {
      DBSTOW_ASSIGN(file, EncryptFile(file.bytes, stage_.master_key));
    }
    auto stored = execution_.stages.Write(stage_.folder + path, file);
    if (!stored)
      return SqlError(codes::kInternal, "the stage cannot be written: " + stored.error().message());
    written_.push_back(Written{path, rows, text.size(), size});
    return {};
  }

  Result<ResultSet> Report(size_t rows) const {
    ResultSet result;
    if (IsTrue(copy_.options, "DETAILED_OUTPUT")) {
      result = ShowResult({"FILE_NAME", "number:FILE_SIZE", "number:ROW_COUNT"});
      for (const Written& file : written_) {
        const std::string folder = copy_.stage.path.substr(0, copy_.stage.path.rfind('/') + 1);
        result.rows.push_back({file.path.substr(folder.size()),
                               Integer(static_cast<int64_t>(file.output)),
                               Integer(static_cast<int64_t>(file.rows))});
      }
    } else {
      size_t input = 0;
      size_t output = 0;
      for (const Written& file : written_) {
        input += file.input;
        output += file.output;
      }
      result = ShowResult({"number:rows_unloaded", "number:input_bytes", "number:output_bytes"});
      result.rows.push_back({Integer(static_cast<int64_t>(rows)),
                             Integer(static_cast<int64_t>(input)),
                             Integer(static_cast<int64_t>(output))});
    }
    result.statement_type = "UNLOAD";
    return result;
  }

  const Execution& execution_;
  const CopyIntoLocationStatement& copy_;
  OpenedStage stage_;
  FileFormat format_;
  bool single_ = false;
  bool with_id_ = false;
  std::vector<Written> written_;
};

}  // namespace

Result<ResultSet> ExecuteCopyIntoLocation(const Execution& execution,
                                          const CopyIntoLocationStatement& copy) {
  return Unload(execution, copy).Run();
}

}  // namespace dbstow::doubles::snowflake
