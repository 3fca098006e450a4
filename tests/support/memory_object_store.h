#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "storage/object_store.h"

namespace dbstow::test {

/// An object store in memory that keeps the contract to the letter, and can be damaged and made to
/// fail. Thread-safe.
class MemoryObjectStore final : public storage::ObjectStore {
 public:
  Result<void> Put(std::string_view key, ByteView bytes) override;
  Result<Bytes> Get(std::string_view key) override;
  Result<void> GetRange(std::string_view key, std::uint64_t offset, MutableByteView out) override;
  Result<std::vector<storage::ObjectInfo>> List(std::string_view prefix) override;
  Result<void> Delete(std::string_view key) override;
  Result<storage::Debris> FindDebris(std::string_view) override { return storage::Debris{}; }
  Result<storage::Debris> RemoveDebris(std::string_view) override { return storage::Debris{}; }
  [[nodiscard]] std::string Describe() const override { return "memory:"; }

  /// Asked before every call with its name ("Put", "Get", …) and key; an error it returns is what
  /// the call returns, without effect. Empty: no faults.
  using Fault = std::function<Result<void>(std::string_view call, std::string_view key)>;
  void SetFault(Fault fault);

  [[nodiscard]] std::vector<std::string> Keys(std::string_view prefix = "") const;
  /// Changes an object in place, as no caller of the interface can.
  void Damage(std::string_view key, const std::function<void(Bytes&)>& change);
  [[nodiscard]] std::uint64_t TotalBytes(std::string_view prefix = "") const;

 private:
  Result<void> CheckFault(std::string_view call, std::string_view key);

  mutable std::mutex mutex_;
  Fault fault_;
  std::map<std::string, Bytes, std::less<>> objects_;
};

}  // namespace dbstow::test
