#include "doubles/sqlserver/model/sqlite.h"

#include <sqlite3.h>

#include <charconv>

namespace dbstow::doubles::sqlserver {
namespace {

constexpr int kStoreProblem = 9001;

// An SqlError travels through SQLite as text: "\x01number\x01severity\x01text".
constexpr char kMark = '\x01';

std::string Encode(const SqlError& error) {
  return kMark + std::to_string(error.number) + kMark + std::to_string(error.severity) + kMark +
         error.text;
}

SqlError Decode(sqlite3* handle) {
  const std::string text = sqlite3_errmsg(handle);
  if (!text.starts_with(kMark)) {
    if (sqlite3_errcode(handle) == SQLITE_CONSTRAINT) {
      return {2627, 14, "Violation of PRIMARY KEY constraint. Cannot insert duplicate key."};
    }
    return {kStoreProblem, 16, "The double's store failed: " + text};
  }
  const auto second = text.find(kMark, 1);
  const auto third = text.find(kMark, second + 1);
  SqlError error{0, 16, text.substr(third + 1)};
  std::from_chars(text.data() + 1, text.data() + second, error.number);
  std::from_chars(text.data() + second + 1, text.data() + third, error.severity);
  return error;
}

Value FromSqlite(sqlite3_value* value) {
  const auto size = static_cast<std::size_t>(sqlite3_value_bytes(value));
  switch (sqlite3_value_type(value)) {
    case SQLITE_INTEGER: return Int(sqlite3_value_int64(value));
    case SQLITE_FLOAT: return Value(sqlite3_value_double(value));
    case SQLITE_TEXT:
      return Text(std::string(reinterpret_cast<const char*>(sqlite3_value_text(value)), size));
    case SQLITE_BLOB: {
      const auto* bytes = static_cast<const char*>(sqlite3_value_blob(value));
      return Value(Blob{size == 0 ? std::string() : std::string(bytes, size)});
    }
    default: return {};
  }
}

void Give(sqlite3_context* context, const Value& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) {
    sqlite3_result_int64(context, *number);
  } else if (const auto* real = std::get_if<double>(&value)) {
    sqlite3_result_double(context, *real);
  } else if (const auto* text = std::get_if<std::string>(&value)) {
    sqlite3_result_text(context, text->data(), static_cast<int>(text->size()), SQLITE_TRANSIENT);
  } else if (const auto* blob = std::get_if<Blob>(&value)) {
    sqlite3_result_blob(context, blob->bytes.data(), static_cast<int>(blob->bytes.size()),
                        SQLITE_TRANSIENT);
  } else {
    sqlite3_result_null(context);
  }
}

void Bind(sqlite3_stmt* statement, int index, const Value& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) {
    sqlite3_bind_int64(statement, index, *number);
  } else if (const auto* real = std::get_if<double>(&value)) {
    sqlite3_bind_double(statement, index, *real);
  } else if (const auto* text = std::get_if<std::string>(&value)) {
    sqlite3_bind_text(statement, index, text->data(), static_cast<int>(text->size()),
                      SQLITE_TRANSIENT);
  } else if (const auto* blob = std::get_if<Blob>(&value)) {
    // A null pointer would bind NULL.
    sqlite3_bind_blob(statement, index, blob->bytes.empty() ? "" : blob->bytes.data(),
                      static_cast<int>(blob->bytes.size()), SQLITE_TRANSIENT);
  } else {
    sqlite3_bind_null(statement, index);
  }
}

void CallFunction(sqlite3_context* context, int count, sqlite3_value** arguments) {
  const auto& function = *static_cast<const Sqlite::Function*>(sqlite3_user_data(context));
  std::vector<Value> values;
  for (int i = 0; i < count; ++i) values.push_back(FromSqlite(arguments[i]));
  const SqlResult<Value> result = function(values);
  if (result) return Give(context, *result);
  const std::string text = Encode(result.error());
  sqlite3_result_error(context, text.data(), static_cast<int>(text.size()));
}

}  // namespace

SqlResult<std::unique_ptr<Sqlite>> Sqlite::Open(const std::string& path) {
  sqlite3* raw = nullptr;
  const int opened =
      sqlite3_open_v2(path.c_str(), &raw,
                      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
  std::shared_ptr<sqlite3> handle(raw, [](sqlite3* one) { sqlite3_close_v2(one); });
  if (opened != SQLITE_OK) return SqlError{kStoreProblem, 16, "cannot open " + path};
  std::unique_ptr<Sqlite> store(new Sqlite(std::move(handle)));
  // A killed process loses nothing of what was committed; a machine's crash is not the matter here.
  DBSTOW_TRY(store->Query("PRAGMA journal_mode = WAL"));
  DBSTOW_TRY(store->Query("PRAGMA synchronous = OFF"));
  DBSTOW_TRY(store->Query("PRAGMA temp_store = MEMORY"));
  return store;
}

SqlResult<std::vector<Row>> Sqlite::Query(const std::string& sql, const Row& values) {
  sqlite3_stmt* raw = nullptr;
  if (sqlite3_prepare_v2(handle_.get(), sql.data(), static_cast<int>(sql.size()), &raw, nullptr) !=
      SQLITE_OK) {
    return Decode(handle_.get());
  }
  const std::unique_ptr<sqlite3_stmt, int (*)(sqlite3_stmt*)> statement(raw, sqlite3_finalize);
  for (std::size_t i = 0; i < values.size(); ++i) Bind(raw, static_cast<int>(i) + 1, values[i]);
  std::vector<Row> rows;
  int step = 0;
  while ((step = sqlite3_step(raw)) == SQLITE_ROW) {
    Row row;
    for (int i = 0; i < sqlite3_column_count(raw); ++i) {
      row.push_back(FromSqlite(sqlite3_column_value(raw, i)));
    }
    rows.push_back(std::move(row));
  }
  if (step != SQLITE_DONE) return Decode(handle_.get());
  return rows;
}

SqlResult<void> Sqlite::Run(const std::string& sql, const Row& values) {
  DBSTOW_TRY(Query(sql, values));
  return {};
}

void Sqlite::Register(const std::string& name, Function function) {
  functions_.push_back(std::make_unique<Function>(std::move(function)));
  sqlite3_create_function_v2(handle_.get(), name.c_str(), -1, SQLITE_UTF8, functions_.back().get(),
                             CallFunction, nullptr, nullptr, nullptr);
}

std::string QuoteName(const std::string& name) {
  std::string quoted = "\"";
  for (const char c : name) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + "\"";
}

}  // namespace dbstow::doubles::sqlserver
