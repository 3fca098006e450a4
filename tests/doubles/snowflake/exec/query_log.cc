#include "doubles/snowflake/exec/query_log.h"

namespace dbstow::doubles::snowflake {
namespace {

constexpr size_t kMostResults = 500;

}  // namespace

QueryLog::QueryLog(std::vector<QueryRecord> finished) {
  for (QueryRecord& record : finished) Add(std::move(record));
}

QueryRecord& QueryLog::Add(QueryRecord record) {
  by_id_[record.id] = records_.size();
  records_.push_back(std::make_unique<QueryRecord>(std::move(record)));
  return *records_.back();
}

QueryRecord* QueryLog::Find(const std::string& id) {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : records_[found->second].get();
}

const QueryRecord* QueryLog::Find(const std::string& id) const {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : records_[found->second].get();
}

void QueryLog::KeepResult(const std::string& id, std::shared_ptr<const ResultSet> result) {
  results_[id] = std::move(result);
  result_order_.push_back(id);
  if (result_order_.size() > kMostResults) {
    results_.erase(result_order_.front());
    result_order_.erase(result_order_.begin());
  }
}

std::shared_ptr<const ResultSet> QueryLog::Result(const std::string& id) const {
  const auto found = results_.find(id);
  return found == results_.end() ? nullptr : found->second;
}

}  // namespace dbstow::doubles::snowflake
