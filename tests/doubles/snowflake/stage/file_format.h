#pragma once

#include <map>
#include <string>
#include <vector>

#include "dbstow/core/result.h"
#include "doubles/snowflake/exec/result_set.h"
#include "doubles/snowflake/sql/value.h"

namespace dbstow::doubles::snowflake {

enum class FileType { kCsv, kJson };

/// How staged files are read and written.
struct FileFormat {
  FileType type = FileType::kCsv;
  std::string compression = "AUTO";
  std::string field_delimiter = ",";
  std::string record_delimiter = "\n";
  int skip_header = 0;
  bool parse_header = false;
  std::string enclosed_by;  ///< empty: never
  std::vector<std::string> null_if = {"\\N"};
  bool empty_field_as_null = true;
  bool strip_outer_array = false;
  bool error_on_column_count = true;

  /// Reads the options of a FILE FORMAT; lists are separated by 0x1f. Errors: 000002 for a type or
  /// compression that is not here, 001008.
  [[nodiscard]] static Result<FileFormat> FromOptions(
      const std::map<std::string, std::string>& options);
};

struct ParsedFile {
  std::vector<std::string> header;  ///< with PARSE_HEADER
  std::vector<Row> rows;            ///< CSV: texts and NULLs; JSON: one variant each
};

/// Reads the bytes of a file that is no longer compressed. Safe for any bytes. Errors: 100016,
/// 100069.
[[nodiscard]] Result<ParsedFile> ParseFile(const FileFormat& format, const std::string& bytes);
/// The text of rows. `header` adds a first line with the columns' names (CSV only).
enum class HeaderLine { kNone, kNames };
[[nodiscard]] std::string WriteRows(const FileFormat& format, const ResultSet& rows, size_t first,
                                    size_t count, HeaderLine header);

}  // namespace dbstow::doubles::snowflake
