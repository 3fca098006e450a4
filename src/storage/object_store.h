#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "dbstow/core/bytes.h"
#include "dbstow/core/clock.h"
#include "dbstow/core/result.h"

namespace dbstow::storage {

struct ObjectInfo {
  std::string key;
  std::uint64_t size = 0;
};

/// What Puts that never ended left behind; no List shows it.
struct Debris {
  std::uint64_t count = 0;
  std::uint64_t bytes = 0;
};

/// A place for named, immutable objects. Keys are `/`-separated, of letters, digits and `-_.%=`.
/// A Put is atomic and durable when it returns; what was put is visible to every Get and List that
/// starts afterwards. Thread-safe. Calls may be repeated after a transient error.
/// Errors: NotFound, PermissionDenied, OutOfSpace, Unavailable, IOError.
class ObjectStore {
 public:
  virtual ~ObjectStore() = default;
  /// Writing a key again with the same bytes is success; with other bytes, AlreadyExists.
  [[nodiscard]] virtual Result<void> Put(std::string_view key, ByteView bytes) = 0;
  [[nodiscard]] virtual Result<Bytes> Get(std::string_view key) = 0;
  /// Fills `out` from `offset`; a shorter object is Corrupt.
  [[nodiscard]] virtual Result<void> GetRange(std::string_view key, std::uint64_t offset,
                                              MutableByteView out) = 0;
  /// Every object whose key starts with `prefix`, in any order. What cannot be looked at, be it one
  /// or a part of a key that may lead to several, is listed with size 0, and reading it says why.
  [[nodiscard]] virtual Result<std::vector<ObjectInfo>> List(std::string_view prefix) = 0;
  /// Success when it is already gone.
  [[nodiscard]] virtual Result<void> Delete(std::string_view key) = 0;
  /// What unfinished Puts of keys below `prefix` (a part of a key that ends in `/`; empty: of keys
  /// without `/` alone) left, as far as it is old enough that nobody still works on it.
  [[nodiscard]] virtual Result<Debris> FindDebris(std::string_view prefix) = 0;
  /// Removes that, and whatever else is below `prefix` without an object. Safe beside Puts: one
  /// that is still at work after all starts over. Returns what was removed.
  [[nodiscard]] virtual Result<Debris> RemoveDebris(std::string_view prefix) = 0;
  /// The address for messages, without secrets.
  [[nodiscard]] virtual std::string Describe() const = 0;
};

}  // namespace dbstow::storage
