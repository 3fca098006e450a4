#include "doubles/snowflake/stage/file_format.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "doubles/snowflake/sql/json_depth.h"
#include "doubles/snowflake/sql/sql_error.h"

namespace dbstow::doubles::snowflake {
namespace {

std::vector<std::string> Split(const std::string& text) {
  std::vector<std::string> parts;
  size_t from = 0;
  while (from <= text.size()) {
    const size_t end = std::min(text.find('\x1f', from), text.size());
    parts.push_back(text.substr(from, end - from));
    from = end + 1;
  }
  return parts;
}

class CsvReader {
 public:
  CsvReader(const FileFormat& format, const std::string& bytes) : format_(format), bytes_(bytes) {}

  Result<ParsedFile> Run() {
    ParsedFile file;
    for (int line = 0; at_ < bytes_.size(); ++line) {
      DBSTOW_ASSIGN(Row row, ReadRecord());
      if (line < format_.skip_header) continue;
      if (format_.parse_header && file.header.empty()) {
        for (const Value& value : row) file.header.push_back(ToText(value));
        continue;
      }
      file.rows.push_back(std::move(row));
    }
    return file;
  }

 private:
  [[nodiscard]] bool StartsWith(const std::string& text) const {
    return !text.empty() && bytes_.compare(at_, text.size(), text) == 0;
  }
  bool TakeRecordEnd() {
    if (format_.record_delimiter == "\n" && StartsWith("\r\n")) {
      at_ += 2;
      return true;
    }
    if (!StartsWith(format_.record_delimiter)) return false;
    at_ += format_.record_delimiter.size();
    return true;
  }

  Result<Row> ReadRecord() {
    Row row;
    while (true) {
      DBSTOW_ASSIGN(Value value, ReadField());
      row.push_back(std::move(value));
      if (StartsWith(format_.field_delimiter)) {
        at_ += format_.field_delimiter.size();
      } else if (at_ >= bytes_.size() || TakeRecordEnd()) {
        return row;
      } else {
        return SqlError(codes::kFileFormat, "Found character '" + bytes_.substr(at_, 1) +
                                                "' instead of field delimiter '" +
                                                format_.field_delimiter + "'");
      }
    }
  }

  Result<Value> ReadField() {
    if (!format_.enclosed_by.empty() && StartsWith(format_.enclosed_by)) return ReadEnclosed();
    std::string text;
    while (at_ < bytes_.size() && !StartsWith(format_.field_delimiter) &&
           !StartsWith(format_.record_delimiter) &&
           !(format_.record_delimiter == "\n" && StartsWith("\r\n"))) {
      text += bytes_[at_++];
    }
    if (text.empty() && format_.empty_field_as_null) return Value(Null{});
    for (const std::string& word : format_.null_if) {
      if (text == word) return Value(Null{});
    }
    return Value(std::move(text));
  }

  Result<Value> ReadEnclosed() {
    std::string text;
    ++at_;
    while (at_ < bytes_.size()) {
      if (StartsWith(format_.enclosed_by)) {
        ++at_;
        if (!StartsWith(format_.enclosed_by)) return Value(std::move(text));
      }
      text += bytes_[at_++];
    }
    return SqlError(codes::kFileFormat, "End of file reached while looking for the end of a field");
  }

  const FileFormat& format_;
  const std::string& bytes_;
  size_t at_ = 0;
};

Result<ParsedFile> ParseJsonFile(const FileFormat& format, const std::string& bytes) {
  using Tree = nlohmann::json;
  if (!IsShallowJson(bytes)) return SqlError(codes::kJson, "Error parsing JSON: nested too deeply");
  ParsedFile file;
  const auto add = [&](const Tree& tree) {
    file.rows.push_back({Json{tree.dump(-1, ' ', false, Tree::error_handler_t::replace)}});
  };
  // One document a line, or one in all.
  size_t from = 0;
  const Tree whole = Tree::parse(bytes, nullptr, false);
  if (!whole.is_discarded()) {
    if (!whole.is_array() || !format.strip_outer_array) {
      add(whole);
      return file;
    }
    for (const Tree& element : whole) add(element);
    return file;
  }
  while (from < bytes.size()) {
    const size_t end = std::min(bytes.find('\n', from), bytes.size());
    const std::string line = bytes.substr(from, end - from);
    from = end + 1;
    if (line.find_first_not_of(" \r\t") == std::string::npos) continue;
    const Tree tree = Tree::parse(line, nullptr, false);
    if (tree.is_discarded())
      return SqlError(codes::kJson, "Error parsing JSON: " + line.substr(0, 100));
    add(tree);
  }
  return file;
}

std::string CsvField(const FileFormat& format, const Value& value) {
  if (IsNull(value)) return format.null_if.empty() ? "" : format.null_if[0];
  const std::string text = ToText(value);
  if (format.enclosed_by.empty()) {
    // Without quotes the vendor escapes what would break the record.
    std::string escaped;
    for (const char letter : text) {
      if (letter == '\\' || std::string(1, letter) == format.field_delimiter ||
          std::string(1, letter) == format.record_delimiter) {
        escaped += '\\';
      }
      escaped += letter;
    }
    return escaped;
  }
  std::string quoted = format.enclosed_by;
  for (const char letter : text) {
    quoted += letter;
    if (format.enclosed_by[0] == letter) quoted += letter;
  }
  return quoted + format.enclosed_by;
}

std::string JsonLine(const Value& value) {
  if (const auto* json = std::get_if<Json>(&value)) return json->text;
  return nlohmann::json(ToText(value))
      .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

Result<FileFormat> FileFormat::FromOptions(const std::map<std::string, std::string>& options) {
  FileFormat format;
  for (const auto& [key, value] : options) {
    std::string upper;
    for (const char letter : value)
      upper += static_cast<char>(std::toupper(static_cast<unsigned char>(letter)));
    if (key == "TYPE") {
      if (upper != "CSV" && upper != "JSON") return Unsupported("file format " + upper);
      format.type = upper == "CSV" ? FileType::kCsv : FileType::kJson;
    } else if (key == "COMPRESSION") {
      if (upper != "AUTO" && upper != "GZIP" && upper != "NONE")
        return Unsupported("compression " + upper);
      format.compression = upper;
    } else if (key == "FIELD_DELIMITER") {
      format.field_delimiter = upper == "NONE" ? "" : value;
    } else if (key == "RECORD_DELIMITER") {
      format.record_delimiter = upper == "NONE" ? "" : value;
    } else if (key == "SKIP_HEADER") {
      format.skip_header = std::atoi(value.c_str());
    } else if (key == "PARSE_HEADER") {
      format.parse_header = upper == "TRUE";
    } else if (key == "FIELD_OPTIONALLY_ENCLOSED_BY") {
      format.enclosed_by = upper == "NONE" ? "" : value;
      if (format.enclosed_by.size() > 1) {
        return CompilationError(codes::kInvalidValue,
                                "invalid value for FIELD_OPTIONALLY_ENCLOSED_BY");
      }
    } else if (key == "NULL_IF") {
      format.null_if = value.empty() ? std::vector<std::string>{} : Split(value);
    } else if (key == "EMPTY_FIELD_AS_NULL") {
      format.empty_field_as_null = upper == "TRUE";
    } else if (key == "STRIP_OUTER_ARRAY") {
      format.strip_outer_array = upper == "TRUE";
    } else if (key == "ERROR_ON_COLUMN_COUNT_MISMATCH") {
      format.error_on_column_count = upper == "TRUE";
    } else {
      return Unsupported("file format option " + key);
    }
  }
  if (format.skip_header < 0 || (format.skip_header > 0 && format.parse_header)) {
    return CompilationError(codes::kInvalidValue, "invalid value for SKIP_HEADER");
  }
  return format;
}

Result<ParsedFile> ParseFile(const FileFormat& format, const std::string& bytes) {
  if (format.type == FileType::kJson) return ParseJsonFile(format, bytes);
  return CsvReader(format, bytes).Run();
}

std::string WriteRows(const FileFormat& format, const ResultSet& rows, size_t first, size_t count,
                      HeaderLine header) {
  std::string text;
  const auto add_line = [&](const std::vector<std::string>& fields) {
    for (size_t at = 0; at < fields.size(); ++at) {
      if (at > 0) text += format.field_delimiter;
      text += fields[at];
    }
    text += format.record_delimiter;
  };
  if (format.type == FileType::kCsv && header == HeaderLine::kNames) {
    std::vector<std::string> names;
    for (const ResultColumn& column : rows.columns)
      names.push_back(CsvField(format, Value(column.name)));
    add_line(names);
  }
  for (size_t at = first; at < first + count; ++at) {
    if (format.type == FileType::kJson) {
      text += JsonLine(rows.rows[at][0]) + "\n";
      continue;
    }
    std::vector<std::string> fields;
    for (const Value& value : rows.rows[at]) fields.push_back(CsvField(format, value));
    add_line(fields);
  }
  return text;
}

}  // namespace dbstow::doubles::snowflake
