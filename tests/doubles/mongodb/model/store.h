#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "dbstow/core/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace dbstow::doubles::mongodb {

/// The state on disk: one SQLite file. Writes gather until `Commit`, and what was committed
/// survives a kill of the process (not a power cut: nothing is synced). A write that fails ends the
/// process, so that nothing is ever acknowledged that is not there. Not thread-safe.
class Store {
 public:
  /// Errors: IOError.
  [[nodiscard]] static Result<std::unique_ptr<Store>> Open(const std::string& folder);
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  void PutCollection(std::int64_t id, std::string_view description);
  /// With all its documents.
  void RemoveCollection(std::int64_t id);
  void PutDocument(std::int64_t collection, std::string_view record, std::string_view body);
  void RemoveDocument(std::int64_t collection, std::string_view record);
  void PutSetting(std::string_view name, std::string_view value);
  void Commit();

  void LoadCollections(const std::function<void(std::int64_t, std::string)>& each);
  void LoadDocuments(const std::function<void(std::int64_t, std::string, std::string)>& each);
  void LoadSettings(const std::function<void(std::string, std::string)>& each);

 private:
  explicit Store(sqlite3* database) : database_(database) {}
  struct Parameter {
    std::string_view blob;
    std::int64_t number = 0;
    bool is_number = false;
  };
  void Change(const char* sql, std::initializer_list<Parameter> parameters);
  void Query(const char* sql, const std::function<void(sqlite3_stmt*)>& row);
  void Execute(const char* sql);
  sqlite3_stmt* Prepare(const char* sql);

  sqlite3* database_;
  std::vector<std::pair<const char*, sqlite3_stmt*>> statements_;
  bool writing_ = false;
};

}  // namespace dbstow::doubles::mongodb
