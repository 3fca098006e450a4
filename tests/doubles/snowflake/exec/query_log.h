#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "doubles/snowflake/exec/result_set.h"
#include "doubles/snowflake/model/query_record.h"

namespace dbstow::doubles::snowflake {

/// Every statement that was run, and the results that can still be fetched. Not thread-safe.
class QueryLog {
 public:
  explicit QueryLog(std::vector<QueryRecord> finished);

  QueryRecord& Add(QueryRecord record);
  [[nodiscard]] QueryRecord* Find(const std::string& id);
  [[nodiscard]] const QueryRecord* Find(const std::string& id) const;
  [[nodiscard]] const std::vector<std::unique_ptr<QueryRecord>>& records() const {
    return records_;
  }

  void KeepResult(const std::string& id, std::shared_ptr<const ResultSet> result);
  /// Null when there is none, or when it is one of the oldest, which are let go.
  [[nodiscard]] std::shared_ptr<const ResultSet> Result(const std::string& id) const;

 private:
  std::vector<std::unique_ptr<QueryRecord>> records_;
  std::map<std::string, size_t> by_id_;
  std::map<std::string, std::shared_ptr<const ResultSet>> results_;
  std::vector<std::string> result_order_;
};

}  // namespace dbstow::doubles::snowflake
