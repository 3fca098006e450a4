#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "storage/object_store.h"

namespace dbstow::storage {

/// Opens the store that a URI names. Creates nothing: the first Put does.
using StoreFactory = std::function<Result<std::unique_ptr<ObjectStore>>(std::string_view uri)>;

/// The kinds of object store a program knows, by URI scheme (`file`). A value, filled where the
/// program is put together. Not thread-safe while being filled; reading is.
class StoreRegistry {
 public:
  /// Errors: AlreadyExists for a scheme registered twice.
  [[nodiscard]] Result<void> Register(std::string scheme, StoreFactory factory);
  /// Errors: InvalidOptions (not a URI, or a scheme that nobody registered, naming the nearest).
  [[nodiscard]] Result<std::unique_ptr<ObjectStore>> Open(std::string_view uri) const;
  [[nodiscard]] std::vector<std::string> Schemes() const;

 private:
  std::map<std::string, StoreFactory, std::less<>> by_scheme_;
};

/// Errors: InvalidOptions unless the key is of the store's alphabet and cannot leave its place: no
/// empty, `.` or `..` part, at most 255 bytes a part and 1024 in all.
[[nodiscard]] Result<void> CheckKey(std::string_view key);

}  // namespace dbstow::storage
