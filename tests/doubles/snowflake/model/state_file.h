#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "dbstow/core/result.h"
#include "doubles/snowflake/model/catalog_view.h"
#include "doubles/snowflake/model/query_record.h"

struct sqlite3;

namespace dbstow::doubles::snowflake {

/// The SQLite database under the double. One transaction per call, so that a kill leaves all of a
/// commit or nothing. Not thread-safe. Errors: IOError.
class StateFile {
 public:
  [[nodiscard]] static Result<std::unique_ptr<StateFile>> Open(const std::string& path);
  ~StateFile();
  StateFile(const StateFile&) = delete;
  StateFile& operator=(const StateFile&) = delete;

  [[nodiscard]] Result<ObjectMap> LoadObjects();
  [[nodiscard]] Result<PartitionMap> LoadPartitions();
  [[nodiscard]] Result<std::vector<CommitRecord>> LoadCommits();
  [[nodiscard]] Result<std::vector<QueryRecord>> LoadQueries();

  struct ChangedObject {
    const Object* now;
    const Object* before;  ///< null when it is new
  };
  [[nodiscard]] Result<void> SaveCommit(const CommitRecord& commit,
                                        const std::vector<ChangedObject>& changed,
                                        const PartitionMap& partitions, const QueryRecord& query);
  /// A statement that changed nothing.
  [[nodiscard]] Result<void> SaveQuery(const QueryRecord& query);

  /// Small values by key: sessions, the clock.
  [[nodiscard]] Result<void> SaveValue(const std::string& key, const std::string& value);
  [[nodiscard]] Result<void> RemoveValue(const std::string& key);
  [[nodiscard]] Result<std::map<std::string, std::string>> LoadValues(const std::string& prefix);

 private:
  explicit StateFile(sqlite3* database) : database_(database) {}
  [[nodiscard]] Result<void> Execute(const char* sql);
  [[nodiscard]] Result<void> SaveObject(const ChangedObject& changed);
  [[nodiscard]] Result<void> SaveMemberships(const ChangedObject& changed);
  [[nodiscard]] Result<void> InsertQuery(const QueryRecord& query);

  sqlite3* database_;
};

}  // namespace dbstow::doubles::snowflake
