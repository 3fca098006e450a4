#include "support/memory_object_store.h"

#include <algorithm>

namespace dbstow::test {
namespace {

Error NoObject(std::string_view key) {
  return Error(ErrorCode::kNotFound, "no object " + std::string(key) + " in memory:");
}

}  // namespace

Result<void> MemoryObjectStore::CheckFault(std::string_view call, std::string_view key) {
  Fault fault;
  {
    const std::scoped_lock lock(mutex_);
    fault = fault_;
  }
  return fault ? fault(call, key) : Result<void>();
}

Result<void> MemoryObjectStore::Put(std::string_view key, ByteView bytes) {
  DBSTOW_TRY(CheckFault("Put", key));
  const std::scoped_lock lock(mutex_);
  const auto [entry, added] =
      objects_.try_emplace(std::string(key), Bytes(bytes.begin(), bytes.end()));
  if (!added && !std::ranges::equal(entry->second, bytes)) {
    return Error(ErrorCode::kAlreadyExists, "object " + std::string(key) + " has other bytes");
  }
  return {};
}

Result<Bytes> MemoryObjectStore::Get(std::string_view key) {
  DBSTOW_TRY(CheckFault("Get", key));
  const std::scoped_lock lock(mutex_);
  const auto found = objects_.find(key);
  if (found == objects_.end()) return NoObject(key);
  return found->second;
}

Result<void> MemoryObjectStore::GetRange(std::string_view key, std::uint64_t offset,
                                         MutableByteView out) {
  DBSTOW_TRY(CheckFault("GetRange", key));
  const std::scoped_lock lock(mutex_);
  const auto found = objects_.find(key);
  if (found == objects_.end()) return NoObject(key);
  const Bytes& bytes = found->second;
  if (offset > bytes.size() || out.size() > bytes.size() - offset) {
    return Error(ErrorCode::kCorrupt, "object " + std::string(key) + " ends after " +
                                          std::to_string(bytes.size()) + " bytes");
  }
  std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(offset), out.size(), out.begin());
  return {};
}

Result<std::vector<storage::ObjectInfo>> MemoryObjectStore::List(std::string_view prefix) {
  DBSTOW_TRY(CheckFault("List", prefix));
  const std::scoped_lock lock(mutex_);
  std::vector<storage::ObjectInfo> found;
  for (auto each = objects_.lower_bound(prefix);
       each != objects_.end() && each->first.starts_with(prefix); ++each) {
    found.push_back({each->first, each->second.size()});
  }
  return found;
}

Result<void> MemoryObjectStore::Delete(std::string_view key) {
  DBSTOW_TRY(CheckFault("Delete", key));
  const std::scoped_lock lock(mutex_);
  const auto found = objects_.find(key);
  if (found != objects_.end()) objects_.erase(found);
  return {};
}

void MemoryObjectStore::SetFault(Fault fault) {
  const std::scoped_lock lock(mutex_);
  fault_ = std::move(fault);
}

std::vector<std::string> MemoryObjectStore::Keys(std::string_view prefix) const {
  const std::scoped_lock lock(mutex_);
  std::vector<std::string> keys;
  for (const auto& [key, bytes] : objects_) {
    if (key.starts_with(prefix)) keys.push_back(key);
  }
  return keys;
}

void MemoryObjectStore::Damage(std::string_view key, const std::function<void(Bytes&)>& change) {
  const std::scoped_lock lock(mutex_);
  change(objects_.find(key)->second);
}

std::uint64_t MemoryObjectStore::TotalBytes(std::string_view prefix) const {
  const std::scoped_lock lock(mutex_);
  std::uint64_t total = 0;
  for (const auto& [key, bytes] : objects_) {
    if (key.starts_with(prefix)) total += bytes.size();
  }
  return total;
}

}  // namespace dbstow::test
