#include <array>

#include "doubles/snowflake/sql/sql_error.h"
#include "doubles/snowflake/sql/statement_parsers.h"

namespace dbstow::doubles::snowflake {

Result<ObjectKind> ParseObjectKind(TokenCursor& cursor) {
  if (cursor.TakeWords({"FILE", "FORMAT"})) return ObjectKind::kFileFormat;
  for (const ObjectKind kind : {ObjectKind::kDatabase, ObjectKind::kSchema, ObjectKind::kTable,
                                ObjectKind::kView, ObjectKind::kSequence, ObjectKind::kStage,
                                ObjectKind::kWarehouse, ObjectKind::kRole, ObjectKind::kUser}) {
    if (cursor.IsWord("DATABASE") && cursor.IsWord("ROLE", 1)) return Unsupported("DATABASE ROLE");
    if (cursor.TakeWord(ToString(kind))) return kind;
  }
  static constexpr std::array<std::string_view, 33> kOthers = {
      "TASK",      "STREAM",         "PIPE",     "ALERT",      "TAG",      "FUNCTION",
      "PROCEDURE", "MASKING",        "ROW",      "NETWORK",    "SHARE",    "DYNAMIC",
      "EXTERNAL",  "ICEBERG",        "HYBRID",   "EVENT",      "NOTEBOOK", "INTEGRATION",
      "STORAGE",   "SECURITY",       "API",      "BACKUP",     "SNAPSHOT", "MATERIALIZED",
      "SECURE",    "RECURSIVE",      "RESOURCE", "CONNECTION", "FAILOVER", "REPLICATION",
      "SECRET",    "AUTHENTICATION", "SESSION"};
  for (const std::string_view other : kOthers) {
    if (cursor.IsWord(other)) return Unsupported(std::string(other));
  }
  return cursor.Unexpected();
}

size_t MostNameParts(ObjectKind kind) {
  switch (kind) {
    case ObjectKind::kTable:
    case ObjectKind::kView:
    case ObjectKind::kSequence:
    case ObjectKind::kStage:
    case ObjectKind::kFileFormat: return 3;
    case ObjectKind::kSchema: return 2;
    default: return 1;
  }
}

Result<ColumnDefinition> ParseColumn(QueryParser& parser) {
  TokenCursor& cursor = parser.cursor();
  ColumnDefinition column;
  DBSTOW_ASSIGN(column.name, cursor.ExpectIdentifier());
  DBSTOW_ASSIGN(column.type, parser.ParseType());
  while (true) {
    if (cursor.TakeWords({"NOT", "NULL"})) {
      column.not_null = true;
    } else if (cursor.TakeWord("NULL")) {
      column.not_null = false;
    } else if (cursor.TakeWord("DEFAULT")) {
      const char* const begin = cursor.Peek().source.data();
      DBSTOW_ASSIGN(column.default_value, parser.ParseExpression());
      column.default_text = std::string(begin, cursor.Peek().source.data());
      while (!column.default_text.empty() && column.default_text.back() == ' ') {
        column.default_text.pop_back();
      }
    } else if (cursor.TakeWords({"PRIMARY", "KEY"})) {
      column.primary_key = true;
      column.not_null = true;
    } else if (cursor.TakeWord("COMMENT")) {
      DBSTOW_ASSIGN(column.comment, cursor.ExpectString());
    } else if (cursor.IsWord("UNIQUE") || cursor.IsWord("REFERENCES") || cursor.IsWord("COLLATE") ||
               cursor.IsWord("AUTOINCREMENT") || cursor.IsWord("IDENTITY") ||
               cursor.IsWord("MASKING") || cursor.IsWord("CONSTRAINT")) {
      return Unsupported("column property " + cursor.Peek().text);
    } else {
      return column;
    }
  }
}

Result<Properties> ParseObjectProperties(TokenCursor& cursor, ObjectKind kind) {
  switch (kind) {
    case ObjectKind::kDatabase:
    case ObjectKind::kSchema:
    case ObjectKind::kTable:
      return cursor.ReadProperties(
          {"DATA_RETENTION_TIME_IN_DAYS", "MAX_DATA_EXTENSION_TIME_IN_DAYS", "COMMENT"});
    case ObjectKind::kStage:
      return cursor.ReadProperties(
          {"URL", "CREDENTIALS", "ENCRYPTION", "FILE_FORMAT", "DIRECTORY", "COMMENT"});
    case ObjectKind::kFileFormat:
      return cursor.ReadProperties({"TYPE", "COMPRESSION", "FIELD_DELIMITER", "RECORD_DELIMITER",
                                    "SKIP_HEADER", "PARSE_HEADER", "FIELD_OPTIONALLY_ENCLOSED_BY",
                                    "NULL_IF", "EMPTY_FIELD_AS_NULL", "ESCAPE",
                                    "ESCAPE_UNENCLOSED_FIELD", "BINARY_FORMAT", "STRIP_OUTER_ARRAY",
                                    "TRIM_SPACE", "ERROR_ON_COLUMN_COUNT_MISMATCH", "COMMENT"});
    case ObjectKind::kWarehouse:
      return cursor.ReadProperties(
          {"WAREHOUSE_SIZE", "WAREHOUSE_TYPE", "AUTO_SUSPEND", "AUTO_RESUME", "INITIALLY_SUSPENDED",
           "MIN_CLUSTER_COUNT", "MAX_CLUSTER_COUNT", "STATEMENT_TIMEOUT_IN_SECONDS", "COMMENT"});
    case ObjectKind::kUser:
      return cursor.ReadProperties({"PASSWORD", "LOGIN_NAME", "DEFAULT_ROLE", "DEFAULT_WAREHOUSE",
                                    "DEFAULT_NAMESPACE", "DEFAULT_SECONDARY_ROLES",
                                    "RSA_PUBLIC_KEY", "RSA_PUBLIC_KEY_2", "TYPE", "DISABLED",
                                    "MUST_CHANGE_PASSWORD", "EMAIL", "COMMENT"});
    case ObjectKind::kAccount:
      return cursor.ReadProperties({"DATA_RETENTION_TIME_IN_DAYS",
                                    "MIN_DATA_RETENTION_TIME_IN_DAYS",
                                    "STATEMENT_TIMEOUT_IN_SECONDS"});
    default: return cursor.ReadProperties({"COMMENT"});
  }
}

}  // namespace dbstow::doubles::snowflake
